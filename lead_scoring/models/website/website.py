from odoo import api, models
from odoo.tools import ormcache


class Website(models.Model):
    _inherit = "website"

    @api.model_create_multi
    def create(self, vals_list):
        websites = super().create(vals_list)
        # a write clears it by itself
        self.env.registry.clear_cache()
        return websites

    @api.model
    @ormcache()
    def _serve_several_companies(self):
        """Whether there are websites of more than one company. Cached: each score asks
        it.
        """
        # sudo: visitors may not read websites
        return len(self.sudo()._read_group([], ["company_id"])) > 1

    @ormcache("self.id")
    def _get_cached_values(self):
        """Cache whether there is a cookies bar, which each page view asks. Else pages
        that Odoo answers from its cache would take a fifth more processor time.
        """
        values = super()._get_cached_values()
        # fetched alone, as core does: the language of the request is not checked yet
        self.fetch(["cookies_bar"])
        return {**values, "cookies_bar": self.cookies_bar}
