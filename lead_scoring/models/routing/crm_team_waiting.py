from collections.abc import Callable
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ...tools.retry import retry

WAITING_REASONS = [
    ("failed", "Could not be converted"),
    ("do_not_score", "Not to be scored"),
    ("below_minimum", "Below every minimum score"),
    ("segment", "No team takes its segment"),
    ("no_team", "No team converts such leads"),
    ("salesperson", "Outside the team's assignment filter"),
    ("answers", "Questions to be answered"),
    ("returned", "Sent back by sales"),
]
"""Labels of :meth:`CrmTeam._waiting_reasons`."""


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """Why a lead is still a lead."""

    key: str
    """A value of ``waiting_reason``."""
    domain: Domain
    note: Callable
    """``note(lead, teams)`` returns the sentence for a lead; ``teams`` would take it,
    given score and segment."""
    advice: str = ""
    """What a manager can do about it."""
    waits: bool = True
    """False: the next run converts it; then nothing is stored."""


class CrmTeam(models.Model):
    """Why a lead is still a lead: the reasons, which one is stored and shown."""

    _inherit = "crm.team"

    @api.model
    def _waiting_reasons(self, considered, sampled, fitting):
        """Return a list of ``WaitingReason``: of those whose domain a lead meets, the
        first is why it waits. Opportunities and archived leads have no reason.

        Another module adds a reason by a value of ``waiting_reason`` (``selection_add``
        on ``lead.scoring.score``), and here, before all that are less important::

            def _waiting_reasons(self, considered, sampled, fitting):
                reasons = super()._waiting_reasons(considered, sampled, fitting)
                closed = considered & Domain("team_id.is_open", "=", False)
                advice = self.env._("Open the shop")
                reason = WaitingReason("closed", closed, self._closed_note, advice)
                return [reason, *reasons]

        That explains only. What keeps the lead from being converted is an override of
        ``_considered_leads`` (of all teams) or ``_eligible_leads`` (of one).

        :param considered: the Domain of the leads that a run looks at
        :param sampled: the Domain of those that are chosen at random
        :param fitting: ``{converting team: Domain of its fitting leads}``
        """
        leads = self.env["crm.lead"]
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        open_leads &= Domain("type", "=", "lead")
        return [
            WaitingReason(
                "do_not_score",
                open_leads & Domain("do_not_score", "=", True),
                lambda lead, _teams: lead._do_not_score_note(),
                self.env._("Score it again"),
            ),
            WaitingReason(
                "returned",
                open_leads & leads._returned_leads(),
                self._returned_note,
                self.env._("Let its score rise, or convert it"),
            ),
            *self._reasons_when_ready(considered, sampled, fitting),
            *self._reasons_when_not_ready(considered, fitting),
        ]

    @api.model
    def _reasons_when_ready(self, considered, sampled, fitting):
        """Return the part of :meth:`_waiting_reasons` for what the next run converts,
        or tries to.
        """
        ready = considered & Domain.OR(
            team._eligible_leads(domain) for team, domain in fitting.items()
        )
        return [
            WaitingReason(
                "failed",
                Domain("score_id.routing_error", "!=", False) & (ready | sampled),
                self._error_note,
                self.env._("Read what went wrong; the next run tries again"),
            ),
            WaitingReason("sampled", sampled, self._sample_note, waits=False),
            WaitingReason("ready", ready, self._ready_note, waits=False),
        ]

    @api.model
    def _reasons_when_not_ready(self, considered, fitting):
        """Return the part of :meth:`_waiting_reasons` for all others considered."""
        above = Domain.OR(t._leads_above_minimum(d) for t, d in fitting.items())
        refused = Domain.OR(
            d & Domain("score", ">=", t.minimum_score) & ~t._leads_in_taken_segments()
            for t, d in fitting.items()
        )
        return [
            WaitingReason(
                "answers",
                considered & above & self.env["crm.lead"]._leads_lacking_answers(),
                self._answers_note,
                self.env._("Answer its questions, or require fewer"),
            ),
            WaitingReason(
                "segment",
                considered & refused,
                self._minimums_note,
                self.env._("Select its segment on a team, or convert it"),
            ),
            WaitingReason(
                "below_minimum",
                considered & Domain.OR(fitting.values()),
                self._minimums_note,
                self.env._("Lower a minimum score, or convert it"),
            ),
            WaitingReason(
                "salesperson",
                considered & Domain("user_id", "!=", False) & ~self._unowned_leads(),
                self._salesperson_note,
                self.env._("Let its team convert by score, or unassign it"),
            ),
            WaitingReason(
                "no_team",
                considered,
                self._no_team_note,
                self.env._("Let a team convert such leads, or convert it"),
            ),
        ]

    @api.model
    def _first_met(self, query, choices):
        """Return the SQL expression of the value of the first domain a lead meets; NULL
        where it meets none, and for what is no lead any more.

        All are conditions on the same row: each lead is read once. A search for each
        domain would read all leads as often as there are domains.

        :param query: Query on crm_lead, which gets the joins that the domains need; to
            be read after this
        :param choices: pairs of a Domain of leads and a value
        """
        # sudo: why a lead waits is the same for everybody
        leads = self.env["crm.lead"].sudo()
        condition = self.env["lead.scoring.engine"]._condition
        cases = [
            SQL("WHEN %s THEN %s", condition(domain, leads, query, many=False), key)
            for domain, key in choices
        ]
        # what a search for leads would leave out
        return SQL(
            "CASE WHEN crm_lead.active AND crm_lead.type = 'lead' THEN CASE %s END END",
            SQL(" ").join(cases),
        )

    @api.model
    def _all_leads_query(self):
        """Return a new Query on crm_lead: with opportunities, and archived ones."""
        return Query(self.env, "crm_lead", self.env["crm.lead"]._table_sql)

    @api.model
    def _waiting_reason(self, query):
        """Return the SQL expression of why a lead waits, NULL where the next run
        converts it, and where it is none that waits; of leads that were flushed.

        :param query: see :meth:`_first_met`
        """
        reasons = self._waiting_reasons(
            self._considered_leads(),
            self._sampled_leads(),
            {team: team._fitting_leads() for team in self._converting_teams()},
        )
        return self._first_met(
            query, [(r.domain, r.key if r.waits else None) for r in reasons]
        )

    @api.model
    def _store_waiting_reasons(self, checkpoint):
        """Set ``waiting_reason`` of all leads by one statement; only changes cost."""
        self.env.flush_all()
        retry(self.env.cr, self._store_reasons_now, checkpoint)
        self.env["lead.scoring.score"].invalidate_model(
            ["waiting_reason", "waiting_since"], flush=False
        )

    @api.model
    def _store_reasons_now(self):
        self.env["lead.scoring.pass"]._tune_statements()
        self._without_failing(
            lambda teams: self.env.cr.execute(teams._storing_reasons())
        )

    @api.model
    def _storing_reasons(self):
        """Return the statement of :meth:`_store_waiting_reasons`."""
        query = self._all_leads_query()
        reason = self._waiting_reason(query)
        return SQL(
            """WITH waiting AS MATERIALIZED (
                   SELECT crm_lead.id, %s AS reason FROM %s
               )
               UPDATE lead_scoring_score score
                  SET waiting_reason = waiting.reason,
                      waiting_since = CASE WHEN waiting.reason IS NULL THEN NULL
                                           ELSE %s::timestamp END
                 FROM waiting
                WHERE waiting.id = score.lead_id
                  AND waiting.reason IS DISTINCT FROM score.waiting_reason""",
            reason,
            query.from_clause,
            self.env.cr.now(),
        )

    @api.model
    def _routing_notes(self, leads):
        """Return ``{lead id: text}``: why these leads are still leads, as of now."""
        # sudo: settings of teams that the user may not read decide as well
        leads = leads.sudo().filtered(lambda lead: lead.type == "lead" and lead.id)
        teams = self._converting_teams()
        if not leads or not teams:
            note = self.env._("No sales team converts leads by score yet.")
            return {
                lead.id: lead._do_not_score_note() if lead.do_not_score else note
                for lead in leads
            }
        # searched once here, because each of these domains is part of several reasons
        within = Domain("id", "in", leads.ids)
        takers = {team: leads.search(team._fitting_leads() & within) for team in teams}
        reasons = self._waiting_reasons(
            Domain("id", "in", leads.search(self._considered_leads() & within).ids),
            Domain("id", "in", leads.search(self._sampled_leads() & within).ids),
            {team: Domain("id", "in", found.ids) for team, found in takers.items()},
        )
        query = self._all_leads_query()
        key = self._first_met(query, [(r.domain, r.key) for r in reasons])
        query.add_where(SQL("crm_lead.id = ANY(%s)", leads.ids))
        keys = dict(self.env.execute_query(query.select(SQL("crm_lead.id"), key)))
        notes = {reason.key: reason.note for reason in reasons}
        return {
            lead.id: notes.get(keys.get(lead.id), self._not_considered_note)(
                lead, teams.filtered(lambda team, lead=lead: lead in takers[team])
            )
            for lead in leads
        }
