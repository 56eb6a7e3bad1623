from odoo import http
from odoo.http import request


class LeadScoring(http.Controller):
    @http.route(
        "/lead_scoring/event",
        type="jsonrpc",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
    )
    def add_event(self, name="", url="", **_ignored):
        """Add an event of the current visitor, and of nobody else.

        :return: whether it was added; not without the visitor's consent to optional
            cookies, not for bots, and not too many in an hour
        """
        if not request.env["ir.http"]._may_record_signals():
            return False
        visitor = request.env["website.visitor"]._get_visitor_from_request(
            force_create=True
        )
        Event = request.env["lead.scoring.event"]
        return bool(Event._add_for_visitor(visitor, name, url))
