from urllib.parse import urlencode

from werkzeug.exceptions import abort

from odoo import models
from odoo.http import Response, request

from odoo.addons.website.models.ir_http import get_request_website

from ...tools.links import PARAMETER, without_token

EVENT_PATH = "/lead_scoring/event"
SEEN_PATH = "/lead_scoring/seen"
VISIT_PATH = "/lead_scoring/visit"
EVENT_BYTES = 64 * 1024
"""As much as a browser sends by a beacon."""


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Refuse events that are no JSON or too long, before Odoo reads them."""
        super()._pre_dispatch(rule, args)
        if {EVENT_PATH, SEEN_PATH}.isdisjoint(rule.endpoint.routing["routes"]):
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
        return cls._redirect_with_token() or super()._dispatch(endpoint)

    @classmethod
    def _serve_fallback(cls):
        return cls._redirect_with_token() or super()._serve_fallback()

    @classmethod
    def _redirect_with_token(cls):
        """Return None, or if the address has the token of a mail's link, a redirection
        to the route that reads it. That one redirects to the address without it, so
        that neither page views nor bookmarks keep the token.
        """
        asked = request.httprequest
        if asked.method != "GET" or asked.path == VISIT_PATH:
            return None
        if f"{PARAMETER}=".encode() not in asked.query_string:
            return None
        # as the browser asked for it, with the language
        url = asked.environ.get("REQUEST_URI") or asked.full_path
        target = without_token(url)
        if target == url or not cls._may_record_signals():
            return None
        query = {PARAMETER: asked.args.get(PARAMETER, ""), "to": target}
        return request.redirect(f"{VISIT_PATH}?{urlencode(query)}")

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
        lead: with consent only, and where :meth:`_may_be_a_person`.
        """
        return cls._may_be_a_person() and cls._allows_optional_cookies()

    @classmethod
    def _may_be_a_person(cls):
        """Whether what is done may count at all: not by a robot, a preview or another
        program, and not in a neutralized copy, which knows the same links and tokens as
        the original.
        """
        # sudo: visitors may not read system parameters
        parameters = request.env["ir.config_parameter"].sudo()
        if parameters.get_param("database.is_neutralized"):
            return False
        agent = request.httprequest.environ.get("HTTP_USER_AGENT")
        is_program = request.env["lead.scoring.machine"]._is_program(agent)
        return not is_program and not cls.is_a_bot()
