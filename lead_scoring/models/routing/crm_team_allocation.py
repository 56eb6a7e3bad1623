from collections import Counter
from dataclasses import replace

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import allocation


class CrmTeam(models.Model):
    """Which team and which person each lead gets, planned in memory."""

    _inherit = "crm.team"

    @api.model
    def _route(self, within=Domain.TRUE):
        """Return an ``Assignment`` (tools/allocation.py) for each lead to convert, and
        for each opportunity that scoring handed over and that somebody can now be
        given: best score first, last those that failed last time.

        Nothing is written, and the same leads give the same result. With ``within``
        only these leads are planned, as if no other lead were assigned.

        :param within: Domain that restricts the leads
        """
        converting = self._converting_teams()
        candidates, given = self._candidates(within, converting)
        teams = converting._allocation_teams()
        wanted = allocation.leads_to_give(candidates, teams)
        # sudo: loads and filters of people whom the user may not read count as well
        seats = self.env["crm.team.member"].sudo()._build_seats(wanted)
        return [
            assignment
            for assignment in allocation.allocate(candidates, teams.values(), seats)
            if assignment.user_id or assignment.lead_id not in given
        ]

    @api.model
    def _confirm(self, assignments):
        """Return which of ``assignments`` are still right, and what changed of the
        others: ``([Assignment], {lead id: text})``. Those say how many leads the person
        then has.

        Right is what could be planned now, even where another person or a team of the
        same minimum would come first by now.
        """
        ids = [assignment.lead_id for assignment in assignments]
        converting = self._converting_teams()
        candidates, _given = self._candidates(Domain("id", "in", ids), converting)
        teams = converting._allocation_teams()
        wanted = allocation.leads_to_give(candidates, teams)
        users = {assignment.user_id for assignment in assignments}
        # sudo: as in _route
        members = self.env["crm.team.member"].sudo()
        seats = {
            (seat.team_id, seat.user_id): seat
            for seat in members._build_seats(wanted, users)
        }
        by_lead = {candidate.lead_id: candidate for candidate in candidates}
        used = Counter({place: seat.load for place, seat in seats.items()})
        right, changed = [], {}
        for planned in assignments:
            place = planned.team_id, planned.user_id
            seat = seats.get(place)
            room = bool(seat) and seat.takes(planned.lead_id, used[place])
            candidate = by_lead.get(planned.lead_id)
            reason = self._what_changed(planned, candidate, teams, room)
            if reason:
                changed[planned.lead_id] = reason
                continue
            if candidate.user_id is None and room:
                used[place] += 1
                count, capacity = used[place], seats[place].capacity
                planned = replace(planned, count=count, capacity=capacity)
            right.append(planned)
        return right, changed

    @api.model
    def _what_changed(self, planned, candidate, teams, room):
        """Return why this would not be planned any more; "" where it would.

        :param candidate: what the lead is now; None when it is to be given to nobody
        :param teams: ``{team id: Team}``
        :param room: whether that person may have it and has capacity left
        """
        # sudo: it may have gone to another company or salesperson
        lead = self.env["crm.lead"].sudo().browse(planned.lead_id)
        if not candidate and not lead.exists():
            return self.env._("It was deleted or merged into another.")
        if (not candidate or candidate.user_id) and lead.user_id:
            if lead.user_id.id != planned.user_id:
                return self.env._("It belongs to %s now.", lead.user_id.name)
        if not candidate and lead.type != "lead":
            return self.env._("It has become an opportunity.")
        if not candidate:
            return self._routing_notes(lead)[lead.id]
        if planned.team_id not in allocation.best_teams(candidate, teams):
            return self.env._("Another team comes first now.")
        if candidate.sampled != planned.sampled:
            return self.env._("Its score has changed.")
        if candidate.user_id == planned.user_id or planned.user_id is None:
            return ""
        return "" if room else self._why_not(planned)

    @api.model
    def _why_not(self, planned):
        """Return why this person can't be given the lead now."""
        place = [
            ("crm_team_id", "=", planned.team_id),
            ("user_id", "=", planned.user_id),
        ]
        # sudo: the sentence names a person, which the plan has shown already
        member = self.env["crm.team.member"].sudo().search(place, limit=1)
        lead = self.env["crm.lead"].sudo().browse(planned.lead_id)
        user = self.env["res.users"].sudo().browse(planned.user_id)
        return self.env._(
            "%(user)s does not get it any more: %(reason)s.",
            user=user.name,
            reason=member._member_refusal(lead),
        )

    # ------------------------------------------------------------------
    # What the plan is made of
    # ------------------------------------------------------------------

    def _allocation_teams(self):
        """Return ``{team id: Team}`` (tools/allocation.py) of these teams."""
        return {
            team.id: allocation.Team(team.id, team.minimum_score, team.sequence)
            for team in self
        }

    @api.model
    def _candidates(self, within, converting):
        """Return the leads that may be given to somebody, and the ids of those that are
        opportunities already: ``([Candidate], set)``.

        :param within: Domain that restricts the leads
        """
        self.env["lead.scoring.pass"]._tune_statements()
        # sudo: a plan is made of the leads of everybody
        leads = self.env["crm.lead"].sudo()
        teams = {}
        if converting:
            teams.update(self.env.execute_query(converting._taking(within)))
        sampled = self._sampled_candidates(within, converting)
        teams.update(sampled)
        taking = converting.filtered(lambda team: not team.assignment_optout)
        own = Domain("team_id", "in", taking.ids)
        given = set(leads._search(self._handed_over_leads() & own & within))
        candidates = []
        rows = self._candidate_rows(Domain("id", "in", [*teams, *given]))
        for lead_id, score, team_id, user_id, failed in rows:
            takers = [team_id] if lead_id in given else teams[lead_id]
            if lead_id in sampled and team_id not in takers:
                # the team with the lowest minimum
                takers = takers[-1:]
            candidates.append(
                allocation.Candidate(
                    *(lead_id, score, team_id, user_id),
                    teams=tuple(takers),
                    sampled=lead_id in sampled,
                    failed=failed,
                )
            )
        return candidates, given

    def _taking(self, within):
        """Return the SQL query of the ids of the leads that at least one of these teams
        takes, and the array of the ids of those teams, in the order of ``self``. Each
        lead is read once, however many teams there are.

        :param within: Domain that restricts the leads
        """
        # sudo: a plan is made of the leads of everybody
        leads = self.env["crm.lead"].sudo()
        # no team takes one below its minimum: PostgreSQL may find the others by index
        reached = Domain("score", ">=", min(self.mapped("minimum_score")))
        query = leads._search(self._considered_leads() & within & reached)
        condition = self.env["lead.scoring.engine"]._condition
        taking = [
            SQL(
                "CASE WHEN %s THEN %s END",
                condition(team._eligible_leads(), leads, query, many=False),
                team.id,
            )
            for team in self
        ]
        # OFFSET 0 keeps PostgreSQL from asking each team twice
        return SQL(
            """SELECT lead_id, teams FROM (%s OFFSET 0) AS lead (lead_id, teams)
                WHERE teams <> '{}'""",
            query.select(
                SQL.identifier(query.table, "id"),
                SQL("array_remove(ARRAY[%s]::integer[], NULL)", SQL(", ").join(taking)),
            ),
        )

    @api.model
    def _candidate_rows(self, found):
        """Return ``(id, score, team id, id of the salesperson who keeps it or None,
        whether it could not be handed over last time)`` of each lead in a Domain.
        """
        # sudo: a plan is made of the leads of everybody
        leads = self.env["crm.lead"].sudo()
        query = leads._search(found, active_test=False)
        names = ("id", "score", "team_id", "user_id")
        columns = [leads._field_to_sql(query.table, name, query) for name in names]
        rows = self.env.execute_query(query.select(*columns))
        owned = Domain("id", "in", [row[0] for row in rows if row[-1]])
        kept = set(leads._search(owned & ~self._unowned_leads()))
        error = Domain("score_id.routing_error", "!=", False)
        failed = set(leads._search(found & error, active_test=False))
        return [
            (*row, user_id if row[0] in kept else None, row[0] in failed)
            for *row, user_id in rows
        ]

    @api.model
    def _handed_over_leads(self):
        """Return the Domain of the opportunities that scoring handed over and that
        nobody has: for want of capacity, or because their salesperson is gone.
        """
        return (
            Domain("type", "=", "opportunity")
            & self.env["lead.scoring.engine"]._open_leads()
            & Domain("handover", "=", "offered")
            & self._nobodys_leads()
        )
