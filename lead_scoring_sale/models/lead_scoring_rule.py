from odoo import fields, models


class LeadScoringRule(models.Model):
    _inherit = "lead.scoring.rule"

    source = fields.Selection(
        selection_add=[("order", "Orders confirmed")],
        ondelete={"order": "cascade"},
    )
