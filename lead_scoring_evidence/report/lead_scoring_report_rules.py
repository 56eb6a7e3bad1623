from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class LeadScoringReport(models.Model):
    """Which rules gave points when something was decided, and what the score is now."""

    _inherit = "lead.scoring.report"

    decided_rule_ids = fields.Many2many(
        comodel_name="lead.scoring.rule",
        string="Rules Then",
        compute="_compute_decided_rule_ids",
        search="_search_decided_rule_ids",
        help="The scoring rules that gave the lead points at the decision.",
    )
    lead_score = fields.Integer(
        string="Score Now",
        related="lead_id.score",
        help="The lead's score of today, or when it was won or lost.",
    )

    @api.depends("decision_id")
    def _compute_decided_rule_ids(self):
        for row in self:
            # sudo: who may read this row may read the decision it shows
            decision = row.sudo().decision_id
            rules = self.env["lead.scoring.rule"]
            with decision._reading("rules"):
                ids = map(int, decision.rules or {})
                rules = rules.browse(i for i in ids if 0 < i < 2**31)
            row.decided_rule_ids = rules.exists()

    @api.model
    def _search_decided_rule_ids(self, operator, value):
        if operator != "in":
            return NotImplemented
        keys = [str(rule_id) for rule_id in value if rule_id]
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                """EXISTS (SELECT FROM lead_scoring_history history
                            WHERE history.id = %s
                              AND jsonb_exists_any(history.rules, %s))""",
                SQL.identifier(alias, "decision_id"),
                keys,
            )
        )

    # ------------------------------------------------------------------
    # Leads that no team's minimum lets through
    # ------------------------------------------------------------------

    @api.model
    def action_open_missed(self):
        """Open the leads that are worth much but below every minimum score, and those
        that were won although they had been.
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_report_action_missed"
        )
        teams = self.env["lead.scoring.quality"]._get_teams(self.env.companies)
        minimum = min(teams.mapped("minimum_score"), default=None)
        if minimum is None:
            return {**action, "domain": [("id", "=", False)]}
        name = self.env._("Good Leads Below %s Points", minimum)
        domain = self._missed(minimum)
        return {**action, "name": name, "display_name": name, "domain": domain}

    @api.model
    def _missed(self, minimum):
        """Return the domain of the leads that ``minimum`` misses: open ones that are
        worth as much as the median of the won deals that the user may read, and won
        ones.
        """
        won = [("outcome", "=", "won"), ("expected_revenue", ">", 0)]
        half = self.search_count(won) // 2
        median = self.search(won, order="expected_revenue", offset=half, limit=1)
        much = median.expected_revenue or 1
        return [
            "|",
            *("&", "&", ("outcome", "=", "won"), ("score", "<", minimum)),
            ("reason", "!=", False),
            *("&", "&", ("outcome", "=", "pending"), ("lead_score", "<", minimum)),
            ("expected_revenue", ">=", much),
        ]
