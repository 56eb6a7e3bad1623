from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    score_explanation = fields.Json(
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_explanation",
        help="The rules that give points now, largest first; they sum to the score. "
        "With them the model's thresholds, the history, what changed within a week "
        "and which rules would make the lead hot.",
    )
    score_explanation_text = fields.Text(
        string="Why This Score",
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_explanation_text",
        help="Where the score comes from, in words.",
    )

    @api.depends("score_id")
    def _compute_score_explanation(self):
        for lead in self:
            lead.score_explanation = self.env["lead.scoring.explain"]._explain(lead)

    @api.depends("score_explanation")
    def _compute_score_explanation_text(self):
        for lead in self:
            explanation = lead.score_explanation
            text = self.env["lead.scoring.explain.text"]._text(explanation)
            lead.score_explanation_text = text
