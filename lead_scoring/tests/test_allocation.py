import random
from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.allocation import (
    Assignment,
    Candidate,
    Seat,
    Team,
    allocate,
    best_teams,
)

LEADS = range(1, 31)
TEAMS = range(1, 6)
USERS = range(1, 9)


@st.composite
def worlds(draw):
    """Candidates, teams and seats, in no order."""
    teams = [
        Team(team_id, draw(st.sampled_from([-5, 0, 30])), draw(st.integers(0, 2)))
        for team_id in TEAMS
    ]
    some_leads = st.frozensets(st.sampled_from(LEADS))
    seats = [
        Seat(
            member_id=number,
            user_id=draw(st.sampled_from(USERS)),
            team_id=draw(st.sampled_from(TEAMS)),
            capacity=draw(st.integers(1, 20)),
            load=draw(st.integers(0, 20)),
            leads=draw(st.none() | some_leads),
            preferred=draw(some_leads),
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    candidates = [
        Candidate(
            lead_id,
            score=draw(st.integers(-2, 2)),
            team_id=draw(st.none() | st.sampled_from(TEAMS)),
            user_id=draw(st.none() | st.none() | st.sampled_from(USERS)),
            teams=tuple(draw(st.sets(st.sampled_from(TEAMS), min_size=1))),
            sampled=draw(st.booleans()),
        )
        for lead_id in draw(st.sets(st.sampled_from(LEADS)))
    ]
    return candidates, teams, seats


def _given_anew(assignments, candidates):
    """Return what was given to people who did not have it."""
    kept = {candidate.lead_id for candidate in candidates if candidate.user_id}
    return [a for a in assignments if a.user_id and a.lead_id not in kept]


@tagged("post_install", "-at_install")
class TestAllocation(BaseCase):
    """Who gets which lead, whatever the leads, teams and people are."""

    # ------------------------------------------------------------------
    # Whatever the world
    # ------------------------------------------------------------------

    @given(worlds())
    @settings(deadline=None)
    def test_each_lead_once_best_first(self, world):
        candidates, teams, seats = world
        assignments = allocate(*world)
        order = sorted(candidates, key=lambda c: (-c.score, c.lead_id))
        self.assertEqual(
            [(a.lead_id, a.sampled) for a in assignments],
            [(c.lead_id, c.sampled) for c in order],
        )

    @given(worlds())
    @settings(deadline=None)
    def test_nobody_gets_more_than_the_capacity(self, world):
        candidates, teams, seats = world
        got = Counter(
            (a.team_id, a.user_id) for a in _given_anew(allocate(*world), candidates)
        )
        room = Counter()
        for seat in seats:
            room[seat.team_id, seat.user_id] += max(seat.capacity - seat.load, 0)
        for place, count in got.items():
            self.assertLessEqual(count, room[place])

    @given(worlds(), st.randoms(use_true_random=False))
    @settings(deadline=None)
    def test_order_of_the_input_does_not_matter(self, world, chance):
        shuffled = [chance.sample(part, len(part)) for part in world]
        shuffled[0] = [
            replace(c, teams=tuple(chance.sample(c.teams, len(c.teams))))
            for c in shuffled[0]
        ]
        self.assertEqual(allocate(*shuffled), allocate(*world))

    @given(worlds())
    @settings(deadline=None)
    def test_own_team_first_most_demanding_next(self, world):
        candidates, teams, _seats = world
        minimum = {team.id: team.minimum for team in teams}
        got = {a.lead_id: a.team_id for a in allocate(*world)}
        for lead in candidates:
            self.assertIn(got[lead.lead_id], lead.teams)
            if lead.team_id in lead.teams:
                self.assertEqual(got[lead.lead_id], lead.team_id)
            else:
                highest = max(minimum[team_id] for team_id in lead.teams)
                self.assertEqual(minimum[got[lead.lead_id]], highest)

    @given(worlds())
    @settings(deadline=None)
    def test_kept_salesperson_is_never_replaced(self, world):
        got = {a.lead_id: a.user_id for a in allocate(*world)}
        for lead in world[0]:
            if lead.user_id:
                self.assertEqual(got[lead.lead_id], lead.user_id)

    @given(worlds())
    @settings(deadline=None)
    def test_who_gets_a_lead_may_have_it_and_had_room(self, world):
        """Nobody is passed over either: unassigned only where nobody could, in this
        team or in any that comes as early.
        """
        candidates, teams, seats = world
        by_id = {team.id: team for team in teams}
        leads = {candidate.lead_id: candidate for candidate in candidates}
        kept = {c.lead_id for c in candidates if c.user_id}
        used = {seat.member_id: seat.load for seat in seats}
        for a in allocate(*world):
            if a.lead_id in kept:
                continue
            places = best_teams(leads[a.lead_id], by_id)
            anyone = [
                seat
                for seat in seats
                if seat.team_id in places
                and used[seat.member_id] < seat.capacity
                and (seat.leads is None or a.lead_id in seat.leads)
            ]
            self.assertEqual(bool(anyone), a.user_id is not None)
            could = [seat for seat in anyone if seat.team_id == a.team_id]
            if not could:
                continue
            prefer = [seat for seat in could if a.lead_id in seat.preferred] or could
            share = {s.member_id: used[s.member_id] / s.capacity for s in prefer}
            lowest = min(share.values())
            first = min(member for member in share if share[member] == lowest)
            seat = next(s for s in seats if s.member_id == first)
            self.assertEqual(a.user_id, seat.user_id)
            used[first] += 1

    @given(worlds())
    @settings(deadline=None)
    def test_one_by_one_gives_the_same(self, world):
        """With loads as the database would have them after each."""
        candidates, teams, seats = world
        seats = [replace(seat, user_id=seat.member_id) for seat in seats]
        planned = allocate(candidates, teams, seats)
        given_to = Counter()
        for assignment in planned:
            lead = next(c for c in candidates if c.lead_id == assignment.lead_id)
            now = [
                replace(seat, load=seat.load + given_to[seat.team_id, seat.user_id])
                for seat in seats
            ]
            self.assertEqual(allocate([lead], teams, now), [assignment])
            if not lead.user_id:
                given_to[assignment.team_id, assignment.user_id] += 1

    # ------------------------------------------------------------------
    # Plain cases
    # ------------------------------------------------------------------

    def test_capacity_of_a_few_leads_a_month_is_used(self):
        for capacity in range(1, 15):
            leads = [Candidate(n, 9, None, None, (1,)) for n in range(20)]
            seats = [Seat(1, 7, 1, capacity, 0)]
            got = allocate(leads, [Team(1, 0, 0)], seats)
            self.assertEqual([a.user_id for a in got].count(7), capacity)
            self.assertEqual([a.lead_id for a in got if a.user_id], [*range(capacity)])

    def test_in_turn_by_share(self):
        leads = [Candidate(n, 9, None, None, (1,)) for n in range(6)]
        seats = [Seat(1, 7, 1, 20, 0), Seat(2, 8, 1, 10, 0)]
        got = allocate(leads, [Team(1, 0, 0)], seats)
        self.assertEqual([a.user_id for a in got], [7, 8, 7, 7, 8, 7])

    def test_preference_beats_share_but_not_capacity(self):
        leads = [Candidate(n, 9, None, None, (1,)) for n in range(3)]
        seats = [Seat(1, 7, 1, 9, 0), Seat(2, 8, 1, 9, 7, None, {0, 1, 2})]
        got = allocate(leads, [Team(1, 0, 0)], seats)
        self.assertEqual([a.user_id for a in got], [8, 8, 7])

    def test_most_capacity_left_of_equally_demanding_teams(self):
        leads = [Candidate(n, 9, None, None, (1, 2)) for n in range(4)]
        teams = [Team(1, 5, 0), Team(2, 5, 1)]
        seats = [Seat(1, 7, 1, 2, 0), Seat(2, 8, 2, 3, 0)]
        got = allocate(leads, teams, seats)
        self.assertEqual([a.team_id for a in got], [2, 1, 2, 1])
        teams[0] = replace(teams[0], minimum=6)
        got = allocate(leads, teams, seats)
        self.assertEqual({a.team_id for a in got}, {1})
        self.assertEqual([a.user_id for a in got], [7, 7, None, None])

    def test_team_in_which_somebody_may_have_it_before_the_freer_one(self):
        teams = [Team(1, 5, 0), Team(2, 5, 1)]
        seats = [Seat(1, 7, 1, 50, 0, leads=frozenset()), Seat(2, 8, 2, 3, 1)]
        leads = [Candidate(n, 9, None, None, (1, 2)) for n in range(3)]
        got = allocate(leads, teams, seats)
        self.assertEqual(
            got, [Assignment(0, 2, 8), Assignment(1, 2, 8), Assignment(2, 1, None)]
        )

    def test_sequence_then_id_without_capacity(self):
        lead = Candidate(3, 9, None, None, (1, 2, 4))
        teams = [Team(1, 5, 2), Team(4, 5, 1), Team(2, 5, 1)]
        self.assertEqual(allocate([lead], teams, []), [Assignment(3, 2, None)])

    def test_shares_stay_even_over_many_leads(self):
        chance = random.Random(5)
        capacity = {n: chance.randint(1, 40) for n in range(20)}
        seats = [Seat(n, n, 1, size, 0) for n, size in capacity.items()]
        half = sum(capacity.values()) // 2
        leads = [Candidate(n, 9, None, None, (1,)) for n in range(half)]
        got = defaultdict(int)
        for a in allocate(leads, [Team(1, 0, 0)], seats):
            got[a.user_id] += 1
        for user, size in capacity.items():
            self.assertLessEqual(abs(got[user] - size / 2), 1)
