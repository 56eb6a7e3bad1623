from urllib.parse import urlencode

from odoo import models
from odoo.http import request

from odoo.addons.website.models.ir_http import get_request_website

from ..tools.links import PARAMETER, without_token

IDENTIFY_PATH = "/lead_scoring/visit"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _allows_optional_cookies(cls):
        """Whether the visitor allows optional cookies, or nobody asked: without a
        cookies bar. No if the cookie that says so is damaged.
        """
        website = get_request_website()
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

    @classmethod
    def _redirect_with_token(cls):
        """Return where to go first if the address has the token of a mail's link, else
        None: to the route that reads it, and from there to the address without it, so
        that neither page views nor bookmarks keep it.
        """
        asked = request.httprequest
        if asked.method != "GET" or asked.path == IDENTIFY_PATH:
            return None
        if f"{PARAMETER}=".encode() not in asked.query_string:
            return None
        # as the browser asked for it, with the language
        url = asked.environ.get("REQUEST_URI") or asked.full_path
        target = without_token(url)
        if target == url or not cls._may_record_signals():
            return None
        query = {PARAMETER: asked.args.get(PARAMETER, ""), "to": target}
        return request.redirect(f"{IDENTIFY_PATH}?{urlencode(query)}")

    @classmethod
    def _dispatch(cls, endpoint):
        return cls._redirect_with_token() or super()._dispatch(endpoint)

    @classmethod
    def _serve_fallback(cls):
        return cls._redirect_with_token() or super()._serve_fallback()
