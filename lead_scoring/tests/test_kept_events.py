from datetime import timedelta

from odoo import fields
from odoo.tests import tagged
from odoo.tests.common import new_test_user

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestKeptEvents(LeadScoringCommon):
    """Events that are pushed before there is a lead with the address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["lead.scoring.event"]
        cls.pusher = new_test_user(
            cls.env, "pusher", groups="base.group_user,lead_scoring.group_push_events"
        )
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman_all_leads")
        cls._rule(10, "[]", source="event", dimension="interest")

    def _push(self, email="ann@example.com", **vals):
        return self.Event.with_user(self.pusher).push(
            [{"name": "Webinar", "email": email, **vals}]
        )

    def _kept(self):
        return self.Event.search([("lead_id", "=", False), ("email", "!=", False)])

    def test_new_lead_gets_them(self):
        self.assertEqual(self._push() + self._push(), ["kept", "kept"])
        self.assertEqual(self._kept().mapped("email"), ["ann@example.com"] * 2)
        lead = self._scored_lead(email_from="Ann <ANN@example.com>")
        self.assertScores({lead: 20})
        self.assertFalse(self._kept())

    def test_lead_that_gets_the_address_gets_them(self):
        lead = self._scored_lead()
        self._push()
        lead.email_from = "ann@example.com"
        self._score()
        self.assertScores({lead: 10})

    def test_pass_gives_them_where_leads_are_not_scored_as_they_are_saved(self):
        self.env["ir.config_parameter"].set_param("lead_scoring.score_on_save", "no")
        self._push()
        lead = self._scored_lead(email_from="ann@example.com")
        self.assertTrue(self._kept())
        self.Event._give_kept()
        self._run_pass()
        self.assertScores({lead: 10})

    def test_newest_open_lead_gets_them(self):
        self._push()
        older, newer, lost = (
            self._lead(email_from="ann@example.com") for _number in range(3)
        )
        lost.action_set_lost()
        self.Event._give_kept()
        self.assertEqual(
            self.Event.search([("name", "=", "Webinar")]).lead_id, newer, older
        )

    def test_plain_form_of_the_address_is_the_same(self):
        for pushed, email in (
            ("ann+webinar@example.com", "ann@example.com"),
            ("bob@example.com", "bob+offer@example.com"),
        ):
            with self.subTest(pushed):
                self.assertEqual(self._push(pushed), ["kept"])
                lead = self._scored_lead(email_from=email)
                self.assertScores({lead: 10})

    def test_reference_is_known_while_it_is_kept(self):
        self.assertEqual(self._push(reference="a"), ["kept"])
        self.assertEqual(self._push(reference="a"), ["known"])
        lead = self._scored_lead(email_from="ann@example.com")
        self.assertEqual(self._push(reference="a"), ["known"])
        self.assertScores({lead: 10})

    def test_lead_of_another_company_does_not_get_them(self):
        self._push()
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self._scored_lead(email_from="ann@example.com", company_id=other.id)
        self.assertScores({foreign: 0})
        self.assertTrue(self._kept())
        own = self._scored_lead(
            email_from="ann@example.com", company_id=self.env.company.id
        )
        self.assertScores({own: 10})

    def test_they_are_read_in_their_company_only(self):
        self._push()
        kept = self._kept()
        self.assertTrue(kept.with_user(self.salesman).search([("id", "=", kept.id)]))
        kept.company_id = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(kept.with_user(self.salesman).search([("id", "=", kept.id)]))

    def test_they_are_kept_as_long_as_the_settings_say(self):
        self.env["ir.config_parameter"].set_param("lead_scoring.event_days", 30)
        self.env["lead.scoring.rule"].search([]).half_life = 1
        now = fields.Datetime.now()
        for days in (29, 400):
            self._push(date=fields.Datetime.to_string(now - timedelta(days=days)))
        self.env["lead.scoring.retention"]._gc_events()
        self.assertEqual(len(self._kept()), 1)


@tagged("post_install", "-at_install")
class TestPlainAddresses(LeadScoringCommon):
    """«ann+webinar@» and «ann@» reach the same person, most often."""

    def test_duplicates_that_are_offered(self):
        plain = self._lead(email_from="ann@gmail.com")
        tagged_lead = self._lead(email_from="Ann <ann+webinar@gmail.com>")
        other_tag = self._lead(email_from="ann+offer@gmail.com")
        stranger = self._lead(email_from="anna@gmail.com")
        leads = plain + tagged_lead + other_tag
        for lead in leads:
            self.assertEqual(lead.duplicate_lead_ids, leads)
            self.assertEqual(lead.duplicate_lead_count, 2)
        self.assertEqual(stranger.duplicate_lead_ids, stranger)

    def test_push_finds_the_very_address_first(self):
        exact = self._lead(email_from="ann+webinar@example.com")
        newer = self._lead(email_from="ann@example.com")
        pusher = new_test_user(
            self.env, "pusher", groups="base.group_user,lead_scoring.group_push_events"
        )
        push = self.env["lead.scoring.event"].with_user(pusher).push
        for email, lead in (
            ("ann+webinar@example.com", exact),
            ("ann+offer@example.com", newer),
        ):
            self.assertEqual(push([{"name": "A", "email": email}]), ["added"])
            event = self.env["lead.scoring.event"].search([], order="id desc", limit=1)
            self.assertEqual(event.lead_id, lead)

    def test_addresses_that_only_look_alike(self):
        lead = self._lead(email_from="+news@example.com")
        found = self.env["crm.lead"].search(
            self.env["crm.lead"]._has_plain_email(["news@example.com"])
        )
        self.assertNotIn(lead, found)
