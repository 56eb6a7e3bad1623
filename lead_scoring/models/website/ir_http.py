from odoo import models
from odoo.http import request

from odoo.addons.website.models.ir_http import get_request_website


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _allows_optional_cookies(cls):
        """Whether the visitor allows optional cookies, or the website has no cookies
        bar and so asks nobody. A damaged cookie means no.
        """
        website = get_request_website()
        # sudo: visitors need not be allowed to read the website's settings
        website = website or request.env["website"].sudo().get_current_website()
        if not website._get_cached("cookies_bar"):
            return True
        try:
            return bool(cls._is_allowed_cookie("optional"))
        except ValueError:
            return False

    @classmethod
    def _may_record_signals(cls):
        """Whether an event of the visitor may be recorded, or the visitor tied to a
        lead: with consent only, and no robots.
        """
        return cls._allows_optional_cookies() and not cls.is_a_bot()
