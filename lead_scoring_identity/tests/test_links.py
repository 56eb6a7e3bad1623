import base64
from datetime import timedelta

from freezegun import freeze_time
from markupsafe import Markup

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.misc import hash_sign

from odoo.addons.lead_scoring.tests.common import LeadScoringCommon
from odoo.addons.lead_scoring.tests.common_website import WebsiteCommon
from odoo.addons.lead_scoring.tools.links import is_page, with_token, without_token

from ..models.crm_lead import LINK_DAYS


@tagged("post_install", "-at_install")
class TestAddresses(LeadScoringCommon):
    def test_token_goes_in_and_comes_out(self):
        for url in (
            "https://a.example/pricing",
            "https://a.example/pricing?x=1&y=%20a",
            "https://a.example/#top",
            "/fr/pricing?x=1#top",
        ):
            with self.subTest(url=url):
                signed = with_token(url, "7-aB_-")
                self.assertIn("lead_token=7-aB_-", signed)
                self.assertEqual(without_token(signed), url)

    def test_every_token_comes_out(self):
        for text, clean in (
            ("/a?lead_token=1-x&b=2", "/a?b=2"),
            ("/a?b=2&lead_token=1-x&c=3#d", "/a?b=2&c=3#d"),
            ("/a?lead_token=1-x&lead_token=2-y", "/a"),
            ("/a?lead_token=", "/a"),
            (
                '<a href="/a?b=1&amp;lead_token=1-x&amp;c=3">',
                '<a href="/a?b=1&amp;c=3">',
            ),
            ("see /a?lead_token=1-x, please", "see /a please"),
        ):
            with self.subTest(text=text):
                self.assertEqual(without_token(text), clean)

    def test_pages_are_those_of_our_websites(self):
        hosts = {"a.example", "localhost:8069"}
        for url in (
            "https://a.example/b",
            "http://A.example",
            "http://localhost:8069/",
        ):
            self.assertTrue(is_page(url, hosts), url)
        for url in (
            "https://b.example/",
            "https://a.example@b.example/",
            "https://b.example/https://a.example/",
            "mailto:a@a.example",
            "javascript:alert(1)",
            "//a.example/",
            "#a",
            "https://[",
            "https://a.example/web/content/1",
            "https://a.example/odoo",
            "https://a.example/mail/view?res_id=1",
            "https://a.example/unsubscribe_from_list",
        ):
            self.assertFalse(is_page(url, hosts), url)


