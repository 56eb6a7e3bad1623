from odoo import http
from odoo.http import request

from ..models.ir_http import IDENTIFY_PATH
from ..tools.links import local_path, without_token


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

        :param to: path and query of a page of this website; anything else means "/"
        """
        if request.env["ir.http"]._may_record_signals():
            lead = request.env["crm.lead"]._get_lead_of_token(lead_token)
            if lead:
                visitor = request.env["website.visitor"]._get_visitor_from_request(
                    force_create=True
                )
                visitor._identify_as(lead)
        # not request.redirect, which would change the language in the address
        location = local_path(without_token(to))
        return request.make_response("", headers=[("Location", location)], status=303)
