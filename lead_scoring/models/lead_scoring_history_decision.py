from odoo import fields, models


class LeadScoringHistory(models.Model):
    """What else is kept at a decision, to judge scores by, and found fast."""

    _inherit = "lead.scoring.history"

    automated_probability = fields.Float(
        string="Predicted Probability",
        readonly=True,
        aggregator="avg",
        help="What Odoo itself predicted then, in percent; on decisions only.",
    )

    _decisions_idx = models.Index(
        "(lead_id) WHERE reason IN ('created', 'qualified', 'converted')"
    )
