from odoo import models


class WebsiteTrack(models.Model):
    _inherit = "website.track"

    # an hourly pass asks who has seen a page since the last one
    _visit_datetime_idx = models.Index("(visit_datetime)")
