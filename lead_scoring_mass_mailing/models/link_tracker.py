from os.path import splitext
from urllib.parse import urlsplit

from odoo import api, models
from odoo.http import request

from odoo.addons.lead_scoring.tools.links import is_page, with_token


class LinkTracker(models.Model):
    _inherit = "link.tracker"

    def _leads_to_own_page(self):
        """Whether this link leads to a page of one of our websites, which can say that
        it is seen; a file can't.
        """
        hosts = self.env["lead.scoring.machine"]._own_hosts()
        url = self.redirected_url or ""
        return is_page(url, hosts) and not splitext(urlsplit(url).path)[1]

    @api.model
    def get_url_from_code(self, code):
        """Give the page the token by which it says that it is seen."""
        url = super().get_url_from_code(code)
        click = getattr(request, "lead_scoring_click", None) if request else None
        if url and click and click.is_machine and not click.is_seen:
            return with_token(url, click._get_token())
        return url
