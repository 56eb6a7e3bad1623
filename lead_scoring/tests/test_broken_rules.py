from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_engine import (
    LeadScoringEngine,
)

from .common import LeadScoringCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.sql_db", "odoo.domains")
UNKNOWN_FIELD = "[('x_gone', '=', 1)]"
FAILS_ON_DATA = "[('city', '=like', 'Gh\\\\')]"
UNREADABLE = "[('name'"
NO_SUCH_DATE = "[('create_date', '>=', 'some day')]"


@tagged("post_install", "-at_install")
class TestBrokenRules(LeadScoringCommon):
    """A rule that breaks after it was saved is skipped and stops nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("manager", "lead_scoring.group_scoring_manager")
        cls.sound = cls._rule(10)
        cls.broken = cls._rule(5, "[('city', 'ilike', 'g')]")
        cls.lead = cls._lead(city="Ghent")
        cls._score()

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*LOGS))

    def _break(self, domain, rule=None):
        """Give a rule a domain that nobody could have saved."""
        rule = rule or self.broken
        self._set_columns(rule, domain=domain)
        self.env.registry.clear_cache()

    def _messages(self):
        """Return the notifications about rules that ``manager`` has."""
        return self.env["mail.message"].search(
            [
                ("model", "=", "lead.scoring.rule"),
                ("notified_partner_ids", "=", self.manager.partner_id.id),
            ]
        )

    def _check_skipped(self):
        self._run_pass()
        self.assertTrue(self.broken.error)
        self.assertFalse(self.sound.error)
        self.assertScores({self.lead: 10})
        self.assertEqual(self.broken.match_count, 0)
        self.assertEqual(self.sound.match_count, 1)

    def test_fixture(self):
        self.assertScores({self.lead: 15})

    # ------------------------------------------------------------------
    # Kinds of breakage
    # ------------------------------------------------------------------

    def test_each_way_to_break_is_isolated(self):
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA, UNREADABLE, NO_SUCH_DATE, ""):
            with self.subTest(domain):
                self.broken.domain = "[('city', 'ilike', 'g')]"
                self._run_pass()
                self.assertScores({self.lead: 15})
                self._break(domain)
                if domain:
                    self._check_skipped()
                else:
                    self._run_pass()
                    self.assertEqual(self.lead.score, 15, "Nothing means all.")

    def test_each_way_to_break_with_prepared_streams(self):
        self._visitor(self.lead, pages=["/price"])
        self.broken.domain = "[('score_pageview_ids.url', 'ilike', 'price')]"
        for domain in (
            "[('score_pageview_ids.url', '=like', '%pri\\\\')]",
            "[('score_pageview_ids.x_gone', '=', 1)]",
        ):
            with self.subTest(domain):
                self._break(domain)
                with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
                    self._check_skipped()

    def test_broken_stream(self):
        self._visitor(self.lead, pages=["/price"])
        self.broken = self._page_view_rule(5)
        for number in (0, 20_000):
            for domain in ("[('url', '=like', '%pri\\\\')]", UNKNOWN_FIELD):
                with self.subTest(domain, number=number):
                    self.broken.domain = "[('url', 'ilike', 'price')]"
                    self._break(domain)
                    with patch.object(
                        lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number
                    ):
                        self._run_pass()
                    self.assertTrue(self.broken.error)
                    self.assertScores({self.lead: 15})

    def test_custom_field_deleted(self):
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_budget",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "ttype": "char",
                "state": "manual",
            }
        )
        self.lead.x_budget = "big"
        self.broken.domain = "[('x_budget', '=', 'big')]"
        self._run_pass()
        self.assertScores({self.lead: 15})
        field.unlink()
        self._check_skipped()

    def test_every_field_of_a_broken_rule_can_be_read(self):
        for source, domain in (
            ("lead", UNKNOWN_FIELD),
            ("lead", "[('score_pageview_ids.x_gone', '=', 1)]"),
            ("lead", UNREADABLE),
            ("page_view", UNKNOWN_FIELD),
        ):
            self._set_columns(self.broken, source=source)
            self._break(domain)
            for marked in (False, True):
                with self.subTest(domain, source=source, marked=marked):
                    if marked:
                        self._run_pass()
                    self.env.invalidate_all()
                    self.broken.with_user(self.manager).read()

    def test_new_version_of_a_model_with_a_broken_rule(self):
        self._break(UNKNOWN_FIELD)
        self._run_pass()
        draft = self.scoring_model.with_user(self.manager).copy()
        copied = draft.rule_ids.filtered("error")
        self.assertEqual(copied.mapped("origin_id"), self.broken)
        copied.name = "Broken copy"
        with self.assertRaisesRegex(ValidationError, "«Broken copy»"):
            copied.domain = "[('x_gone_too', '=', 1)]"

    def test_several_broken_rules(self):
        others = self._rule(1, "[]") + self._rule(2, "[]") + self._page_view_rule(4)
        self._break(UNKNOWN_FIELD)
        self._break(FAILS_ON_DATA, others[0])
        self._break("[('zip', '=like', 'a\\\\')]", others[1])
        self.lead.zip = "abc"
        self._run_pass()
        self.assertTrue(self.broken.error)
        self.assertTrue(others[0].error)
        self.assertTrue(others[1].error)
        self.assertFalse(others[2].error)
        self.assertScores({self.lead: 10})

    def test_broken_paused_rule_disturbs_nobody(self):
        self.broken.active = False
        self._break(UNKNOWN_FIELD)
        self._run_pass()
        self.assertFalse(self.broken.error)
        self.assertScores({self.lead: 10})

    # ------------------------------------------------------------------
    # Telling and trying again
    # ------------------------------------------------------------------

    def test_managers_are_told_once(self):
        self._lead(company_id=self.env.company.id)
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA):
            with self.subTest(domain):
                self.broken.domain = "[('city', 'ilike', 'g')]"
                self._break(domain)
                before = self._messages()
                for full in (True, False, True, True):
                    self._run_pass(full)
                told = self._messages() - before
                self.assertEqual(len(told), 1)
                self.assertIn(self.broken.name, told.subject)

    def test_editing_clears_the_error(self):
        self._break(UNKNOWN_FIELD)
        self._run_pass()
        self.broken.domain = "[('city', 'ilike', 'g')]"
        self.assertFalse(self.broken.error)
        self._run_pass(full=False)
        self.assertScores({self.lead: 15})

    def test_renaming_keeps_the_error(self):
        self._break(UNKNOWN_FIELD)
        self._run_pass()
        told = self._messages()
        self.broken.write({"name": "Other", "sequence": 99})
        self.assertTrue(self.broken.error)
        self._run_pass(full=False)
        self.assertEqual(self._messages(), told)

    def test_incremental_pass_leaves_it_and_the_night_tries_again(self):
        self._break(UNKNOWN_FIELD)
        self._run_pass()
        self._let_time_pass()
        self._break("[('city', 'ilike', 'g')]")
        self._note_written(self.lead)
        self._run_pass(full=False)
        self.assertTrue(self.broken.error)
        self.assertScores({self.lead: 10})
        self._run_pass()
        self.assertFalse(self.broken.error)
        self.assertScores({self.lead: 15})

    def test_pass_that_marks_a_rule_takes_its_points_back_everywhere(self):
        """Also from leads of chunks done before."""
        leads = self.env["crm.lead"].concat(*(self._lead(city="G") for _n in range(4)))
        leads[-1].zip = "xyz"
        self._score()
        self.assertEqual(leads.mapped("score"), [5] * 4)
        # fails on the last lead only
        self._break("['|', ('zip', '=', False), ('zip', '=like', 'x\\\\')]")
        with patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 1):
            self._run_pass()
        self.assertTrue(self.broken.error)
        self.assertEqual(leads.mapped("score"), [0] * 4)
        self.assertEqual(self.broken.match_count, 0)

    def test_failure_that_is_no_rules_fault_marks_none(self):
        """Above all not what a concurrent transaction causes."""
        with (
            patch.object(
                LeadScoringEngine, "_compile_rule", side_effect=SerializationFailure
            ),
            self.assertRaises(SerializationFailure),
        ):
            self._run_pass()
        self.assertFalse(self.broken.error)
        self.assertFalse(self.sound.error)

    # ------------------------------------------------------------------
    # Those who don't run passes
    # ------------------------------------------------------------------

    def test_saving_a_lead_never_fails(self):
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA, UNREADABLE):
            with self.subTest(domain):
                self._break(domain)
                self.lead.name = domain
                new = self._lead(city="Ghent")
                self._score()
                self.assertEqual(self.lead.name, domain)
                self.assertTrue(new.exists())
                self.assertFalse(self.broken.error, "Left to the next pass.")
                new.city = False
                self._check_skipped()
                self.broken.domain = "[('city', 'ilike', 'g')]"

    def test_marked_rule_is_skipped_when_saving(self):
        self._break(FAILS_ON_DATA)
        self._run_pass()
        new = self._scored_lead(city="Ghent")
        self.assertScores({new: 10})

    def test_explanation_goes_on_without_it(self):
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA, UNREADABLE):
            with self.subTest(domain):
                self._break(domain)
                explanation = self.lead.score_explanation
                self.assertEqual(explanation["score"], 10)
                self.lead.action_score_now()

    def test_opening_the_leads_of_a_broken_rule(self):
        for domain in (UNKNOWN_FIELD, UNREADABLE):
            self._break(domain)
            action = self.broken.action_view_leads()
            self.assertFalse(self.env["crm.lead"].search(action["domain"]))

    def test_trying_a_broken_rule_on_a_lead(self):
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA):
            self._break(domain)
            test = self.env["lead.scoring.rule.test"].create(
                {"rule_id": self.broken.id, "lead_id": self.lead.id}
            )
            self.assertFalse(test.matches)
            self.assertEqual(test.score_with, 10)

    # ------------------------------------------------------------------
    # Models
    # ------------------------------------------------------------------

    def test_broken_scope_stops_nobody(self):
        special = self.env["lead.scoring.model"].create(
            {"name": "Special", "state": "live", "sequence": 1, "domain": "[]"}
        )
        self._rule(100, "[]", model_id=special.id)
        for domain in (UNKNOWN_FIELD, FAILS_ON_DATA, UNREADABLE):
            with self.subTest(domain):
                special.domain = "[('city', '=', 'Nowhere')]"
                self._break(domain, special)
                self.lead.name = domain
                self._score()
                self._run_pass()
                self.broken.error = False
                self.assertScores({self.lead: 15})
                self.assertEqual(self.lead.score_id.model_id, self.scoring_model)
