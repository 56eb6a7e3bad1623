from odoo import models
from odoo.tools import ormcache


class Website(models.Model):
    _inherit = "website"

    @ormcache("self.id")
    def _get_cached_values(self):
        """Cache whether there is a cookies bar, which each page view asks. Else pages
        that Odoo answers from its cache would take a fifth more processor time.
        """
        values = super()._get_cached_values()
        # fetched alone, as core does: the language of the request is not checked yet
        self.fetch(["cookies_bar"])
        return {**values, "cookies_bar": self.cookies_bar}
