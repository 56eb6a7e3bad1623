from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools.misc import hash_sign

from odoo.addons.lead_scoring.models.website.lead_scoring_machine import (
    MACHINE_PARAMETER,
)
from odoo.addons.lead_scoring.tests.common_website import BROWSER, WebsiteCommon
from odoo.addons.lead_scoring.tools.links import with_token

from ..models import lead_scoring_event

PREVIEWS = (
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "python-requests/2.32",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36",
    "",
)


@tagged("post_install", "-at_install")
class TestMachines(WebsiteCommon):
    """Who opens the link of a salesperson's mail: a person or a machine."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead(email_from="ann@customer.example")
        cls._page_view_rule(10, "[('url', 'ilike', '/signals-')]", maximum=100)

    def _sent(self, seconds_ago=0):
        """Return the token of a mail sent so many seconds ago."""
        with freeze_time(fields.Datetime.now() - timedelta(seconds=seconds_ago)):
            return self.lead._get_link_token()

    def _get(self, token, url="/signals-pricing"):
        """Open a link without running any script, as previews do."""
        self._open(with_token(url, token))
        self.env.invalidate_all()

    def _reasons(self):
        links = self.env["lead.scoring.event"].search(
            [("lead_id", "=", self.lead.id), ("kind", "=", "link")], order="id"
        )
        return links.mapped("machine_reason")

    def assertNobody(self):
        self.assertFalse(self.lead.visitor_ids)
        self.lead._score_now()
        self.assertEqual(self.lead.score, 0)

    def assertAnn(self):
        self.assertTrue(self.lead.visitor_ids)
        self.lead._score_now()
        self.assertEqual(self.lead.score, 10)

    def test_previews_become_nobody(self):
        token = self._sent(seconds_ago=3600)
        for agent in PREVIEWS:
            with self.subTest(agent):
                self.opener.headers["User-Agent"] = agent
                self._get(token)
                self.assertFalse(self._see(token, touched=True))
                self.assertNobody()

    def test_gateway_that_calls_itself_a_browser(self):
        """It runs no script; why it does not count is there to be read."""
        for seconds in (0, 3600):
            self._get(self._sent(seconds))
        self.assertEqual(self._reasons(), ["unseen", "unseen"])
        self.assertNobody()

    def test_page_seen_an_hour_later(self):
        token = self._sent(seconds_ago=3600)
        self._get(token)
        self.assertNobody()
        self.assertTrue(self._see(token, "/signals-pricing"))
        self.assertEqual(self._reasons(), [False])
        self.assertAnn()

    def test_phone_that_opens_each_mail_at_once(self):
        """Two seconds after sending, seen and scrolled: a person."""
        # a slow computer takes its time
        self.env["ir.config_parameter"].set_param(MACHINE_PARAMETER, 600)
        token = self._sent(seconds_ago=2)
        self._get(token)
        self.assertFalse(self._see(token, "/signals-pricing"))
        self.assertEqual(self._reasons(), ["soon"])
        self.assertNobody()
        self.assertTrue(self._see(token, "/signals-pricing", touched=True))
        self.assertEqual(self._reasons(), [False])
        self.assertAnn()

    def test_scanner_that_runs_scripts_opens_all_links(self):
        """The third takes back what the first two became."""
        # a slow computer takes its time
        self.patch(lead_scoring_event, "BURST_SECONDS", 600)
        token = self._sent(seconds_ago=3600)
        for page in ("/signals-pricing", "/contactus", "/"):
            self._use_browser()
            self._get(token, page)
            self._see(token, page)
        self.assertEqual(self._reasons(), ["burst"] * 3)
        self.assertNobody()

    def test_person_beside_a_gateway(self):
        token = self._sent(seconds_ago=3600)
        for page in ("/contactus", "/", "/signals-pricing"):
            self._get(token, page)
        self._use_browser()
        self._get(token)
        self.assertTrue(self._see(token, "/signals-pricing"))
        self.assertTrue(self.lead.visitor_ids)

    def test_token_of_a_mail_from_before(self):
        signed = hash_sign(
            self.env,
            self.lead._link_scope(self.lead.id),
            self.lead.id,
            expiration=timedelta(days=1),
        )
        token = f"{self.lead.id}-{signed}"
        self._get(token)
        self.assertTrue(self._see(token))
        self.assertAnn()

    def test_other_values_than_tokens(self):
        for token in ("", "x", None, 5, ["a"], "click-x", "\x00", "9" * 5000):
            with self.subTest(token=token):
                self.assertFalse(self._see(token))

    def test_website_of_another_company(self):
        self.lead.company_id = self.env["res.company"].create({"name": "Other"})
        self.env.flush_all()
        token = self._sent(seconds_ago=3600)
        self._get(token)
        self._see(token, touched=True)
        self.assertNobody()

    def test_flood_of_openings_is_bounded(self):
        token = self._sent(seconds_ago=3600)
        self.patch(
            self.env.registry["lead.scoring.event"],
            "_address_sends_too_many",
            lambda self: True,
        )
        self._get(token)
        self.assertFalse(self._reasons())
        self.assertFalse(self._see(token))
        self.assertNobody()

    def test_script_of_a_real_browser(self):
        """Chromium shows the page, somebody scrolls, and the cookie is gone."""
        self._take_chromium_for_a_browser()
        self.browser_js(
            with_token("/contactus", self._sent()),
            """(async () => {
                Object.defineProperty(navigator, "webdriver", {get: () => false});
                Object.defineProperty(
                    document, "visibilityState", {get: () => "visible"}
                );
                const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
                while (document.cookie.includes("lead_token=")) {
                    document.dispatchEvent(new Event("visibilitychange"));
                    document.dispatchEvent(new Event("scroll"));
                    await pause();
                }
                if (window.location.search) {
                    throw new Error("The address bar keeps the token");
                }
                console.log("test successful");
            })()""",
        )
        self.env.invalidate_all()
        self.assertTrue(self.lead.visitor_ids)
        self.assertIn("Mozilla", BROWSER)
