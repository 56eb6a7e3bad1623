"""Which team and which person get a lead: by plain numbers, without Odoo."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Team:
    """A team that converts by score."""

    id: int
    minimum: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Seat:
    """A person in a team, who can be given leads."""

    member_id: int
    user_id: int
    team_id: int
    capacity: int
    """Leads in 30 days, above 0."""
    load: int
    """Leads given in the last 30 days."""
    leads: Set | None = None
    """Ids of the leads that may be given; None for all."""
    preferred: Set = frozenset()
    """Ids of those that are given to this person first."""

    def takes(self, lead_id, used):
        """Return whether there is capacity left for this lead.

        :param used: leads given up to now, ``load`` included
        """
        return used < self.capacity and (self.leads is None or lead_id in self.leads)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that may go to a team."""

    lead_id: int
    score: int
    team_id: int | None
    """The team it is in."""
    user_id: int | None
    """The salesperson who keeps it."""
    teams: tuple
    """Ids of the teams that take it; at least one."""
    sampled: bool = False
    """Routed by chance, below every minimum."""
    failed: bool = False
    """Last time it could not be handed over."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to become of a lead."""

    lead_id: int
    team_id: int
    user_id: int | None
    """Who gets or keeps it; None: nobody has capacity."""
    sampled: bool = False
    count: int | None = field(default=None, compare=False)
    """How many leads of 30 days the person then has, of ``capacity``; None: not
    known, or nobody is given it."""
    capacity: int | None = field(default=None, compare=False)


def best_teams(candidate, teams):
    """Return the ids of the teams among which capacity decides, then sequence: its own
    where that takes it, else those of the highest minimum. Where the lead is nobody's,
    those come first in which somebody may have it.

    :param teams: ``{team id: Team}``
    """
    if candidate.team_id in candidate.teams:
        return [candidate.team_id]
    highest = max(teams[team_id].minimum for team_id in candidate.teams)
    return [team_id for team_id in candidate.teams if teams[team_id].minimum == highest]


def leads_to_give(candidates, teams):
    """Return ``{team id: ids of the leads that somebody there may be given}``.

    :param candidates: iterable of :class:`Candidate`
    :param teams: ``{team id: Team}``, all that candidates name
    """
    leads = defaultdict(list)
    for candidate in candidates:
        if candidate.user_id is None:
            for team_id in best_teams(candidate, teams):
                leads[team_id].append(candidate.lead_id)
    return leads


class Room:
    """The capacity that is left while leads are given to people one by one.

    :param seats: iterable of :class:`Seat`
    """

    def __init__(self, seats):
        self.used = {}
        self.free = defaultdict(int)
        # of each team, who has capacity left: in turn, so that nobody need look at all
        self.places = defaultdict(list)
        self.preferring = defaultdict(list)
        for seat in seats:
            self.used[seat.member_id] = seat.load
            if seat.load < seat.capacity:
                self.free[seat.team_id] += seat.capacity - seat.load
                insort(self.places[seat.team_id], self._place(seat))
                if seat.preferred:
                    self.preferring[seat.team_id].append(seat)

    def _place(self, seat):
        """Return a seat with what its turn depends on: the share it has used."""
        return self.used[seat.member_id] / seat.capacity, seat.member_id, seat

    def pick(self, lead_id, team_id):
        """Return the :class:`Seat` of who gets the lead if that team does: first who
        prefers it, then who has used the smallest share; None where nobody may have it.
        """
        preferring = (
            self._place(seat)
            for seat in self.preferring[team_id]
            if lead_id in seat.preferred and self._takes(seat, lead_id)
        )
        if place := min(preferring, default=None):
            return place[-1]
        seats = (seat for *_turn, seat in self.places[team_id])
        return next((seat for seat in seats if self._takes(seat, lead_id)), None)

    def _takes(self, seat, lead_id):
        return seat.takes(lead_id, self.used[seat.member_id])

    def take(self, seat):
        """Use a place of ``seat``."""
        places = self.places[seat.team_id]
        del places[bisect_left(places, self._place(seat))]
        self.used[seat.member_id] += 1
        self.free[seat.team_id] -= 1
        if self.used[seat.member_id] < seat.capacity:
            insort(places, self._place(seat))


def allocate(candidates, teams, seats):
    """Return an :class:`Assignment` for each candidate, best score first; those that
    failed last time come last, or they would keep time and capacity from all others.

    A lead goes to one of its :func:`best_teams`: to one in which somebody may have it,
    of these to the one with most capacity left. There somebody with capacity left who
    may have it gets it, see :meth:`Room.pick`. So one lead at a time, with loads read
    anew, gives the same as all at once.

    :param candidates: iterable of :class:`Candidate`
    :param teams: iterable of :class:`Team`, all that candidates name
    :param seats: iterable of :class:`Seat`
    """
    teams = {team.id: team for team in teams}
    room = Room(seats)

    def order(team_id):
        return -room.free[team_id], teams[team_id].sequence, team_id

    def turn(candidate):
        return candidate.failed, -candidate.score, candidate.lead_id

    assignments = []
    for candidate in sorted(candidates, key=turn):
        best = sorted(best_teams(candidate, teams), key=order)
        seats = (room.pick(candidate.lead_id, team_id) for team_id in best)
        seat = next(filter(None, seats), None) if candidate.user_id is None else None
        team_id = seat.team_id if seat else best[0]
        if seat:
            room.take(seat)
        assignments.append(
            Assignment(
                candidate.lead_id,
                team_id,
                seat.user_id if seat else candidate.user_id,
                candidate.sampled,
            )
        )
    return assignments
