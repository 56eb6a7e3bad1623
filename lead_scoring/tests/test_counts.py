from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin

from .common import LeadScoringCommon


class CountCommon(LeadScoringCommon):
    """Two companies, and a lead whose number of something is looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.main = cls.env.ref("base.user_root").company_id
        cls.other_company = cls.env["res.company"].create({"name": "Other"})
        cls.contact = cls.env["res.partner"].create({"name": "Ann"})
        cls.lead = cls._lead(email_from="Ann <ANN@example.com>")
        cls.stranger = cls._lead(email_from="bob@example.com")
        cls._score()

    def assertCount(self, field_name, count, lead=None):
        """Field, filters and all ways of scoring agree on the number of a lead; those
        of others don't matter.
        """
        lead = lead or self.lead
        self.env.invalidate_all()
        self.assertEqual(lead[field_name], count)
        domains = {
            f"[('{field_name}', '=', {count})]": 1,
            f"[('{field_name}', '!=', {count})]": 0,
            f"[('{field_name}', '>', {count})]": 0,
            f"[('{field_name}', '<=', {count})]": 1,
            f"['!', ('{field_name}', 'in', [{count}, 99])]": 0,
            f"[('{field_name}', '=', False)]": 0 if count else 1,
        }
        check = self.env["lead.scoring.rule.check"]
        self.scoring_model.rule_ids.unlink()
        expected = 0
        for number, (text, met) in enumerate(domains.items()):
            domain = check._read(text)
            self.assertEqual(lead.search_count([("id", "=", lead.id), *domain]), met)
            self.assertEqual(len(lead.filtered_domain(domain)), met)
            self._rule(2**number, text)
            expected += met * 2**number
        lead._score_now()
        self.assertScores({lead: expected})
        for full in (True, False):
            self._score_wrongly(lead)
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
                self._run_pass(full)
            self.assertEqual(lead.score, expected)
        self.assertFalse(self.scoring_model.rule_ids.filtered("error"))

    def _score_wrongly(self, lead):
        self._let_time_pass()
        self._note_written(lead)
        self._set_columns(lead.score_id, fit=-99, score=-99)


@tagged("post_install", "-at_install")
class TestWonCount(CountCommon):
    """Who bought before, by the contact or the address."""

    @classmethod
    def _won(cls, **vals):
        stage = cls.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        won = {"type": "opportunity", "stage_id": stage.id}
        return cls._lead(**won, **vals)

    def test_by_address(self):
        self._won(email_from="ann@example.com")
        self._won(email_from="carl@example.com")
        self.assertCount("score_won_count", 1)

    def test_by_contact_and_by_both_once(self):
        self.lead.partner_id = self.contact
        self.lead.email_from = "ann@example.com"
        self._won(partner_id=self.contact.id, email_from="ann@example.com")
        self._won(partner_id=self.contact.id, email_from="other@example.com")
        self.assertCount("score_won_count", 2)

    def test_neither_contact_nor_address(self):
        nobody = self._lead()
        self._won()
        self.assertCount("score_won_count", 0, nobody)

    def test_open_and_lost_ones_do_not_count(self):
        self._lead(email_from="ann@example.com", type="opportunity")
        lost = self._lead(email_from="ann@example.com", type="opportunity")
        lost.action_set_lost()
        self.assertCount("score_won_count", 0)

    def test_itself_does_not_count(self):
        won = self._won(email_from="carl@example.com")
        self.assertEqual(won.score_won_count, 0)

    def test_other_company_does_not_count(self):
        self._won(email_from="ann@example.com", company_id=self.other_company.id)
        self.assertCount("score_won_count", 0)
        self.lead.company_id = self.main
        self.assertCount("score_won_count", 0)
        self.lead.company_id = self.other_company
        self.assertCount("score_won_count", 1)

    def test_no_company_is_the_main_one(self):
        self._won(email_from="ann@example.com", company_id=self.main.id)
        self.assertCount("score_won_count", 1)
        self._won(email_from="ann@example.com")
        self.lead.company_id = self.main
        self.assertCount("score_won_count", 2)
        self.lead.company_id = self.other_company
        self.assertCount("score_won_count", 0)

    def test_hourly_pass_sees_that_another_one_was_won(self):
        self._rule(10, "[('score_won_count', '>', 0)]")
        won = self._lead(email_from="ann@example.com", type="opportunity")
        self._run_pass()
        self._let_time_pass()
        won.action_set_won()
        self.assertEqual(self.lead.score, 0)
        self._run_pass(full=False)
        self.assertEqual((self.lead.score, self.stranger.score), (10, 0))


@tagged("post_install", "-at_install")
class TestChannelCount(CountCommon):
    """By how many ways a lead came."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fair = cls.env["utm.source"].create({"name": "R&D Fair"})

    def test_none(self):
        self._visitor(self.lead, pages=["/price", "/price?x=utm_source"])
        self.assertCount("score_channel_count", 0)

    def test_lead_and_visit_that_say_the_same_are_one(self):
        """A form writes the medium «Website» where the link of the visit has none."""
        self.lead.source_id = self.fair
        self.lead.medium_id = self.env.ref("utm.utm_medium_website")
        pages = ["/a?utm_source=r%26d+fair", "/b?x=1&utm_source=R%26D%20Fair#top"]
        self._visitor(self.lead, pages=pages)
        self.assertCount("score_channel_count", 1)

    def test_each_combination_is_one(self):
        pages = [
            "/?utm_source=Пошук&utm_medium=cpc",
            "/?utm_source=Пошук&utm_medium=cpc&utm_campaign=spring",
            "/?utm_source=Новини&utm_medium=cpc",
            "/?utm_campaign=spring",
        ]
        self._visitor(self.lead, pages=[*pages, *pages])
        self.assertCount("score_channel_count", 4)
        self.assertCount("score_channel_count", 0, self.stranger)

    def test_visits_of_the_contact(self):
        self.lead.partner_id = self.contact
        self._visitor(partner=self.contact, pages=["/?utm_source=Ads"])
        self.assertCount("score_channel_count", 1)

    def test_forms_and_events(self):
        visitor = self._visitor(self.lead)
        events = self.env["lead.scoring.event"]
        for kind, source in (("form", "a"), ("form", "b"), ("event", "c")):
            events._add_for_visitor(
                visitor, f"/{source}", f"/?utm_source={source}", kind=kind
            )
        self.assertCount("score_channel_count", 3)

    def test_merged_lead_adds_its_visits(self):
        double = self._lead(email_from="ann@example.org", type="opportunity")
        self.lead.source_id = self.fair
        self._visitor(double, pages=["/?utm_source=Ads"])
        merged = (self.lead + double).merge_opportunity()
        self.assertCount("score_channel_count", 2, merged)

    def test_address_that_says_nothing(self):
        pages = ["/?utm_source=", "/?utm_source=%20&utm_medium", "/utm_source=x"]
        self._visitor(self.lead, pages=[*pages, f"/?utm_source={'x' * 100_000}"])
        self.assertCount("score_channel_count", 1)

    def test_events_that_a_rule_counts_are_kept(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("lead_scoring.event_days", 30)
        visitor = self._visitor(self.lead)
        event = self.env["lead.scoring.event"]._add_for_visitor(
            visitor, "Form", "/?utm_source=a", kind="form"
        )
        self._set_columns(event, date="2020-01-01 00:00:00")
        rule = self._rule(10, "[('score_channel_count', '>', 0)]")
        self.env["lead.scoring.retention"]._gc_events()
        self.assertTrue(event.exists())
        rule.unlink()
        self.env["lead.scoring.retention"]._gc_events()
        self.assertFalse(event.exists())
