from odoo import fields, models


class CrmLead(models.Model):
    """Points that people give a lead by hand."""

    _inherit = "crm.lead"

    score_adjustment_ids = fields.One2many(
        comodel_name="lead.scoring.adjustment",
        inverse_name="lead_id",
        string="Score Adjustments",
        groups="sales_team.group_sale_salesman",
        help="Points that people gave the lead, or took, for what no rule can see.",
    )

    def action_adjust_score(self):
        """Open the window in which the user gives or takes points."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust the Score"),
            "res_model": "lead.scoring.adjustment",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def _merge_dependences(self, opportunities):
        """The lead that stays keeps the adjustments of the others."""
        opportunities.sudo().score_adjustment_ids.lead_id = self
        return super()._merge_dependences(opportunities)