@tagged("post_install", "-at_install")
class TestLinksInMails(LeadScoringCommon):
    """Which copy of a mail has links that identify its reader."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("web.base.url", "https://own.example")
        cls.env["website"].search([], limit=1).domain = "https://www.own.example"
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ann", "email": "ann@customer.example"}
        )
        cls.lead = cls._lead(partner_id=cls.contact.id)
        cls.body = Markup(
            '<p>See <a class="b" href="https://www.own.example/pricing?a=1&amp;b=2">'
            'prices</a>, <a href="/contactus">us</a>, '
            '<a href="https://other.example/pricing">them</a></p>'
        )

    def _copies(self, record=None, body=None, **vals):
        """Return the copies of a mail sent from a lead, or another record."""
        mail = self.env["mail.mail"].create(
            {
                "model": "crm.lead",
                "res_id": (record or self.lead).id,
                "body_html": body or self.body,
                "email_from": "sales@own.example",
                **vals,
            }
        )
        return mail._prepare_outgoing_list()

    def _is_signed(self, copy):
        signed = "lead_token" in copy["body"]
        self.assertEqual("lead_token" in copy["body_alternative"], signed)
        return signed

    def test_own_links_of_the_leads_copy(self):
        [copy] = self._copies(email_to="Ann <ANN@customer.example>")
        token = f"lead_token={self.lead.id}-"
        self.assertIn(
            f"https://www.own.example/pricing?a=1&amp;b=2&amp;{token}", copy["body"]
        )
        self.assertIn(f"https://own.example/contactus?{token}", copy["body"])
        self.assertIn('"https://other.example/pricing"', copy["body"])
        self.assertTrue(self._is_signed(copy))

    def test_address_without_contact(self):
        lead = self._lead(email_from="Bob <bob@customer.example>")
        [copy] = self._copies(lead, email_to="bob@customer.example")
        self.assertTrue(self._is_signed(copy))

    def test_each_recipient_has_a_copy(self):
        colleague = self._user("colleague", "base.group_user", email="c@own.example")
        friend = self.env["res.partner"].create(
            {"name": "F", "email": "friend@customer.example"}
        )
        recipients = self.contact + colleague.partner_id + friend
        copies = self._copies(recipient_ids=[Command.set(recipients.ids)])
        signed = {c["partner_id"]: self._is_signed(c) for c in copies}
        self.assertEqual(
            signed, {self.contact: True, colleague.partner_id: False, friend: False}
        )

    def test_nobody_else_reads_the_copy(self):
        for vals in (
            {"email_to": "ann@customer.example, boss@customer.example"},
            {"email_to": "ann@customer.example", "email_cc": "boss@customer.example"},
            {"email_to": "boss@customer.example"},
            {"email_cc": "ann@customer.example"},
        ):
            with self.subTest(vals=vals):
                [copy] = self._copies(**vals)
                self.assertFalse(self._is_signed(copy))

    def test_employee_with_the_leads_address(self):
        self._user("ann", "base.group_user", email="ann@customer.example")
        copies = self._copies(
            email_to="ann@customer.example",
            recipient_ids=[Command.set(self.contact.ids)],
        )
        self.assertFalse(any(map(self._is_signed, copies)))

    def test_mail_of_something_else(self):
        [copy] = self._copies(
            self.contact, model="res.partner", email_to="ann@customer.example"
        )
        self.assertFalse(self._is_signed(copy))

    def test_mail_of_a_deleted_lead(self):
        mail = self.env["mail.mail"].create(
            {"model": "crm.lead", "res_id": self.lead.id, "body_html": self.body}
        )
        mail.email_to = "ann@customer.example"
        self.lead.unlink()
        copies = mail.exists()._prepare_outgoing_list() if mail.exists() else []
        self.assertFalse(any(map(self._is_signed, copies)))

    def test_quoted_mail_identifies_nobody(self):
        [copy] = self._copies(email_to="ann@customer.example")
        reply = Markup("<p>Thanks.</p><blockquote>%s</blockquote>") % Markup(
            copy["body"]
        )
        [forward] = self._copies(email_to="sales@own.example", body=reply)
        self.assertFalse(self._is_signed(forward))
        self.assertIn("/pricing?a=1&amp;b=2", forward["body"])
        [back] = self._copies(email_to="ann@customer.example", body=reply)
        self.assertEqual(back["body"].count("lead_token"), 2)

    def test_message_in_the_chatter_is_left_alone(self):
        self.lead.message_post(body=self.body, partner_ids=self.contact.ids)
        self.assertNotIn("lead_token", self.lead.message_ids[0].body)

    def test_damaged_html(self):
        for body in ("<a href='https://own.example/a", "<a href=", "<a href=''>x</a>"):
            self.lead._identify_links(body)
        self.assertFalse(self.lead._identify_links(False))


@tagged("post_install", "-at_install")
class TestIdentityByLink(WebsiteCommon):
    """Who opens such a link is the lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead(email_from="ann@customer.example")
        cls.other_lead = cls._lead(email_from="bob@customer.example")
        cls._page_view_rule(10, "[('url', 'ilike', '/signals-')]", maximum=100)

    def _follow(self, token, url="/signals-pricing"):
        """Open a link, read the page and scroll."""
        response = self._open(with_token(url, token))
        self._see(token, url, touched=True)
        return response

    def _let_seconds_pass(self):
        links = self.env["lead.scoring.event"].search([("kind", "=", "link")])
        minute_ago = fields.Datetime.now() - timedelta(minutes=1)
        self._set_columns(links, date=minute_ago)

    def test_visitor_is_tied_and_comes_to_the_page(self):
        response = self._follow(self.lead._get_link_token(), "/signals-pricing?a=1")
        self.assertTrue(response.url.endswith("/signals-pricing?a=1"), response.url)
        visitor = self.lead.visitor_ids
        self.assertEqual(len(visitor), 1)
        [url] = self._views(visitor)
        self.assertTrue(url.endswith("/signals-pricing?a=1"), url)

    def test_visits_before_count(self):
        self._open("/signals-pricing")
        self._follow(self.lead._get_link_token())
        self.assertEqual(len(self.lead.score_pageview_ids), 2)
        self.lead._score_now()
        self.assertEqual(self.lead.score, 10, "The same page within a visit.")

    def test_replay_has_no_effect(self):
        token = self.lead._get_link_token()
        self._follow(token)
        visitor = self.lead.visitor_ids
        long_ago = fields.Datetime.now() - timedelta(days=1)
        self._set_columns(visitor, write_date=long_ago)
        self._follow(token)
        self.assertEqual(self.lead.visitor_ids, visitor)
        self.assertEqual(
            visitor.write_date,
            long_ago.replace(microsecond=visitor.write_date.microsecond),
        )

    def test_a_second_browser_is_the_lead_too(self):
        token = self.lead._get_link_token()
        self._follow(token)
        self._use_browser()
        self._follow(token)
        self.assertEqual(len(self.lead.visitor_ids), 2)

    def test_one_link_ties_a_limited_number_of_visitors(self):
        token = self.lead._get_link_token()
        self._let_seconds_pass()
        for _number in range(13):
            self._use_browser()
            self._follow(token)
            self._let_seconds_pass()
        visitors = self.lead.visitor_ids
        self.assertEqual(len(visitors), 10)
        visitors[0].last_connection_datetime -= timedelta(days=31)
        self._use_browser()
        self._follow(token)
        self.assertEqual(len(self.lead.visitor_ids), 11, "One came long ago.")
        self._follow(self.other_lead._get_link_token())
        self.assertEqual(len(self.lead.visitor_ids), 11)

    def test_bad_tokens_are_ignored(self):
        good = self.lead._get_link_token()
        signed = good.partition("-")[2]
        damaged = ("A" if good[-5] != "A" else "B").join([good[:-5], good[-4:]])
        other_scope = hash_sign(self.env, "something else", self.lead.id)
        for token in (
            damaged,
            f"{self.other_lead.id}-{signed}",
            f"{self.lead.id}-{other_scope}",
            f"{self.lead.id}-",
            f"{self.lead.id}",
            f"-{signed}",
            f"0{good}",
            f"{self.lead.id}-{base64.urlsafe_b64encode(b'x' * 60).decode()}",
            f"{self.lead.id}-{'A' * 3000}",
            f"{'9' * 50}-{signed}",
            "%00",
            "%FF%FE-%C3%28",
            "%F0%9F%98%80",
            "x",
            "",
            "%0D%0ASet-Cookie:a=b",
        ):
            with self.subTest(token=token):
                self._follow(token)
                self.assertFalse((self.lead + self.other_lead).visitor_ids)

    def test_expired_token(self):
        with freeze_time(fields.Datetime.now() - timedelta(days=LINK_DAYS, hours=1)):
            old = self.lead._get_link_token()
        with freeze_time(fields.Datetime.now() - timedelta(days=LINK_DAYS, hours=-1)):
            not_yet = self.lead._get_link_token()
        self._follow(old)
        self.assertFalse(self.lead.visitor_ids)
        self._follow(not_yet)
        self.assertTrue(self.lead.visitor_ids)

    def test_token_of_a_deleted_lead(self):
        token = self.lead._get_link_token()
        self.lead.unlink()
        self._follow(token)

    def test_token_gives_nothing_else(self):
        token = self.lead._get_link_token()
        for url in ("/odoo", f"/odoo/crm/{self.lead.id}", "/my"):
            response = self.url_open(with_token(url, token))
            self.assertIn("/web/login", response.url)
            self.assertNotIn("ann@customer.example", response.text)

    def test_no_open_redirect(self):
        path = "/lead_scoring/visit"
        for to in (
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "\r\nSet-Cookie: a=b",
            "https://[",
            f"{path}?to={path}",
            "/" + "x" * 100_000,
            "",
        ):
            with self.subTest(to=to[:40]):
                response = self.url_open(
                    path, params={"to": to[:20_000]}, allow_redirects=False
                )
                self.assertEqual(response.status_code, 303)
                location = response.headers["Location"]
                self.assertTrue(
                    location.startswith("/") or location.startswith(self.base_url()),
                    location,
                )
                self.assertNotIn("a", response.cookies)
                self.assertFalse(location.startswith(("//", "/\\")), location)

    def test_only_with_consent(self):
        token = self.lead._get_link_token()
        for answer in (None, False):
            self._answer_cookies_bar(answer)
            response = self._follow(token)
            self.assertIn("lead_token", response.url, "For when cookies are allowed.")
            self.assertFalse(self.lead.visitor_ids)
            self.assertFalse(self._views())
        self._answer_cookies_bar(True)
        self._follow(token)
        self.assertTrue(self.lead.visitor_ids)

    def test_page_view_without_consent_keeps_no_token(self):
        self.env["ir.config_parameter"].set_param(
            "lead_scoring.track_with_consent", "no"
        )
        self._answer_cookies_bar(False)
        self._follow(self.lead._get_link_token())
        [url] = self._views()
        self.assertNotIn("lead_token", url)
        self.assertFalse(self.lead.visitor_ids)

    def test_damaged_consent_is_none(self):
        self.website.cookies_bar = True
        for answer in ("{", "true", "[]", "{}", "nonsense"):
            self._use_browser()
            self._set_answer(answer)
            self.url_open(with_token(self.page.url, self.lead._get_link_token()))
            self.env.invalidate_all()
            self.assertFalse(self.lead.visitor_ids)

    def test_robots_are_nobody(self):
        self.opener.headers["User-Agent"] = "Googlebot/2.1"
        self._follow(self.lead._get_link_token())
        self.assertFalse(self.lead.visitor_ids)

    def test_preview_by_head_is_nobody(self):
        url = with_token(self.page.url, self.lead._get_link_token())
        self.url_open(url, method="HEAD")
        self.env.invalidate_all()
        self.assertFalse(self.lead.visitor_ids)

    def test_read_only_replica(self):
        self.set_registry_readonly_mode(True)
        self.addCleanup(self.set_registry_readonly_mode, False)
        self._follow(self.lead._get_link_token())
        self.assertTrue(self.lead.visitor_ids)

    def test_two_people_on_one_computer(self):
        self._follow(self.lead._get_link_token())
        visitor = self.lead.visitor_ids
        self._follow(self.other_lead._get_link_token())
        self.assertEqual(visitor.lead_ids, self.lead)
        self.assertFalse(self.other_lead.visitor_ids)

    def test_second_lead_of_the_same_person(self):
        self._follow(self.lead._get_link_token())
        again = self._lead(email_from="Ann <Ann@Customer.example>")
        self._follow(again._get_link_token())
        self.assertEqual(self.lead.visitor_ids, again.visitor_ids)

    def test_closed_lead_stands_in_nobodys_way(self):
        self._follow(self.lead._get_link_token())
        self.lead.action_set_lost()
        self._follow(self.other_lead._get_link_token())
        self.assertTrue(self.other_lead.visitor_ids)

    def test_contact_who_is_logged_in(self):
        user = self._user(
            "portal-ann", "base.group_portal", email="ann@customer.example"
        )
        self._use_browser("portal-ann")
        self._follow(self.other_lead._get_link_token())
        self.assertFalse(self.other_lead.visitor_ids)
        self._follow(self.lead._get_link_token())
        self.assertEqual(self.lead.visitor_ids.partner_id, user.partner_id)

    def test_employee_who_tries_the_link(self):
        self._user("employee", "base.group_user", email="ann@customer.example")
        self._use_browser("employee")
        self._follow(self.lead._get_link_token())
        self.assertFalse(self.lead.visitor_ids)

    def test_routes_of_controllers(self):
        self._follow(self.lead._get_link_token(), "/contactus")
        self._use_browser()
        self._follow(self.lead._get_link_token(), "/website/info")
        self.assertEqual(len(self.lead.visitor_ids), 2)
