from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from odoo import fields
from odoo.tests import tagged

from odoo.addons.lead_scoring.models.website.lead_scoring_machine import (
    MACHINE_PARAMETER,
)
from odoo.addons.lead_scoring.tests.common_website import WebsiteCommon
from odoo.addons.lead_scoring.tools.links import PARAMETER

from ..models import link_tracker_click
from .common import MailScoringCommon


@tagged("post_install", "-at_install")
class TestSeenClicks(WebsiteCommon, MailScoringCommon):
    """Links of mailings that lead to our own website count once a browser shows it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        base = cls.base_url()
        cls.env["ir.config_parameter"].set_param("web.base.url", base)
        cls.own_link = cls._link(f"{base}/signals-pricing")
        cls.own_links = cls.own_link + cls._link(f"{base}/") + cls._link(f"{base}/a")
        cls._mail_rule("mail_click")
        cls._mail_rule("mail_open", value=3)
        cls.trace = cls._trace()

    def _sent(self, seconds_ago):
        sent = fields.Datetime.now() - timedelta(seconds=seconds_ago)
        self._set_columns(self.trace, sent_datetime=sent)

    def _request(self, link=None):
        """Click a link of the mail; return the token that the page gets, or None."""
        link = link or self.own_link
        response = self.url_open(
            f"/r/{link.code}/m/{self.trace.id}", allow_redirects=False
        )
        self.env.invalidate_all()
        query = urlsplit(response.headers["Location"]).query
        return parse_qs(query).get(PARAMETER, [None])[0]

    def _reasons(self):
        return self.trace.links_click_ids.sorted("id").mapped("machine_reason")

    def test_scanner_that_runs_no_script(self):
        self._sent(seconds_ago=3600)
        self._request()
        self.assertEqual(self._reasons(), ["unseen"])
        self.assertPoints(0)

    def test_reader_with_a_browser(self):
        self._sent(seconds_ago=3600)
        token = self._request()
        self.assertTrue(self._see(token))
        self.assertEqual(self._reasons(), [False])
        self.assertPoints(13)

    def test_phone_that_opens_each_mail_at_once(self):
        # a slow computer takes its time
        self.env["ir.config_parameter"].set_param(MACHINE_PARAMETER, 600)
        self._sent(seconds_ago=2)
        token = self._request()
        self.assertFalse(self._see(token))
        self.assertEqual(self._reasons(), ["soon"])
        self.assertPoints(0)
        self.assertTrue(self._see(token, touched=True))
        self.assertPoints(13)

    def test_scanner_that_runs_scripts_opens_all_links(self):
        # a slow computer takes its time
        self.patch(link_tracker_click, "BURST_SECONDS", 600)
        self._sent(seconds_ago=3600)
        for link in self.own_links:
            self._see(self._request(link))
        self.assertEqual(self._reasons(), ["burst"] * 3)
        self.assertPoints(0)

    def test_person_beside_a_gateway(self):
        self._sent(seconds_ago=3600)
        tokens = [self._request(link) for link in self.own_links]
        self.assertTrue(self._see(tokens[0]))
        self.assertPoints(13)

    def test_same_link_again(self):
        self._sent(seconds_ago=3600)
        for _number in range(3):
            self._see(self._request())
        self.assertEqual(self._reasons(), [False, "again", "again"])
        self.assertPoints(13)

    def test_without_consent_to_cookies(self):
        self._answer_cookies_bar(False)
        self._sent(seconds_ago=3600)
        self.assertTrue(self._see(self._request()))
        self.assertPoints(13)

    def test_link_to_another_website_keeps_its_address(self):
        self._sent(seconds_ago=3600)
        self.assertIsNone(self._request(self.price_link))
        self.assertEqual(self._reasons(), [False])
        self.assertPoints(13)

    def test_bad_tokens(self):
        self._sent(seconds_ago=3600)
        token = self._request()
        for bad in ("click-", "click-x", token[:-3], "click-" + token, token + "x"):
            with self.subTest(bad):
                self.assertFalse(self._see(bad))
        self.assertPoints(0)
