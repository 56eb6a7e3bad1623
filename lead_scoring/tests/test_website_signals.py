from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from ..controllers.website_form import page_path
from ..models.website import lead_scoring_event_limit
from .common_website import WebsiteCommon

SCRIPT = "<script>alert(1)</script>"


@tagged("post_install", "-at_install")
class TestVisitorEvents(WebsiteCommon):
    """Events that a visitor's browser sends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["lead.scoring.event"]
        cls.lead = cls._lead(email_from="ann@customer.example")

    def _events(self):
        """Return the events of the newest visitor, oldest first."""
        visitor = self._newest_visitor()
        return self.Event.search([("visitor_id", "=", visitor.id)], order="id")

    def test_event_of_a_new_visitor(self):
        before = self._newest_visitor()
        url = f"{self.base_url()}/price-list?a=1"
        self.assertTrue(self._send_event(name=" Price  list ", url=url))
        event = self._events()
        self.assertNotEqual(event.visitor_id, before)
        self.assertEqual((event.name, event.kind), ("Price list", "event"))
        self.assertEqual(event.url, url)
        self.assertFalse(event.lead_id)

    def test_event_and_page_view_are_of_one_visitor(self):
        self._open(self.page.url)
        self._send_event(name="Price list")
        self._open(self.page.url)
        self.assertEqual(
            self._events().visitor_id.website_track_ids.mapped("url"),
            2 * [self.base_url() + self.page.url],
        )

    def test_nobody_elses_lead(self):
        foreign = self._visitor(self.lead)
        self._send_event(
            name="Price list",
            lead_id=self.lead.id,
            email="ann@customer.example",
            visitor_id=foreign.id,
            kind="form",
            date="2000-01-01 00:00:00",
            reference="r",
            values={"lead_id": self.lead.id},
        )
        event = self._events()
        self.assertNotEqual(event.visitor_id, foreign)
        self.assertEqual((event.kind, event.reference), ("event", False))
        self.assertEqual(event.date.date(), self.env.cr.now().date())
        self.assertFalse(event.lead_id)
        ties = self.env["lead.scoring.source"]._records("event", self.lead)
        self.assertFalse(ties)

    def test_pushing_needs_more_than_a_visitor(self):
        with (
            mute_logger("odoo.http"),
            self.assertRaisesRegex(
                JsonRpcException, "AccessError|AccessDenied|Session"
            ),
        ):
            self.make_jsonrpc_request(
                "/web/dataset/call_kw/lead.scoring.event/push",
                {
                    "model": "lead.scoring.event",
                    "method": "push",
                    "args": [[{"name": "A", "lead_id": self.lead.id}]],
                    "kwargs": {},
                },
            )
        self.assertFalse(self.Event.search([("lead_id", "=", self.lead.id)]))

    def test_long_and_strange_texts_are_cut(self):
        for name, stored in (
            ("x" * 50_000, "x" * 128),
            (f"{SCRIPT}\x00\x1b[31m\r\n\u202e\ud800", f"{SCRIPT} [31m"),
            ("Прайс-лист 価格表 😀", "Прайс-лист 価格表 😀"),
        ):
            with self.subTest(name=name[:20]):
                self.assertTrue(self._send_event(name=name))
                self.assertEqual(self._events()[-1].name, stored)

    def test_what_is_no_name_adds_nothing(self):
        for name in (
            "",
            "  \x00 ",
            None,
            5,
            True,
            ["x"],
            {"x": 1},
            [["x"] * 1000] * 10,
        ):
            with self.subTest(name=str(name)[:20]):
                self.assertFalse(self._send_event(name=name))
        self.assertFalse(self._events())

    def test_what_is_no_name_makes_no_visitor(self):
        before = self._newest_visitor()
        self.assertFalse(self._send_event(name=" "))
        self.assertEqual(self._newest_visitor(), before)

    def test_addresses(self):
        for url, stored in (
            ("javascript:alert(1)", False),
            (" javascript:alert(1)", False),
            ("java\nscript:alert(1)", False),
            ("data:text/html,x", False),
            ("https://a.example/" + "c" * 50_000, ("https://a.example/" + "c" * 982)),
            ("HTTPS://a.example/", "HTTPS://a.example/"),
            ({"a": 1}, False),
            ("https://[", "https://["),
        ):
            with self.subTest(url=str(url)[:20]):
                self.assertTrue(self._send_event(name="A", url=url))
                self.assertEqual(self._events()[-1].url, stored)

    def _post(self, body, content_type="application/json", query=""):
        return self.opener.post(
            f"{self.base_url()}/lead_scoring/event{query}",
            data=body,
            headers={"Content-Type": content_type},
            timeout=20,
        )

    def test_damaged_requests(self):
        good = b'{"params": {"name": "A"}}'
        deep = b"[" * 30_000
        for body, content_type in (
            (b"", "application/json"),
            (b"{", "application/json"),
            (b"\xff\xfe", "application/json"),
            (b"\x00" * 10_000, "application/json"),
            (b"[]", "application/json"),
            (b"[[[]]]", "application/json"),
            (b"null", "application/json"),
            (b"5", "application/json"),
            (b'"text"', "application/json"),
            (b"1" * 10_000, "application/json"),
            (b'{"params": null}', "application/json"),
            (b'{"params": 5}', "application/json"),
            (b'{"params": "text"}', "application/json"),
            (b'{"params": [1, 2]}', "application/json"),
            (b'{"params": [["name", "A"]]}', "application/json"),
            (deep, "application/json"),
            (b'{"params": {"name": ' + deep, "application/json"),
            (b'{"a":' * 10_000, "application/json"),
            (good.replace(b"A", b"A" * 100_000), "application/json"),
            (b" " * 1_000_000 + good, "application/json"),
            (good, "text/plain"),
            (good, "application/xml"),
            (good, "application/json-rpc"),
            (good, ""),
            (good, "a" * 5_000),
            (b"name=A", "application/x-www-form-urlencoded"),
            (b"name=" + b"A" * 12_000_000, "application/x-www-form-urlencoded"),
            (b"--x\r\n", "multipart/form-data; boundary=x"),
            (b"--x\r\n", "multipart/form-data"),
        ):
            with (
                self.subTest(body=body[:40], content_type=content_type[:40]),
                self.assertNoLogs("odoo", "ERROR"),
            ):
                response = self._post(body, content_type)
                self.assertEqual(response.status_code, 400)
                self.assertRegex(response.text, r"^[A-Z].{10,80}\.$")
        self.assertFalse(self._events())
        self.assertEqual(self.url_open("/lead_scoring/event").status_code, 405)

    def test_strange_requests_that_can_be_read(self):
        for body, names in (
            (b"{}", []),
            (b'{"params": {}}', []),
            (b'{"params": {"name": "\xc3\x28"}}', ["\ufffd("]),
            (b'{"params": {"name": "A", "self": 1, "cls": 2, "endpoint": 3}}', ["A"]),
            (b'{"params": {"name": "A", "request": {}, "": 1, "a b": 2}}', ["A"]),
            (b'{"params": {"name": "A", "name": "B"}}', ["B"]),
            (b'{"id": [[1]], "method": {}, "params": {"name": "A"}}', ["A"]),
            (b'{"params": {"name": "A", "url": NaN, "x": 1e999}}', ["A"]),
        ):
            for query in ("", "?self=1&cls=2&name=C&params=D"):
                with (
                    self.subTest(body=body, query=query),
                    self.assertNoLogs("odoo", "WARNING"),
                ):
                    self._use_browser()
                    response = self._post(body, query=query)
                    self.assertEqual(response.status_code, 200)
                    self.assertEqual(response.json()["result"], bool(names))
                    if names:
                        self.assertEqual(self._events().mapped("name"), names)

    def test_limit_of_one_visitor(self):
        self._send_event(name="First")
        visitor = self._newest_visitor()
        for _number in range(58):
            self.Event._add_for_visitor(visitor, "More", "/")
        self.assertTrue(self._send_event(name="Last"))
        self.assertFalse(self._send_event(name="Too many"))
        self.assertEqual(len(self._events()), 60)
        self._use_browser()
        self.assertTrue(self._send_event(name="Somebody else"))

    def test_limit_of_one_address(self):
        """Who calls the browser differently each time is at the same address."""
        limit = 12
        with patch.object(lead_scoring_event_limit, "ADDRESS_EVENTS_PER_HOUR", limit):
            visitors = self.env["website.visitor"].search_count([])
            accepted = 0
            for _number in range(limit + 20):
                self._use_browser()
                accepted += self._send_event(name="Price list")
            self.assertEqual(accepted, limit)
            created = self.env["website.visitor"].search_count([]) - visitors
            self.assertEqual(created, limit, "A refused event makes no visitor.")
            self.env.invalidate_all()
            self.Event.search([]).date = self.env.cr.now() - timedelta(minutes=61)
            self.assertTrue(self._send_event(name="An hour later"))

    def test_address_is_kept_as_a_hash_for_an_hour(self):
        self._send_event(name="Before")
        self._send_event(name="Now")
        before, now = self._events()
        self.assertEqual(before.address_hash, now.address_hash)
        self.assertRegex(now.address_hash, "^[0-9a-f]{64}$")
        before.date -= timedelta(minutes=61)
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_score_leads").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(before.address_hash)
        self.assertTrue(now.address_hash)
        with self.assertRaises(AccessError):
            manager = self._user("manager", "sales_team.group_sale_manager")
            now.with_user(manager).read(["address_hash"])

    def test_robots(self):
        self.opener.headers["User-Agent"] = "Mozilla/5.0 (compatible; bingbot/2.0)"
        self.assertFalse(self._send_event(name="Price list"))

    def test_consent(self):
        for answer, added in ((None, False), (False, False), (True, True)):
            self._answer_cookies_bar(answer)
            self.assertEqual(self._send_event(name="Price list"), added)
        self._set_answer("nonsense")
        self.assertFalse(self._send_event(name="Price list"))

    def test_names_are_escaped_in_the_back_end(self):
        """The views show names as text."""
        views = self.env["ir.ui.view"].search([("model", "=", self.Event._name)])
        for arch in views.mapped("arch"):
            self.assertNotIn('widget="html"', arch)


@tagged("post_install", "-at_install")
class TestInBrowser(WebsiteCommon):
    """The scripts of the website."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._lead(email_from="ann@customer.example")
        cls.page.arch = """
            <t t-call="website.layout">
                <div id="wrap" class="oe_structure"><section><div class="container">
                    <p><a href="#here" data-lead-event="Price list">Price list</a></p>
                    <video data-lead-event="Demo"/>
                    <div class="media_iframe_video" style="height: 200px"
                         contenteditable="false" data-oe-expression="about:blank"
                         data-lead-event="Film">
                        <iframe src="about:blank"/>
                    </div>
                </div></section></div>
            </t>"""

    def test_clicks_and_plays_are_events(self):
        self._take_chromium_for_a_browser()
        self.browser_js(
            self.page.url,
            """(async () => {
                let sent = 0;
                const beacon = navigator.sendBeacon.bind(navigator);
                navigator.sendBeacon = (...args) => {
                    sent += beacon(...args);
                };
                while (!sent) {
                    // nothing is sent before the page's scripts have started
                    document.querySelector("a[data-lead-event]").click();
                    await new Promise((resolve) => setTimeout(resolve, 100));
                }
                const video = document.querySelector("video[data-lead-event]");
                video.click();
                video.dispatchEvent(new Event("play"));
                document.querySelector(".media_iframe_video").click();
                if (sent !== 2) {
                    throw new Error(`${sent} events were sent`);
                }
                while (sent < 3) {
                    document.querySelector(".media_iframe_video iframe").focus();
                    await new Promise((resolve) => setTimeout(resolve, 100));
                    window.focus();
                }
                await new Promise((resolve) => setTimeout(resolve, 500));
                console.log("test successful");
            })()""",
        )
        visitor = self._newest_visitor()
        events = self.env["lead.scoring.event"].search(
            [("visitor_id", "=", visitor.id)], order="id"
        )
        self.assertEqual(events.mapped("name"), ["Price list", "Demo", "Film"])
        self.assertIn(self.page.url, events[0].url)

    def test_editor_names_an_event_without_writing_html(self):
        self._user("editor", "website.group_website_designer,base.group_system")
        url = self.env["website"].get_client_action_url(self.page.url)
        self.start_tour(url, "lead_scoring_event_option", login="editor")
        # the website has a page of its own once it was edited
        saved = self.env["website.page"].search(
            [("url", "=", self.page.url), ("website_id", "=", self.website.id)]
        )
        self.assertIn('data-lead-event="Saw the list"', saved.arch)
        self.assertNotIn('data-lead-event="Film"', saved.arch)


