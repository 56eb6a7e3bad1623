from odoo import http
from odoo.http import request

from ..models.website.ir_http import EVENT_BYTES, EVENT_PATH, SEEN_PATH
from ..models.website.lead_scoring_event import NAME_LENGTH

POSTED_JSON = {
    "type": "http",
    "auth": "public",
    "methods": ["POST"],
    "website": True,
    "multilang": False,
    "sitemap": False,
    # other websites can't send JSON without asking first, which nobody answers
    "csrf": False,
    "max_content_length": EVENT_BYTES,
}
"""What the routes have in common to which the website's own pages post JSON."""


class LeadScoring(http.Controller):
    @http.route(EVENT_PATH, **POSTED_JSON)
    def add_event(self, **_ignored):
        """Add an event of the current visitor, and of nobody else.

        The body is JSON: ``{"params": {"name": …, "url": …}}``, as JSON-RPC has it. The
        route is not of the type ``jsonrpc``, which answers what it can't read with a
        traceback.

        :return: JSON with ``result``, whether it was added; not without the visitor's
            consent to optional cookies, not for bots, and not too many (see the model).
            Status 400 and a sentence for any other body
        """
        return self._answer(self._add_event)

    @http.route(SEEN_PATH, **POSTED_JSON)
    def confirm(self, **_ignored):
        """Note that a browser shows the page that a link in a mail leads to.

        The body is JSON as for events: ``{"params": {"token": …, "touched": …}}``.

        :return: JSON with ``result``, whether the reader is taken for a person; false
            also for tokens that are not valid. Status 400 and a sentence for any other
            body
        """
        return self._answer(self._confirm)

    def _answer(self, act):
        """Return the response to posted JSON.

        :param act: method that is given the parameters, and returns a result
        """
        params, refusal = self._read_params()
        if refusal:
            return request.make_response(
                refusal, headers=[("Content-Type", "text/plain")], status=400
            )
        return request.make_json_response({"jsonrpc": "2.0", "result": act(params)})

    def _read_params(self):
        """Return ``(params, None)`` of the request, or ``(None, refusal)``."""
        try:
            body = request.get_json_data()
        except (ValueError, RecursionError):
            return None, "This is not JSON."
        params = body.get("params", {}) if isinstance(body, dict) else None
        if not isinstance(params, dict):
            return None, 'Send an object with "params", an object as well.'
        return params, None

    def _confirm(self, params):
        """Note that a page is seen; return whether the reader is taken for a person."""
        token = params.get("token")
        return (
            isinstance(token, str)
            and request.env["ir.http"]._may_be_a_person()
            and request.env["lead.scoring.machine"]._confirm(
                token, bool(params.get("touched"))
            )
        )

    def _add_event(self, params):
        """Add an event of the current visitor; return whether it was added."""
        events = request.env["lead.scoring.event"]
        if not request.env["ir.http"]._may_record_signals():
            return False
        # asked before a visitor is created: what is refused creates no more of them
        name = events._clean(params.get("name"), NAME_LENGTH)
        if not name or events._address_sends_too_many():
            return False
        visitor = request.env["website.visitor"]._get_visitor_from_request(
            force_create=True
        )
        event = events._add_for_visitor(visitor, name, params.get("url"))
        return bool(event)
