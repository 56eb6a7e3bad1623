from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.minimum import lowest_fitting_minimum

PERIODS_BACK = 3
"""How many times 30 days are looked back on."""
FEWEST_LEADS = 20
"""With fewer leads nothing is proposed."""


class CrmTeam(models.Model):
    """The minimum score at which a team gets as many leads as its members can take."""

    _inherit = "crm.team"

    minimum_proposal = fields.Json(
        string="Minimum Score Proposed",
        compute="_compute_minimum_proposal",
        groups="sales_team.group_sale_manager",
        help="The lowest minimum score that brings no more leads in 30 days than "
        "the members can take, based on the leads of the last 90 days. Also shows "
        "how many leads had each score, at conversion or now.",
    )

    @api.depends(
        "assignment_domain",
        "company_id",
        "convert_by_score",
        "crm_team_member_ids.assignment_max",
        "crm_team_member_ids.assignment_optout",
        "minimum_score",
        "take_sales",
        "take_nurture",
        "take_remarket",
        "take_discard",
        "use_opportunities",
    )
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_minimum_proposal(self):
        """Of the values in the form, saved or not."""
        for team in self:
            shown = team.convert_by_score and team.use_opportunities
            sound = shown and team._may_count() and team._has_sound_domain()
            # sudo: only numbers of leads are shown, those of colleagues included
            team.minimum_proposal = sound and team.sudo()._propose_minimum()

    def _propose_minimum(self):
        """Return the proposal as data: ``capacity`` in 30 days, ``room``, what is left
        of it now, ``scores`` and a ``verdict``. That is ``fits`` when there is a
        ``minimum`` to propose, else why there is none: ``few`` leads, ``nobody`` who
        takes them, ``all`` of them fit, too many with the highest score (``tie``).
        """
        self.ensure_one()
        counts = self._count_scores()
        capacity = self._capacity()
        proposal = {
            "periods": PERIODS_BACK,
            "capacity": capacity,
            "room": self._room(),
            "scores": sorted(counts.items()),
            "verdict": "fits",
        }
        if not capacity:
            return proposal | {"verdict": "nobody"}
        if sum(counts.values()) < FEWEST_LEADS:
            return proposal | {"verdict": "few"}
        minimum = lowest_fitting_minimum(counts, PERIODS_BACK * capacity)
        if minimum == min(counts):
            return proposal | {"verdict": "all"}
        if minimum > max(counts):
            return proposal | {"verdict": "tie"}
        return proposal | {"minimum": minimum}

    @api.model
    def _expected(self, proposal, minimum):
        """Return how many leads in 30 days a team gets from ``minimum`` on, as its form
        shows it and as whoever gives advice has to say it.

        :param proposal: see :meth:`_propose_minimum`
        """
        met = sum(count for score, count in proposal["scores"] if score >= minimum)
        return round(met / proposal["periods"])

    def _count_scores(self):
        """Return ``{score: number of leads}`` of :meth:`_counted_leads`."""
        query = SQL(
            "SELECT score, count(*) FROM (%s) AS lead GROUP BY 1", self._counted_leads()
        )
        return dict(self.env.execute_query(query))

    def _counted_leads(self):
        """Return the query of ``id`` and ``score`` of the leads of the last 90 days
        that this team is open to, without those that a team of a higher minimum gets.
        """
        self.env.flush_all()
        return SQL(
            """SELECT counted.id, counted.score
                 FROM (SELECT crm_lead.id, crm_lead.team_id,
                              CASE crm_lead.type WHEN 'lead' THEN score.score
                                   ELSE decided.score END AS score
                         FROM crm_lead
                         JOIN lead_scoring_score score
                           ON score.lead_id = crm_lead.id
                    LEFT JOIN LATERAL (
                              SELECT score FROM lead_scoring_history
                               WHERE lead_id = crm_lead.id
                                 AND reason = 'converted'
                            ORDER BY date DESC, id DESC LIMIT 1) decided
                           ON TRUE
                        WHERE crm_lead.id IN (%(recent)s)) AS counted
                WHERE counted.score IS NOT NULL
                  AND (counted.team_id = %(team)s OR (%(taken)s) IS NOT TRUE)""",
            recent=self._ids_of(self._recent_leads() & self._leads_open_to()),
            team=self._origin.id or None,
            taken=self._taken_by_higher_minimum(),
        )

    @api.model
    def _recent_leads(self):
        """Return the Domain of the leads and opportunities of the last 90 days, of the
        companies that the user has switched to and of none.
        """
        since = self.env.cr.now() - timedelta(days=30 * PERIODS_BACK)
        waiting = Domain("type", "=", "lead")
        waiting &= self.env["lead.scoring.engine"]._scored_leads()
        recent = Domain("create_date", ">=", since)
        # a superuser's companies are whatever the context says
        companies = self.sudo(False).env.companies
        recent &= Domain("company_id", "in", [False, *companies.ids])
        return recent & (waiting | Domain("type", "=", "opportunity"))

    def _taken_by_higher_minimum(self):
        """Return the SQL condition on ``counted`` (id, score) of the leads that a team
        of a higher minimum gets.
        """
        recent = self._recent_leads()
        teams = self._converting_teams() - self._origin
        taken = [
            SQL(
                "counted.score >= %s AND counted.id IN (%s)",
                team.minimum_score,
                self._ids_of(recent & team._leads_open_to()),
            )
            for team in teams
            if team.minimum_score > self.minimum_score
        ]
        return SQL(" OR ").join(taken) if taken else SQL("FALSE")

    def _leads_open_to(self):
        """Return the Domain of the leads of whatever score, type and salesperson that
        meet what this team asks for.
        """
        return self._leads_in_scope() & self._leads_in_taken_segments()

    @api.model
    def _ids_of(self, domain):
        """Return the query of the ids of a domain's leads, closed ones included."""
        # sudo: how many leads there were does not depend on who asks
        leads = self.env["crm.lead"].sudo()
        return leads._search(domain, active_test=False, bypass_access=True).select()
