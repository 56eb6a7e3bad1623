from werkzeug.exceptions import abort

from odoo import models
from odoo.http import Response, request

from odoo.addons.website.models.ir_http import get_request_website

EVENT_PATH = "/lead_scoring/event"
EVENT_BYTES = 64 * 1024
"""As much as a browser sends by a beacon."""


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Refuse events that are no JSON or too long, before Odoo reads them."""
        super()._pre_dispatch(rule, args)
        if EVENT_PATH not in rule.endpoint.routing["routes"]:
            return
        refusal = None
        if request.httprequest.mimetype != "application/json":
            refusal = "Send JSON, with the content type application/json."
        elif (request.httprequest.content_length or 0) > EVENT_BYTES:
            refusal = f"Send at most {EVENT_BYTES} bytes."
        if refusal:
            abort(Response(refusal, status=400, content_type="text/plain"))

    @classmethod
    def _dispatch(cls, endpoint):
        """Drop a parameter called "self", which no route of Odoo can be called with."""
        if endpoint.routing["routes"][0].startswith("/lead_scoring/"):
            request.params.pop("self", None)
        return super()._dispatch(endpoint)

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
        except (RecursionError, ValueError):
            return False

    @classmethod
    def _may_record_signals(cls):
        """Whether an event of the visitor may be recorded, or the visitor tied to a
        lead: with consent only, no robots, and not in a neutralized copy, which knows
        the same links and tokens as the original.
        """
        # sudo: visitors may not read system parameters
        parameters = request.env["ir.config_parameter"].sudo()
        if parameters.get_param("database.is_neutralized"):
            return False
        return cls._allows_optional_cookies() and not cls.is_a_bot()
