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
