from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.tests.common import LeadScoringCommon

MIXIN = "odoo.addons.lead_scoring.models.rule.lead_scoring_code_only_mixin"


@tagged("post_install", "-at_install")
class TestFeedback(LeadScoringCommon):
    """What salespeople say of a score."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.rule = cls._rule(20)
        cls.other_rule = cls._rule(7, "[('city', '=', 'Rome')]")
        cls.lead = cls._scored_lead(city="Ghent", user_id=cls.salesman.id)
        cls.Feedback = cls.env["lead.scoring.feedback"]

    def _say(self, verdict, lead=None, user=None, **vals):
        feedback = self.Feedback.with_user(user or self.salesman)
        lead = lead or self.lead
        return feedback.create({"lead_id": lead.id, "verdict": verdict, **vals})

    # ------------------------------------------------------------------
    # What is kept
    # ------------------------------------------------------------------

    def test_points_are_kept_as_they_were(self):
        feedback = self._say("too_high", why="A student")
        self.rule.value = 90
        self.lead.city = "Rome"
        self._score()
        self.assertEqual(
            (feedback.user_id, feedback.score, feedback.points, feedback.why),
            (self.salesman, 20, {str(self.rule.id): 20}, "A student"),
        )
        self.assertEqual(feedback.rule_ids, self.rule)

    def test_said_of_a_closed_lead(self):
        self.lead.action_set_won()
        self._score()
        feedback = self._say("right")
        self.assertEqual((feedback.score, feedback.rule_ids), (20, self.rule))

    def test_said_anew_it_replaces_what_was_said(self):
        first = self._say("too_high")
        second = self._say("right")
        others = self._say("too_low", user=self.sales_manager)
        self.assertEqual(self.lead.score_feedback_ids, second + others)
        self.assertFalse(first.active)

    def test_nobody_speaks_for_another_or_invents_points(self):
        forged = {"user_id": self.sales_manager.id, "score": 99, "active": False}
        forged |= {"points": {}, "date": "2020-01-01", "rule_ids": []}
        feedback = self._say("too_high", **forged)
        self.assertEqual((feedback.user_id, feedback.score), (self.salesman, 20))
        self.assertTrue(feedback.active)
        self.assertEqual(feedback.rule_ids, self.rule)
        context = {f"default_{name}": value for name, value in forged.items()}
        feedback = feedback.with_context(**context).create(
            {"lead_id": self.lead.id, "verdict": "right"}
        )
        self.assertEqual((feedback.user_id, feedback.score), (self.salesman, 20))
        self.assertEqual(feedback.date, self.env.cr.now())

    def test_reason_has_a_limit(self):
        self._say("too_high", why="x" * 500)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self._say("too_high", why="x" * 501)

    def test_lead_and_verdict_are_needed(self):
        for vals in ({"verdict": "right"}, {"lead_id": self.lead.id}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.env.cr.savepoint():
                    self.Feedback.with_user(self.salesman).create(vals)
        with self.assertRaises(ValueError):
            self._say("perfect")

    # ------------------------------------------------------------------
    # On the lead
    # ------------------------------------------------------------------

    def test_buttons(self):
        lead = self.lead.with_user(self.salesman)
        self.assertFalse(lead.score_feedback)
        lead.action_score_is_right()
        self.assertEqual(lead.score_feedback, "right")
        self.assertFalse(self.lead.with_user(self.sales_manager).score_feedback)
        action = lead.with_context(default_verdict="too_low").action_score_feedback()
        with Form(
            self.Feedback.with_user(self.salesman).with_context(**action["context"])
        ) as form:
            form.why = "Spoke of a large order"
        self.env.invalidate_all()
        self.assertEqual(lead.score_feedback, "too_low")
        self.assertEqual(lead.score_feedback_ids.why, "Spoke of a large order")

    def test_merged_lead_keeps_it(self):
        other = self._scored_lead(city="Rome", user_id=self.salesman.id)
        first = self._say("too_high")
        self._set_columns(first, date=self.env.cr.now() - timedelta(days=1))
        second = self._say("right", other)
        theirs = self._say("too_low", other, self.sales_manager)
        merged = (self.lead + other).merge_opportunity(auto_unlink=True)
        self.env.flush_all()
        self.assertEqual(merged.score_feedback_ids, second + theirs)
        everything = merged.with_context(active_test=False).score_feedback_ids
        self.assertEqual(everything, first + second + theirs)

    # ------------------------------------------------------------------
    # On rules
    # ------------------------------------------------------------------

    def test_rules_show_it(self):
        self._say("too_high")
        self._say("right", user=self.sales_manager)
        second = self._scored_lead(city="Ghent")
        self._say("too_high", second, self.sales_manager)
        rules = (self.rule + self.other_rule).with_user(self.sales_manager)
        self.assertEqual(rules.mapped("feedback_count"), [3, 0])
        summary = rules.mapped("feedback_summary")
        self.assertEqual(summary, ["1 × Right, 2 × Too High", ""])
        domain = rules[0].action_open_feedback()["domain"]
        self.assertEqual(self.Feedback.search_count(domain), 3)

    def test_too_high_counts_only_for_the_rule_that_gave_the_most(self):
        small, equal = self._rule(5, name="Small"), self._rule(20, name="Equal")
        taking = self._rule(-9, name="Taking")
        self._score()
        rules = self.rule + small + equal + taking
        feedback = self._say("too_high")
        self.assertEqual(feedback.rule_ids, rules)
        self.assertEqual(rules.mapped("feedback_count"), [1, 0, 1, 0])
        domain = small.action_open_feedback()["domain"]
        self.assertFalse(self.Feedback.search(domain))
        domain = rules.action_open_feedback()["domain"]
        self.assertEqual(self.Feedback.search(domain), feedback)

    def test_too_low_counts_only_for_the_rule_that_took_the_most(self):
        self._say("too_low")
        self.assertFalse(self.rule.feedback_count, "it took none")
        taking, small = self._rule(-9, name="Taking"), self._rule(-2, name="Small")
        self._score()
        self._say("too_low")
        rules = self.rule + taking + small
        self.assertEqual(rules.mapped("feedback_summary"), ["", "1 × Too Low", ""])

    def test_damaged_points_count_for_no_rule(self):
        feedback = self._say("too_high").sudo()
        for damaged in ([1], "text", {"a": 1}, {"1": "b"}, {"1": [1]}):
            feedback.points = damaged
            self.rule.invalidate_recordset()
            with self.subTest(damaged), self.assertLogs(MIXIN, "WARNING"):
                self.assertFalse(self.rule.feedback_count)

    def test_judged_rules_show_what_the_user_may_read(self):
        self._show_only_own_leads(self.scoring_manager)
        self._say("too_high")
        evidence = self.env["lead.scoring.rule.evidence"]
        evidence.with_user(self.sales_manager).action_open()
        row = evidence.search([("rule_id", "=", self.rule.id)])
        for user, summary in (
            (self.sales_manager, "1 × Too High"),
            (self.scoring_manager, ""),
        ):
            self.env.invalidate_all()
            self.assertEqual(row.with_user(user).feedback_summary, summary)

    def test_what_was_dealt_with_no_longer_counts(self):
        feedback = self._say("too_high")
        feedback.with_user(self.sales_manager).action_archive()
        self.assertEqual(self.rule.feedback_count, 0)
        self._say("right")
        self.rule.invalidate_recordset()
        self.assertEqual(self.rule.feedback_summary, "1 × Right")

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_only_on_leads_one_may_write(self):
        theirs = self._scored_lead(city="Ghent", user_id=self.sales_manager.id)
        with self.assertRaises(AccessError):
            self._say("right", theirs)
        with self.assertRaises(AccessError):
            self._say("right", user=self.stranger)
        with self.assertRaises(AccessError):
            theirs.with_user(self.salesman).action_score_is_right()

    def test_read_with_the_lead(self):
        theirs = self._scored_lead(city="Ghent", user_id=self.sales_manager.id)
        hidden = self._say("right", theirs, self.sales_manager)
        mine = self._say("right")
        feedback = self.Feedback.with_user(self.salesman)
        self.assertEqual(feedback.search([]), mine)
        self.assertEqual(self.rule.with_user(self.salesman).feedback_count, 1)
        with self.assertRaises(AccessError):
            hidden.with_user(self.salesman).mapped("why")
        with self.assertRaises(AccessError):
            self.Feedback.with_user(self.stranger).search([])

    def test_nobody_changes_what_was_said(self):
        feedback = self._say("too_high")
        for user in (self.salesman, self.sales_manager):
            with self.assertRaises(AccessError):
                feedback.with_user(user).verdict = "right"
            with self.assertRaises(AccessError):
                feedback.with_user(user).unlink()
        with self.assertRaises(AccessError):
            feedback.with_user(self.salesman).action_archive()

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        theirs = self._scored_lead(city="Ghent", company_id=company.id)
        self.sales_manager.company_ids += company
        both = self.sales_manager.company_ids.ids
        manager = self.Feedback.with_user(self.sales_manager)
        manager.with_context(allowed_company_ids=both).create(
            {"lead_id": theirs.id, "verdict": "right"}
        )
        here = manager.with_context(allowed_company_ids=self.env.company.ids)
        self.assertFalse(here.search([]))
        rule = self.rule.with_env(here.env)
        self.assertEqual(rule.feedback_count, 0)
