import json
from uuid import uuid4

from odoo.tests import HttpCase

from .common import LeadScoringCommon

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


class WebsiteCommon(LeadScoringCommon, HttpCase):
    """A website with one tracked page, and a browser that visits it. Its first website
    has no cookies bar: everybody agrees.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_registry_readonly_mode(False)
        cls.website = cls.env["website"].search([], limit=1, order="id")
        cls.website.cookies_bar = False
        cls.page = cls._page("/signals-pricing")

    @classmethod
    def _page(cls, url):
        view = cls.env["ir.ui.view"].create(
            {
                "name": url,
                "type": "qweb",
                "key": f"lead_scoring.test_{uuid4().hex}",
                "arch": "<t><html><body>Page</body></html></t>",
                "track": True,
            }
        )
        values = {"view_id": view.id, "url": url, "is_published": True}
        return cls.env["website.page"].create(values)

    def setUp(self):
        super().setUp()
        self._use_browser()

    def _use_browser(self, login=None):
        """Begin anew as somebody that the website has never seen, or log in."""
        self.authenticate(login, login)
        self.opener.headers["User-Agent"] = f"{BROWSER} {uuid4().hex}"

    def _take_chromium_for_a_browser(self):
        """Chromium without a window says that a program drives it."""
        machine = self.env.registry["lead.scoring.machine"]
        self.patch(machine, "_is_program", lambda self, agent: False)

    def _answer_cookies_bar(self, optional):
        """Have a cookies bar, and the visitor's answer to it; None for none yet."""
        self.website.cookies_bar = True
        if optional is not None:
            self._set_answer(json.dumps({"required": True, "optional": optional}))

    def _set_answer(self, text):
        """Set the cookie with the answer, quoted as every Werkzeug can read it."""
        quoted = text.replace('"', r"\042").replace(",", r"\054").replace(" ", "")
        self.opener.cookies.set("website_cookies_bar", f'"{quoted}"')

    def _open(self, url):
        """Open a page, which must be there; return the response."""
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return response

    def _newest_visitor(self):
        self.env.invalidate_all()
        return self.env["website.visitor"].search([], order="id desc", limit=1)

    def _views(self, visitor=None):
        """Return the addresses of the views of the test's page, oldest first."""
        domain = [("url", "ilike", "/signals-")]
        if visitor is not None:
            domain.append(("visitor_id", "=", visitor.id))
        return self.env["website.track"].search(domain, order="id").mapped("url")

    def _submit(self, form="crm.lead", files=None, **values):
        """Submit a form of the test's page; return the id of the lead."""
        response = self.url_open(
            f"/website/form/{form}",
            data={"name": "Question", **values},
            files=files,
            headers={"Referer": self.base_url() + self.page.url},
        )
        self.assertEqual(response.status_code, 200)
        self.env.invalidate_all()
        return response.json().get("id")

    def _see(self, token, url="/", touched=False):
        """Tell that a browser shows the page that a link with a token leads to, as the
        page's script does; return whether the reader is taken for a person.
        """
        params = {"token": token, "touched": touched}
        headers = {"Referer": self.base_url() + url}
        result = self.make_jsonrpc_request(
            "/lead_scoring/seen", params, headers=headers
        )
        self.env.invalidate_all()
        return result

    def _send_event(self, **params):
        """Call the public route as the page's script does; return its result."""
        return self.make_jsonrpc_request("/lead_scoring/event", params)
