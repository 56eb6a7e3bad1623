from odoo import http
from odoo.http import request

from ..models.website.ir_http import VISIT_PATH
from ..tools.links import PARAMETER, local_path, without_token

TOKEN_SECONDS = 600
"""How long the page that a link leads to may take to say that it is seen."""


class LeadScoringVisit(http.Controller):
    @http.route(
        VISIT_PATH,
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        multilang=False,
        sitemap=False,
    )
    def visit(self, lead_token="", to="/", **_ignored):
        """Redirect to the page that a link in a mail leads to. The browser keeps the
        token for a while, in a cookie: the page's script sends it back, so that only
        what a browser shows counts. Without consent only redirect.

        :param to: path and query of a page of this website; anything else means "/"
        """
        # not request.redirect, which would change the language in the address
        location = local_path(without_token(to))
        response = request.make_response("", headers=[("Location", location)])
        response.status_code = 303
        if lead_token and request.env["ir.http"]._may_record_signals():
            if request.env["lead.scoring.machine"]._open_link(lead_token, location):
                response.set_cookie(
                    PARAMETER,
                    lead_token,
                    max_age=TOKEN_SECONDS,
                    samesite="Lax",
                    cookie_type="optional",
                )
        return response
