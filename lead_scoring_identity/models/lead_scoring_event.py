from odoo import api, models

from ..tools.links import without_token


class LeadScoringEvent(models.Model):
    _inherit = "lead.scoring.event"

    @api.model
    def _clean_url(self, url):
        """Take the token of a mail's link out, too."""
        url = super()._clean_url(url)
        return url and without_token(url)
