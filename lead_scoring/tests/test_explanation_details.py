from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestExplanationDetails(LeadScoringCommon):
    """What the opened explanation says of the visitor, and of the other numbers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    def _known(self, lead, user=None):
        """Return ``{label: value}`` of what is known of a lead's visitors."""
        self.env.invalidate_all()
        details = lead.with_user(user or self.salesman).score_details
        return {part["label"]: part["value"] for part in details["known"]}

    def test_nothing_is_known_of_who_never_came(self):
        lead = self._lead(medium_id=self.env.ref("utm.utm_medium_website").id)
        self.assertEqual(self._known(lead), {})
        self.assertEqual(self._lead().new().score_details["known"], [])

    def test_visits_pages_and_time_are_those_of_the_lead(self):
        lead = self._lead()
        visitor = self._visitor(lead, pages=[("/price", 9), ("/price", 2)])
        self.env["website.track"].create(
            {
                "visitor_id": visitor.id,
                "url": "/jobs",
                "visit_datetime": self.env.cr.now()
                - timedelta(days=2)
                + timedelta(minutes=12),
            }
        )
        self._visitor(self._lead(), pages=["/other"])
        known = self._known(lead)
        self.assertEqual(
            (known["Visits"], known["Page views"], known["On the website"]),
            ("2", "3", "12 min"),
        )
        last = lead.score_details["known"][0]
        self.assertEqual((last["label"], last["value"]), ("Last visit", ""))
        self.assertTrue(last["date"])

    def test_channels_are_named_once_and_the_rest_counted(self):
        fair = self.env["utm.source"].create({"name": "R&D Fair"})
        lead = self._lead(source_id=fair.id)
        pages = ["/?utm_source=r%26d+fair", "/?utm_source=Ads&utm_medium=cpc"]
        pages += ["/?utm_campaign=spring", "/?utm_medium=cpc"]
        self._visitor(lead, pages=pages)
        self.assertEqual(self._known(lead)["Came by"], "Ads, cpc, r&d fair +1")

    def test_address_of_any_length_does_no_harm(self):
        lead = self._lead()
        pages = [f"/?utm_source={'x' * 5000}", "/?utm_source=%20", "/?utm_source=%"]
        self._visitor(lead, pages=pages)
        self.assertLess(len(self._known(lead)["Came by"]), 60)

    def test_forms_and_events_open(self):
        lead = self._lead(user_id=self.salesman.id)
        visitor = self._visitor(lead)
        events = self.env["lead.scoring.event"]
        for kind in ("form", "event", "link"):
            events._add_for_visitor(visitor, kind, f"/{kind}", kind=kind)
        self.assertEqual(self._known(lead)["Forms and events"], "2")
        action = lead.with_user(self.salesman).action_open_events()
        found = self.env["lead.scoring.event"].with_user(self.salesman)
        self.assertEqual(
            sorted(found.search(action["domain"]).mapped("kind")), ["event", "form"]
        )

    def test_each_part_that_opens_something_does(self):
        lead = self._lead(user_id=self.salesman.id)
        visitor = self._visitor(lead, pages=["/price"])
        self.env["lead.scoring.event"]._add_for_visitor(visitor, "Form", "/", "form")
        details = lead.with_user(self.salesman).score_details
        actions = {part["action"] for part in details["known"] if part["action"]}
        self.assertEqual(
            actions, {"action_redirect_to_page_views", "action_open_events"}
        )
        for action in actions:
            self.assertTrue(getattr(lead.with_user(self.salesman), action)()["domain"])

    def test_only_who_reads_the_lead_reads_it(self):
        foreign = self._lead(user_id=self.sales_manager.id)
        self._visitor(foreign, pages=["/price"])
        self.env.flush_all()
        for user in (self.salesman, self.stranger):
            with self.subTest(user.login):
                self.env.invalidate_all()
                lead = foreign.with_user(user)
                with self.assertRaises(AccessError):
                    lead.read(["score_details"])
                if user == self.salesman:
                    with self.assertRaises(AccessError):
                        lead.action_open_events()

    def test_score_and_probability_are_told_apart_in_one_place(self):
        for lead_type in ("lead", "opportunity"):
            lead = self._lead(type=lead_type).with_user(self.sales_manager)
            labels = [part["label"] for part in lead.score_details["numbers"]]
            self.assertEqual(labels[:2], ["Score", "Probability"])
