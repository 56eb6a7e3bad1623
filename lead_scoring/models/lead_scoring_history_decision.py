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

    # in the order of lead.scoring.report, which takes the first of each lead
    _decision_idx = models.Index(
        "(lead_id, (CASE reason WHEN 'converted' THEN 1 WHEN 'qualified' THEN 2"
        " ELSE 3 END), date DESC, id DESC)"
        " WHERE reason IN ('created', 'qualified', 'converted')"
    )
