from odoo import api, models


class LeadScoringObstacle(models.AbstractModel):
    _inherit = "lead.scoring.obstacle"

    @api.model
    def _starter_modules(self):
        return [*super()._starter_modules(), "lead_scoring_blog"]
