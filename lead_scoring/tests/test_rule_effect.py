from unittest.mock import patch

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.lead_scoring.models.rule import lead_scoring_rule_reach
from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring_model import lead_scoring_simulator_effect

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRuleEffect(LeadScoringCommon):
    """What the rule form says of leads, and of what saving would change for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.ghent = cls._rule(40, name="Ghent")
        cls._rule(30, "[('phone', '!=', False)]", name="Phone")
        cls.prices = cls._page_view_rule(5, name="Prices")
        cls.hot = cls._lead(name="Hot", city="Ghent", phone="1")
        cls.warm = cls._lead(name="Warm", city="Ghent")
        cls.cold = cls._lead(name="Cold", city="Bruges")
        cls._visitor(cls.cold, pages=["/price", "/price/2", "/price/3"])
        cls._score()
        cls._run_pass()
        cls.leads = cls.hot + cls.warm + cls.cold

    def _reach(self, rule, user=None):
        return rule.with_user(user or self.scoring_manager).get_reach()

    def _counts(self, reach):
        return {part["key"]: part["count"] for part in reach["temperatures"]}

    def _effect(self, rule, **vals):
        return rule.with_user(self.scoring_manager).get_effect(vals)

    # ------------------------------------------------------------------
    # Which leads match
    # ------------------------------------------------------------------

    def test_leads_that_match_are_counted_by_temperature(self):
        reach = self._reach(self.ghent)
        self.assertEqual(reach["count"], 2)
        self.assertEqual(self._counts(reach), {"cold": 0, "warm": 1, "hot": 1})
        self.assertFalse(reach["sampled"])

    def test_one_lead_that_matches_and_one_that_does_not_are_named(self):
        reach = self._reach(self.ghent)
        self.assertEqual(reach["match"], {"id": self.warm.id, "name": "Warm"})
        self.assertEqual(reach["other"], {"id": self.cold.id, "name": "Cold"})

    def test_leads_are_counted_for_a_rule_on_page_views_not_the_views(self):
        for temp_tables_from in (500, 0):
            with patch.object(
                lead_scoring_pass_mixin, "TEMP_TABLES_FROM", temp_tables_from
            ):
                reach = self._reach(self.prices)
            self.assertEqual(reach["count"], 1)
            self.assertEqual(reach["match"]["id"], self.cold.id)

    def test_of_many_leads_the_newest_are_looked_at(self):
        with patch.object(lead_scoring_simulator_effect, "SOUND_LEADS", 2):
            reach = self._reach(self.ghent)
        self.assertEqual((reach["sampled"], reach["count"]), (2, 1))
        self.assertEqual(reach["match"]["id"], self.warm.id)

    def test_leads_that_are_not_scored_do_not_count(self):
        self.hot.do_not_score = True
        self.warm.active = False
        self._score()
        reach = self._reach(self.ghent)
        self.assertEqual((reach["count"], reach["match"]), (0, False))

    def test_leads_of_another_model_do_not_count(self):
        special = self.env["lead.scoring.model"].create(
            {"name": "Phones", "state": "live", "sequence": 0}
        )
        special.domain = "[('phone', '!=', False)]"
        self.assertEqual(self._reach(self.ghent)["count"], 1)

    def test_leads_that_the_reader_may_not_see_are_not_counted_or_named(self):
        self._show_only_own_leads(self.scoring_manager)
        self.hot.user_id = self.scoring_manager
        reach = self._reach(self.ghent)
        self.assertEqual(reach["count"], 1)
        self.assertEqual(reach["match"]["id"], self.hot.id)
        self.assertFalse(reach["other"])

    def test_leads_of_a_draft_are_counted_as_if_it_were_published(self):
        draft = self.scoring_model.copy()
        draft.domain = "[('phone', '!=', False)]"
        copy = draft.rule_ids.filtered(lambda rule: rule.origin_id == self.ghent)
        self.assertEqual(self._reach(copy)["count"], 1)

    def test_leads_of_a_paused_rule_are_counted(self):
        self.ghent.active = False
        self.assertEqual(self._reach(self.ghent)["count"], 2)

    def test_rule_with_an_error_shows_nothing(self):
        self._set_columns(self.ghent, error="Broken")
        self.assertFalse(self._reach(self.ghent))

    def test_rule_that_breaks_now_shows_nothing_and_stops_nothing(self):
        self._set_columns(self.ghent, domain="[('no_such_field', '=', 1)]")
        self.assertFalse(self._reach(self.ghent))
        self.assertEqual(self.ghent.name, "Ghent")

    def test_slow_rule_says_so(self):
        with patch.object(lead_scoring_rule_reach, "SECONDS", 0.001):
            original = self.registry["lead.scoring.simulator"]._match_sample

            def slow(model, rule, draft):
                model.env.cr.execute("SELECT pg_sleep(1)")
                return original(model, rule, draft)

            with patch.object(
                self.registry["lead.scoring.simulator"], "_match_sample", slow
            ):
                self.assertEqual(self._reach(self.ghent), {"slow": True})

    def test_window_to_try_a_rule_begins_with_a_lead_that_matches(self):
        rule = self.ghent.with_user(self.scoring_manager)
        tests = self.env["lead.scoring.rule.test"].with_user(self.scoring_manager)
        test = tests.with_context(**rule.action_test()["context"]).create({})
        self.assertEqual((test.lead_id, test.matches), (self.warm, True))
        test.action_try_other()
        self.assertEqual((test.lead_id, test.matches), (self.cold, False))
        test.action_try_match()
        self.assertEqual(test.lead_id, self.warm)

    def test_who_may_not_write_rules_is_told_nothing(self):
        with self.assertRaises(AccessError):
            self._reach(self.ghent, self.salesman)

    # ------------------------------------------------------------------
    # What saving would change
    # ------------------------------------------------------------------

    def test_effect_is_told_before_saving(self):
        self.assertEqual(
            self._effect(self.ghent, value=65),
            "Leads that get another score: 2. Become hot: 1.",
        )
        self.assertEqual(
            self._effect(self.ghent, domain="[('city', '=', 'Bruges')]"),
            "Leads that get another score: 3. No longer hot: 1. Become warm: 1. "
            "Become cold: 1.",
        )
        self.assertEqual(
            self._effect(self.ghent, value=41),
            "Leads that get another score: 2. No lead changes its temperature.",
        )
        self.assertEqual(
            self._effect(self.ghent, name="Town"), "No lead gets another score."
        )

    def test_effect_comes_true(self):
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
            sentence = self._effect(self.prices, value=25)
        self.assertEqual(sentence, "Leads that get another score: 1. Become hot: 1.")
        self.prices.value = 25
        self._run_pass()
        self.assertEqual((self.cold.score, self.cold.temperature), (75, "hot"))

    def test_effect_of_pausing_and_of_a_new_rule_is_told(self):
        self.assertEqual(
            self._effect(self.ghent, active=False),
            "Leads that get another score: 2. No longer hot: 1. Become cold: 1.",
        )
        new = {"name": "Bruges", "value": 60, "model_id": self.scoring_model.id}
        self.assertEqual(
            self._effect(
                self.ghent.browse(), domain="[('city', '=', 'Bruges')]", **new
            ),
            "Leads that get another score: 1. Become hot: 1.",
        )
        self.assertFalse(self.ghent.search([("name", "=", "Bruges")]))

    def test_asking_for_the_effect_changes_nothing(self):
        changed_at = self.scoring_model.changed_at
        versions = self._versions(self.leads)
        self._effect(self.ghent, value=65, active=False)
        self.env.invalidate_all()
        self.assertEqual((self.ghent.value, self.ghent.active), (40, True))
        self.assertEqual(self.scoring_model.changed_at, changed_at)
        self.assertEqual(self._versions(self.leads), versions)

    def test_of_many_leads_the_effect_on_the_newest_is_told(self):
        with patch.object(lead_scoring_simulator_effect, "SOUND_LEADS", 2):
            sentence = self._effect(self.ghent, value=65)
        self.assertEqual(
            sentence,
            "Leads that get another score: 1. Become hot: 1. Looked at: the newest 2 "
            "leads.",
        )

    def test_what_could_not_be_saved_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "no field «no_such_field»"):
            self._effect(self.ghent, domain="[('no_such_field', '=', 1)]")
        with self.assertRaises(AccessError):
            self.ghent.with_user(self.salesman).get_effect({"value": 65})
        self.assertEqual(self.ghent.value, 40)