@tagged("post_install", "-at_install")
class TestPageViewConsent(WebsiteCommon):
    """Odoo's own page views."""

    def _count(self):
        self.env.invalidate_all()
        self._open(self.page.url)
        return len(self._views())

    def test_no_cookies_bar(self):
        self.assertEqual(self._count(), 1)

    def test_cookies_bar(self):
        self._answer_cookies_bar(None)
        self.assertEqual(self._count(), 0)
        self._answer_cookies_bar(False)
        self.assertEqual(self._count(), 0)
        self._answer_cookies_bar(True)
        self.assertEqual(self._count(), 1)

    def test_setting(self):
        self._answer_cookies_bar(None)
        settings = self.env["res.config.settings"]
        self.assertEqual(settings.create({}).lead_scoring_track_with_consent, "yes")
        settings.create({"lead_scoring_track_with_consent": "no"}).execute()
        self.assertEqual(settings.create({}).lead_scoring_track_with_consent, "no")
        self.assertEqual(self._count(), 1)

    def test_views_that_add_ons_record(self):
        visitor = self._visitor()
        visitor._add_tracking([], {"url": "/signals-shop"})
        self.assertEqual(len(self._views(visitor)), 1, "Nobody asks without a request.")


@tagged("post_install", "-at_install")
class TestForms(WebsiteCommon):
    """Forms of the website."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["lead.scoring.event"]
        cls._page_view_rule(7, "[('url', 'ilike', '/signals-')]")
        cls._rule(5, "[]", source="form", dimension="interest")

    def _lead_of(self, lead_id):
        return self.env["crm.lead"].browse(lead_id)

    def _submit_as_ann(self, **values):
        values = {"email_from": "ann@customer.example", **values}
        return self._lead_of(self._submit(**values))

    def _forms(self, lead):
        return self.Event.search([("lead_id", "=", lead.id)], order="id")

    def test_first_form(self):
        self._open(self.page.url)
        lead = self._submit_as_ann(contact_name="Ann")
        event = self._forms(lead)
        self.assertEqual((event.kind, event.name), ("form", "/signals-pricing"))
        self.assertEqual(event.url, self.base_url() + "/signals-pricing")
        self.assertEqual(event.visitor_id, lead.visitor_ids)
        lead._score_now()
        self.assertEqual(lead.score, 12, "The visit before counts after it.")

    def test_damaged_referrer(self):
        for referrer in ("http://[", "javascript:alert(1)", "x" * 20_000, "\xff\xfe"):
            with self.subTest(referrer=referrer[:20]):
                self._use_browser()
                response = self.url_open(
                    "/website/form/crm.lead",
                    data={"name": "A", "email_from": "ann@customer.example"},
                    headers={"Referer": referrer.encode("latin1")},
                )
                lead = self._lead_of(response.json()["id"])
                self.env.invalidate_all()
                self.assertEqual(len(self._forms(lead)), 1)

    def test_page_of_a_form_may_be_anything(self):
        self.assertEqual(page_path("https://a.example/b?c#d"), "/b")
        self.assertEqual(page_path("https://["), "/")
        self.assertEqual(page_path(""), "/")

    def test_without_address(self):
        first = self._submit(contact_name="Ann")
        self.assertNotEqual(self._submit(contact_name="Ann"), first)

    def test_form_that_makes_no_lead(self):
        self._open(self.page.url)
        visitor = self._newest_visitor()
        response = self._submit("res.partner", email="ann@customer.example")
        events = self.Event.search([("visitor_id", "=", visitor.id)])
        self.assertEqual(len(events), 1 if response else 0)

    def test_without_consent(self):
        self._answer_cookies_bar(False)
        lead = self._submit_as_ann()
        self.assertTrue(lead.exists())
        self.assertFalse(self._forms(lead))


@tagged("post_install", "-at_install")
class TestPush(WebsiteCommon):
    """What other systems push: as the documentation says, or nonsense."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pusher = cls._user(
            "pusher", "base.group_user,lead_scoring.group_push_events"
        )
        cls.Event = cls.env["lead.scoring.event"].with_user(cls.pusher)

    def test_as_documented(self):
        lead = self._lead(email_from="ann@customer.example")
        tomorrow = self.env.cr.now() + timedelta(days=1)
        keys = self.env["res.users.apikeys"].with_user(self.pusher)
        event = {
            "name": "Attended the webinar",
            "email": "ann@customer.example",
            "date": "2026-03-31 15:00:00",
            "reference": "webinar-7-ann",
        }
        response = self.url_open(
            "/json/2/lead.scoring.event/push",
            headers={"Authorization": f"bearer {keys._generate('rpc', 'x', tomorrow)}"},
            json={"events": [event, event]},
        )
        self.assertEqual(response.json(), ["added", "known"])
        stored = self.env["lead.scoring.event"].search([("lead_id", "=", lead.id)])
        self.assertEqual(str(stored.date), "2026-03-31 15:00:00")

    def test_refused(self):
        for bad in (
            {"name": "A", "email": 5},
            {"name": "A", "email": ["a@b.example"]},
            {"name": "A", "lead_id": "1"},
            {"name": "A", "lead_id": 1.5},
            {"name": "A", "lead_id": [1]},
            {"name": "A", "lead_id": 1, "date": 5},
            {"name": "A", "lead_id": 1, "date": {"a": 1}},
            {"name": "A", "lead_id": 1, "date": "2026-01-01T10:00:00+02:00"},
            {"name": {"a": 1}, "lead_id": 1},
            {"name": "A", "lead_id": 1, "reference": ["x" * 200]},
            [],
            None,
        ):
            with (
                self.subTest(bad=bad),
                self.assertRaisesRegex(ValidationError, "Event 1"),
            ):
                self.Event.push([bad])
        for bad in (None, "A", {"name": "A"}):
            with self.subTest(bad=bad), self.assertRaises(ValidationError):
                self.Event.push(bad)

    def test_no_such_lead(self):
        for lead_id in (2**31, -(2**31), 10**30):
            event = {"name": "A", "lead_id": lead_id}
            self.assertEqual(self.Event.push([event]), ["no_lead"])
