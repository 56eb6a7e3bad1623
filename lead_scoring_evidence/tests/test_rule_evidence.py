from datetime import timedelta
from math import log

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..tools.evidence import is_clear, log_odds_ratio, suggest
from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestSuggest(BaseCase):
    """What is suggested from counts alone."""

    def test_log_odds_ratio(self):
        ratio, variance = log_odds_ratio(9, 4, 1, 2)
        self.assertAlmostEqual(ratio, log((9.5 / 4.5) / (1.5 / 2.5)))
        self.assertAlmostEqual(variance, 1 / 9.5 + 1 / 4.5 + 1 / 1.5 + 1 / 2.5)
        self.assertEqual(log_odds_ratio(0, 0, 0, 0), (0, 8))

    def test_all_rules_together_give_what_they_gave(self):
        suggested = suggest([("a", 10, 50, 2.0, 0.0), ("b", 30, 50, 2.0, 0.0)])
        self.assertEqual(suggested, {"a": 20, "b": 20})

    def test_what_hurts_loses_its_points(self):
        suggested = suggest([("good", 10, 50, 1.0, 0.0), ("bad", 10, 50, -1.0, 0.0)])
        self.assertEqual(suggested, {"good": 10, "bad": -10})

    def test_few_deals_change_little(self):
        known, unknown = ("known", 10, 100, 1.0, 0.0), ("unknown", 10, 1, -1.0, 99.0)
        self.assertAlmostEqual(suggest([known, unknown])["unknown"], 9.8)

    def test_nothing_to_go_by(self):
        self.assertEqual(suggest([]), {})
        self.assertEqual(suggest([("a", 10, 50, 0.0, 1.0)]), {"a": 5})

    def test_clear(self):
        self.assertTrue(is_clear(-2.0, 1.0))
        self.assertFalse(is_clear(1.9, 1.0))


