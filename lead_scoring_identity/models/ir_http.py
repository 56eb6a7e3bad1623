from urllib.parse import urlencode

from odoo import models
from odoo.http import request

from ..tools.links import PARAMETER, without_token

IDENTIFY_PATH = "/lead_scoring/visit"


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _redirect_with_token(cls):
        """Return None, or if the address has the token of a mail's link, a redirection
        to the route that reads it. That one redirects to the address without it, so
        that neither page views nor bookmarks keep the token.
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
