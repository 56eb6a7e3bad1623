from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL

from ..tools.compiled_rules import Program
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestProgram(LeadScoringCommon):
    """Leads are scored on save by what was compiled for an earlier save, which depends
    on nothing that has changed since.
    """

    def _score_again(self, lead, score, compiled=False):
        """Score a lead, and check its score and whether rules were compiled for it."""
        engine = type(self.env["lead.scoring.engine"])
        original = engine._compile
        with patch.object(engine, "_compile", autospec=True) as compiles:
            compiles.side_effect = original
            lead._score_now()
        self.assertEqual(lead.score, score)
        self.assertEqual(compiles.called, compiled)

    def _visit_twice(self, lead):
        """Let a lead see the same page in two visits."""
        visitor = self._visitor(lead, pages=["/price"])
        self.env["website.track"].create(
            {
                "visitor_id": visitor.id,
                "url": "/price",
                "visit_datetime": self.env.cr.now() - timedelta(minutes=100),
            }
        )

    def _prepared(self):
        self.env.cr.execute(
            "SELECT name FROM pg_prepared_statements WHERE name LIKE %s",
            [f"{Program.PREFIX}%"],
        )
        return {name for (name,) in self.env.cr.fetchall()}

    def test_rules_of_all_kinds_are_compiled_once(self):
        tag = self.env["crm.tag"].create({"name": "VIP"})
        for domain in (
            "[('country_id', '=', 'Belgium')]",
            "[('create_date', '>=', '-30d')]",
            "[('date_deadline', '<=', 'today +30d')]",
            "[('tag_ids', 'in', 'VIP')]",
            f"[('tag_ids', 'in', [{tag.id}])]",
            "[('score_pageview_ids.url', 'ilike', '/price')]",
        ):
            self._rule(1, domain)
        self._page_view_rule(value=10, half_life=14)
        lead = self._scored_lead(
            country_id=self.belgium.id, date_deadline="2020-01-01", tag_ids=tag.ids
        )
        self._visitor(lead, pages=["/price"])
        self._score_again(lead, 16)
        other = self._scored_lead(country_id=self.belgium.id)
        self._score_again(other, 2)

    def test_shipped_rules_of_all_add_ons_are_compiled_once(self):
        shipped = self.env["lead.scoring.model"].search([])
        names = shipped._get_external_ids()
        shipped = shipped.filtered(lambda scoring_model: names[scoring_model.id])
        self.assertGreaterEqual(len(shipped), 4)
        for scoring_model in shipped:
            with self.subTest(scoring_model.name):
                compiled = self.env["lead.scoring.engine"]._compile(
                    self.env.company, scopes=scoring_model
                )
                self.assertTrue(compiled.points)
                self.assertFalse(compiled.broken)
                self.assertTrue(compiled.streams.lasting)

    def test_rules_on_each_field_that_is_offered_first_are_compiled_once(self):
        names = self.env["lead.scoring.rule.check"]._helpful_fields()["crm.lead"]
        names += ["score_channel_count", "score_pages_per_visit", "score_time_on_site"]
        fields = self.env["crm.lead"]._fields
        for name in names:
            is_date = fields[name].type in ("date", "datetime")
            condition = (name, ">=", "-30d") if is_date else (name, "!=", False)
            rules = self._rule(1, repr([condition]))
            with self.subTest(name):
                compiled = self.env["lead.scoring.engine"]._compile(
                    self.env.company, rules=rules
                )
                self.assertFalse(compiled.broken)
                self.assertTrue(compiled.streams.lasting)

    def test_numbers_of_a_lead_are_counted_anew_by_what_was_compiled(self):
        self._rule(7, "[('score_won_count', '>', 0)]")
        self._rule(5, "[('score_visit_count', '>', 1)]")
        self._rule(3, "[('score_last_visit', '>=', '-30d')]")
        lead = self._scored_lead(email_from="ann@example.com")
        self._score_again(lead, 0)
        won = self.env["crm.lead"].create(
            {"name": "Won", "type": "opportunity", "email_from": "ann@example.com"}
        )
        won.action_set_won()
        self._score_again(lead, 7)
        self._visitor(lead, pages=["/price"])
        self._score_again(lead, 10)
        later = self.env.cr.now() + timedelta(days=31)
        with freeze_time(later):
            self._score_again(lead, 7)

    def test_a_model_for_those_who_bought_before_is_compiled_once(self):
        lead = self._scored_lead(email_from="ann@example.com")
        scoring_model = self._rule(7, "[]").model_id
        scoring_model.domain = "[('score_won_count', '>', 0)]"
        lead._score_now()
        self._score_again(lead, 0)
        won = self.env["crm.lead"].create(
            {"name": "Won", "type": "opportunity", "email_from": "ann@example.com"}
        )
        won.action_set_won()
        self._score_again(lead, 7)

    def test_a_model_whose_leads_others_have_a_say_in_is_compiled_each_time(self):
        lead = self._scored_lead()
        customer = self.env["res.partner"].create({"name": "Acme"})
        visitor = self._visitor(lead, pages=["/price"])
        scoring_model = self._rule(7, "[]").model_id
        path = "score_pageview_ids.visitor_id.partner_id"
        scoring_model.domain = repr([(path, "child_of", customer.id)])
        lead._score_now()
        self._score_again(lead, 0, compiled=True)
        visitor.partner_id = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": customer.id}
        )
        self._score_again(lead, 7, compiled=True)

    def test_a_setting_that_a_number_reads_counts_at_once(self):
        self._rule(7, "[('score_visit_count', '>', 1)]")
        lead = self._scored_lead()
        self._visit_twice(lead)
        self._score_again(lead, 7)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("lead_scoring.visit_minutes", 60 * 24 * 365)
        self._score_again(lead, 0, compiled=True)

    def test_a_source_that_raises_after_it_was_compiled_costs_its_own_rules_only(self):
        self._rule(7, "[('score_won_count', '=', 0)]")
        self._rule(5, "[('city', '=', 'Ghent')]")
        lead = self._scored_lead(city="Ghent")
        self._score_again(lead, 12)
        sources = type(self.env["lead.scoring.source"])
        broken = patch.object(sources, "_count_score_won_count", side_effect=ValueError)
        with broken, self.assertLogs("odoo.addons.lead_scoring", "WARNING"):
            self._score_again(lead, 5, compiled=True)

    def test_a_lead_of_another_company_is_scored_by_the_same_statement(self):
        self._rule(7, "[('city', '=', 'Ghent')]")
        other = self.env["res.company"].create({"name": "Other"})
        prepared = set()
        for company in (self.env.company, other, other.browse()):
            lead = self._scored_lead(city="Ghent", company_id=company.id)
            self.assertEqual(lead.score, 7)
            prepared = prepared or self._prepared()
            self.assertEqual(self._prepared(), prepared)
        self.assertEqual(len(prepared), 1)

    def test_dates_go_on_moving(self):
        self._rule(7, "[('date_deadline', '<=', 'today +30d')]")
        self._rule(5, "[('create_date', '<', '-1d')]")
        lead = self._scored_lead(date_deadline="2030-06-30")
        for moment, score in (
            ("2030-05-30 12:00", 5),
            ("2030-05-31 12:00", 12),
            ("2020-05-30 12:00", 0),
        ):
            with self.subTest(moment), freeze_time(moment):
                self._score_again(lead, score)

    def test_dates_move_in_the_zone_of_each_author(self):
        for value, tz in ((1, "Asia/Tokyo"), (2, "America/New_York")):
            rule = self._rule(value, "[('date_deadline', '=', False)]")
            rule.write({"tz": tz, "domain": "[('date_deadline', '<=', 'today')]"})
        lead = self._scored_lead(date_deadline="2030-06-30")
        for moment, score in (
            ("2030-06-29 14:00", 0),
            ("2030-06-29 16:00", 1),
            ("2030-06-30 05:00", 3),
        ):
            with self.subTest(moment), freeze_time(moment):
                self._score_again(lead, score)

    def test_points_go_on_fading(self):
        self._page_view_rule(value=10, half_life=14)
        lead = self._scored_lead()
        self._visitor(lead, pages=["/price"])
        self._score_again(lead, 10)
        later = self.env.cr.now() + timedelta(days=14)
        with patch.object(type(self.env.cr), "now", lambda cr: later):
            self._score_again(lead, 5)

    def test_a_changed_rule_counts_at_once_and_so_does_its_undoing(self):
        rule = self._rule(7, "[('city', '=', 'Ghent')]")
        lead = self._scored_lead(city="Ghent")
        for value in (8, 9):
            with closing(self.env.cr.savepoint()):
                rule.value = value
                self._score_again(lead, value, compiled=True)
            self.env.invalidate_all()
            self._score_again(lead, 7)
        rule.value = 8
        self._score_again(lead, 8, compiled=True)
        rule.active = False
        self._score_again(lead, 0, compiled=True)

    def test_a_setting_that_a_source_reads_counts_at_once(self):
        self._page_view_rule(value=10)
        lead = self._scored_lead()
        self._visit_twice(lead)
        self._score_again(lead, 20)
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("lead_scoring.visit_minutes", 60 * 24 * 365)
        self._score_again(lead, 10, compiled=True)

    def test_a_rule_that_others_have_a_say_in_is_compiled_each_time(self):
        self._rule(7, "[('user_id', '=', 'Nobody there')]")
        self._rule(5, "[('city', '=', 'Ghent')]")
        lead = self._scored_lead(city="Ghent")
        self._score_again(lead, 5, compiled=True)

    def test_a_connection_that_has_lost_its_statements_prepares_them_anew(self):
        self._rule(7, "[('city', '=', 'Ghent')]")
        lead = self._scored_lead(city="Ghent")
        lead._score_now()
        self.assertTrue(self._prepared())
        self.env.cr.execute("DEALLOCATE ALL")
        self._score_again(lead, 7)
        self.assertTrue(self._prepared())

    def test_a_connection_keeps_few_statements(self):
        rule = self._rule(7, "[('city', '=', 'Ghent')]")
        lead = self._scored_lead(city="Ghent")
        for value in range(1, 15):
            rule.value = value
            lead._score_now()
            self._score_again(lead, value)
        self.assertIn(len(self._prepared()), range(1, 6))

    def test_what_depends_on_another_moment_is_no_program(self):
        now = self.env.cr.now()
        statement = SQL("SELECT %s, %s", now, self.env.cr.now())
        self.assertEqual(Program(statement, now).moving, [])
        engine = self.env["lead.scoring.engine"]
        described = engine._describe_sources(self.env.company, ("meeting",))
        self.assertIn("now", described)
        sources = type(self.env["lead.scoring.source"])
        original = sources._source_meeting

        def _source_meeting(records):
            source = original(records)
            yesterday = SQL("%s", now - timedelta(days=1))
            return type(source)(**{**vars(source), "ties": yesterday})

        with patch.object(sources, "_source_meeting", _source_meeting):
            self.assertIsNone(engine._describe_sources(self.env.company, ("meeting",)))
