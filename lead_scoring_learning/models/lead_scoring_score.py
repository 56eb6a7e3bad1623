from odoo import fields, models


class LeadScoringScore(models.Model):
    _inherit = "lead.scoring.score"

    win_probability = fields.Float(
        readonly=True,
        aggregator="avg",
        help="How probable it is that the lead will be won, learned from closed leads; "
        "empty while nothing was learned for its model.",
    )
