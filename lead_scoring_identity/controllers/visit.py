from odoo import http
from odoo.http import request

from ..models.ir_http import IDENTIFY_PATH
from ..tools.links import without_token


class LeadScoringVisit(http.Controller):
    @http.route(
        IDENTIFY_PATH,
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        multilang=False,
        sitemap=False,
    )
    def identify(self, lead_token="", to="/", **_ignored):
        """Tie the current visitor to the lead that a link in a mail was meant for, and
        redirect to the page that it leads to. Without consent, or with a token that is
        not valid, only redirect.

        :param to: path and query of a page of this website; a host in it is ignored
        """
        if request.env["ir.http"]._may_record_signals():
            lead = request.env["crm.lead"]._get_lead_of_token(lead_token)
            if lead:
                visitor = request.env["website.visitor"]._get_visitor_from_request(
                    force_create=True
                )
                visitor._identify_as(lead)
        try:
            return request.redirect(without_token(to))
        except ValueError:
            # not an address
            return request.redirect("/")
