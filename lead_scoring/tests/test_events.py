from datetime import timedelta
from unittest.mock import Mock, patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tests.common import new_test_user
from odoo.tools import mute_logger

from ..models.website import lead_scoring_event_limit
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestEvents(LeadScoringCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.pusher = new_test_user(
            cls.env, "pusher", groups="base.group_user,lead_scoring.group_push_events"
        )
        cls.Event = cls.env["lead.scoring.event"]
        cls.rule = cls._rule(
            10,
            "[('name', 'ilike', 'price list')]",
            source="event",
            dimension="interest",
            maximum=25,
        )
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Lead", "type": "lead", "email_from": "Ann <ann@example.com>"}
        )
        cls.env.cr.flush()

    def push(self, *events):
        statuses = self.Event.with_user(self.pusher).push(list(events))
        self.env.cr.flush()
        return statuses

    def test_pushed_event_gives_points_at_once(self):
        statuses = self.push({"name": "Read the price list", "lead_id": self.lead.id})
        self.assertEqual(statuses, ["added"])
        self.assertEqual(self.lead.score, 10)

    def test_event_that_the_rule_does_not_mean_gives_nothing(self):
        self.push({"name": "Webinar", "lead_id": self.lead.id})
        self.assertEqual(self.lead.score, 0)

    def test_events_give_no_more_than_the_maximum(self):
        event = {"name": "Price list", "lead_id": self.lead.id}
        self.push(event, event, event, event)
        self.assertEqual(self.lead.score, 25)
        self.assertEqual(self.lead.score_explanation["rules"][0]["lost_to_maximum"], 15)

    def test_same_reference_counts_once(self):
        event = {"name": "Price list", "lead_id": self.lead.id, "reference": "ad-1"}
        self.assertEqual(self.push(event, event), ["added", "known"])
        self.assertEqual(self.push(event), ["known"])
        self.assertEqual(self.lead.score, 10)

    def test_same_reference_of_another_company_is_another_event(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._lead(company_id=other.id)
        event = {"name": "Price list", "reference": "17"}
        self.assertEqual(self.push({**event, "lead_id": self.lead.id}), ["added"])
        self.pusher.write({"company_ids": other.ids, "company_id": other.id})
        for status in ("added", "known"):
            self.assertEqual(self.push({**event, "lead_id": foreign.id}), [status])

    def test_addresses_that_no_lead_can_have_stop_nothing(self):
        for address in ("ann\0@example.com", "ann\udc00@example.com", "\0", "\ud800"):
            event = {"name": "Price list", "email": address, "lead_id": self.lead.id}
            with self.subTest(ascii(address)):
                self.assertEqual(self.push(event), ["added"])
        self.assertEqual(self.lead.score, 25)

    def test_address_finds_the_newest_open_lead(self):
        newer = self.lead.copy({"email_from": "ann@example.com"})
        statuses = self.push({"name": "Price list", "email": "ANN@example.com"})
        self.assertEqual(statuses, ["added"])
        self.assertEqual((self.lead.score, newer.score), (0, 10))

    def test_unknown_lead_is_reported_and_stored_nowhere(self):
        before = self.Event.search_count([])
        statuses = self.push({"name": "A", "lead_id": -1})
        self.assertEqual(statuses, ["no_lead"])
        self.assertEqual(self.Event.search_count([]), before)

    def test_lead_of_another_company_is_not_found(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.lead.company_id = other
        statuses = self.push({"name": "A", "lead_id": self.lead.id})
        self.assertEqual(statuses, ["no_lead"])

    def test_one_bad_event_refuses_all(self):
        good = {"name": "Price list", "lead_id": self.lead.id}
        for bad in (
            {"name": "", "lead_id": self.lead.id},
            {"name": 5, "lead_id": self.lead.id},
            {"name": "A"},
            {"name": "A", "lead_id": True},
            {"name": "A", "email": "not an address"},
            {"name": "A", "lead_id": self.lead.id, "date": "tomorrow"},
            {"name": "A", "lead_id": self.lead.id, "date": "2999-01-01 00:00:00"},
            {"name": "A", "lead_id": self.lead.id, "points": 5},
            {"name": "A", "lead_id": self.lead.id, "reference": "x" * 129},
            "A",
        ):
            with (
                self.subTest(bad=bad),
                self.assertRaisesRegex(ValidationError, "Event 2"),
            ):
                self.push(good, bad)
        self.assertEqual(self.lead.score, 0)
        self.assertFalse(self.Event.search([("lead_id", "=", self.lead.id)]))

    def test_too_many_at_a_time_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "1,000"):
            self.push(*[{"name": "A", "lead_id": self.lead.id}] * 1001)

    def test_pushing_needs_the_right(self):
        for user in (self.salesman, self.sales_manager, self.stranger):
            with self.assertRaises(AccessError):
                self.Event.with_user(user).push([])

    @mute_logger("odoo.addons.base.models.ir_model")
    def test_who_pushes_reads_nothing(self):
        self.push({"name": "A", "lead_id": self.lead.id})
        with self.assertRaises(AccessError):
            self.Event.with_user(self.pusher).search([])

    def test_texts_are_stored_harmlessly(self):
        self.push(
            {
                "name": "<script>\x00\n" + "x" * 100_000,
                "lead_id": self.lead.id,
                "url": "javascript:alert(1)",
            },
            {"name": "A", "lead_id": self.lead.id, "url": "https://a.b/" + "c" * 9999},
        )
        first, second = self.Event.search([("lead_id", "=", self.lead.id)], order="id")
        self.assertEqual(len(first.name), 128)
        self.assertNotIn("\x00", first.name)
        self.assertFalse(first.url)
        self.assertEqual(len(second.url), 1000)

    def test_events_follow_their_lead(self):
        self.lead.user_id = self.sales_manager
        self.push({"name": "A", "lead_id": self.lead.id})
        mine = [("lead_id", "=", self.lead.id)]
        self.assertFalse(self.Event.with_user(self.salesman).search(mine))
        self.assertTrue(self.Event.with_user(self.sales_manager).search(mine))

    # ------------------------------------------------------------------
    # Access to events of visitors
    # ------------------------------------------------------------------

    def _event_of(self, **vals):
        """Return an event that belongs to a visitor only, and whose reader finds it."""
        visitor = self._visitor(**vals)
        return self.Event._add_for_visitor(visitor, "Price list", "/")

    def _assert_read(self, event, by, but_not_by=()):
        self.env.flush_all()
        for user in (*by, *but_not_by):
            mine = event.with_user(user)
            with self.subTest(user=user.login):
                found = mine.search([("id", "=", event.id)])
                self.assertEqual(bool(found), user in by)
                self.assertEqual(mine.has_access("read"), user in by)
                self.assertEqual(bool(mine._filtered_access("read")), user in by)
                groups = mine._read_group([("id", "=", event.id)], ["visitor_id"])
                self.assertEqual(bool(groups), user in by)
                if user not in by:
                    self.env.invalidate_all()
                    with self.assertRaises(AccessError):
                        mine.read(["name", "url", "visitor_id"])

    def test_events_of_a_visitor_follow_its_leads(self):
        self.lead.user_id = self.sales_manager
        event = self._event_of(leads=self.lead)
        self.assertFalse(event.lead_id)
        self._assert_read(event, [self.sales_manager], but_not_by=[self.salesman])
        self.lead.active = False
        self._assert_read(event, [self.sales_manager], but_not_by=[self.salesman])

    def test_one_readable_lead_of_a_visitor_is_enough(self):
        self.lead.user_id = self.sales_manager
        mine = self._lead(user_id=self.salesman.id)
        event = self._event_of(leads=self.lead + mine)
        self._assert_read(event, [self.sales_manager, self.salesman])

    def test_events_of_a_known_visitor_follow_the_leads_of_the_contact(self):
        partner = self.env["res.partner"].create({"name": "Ann"})
        self.lead.write({"user_id": self.sales_manager.id, "partner_id": partner.id})
        event = self._event_of(partner=partner)
        self._assert_read(event, [self.sales_manager], but_not_by=[self.salesman])

    def test_events_of_a_visitor_without_leads_are_read_as_before(self):
        event = self._event_of()
        self._assert_read(event, [self.sales_manager, self.salesman])

    def test_events_read_together(self):
        self.lead.user_id = self.sales_manager
        nobodys = self._event_of()
        event = nobodys + self._event_of(leads=self.lead)
        mine = event.with_user(self.salesman)
        self.assertEqual(mine._filtered_access("read"), nobodys)
        self.assertEqual(mine.search([("id", "in", event.ids)]), nobodys)

    # ------------------------------------------------------------------
    # From the website
    # ------------------------------------------------------------------

    def test_visitor_causes_a_limited_number_in_an_hour(self):
        visitor = self._visitor(self.lead)
        for _number in range(70):
            self.Event._add_for_visitor(visitor, "Price list", "/")
        self.assertEqual(self.Event.search_count([("visitor_id", "=", visitor.id)]), 60)
        events = self.Event.search([("visitor_id", "=", visitor.id)])
        events.date = self.env.cr.now() - timedelta(hours=2)
        self.assertTrue(self.Event._add_for_visitor(visitor, "Price list", "/"))

    def test_visitors_of_one_lead_cause_a_limited_number_in_a_day(self):
        contact = self.env["res.partner"].create({"name": "Ann"})
        self.lead.partner_id = contact
        visitors = [self._visitor(self.lead) for _number in range(4)]
        visitors.append(self._visitor(partner=contact))
        other = self._visitor(self._lead())
        for visitor in visitors:
            for _number in range(50):
                self.Event._add_for_visitor(visitor, "Price list", "/")
        ties = self.env["lead.scoring.source"]._records("event", self.lead)
        self.assertEqual(len(ties[self.lead.id]), 200)
        self.assertTrue(self.Event._add_for_visitor(other, "Price list", "/"))
        self.assertTrue(self.Event._add_for_visitor(self._visitor(), "A", "/"))
        for visitor in visitors:
            self.assertFalse(self.Event._add_for_visitor(visitor, "More", "/"))
        self.Event.search([]).date = self.env.cr.now() - timedelta(hours=25)
        self.assertTrue(self.Event._add_for_visitor(visitors[0], "Price list", "/"))

    def test_addresses_of_one_network_count_as_one(self):
        hashes = {
            address: self._hash_of(address)
            for address in (
                "192.0.2.7",
                "192.0.2.8",
                "::ffff:192.0.2.7",
                "2001:db8::1",
                "2001:db8::ffff:1",
                "2001:db8:0:1::1",
                "unix:",
            )
        }
        self.assertEqual(hashes["192.0.2.7"], hashes["::ffff:192.0.2.7"])
        self.assertEqual(hashes["2001:db8::1"], hashes["2001:db8::ffff:1"])
        self.assertEqual(len(set(hashes.values())), 5)
        self.assertFalse(self._hash_of(None))
        self.assertFalse(self.Event._address_hash(), "Nobody asks without a request.")

    def _hash_of(self, address):
        asked = Mock(httprequest=Mock(remote_addr=address))
        with patch.object(lead_scoring_event_limit, "request", asked):
            return self.Event._address_hash()

    def test_event_of_a_visitor_counts_for_the_lead_it_becomes(self):
        visitor = self._visitor()
        self.Event._add_for_visitor(visitor, "Price list", "/")
        visitor.lead_ids = self.lead
        self.env.cr.flush()
        self.assertEqual(self.lead.score, 10)

    def test_merged_lead_keeps_the_events_of_both(self):
        other = self.lead.copy({"email_from": "ann@example.com"})
        self.push(
            {"name": "Price list", "lead_id": self.lead.id},
            {"name": "Price list", "lead_id": other.id},
        )
        survivor = (self.lead | other).merge_opportunity()
        self.env.cr.flush()
        self.assertEqual(survivor.score, 20)
