from odoo.tests import tagged

from odoo.addons.lead_scoring.tests.common_website import WebsiteCommon
from odoo.addons.lead_scoring.tools.links import with_token


@tagged("post_install", "-at_install")
class TestScripts(WebsiteCommon):
    """What the scripts of the website tell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead(email_from="ann@customer.example")
        cls.page.arch = """<t t-call="website.layout"><div id="wrap"/></t>"""

    def test_address_of_an_event_keeps_no_token(self):
        self.assertTrue(self._send_event(name="A", url="/a?lead_token=1-x&b=1"))
        event = self.env["lead.scoring.event"].search([], order="id desc", limit=1)
        self.assertEqual(event.url, "/a?b=1")

    def test_link_counts_once_cookies_are_allowed(self):
        self.website.cookies_bar = True
        self._take_chromium_for_a_browser()
        self.browser_js(
            with_token("/contactus", self.lead._get_link_token()),
            """(async () => {
                Object.defineProperty(navigator, "webdriver", {get: () => false});
                let confirmed = null;
                const fetchPage = window.fetch;
                window.fetch = (...args) => (confirmed = fetchPage(...args));
                const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
                while (window.location.search) {
                    await pause();
                }
                document.cookie =
                    'website_cookies_bar="{\\042optional\\042:true}"; path=/';
                document.dispatchEvent(new Event("optionalCookiesAccepted"));
                while (!confirmed) {
                    await pause();
                }
                await confirmed;
                console.log("test successful");
            })()""",
        )
        self.env.invalidate_all()
        self.assertEqual(self.lead.visitor_ids, self._newest_visitor())