@tagged("post_install", "-at_install")
class TestRuleEvidence(DecisionCommon):
    """Rules judged by the deals that had points from them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._rule(10, name="Good")
        cls.bad = cls._rule(20, "[('city', '=', 'Rome')]", name="Bad")
        cls.never = cls._rule(5, "[('city', '=', 'Oslo')]", name="Never")
        # won more often with the good rule: 30 of 40, and 10 of 40 without
        cls._deals(30, "won", [cls.good], expected_revenue=100)
        cls._deals(10, "lost", [cls.good], expected_revenue=100)
        cls._deals(10, "won", [cls.bad], expected_revenue=1700)
        cls._deals(30, "lost", [cls.bad], expected_revenue=100)

    @classmethod
    def _deals(cls, count, outcome, rules, points=None, model=None, **vals):
        """Return leads that had points from these rules when they were converted."""
        leads = cls._decided([0] * count, outcome, **vals)
        cls.env["lead.scoring.history"].search([("lead_id", "in", leads.ids)]).write(
            {
                "model_id": (model or cls.scoring_model).id,
                "rules": {str(rule.id): points or rule.value for rule in rules},
            }
        )
        return leads

    def _judge(self, user=None):
        evidence = self.env["lead.scoring.rule.evidence"]
        evidence = evidence.with_user(user or self.scoring_manager)
        action = evidence.action_open()
        rows = evidence.search(action["domain"])
        return {row.rule_id.sudo(): row for row in rows}

    def test_counts_and_lifts(self):
        row = self._judge()[self.good]
        self.assertEqual((row.deals, row.matches), (80, 40))
        self.assertEqual((row.rate_with, row.rate_without), (0.75, 0.25))
        # 75 a deal, and 425 without: they bring in less than the others
        self.assertAlmostEqual(row.revenue_lift, 75 / 425)
        # 40 times 10 points, beside 40 times 20
        self.assertAlmostEqual(row.share, 1 / 3)
        self.assertEqual(row.last_match, self.now - timedelta(days=10))

    def test_figures_of_a_row_follow_from_one_another(self):
        """A lift against all deals contradicts a rate without the rule: 1.06 beside
        54 % against 33 %.
        """
        often = self._rule(1, "[]", name="Nearly always")
        for row in self.env["lead.scoring.history"].search([])[:-12]:
            row.rules = {**row.rules, str(often.id): 1}
        for rule, row in self._judge().items():
            with self.subTest(rule.name):
                if row.matches:
                    self.assertAlmostEqual(row.lift, row.rate_with / row.rate_without)
                wins = row.rate_with * row.matches
                wins += row.rate_without * (row.deals - row.matches)
                self.assertAlmostEqual(wins, 40)

    def test_no_lift_over_what_is_never_won(self):
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        self._deals(20, "won", [self.good], expected_revenue=100)
        self._deals(20, "lost", [self.bad], expected_revenue=100)
        row = self._judge()[self.good]
        self.assertEqual((row.rate_without, row.lift, row.revenue_lift), (0, 0, 0))

    def test_each_rule_says_what_deals_mean_and_what_to_do(self):
        everywhere = self._rule(1, "[]", name="Everywhere")
        for row in self.env["lead.scoring.history"].search([]):
            row.rules = {**row.rules, str(everywhere.id): 1}
        self._deals(6, "won", [self._rule(1, name="Rare"), everywhere])
        summaries = {rule.name: row.summary for rule, row in self._judge().items()}
        # 30 of 40, and 16 of the other 46
        self.assertEqual(
            summaries,
            {
                "Good": "Of 100 deals with it, 75 are won; of 100 without it, 35. Keep "
                "it, at 12 points.",
                "Bad": "Of 100 deals with it, 25 are won; of 100 without it, 78. It "
                "gives points to leads that are often lost: try the suggested points.",
                "Never": "No lead ever had points from it. Is its condition right?",
                "Everywhere": "Nearly all deals have it: it tells none apart.",
                "Rare": "Too few deals to tell: 6 with it, and it takes 10.",
            },
        )

    def test_list_begins_with_what_to_do(self):
        evidence = self.env["lead.scoring.rule.evidence"]
        domain = evidence.with_user(self.scoring_manager).action_open()["domain"]
        self.assertEqual(
            evidence.get_sentences(domain),
            [
                "Rules that hurt: 1 of 3. They come first: try their suggested points "
                "in a draft.",
                "Rules that clearly help: 1. "
                "Never matched: 1. Is their condition right?",
            ],
        )
        self.assertEqual(
            evidence.get_sentences([("hint", "=", "2_helps")])[0],
            "No rule clearly hurts. Where other points are suggested, you can try "
            "them in a draft.",
        )
        self.assertEqual(evidence.get_sentences([("id", "=", False)]), [])

    def test_of_few_deals_the_list_tells_nothing(self):
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        self._deals(5, "won", [self.good])
        evidence = self.env["lead.scoring.rule.evidence"]
        domain = evidence.with_user(self.scoring_manager).action_open()["domain"]
        [sentence] = evidence.get_sentences(domain)
        self.assertIn("Too few deals to tell of any rule", sentence)

    def test_verdicts(self):
        self._deals(5, "won", [self.good, self._rule(1, name="Rare")])
        hints = {rule.name: row.hint for rule, row in self._judge().items()}
        self.assertEqual(
            hints,
            {"Good": "2_helps", "Bad": "1_hurts", "Never": "6_never", "Rare": "5_few"},
        )
        everywhere = self._rule(1, "[]", name="Everywhere")
        rows = self.env["lead.scoring.history"].search([])
        for row in rows[:-9]:
            row.rules = {**row.rules, str(everywhere.id): 1}
        self.assertEqual(self._judge()[everywhere].hint, "4_all")
        # all deals that are now without it were won
        rows[-11:-9].rules = {}
        self.assertEqual(self._judge()[everywhere].hint, "1_hurts")
        self.bad.value = -20
        self.assertEqual(self._judge()[self.bad].hint, "2_helps")

    def test_open_leads_are_matches_but_no_deals(self):
        self._deals(1, "pending", [self.never], days=2)
        row = self._judge()[self.never]
        self.assertEqual((row.matches, row.hint), (0, "5_few"))
        self.assertTrue(row.last_match)

    def test_what_was_known_later_does_not_count(self):
        lead = self._deals(1, "lost", [])
        self._decide(lead, 5, 0, rules={str(self.never.id): 5})
        self.assertEqual(self._judge()[self.never].matches, 0)

    def test_suggestion(self):
        judged = self._judge()
        ratio, variance = log_odds_ratio(30, 10, 10, 30)
        scale = (10 + 20) / (2 * ratio)
        good = (scale * ratio + variance * 10) / (1 + variance)
        self.assertEqual(judged[self.good].suggested_value, round(good))
        bad = (-scale * ratio + variance * 20) / (1 + variance)
        self.assertEqual(judged[self.bad].suggested_value, round(bad))
        self.assertEqual(judged[self.never].suggested_value, 5)

    def test_suggestion_for_a_stream_is_for_one_record(self):
        stream = self._page_view_rule(10, maximum=50, name="Prices")
        self._deals(25, "won", [stream], points=30)
        self._deals(5, "lost", [stream], points=30)
        row = self._judge()[stream]
        self.assertEqual((row.matches, row.hint), (30, "2_helps"))
        self.assertLess(row.suggested_value, 30)
        self.assertGreater(row.suggested_value, 0)

    def test_judged_anew_when_opened(self):
        before = self._judge()[self.good]
        self._deals(1, "won", [self.good])
        after = self._judge()[self.good]
        self.assertEqual((after, after.matches), (before, 41))
        self.good.active = False
        self.assertNotIn(self.good, self._judge())

    def test_new_version_of_a_rule_has_the_deals_of_the_old_one(self):
        draft = self.scoring_model.copy()
        draft._publish()
        copies = {rule.name: rule for rule in draft.rule_ids}
        self.assertEqual(copies["Good"].origin_id, self.good)
        self._deals(2, "won", [copies["Good"]], model=draft)
        row = self._judge()[copies["Good"]]
        self.assertEqual((row.deals, row.matches), (82, 42))
        copies["Good"].domain = "[('city', '=', 'Bruges')]"
        row = self._judge()[copies["Good"]]
        self.assertEqual((row.deals, row.matches), (2, 2))

    def test_open_the_deals(self):
        row = self._judge()[self.good]
        action = row.action_open_deals()
        report = self.env["lead.scoring.report"]
        self.assertEqual(report.search_count(action["domain"]), 40)

    # ------------------------------------------------------------------
    # Taking over
    # ------------------------------------------------------------------

    def test_take_over_into_a_draft(self):
        row = self._judge()[self.bad]
        action = row.action_take_over()
        draft = self.env["lead.scoring.model"].browse(action["res_id"])
        self.assertEqual((draft.state, draft.origin_id), ("draft", self.scoring_model))
        self.assertEqual(self.bad.value, 20)
        values = {rule.name: rule.value for rule in draft.rule_ids}
        self.assertEqual(values, {"Good": 10, "Bad": row.suggested_value, "Never": 5})
        self.assertLess(row.suggested_value, 0)
        good = self._judge()[self.good]
        self.assertEqual(good.action_take_over()["res_id"], draft.id)
        draft.rule_ids.filtered(lambda rule: rule.name == "Bad").unlink()
        with self.assertRaisesRegex(UserError, "no longer has the rule «Bad»"):
            row.action_take_over()

    def test_maximum_changes_with_the_points(self):
        stream = self._page_view_rule(10, maximum=50)
        draft = self.scoring_model._take_over({stream: -4})
        copy = draft.rule_ids.filtered(lambda rule: rule.origin_id == stream)
        self.assertEqual((copy.value, copy.maximum), (-4, 20))

    def test_nothing_to_take_over(self):
        with self.assertRaisesRegex(UserError, "as suggested already"):
            self._judge()[self.never].action_take_over()
        self.assertFalse(
            self.env["lead.scoring.model"].search([("state", "=", "draft")])
        )

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_managers_only(self):
        self._judge()
        for user in (self.salesman, self.all_leads_salesman, self.stranger):
            with self.assertRaises(AccessError):
                self._judge(user)
            with self.assertRaises(AccessError):
                self.env["lead.scoring.rule.evidence"].with_user(user).search([])
        row = self._judge()[self.good]
        with self.assertRaises(AccessError):
            row.suggested_value = 0
        with self.assertRaises(AccessError):
            row.unlink()

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._deals(3, "won", [self.good], company_id=company.id)
        self.assertEqual(self._judge()[self.good].matches, 40)
        self.scoring_manager.company_ids += company
        evidence = self.env["lead.scoring.rule.evidence"]
        evidence = evidence.with_user(self.scoring_manager).with_company(company)
        rows = evidence.search(evidence.action_open()["domain"])
        row = rows.filtered(lambda row: row.rule_id == self.good)
        self.assertEqual((row.company_id, row.matches), (company, 43))
        self.assertEqual(self._judge()[self.good].matches, 40)
        self.scoring_manager.company_ids -= company
        rows = evidence.with_context(allowed_company_ids=self.env.company.ids)
        self.assertFalse(rows.search([("company_id", "=", company.id)]))
