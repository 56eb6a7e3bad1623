from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import formatLang

CLEARLY_MORE = 1.5
"""From so many times a typical won deal on, the column tells how many."""


class LeadScoringReport(models.Model):
    """Leads that no team's minimum lets through, though they are worth much."""

    _inherit = "lead.scoring.report"

    why_good = fields.Char(
        compute="_compute_why_good",
        search="_search_why_good",
        help="Why the lead is worth a look although its score is below the minimum of "
        "every sales team. Empty for all other leads.",
    )

    @api.depends("expected_revenue", "lead_score", "user_id")
    @api.depends_context("allowed_company_ids", "lang", "uid")
    def _compute_why_good(self):
        missed = self.search(Domain("id", "in", self.ids) & self._missed())
        (self - missed).why_good = False
        typical = missed and self._typical_won_revenue()
        for row in missed:
            times = row.expected_revenue / typical if typical else 0
            if not typical:
                text = self.env._("Has an expected revenue; no deal is won yet")
            elif times < CLEARLY_MORE:
                text = self.env._("Worth as much as a typical won deal")
            else:
                text = self.env._(
                    "Worth %s times a typical won deal",
                    formatLang(self.env, times, digits=int(times < 10)),
                )
            row.why_good = text

    @api.model
    def _search_why_good(self, operator, value):
        if operator != "not in" or set(value) - {False, ""}:
            return NotImplemented
        return self._missed()

    @api.model
    def _missed(self):
        """Return the Domain of the leads that every minimum misses and a manager can do
        something about: those that could be given to anybody and are worth as much as
        a typical won deal.
        """
        minimum = self._lowest_minimum()
        if minimum is None:
            return Domain.FALSE
        leads = (
            Domain("type", "=", "lead")
            & self.env["lead.scoring.engine"]._scored_leads()
            & self.env["crm.team"]._unowned_leads()
        )
        return (
            Domain("lead_id", "any", leads)
            & Domain("lead_score", "<", minimum)
            & Domain("expected_revenue", ">=", self._typical_won_revenue() or 1)
        )

    @api.model
    def _lowest_minimum(self):
        """Return the lowest minimum of the teams that convert; None without any."""
        teams = self.env["lead.scoring.quality"]._get_teams(self.env.companies)
        return min(teams.mapped("minimum_score"), default=None)

    @api.model
    def _typical_won_revenue(self):
        """Return the median of the won deals that the user may read, 0 without any."""
        won = [("outcome", "=", "won"), ("expected_revenue", ">", 0)]
        half = self.search_count(won) // 2
        median = self.search(won, order="expected_revenue", offset=half, limit=1)
        return median.expected_revenue

    @api.readonly
    @api.model
    def get_sentences(self, domain):
        """Return what the list of missed leads means, and what to do, in sentences.

        :param domain: that of the list
        """
        self.check_access("read")
        minimum = self._lowest_minimum()
        if minimum is None or not self.search_count(domain, limit=1):
            return []
        typical = formatLang(self.env, self._typical_won_revenue(), digits=0)
        sentences = [
            self.env._(
                "Nobody works on these leads: they are below %(minimum)s points, the "
                "lowest minimum score. Each may bring in as much as a typical won deal "
                "(%(typical)s) or more. Convert the good ones by hand.",
                minimum=minimum,
                typical=typical,
            )
        ]
        below = Domain("score", "<", minimum) & Domain("reason", "!=", False)
        if won := self.search_count(below & Domain("outcome", "=", "won")):
            sentences.append(
                self.env._(
                    "Won although below when it was decided: %s. If they are many, "
                    "lower the minimum score of a team.",
                    won,
                )
            )
        return sentences
