from datetime import timedelta
from math import sqrt

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import date_utils

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestSeller(DecisionCommon):
    """What salespeople won, and what their leads let expect."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._curve(cls.scoring_model)

    @classmethod
    def _curve(cls, scoring_model, company=None, **vals):
        """Judge a model: of leads with 0 points half are won, and the odds grow by e
        with each point.
        """
        return cls.env["lead.scoring.quality"].create(
            {
                "model_id": scoring_model.id,
                "company_id": (company or cls.env.company).id,
                "verdict": "ready",
                "intercept": 0,
                "slope": 1,
                **vals,
            }
        )

    def _row(self, user, period="2_year"):
        self.env.flush_all()
        self.env.invalidate_all()
        row = self.env["lead.scoring.seller"].search(
            [("user_id", "=", user.id), ("period", "=", period)]
        )
        return row.ensure_one()

    def test_expected_wins_and_interval(self):
        self._decided([0] * 9, "won", user_id=self.salesman.id)
        self._decided([0] * 7, "lost", user_id=self.salesman.id)
        self._decided([0] * 5, user_id=self.salesman.id)
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.deals, row.won), (16, 16, 9))
        self.assertAlmostEqual(row.expected, 8)
        self.assertAlmostEqual(row.difference, 1)
        # the standard deviation of 16 even chances is 2
        self.assertAlmostEqual(row.low, 8 - 1.959964 * 2)
        self.assertAlmostEqual(row.high, 8 + 1.959964 * 2)
        self.assertEqual((row.verdict, row.leads), ("expected", "like"))
        self.assertIn("what such leads let expect", row.summary)

    def test_clearly_more_and_fewer(self):
        self._decided([0] * 12, "won", user_id=self.salesman.id)
        self._decided([0] * 4, "lost", user_id=self.salesman.id)
        self._decided([0] * 4, "won", user_id=self.sales_manager.id)
        self._decided([0] * 12, "lost", user_id=self.sales_manager.id)
        self.assertEqual(self._row(self.salesman).verdict, "more")
        self.assertEqual(self._row(self.sales_manager).verdict, "fewer")

    def test_poor_leads_are_seen(self):
        """Who wins few of poor leads, and as many as anybody would."""
        self._decided([-2] * 2, "won", user_id=self.salesman.id)
        self._decided([-2] * 18, "lost", user_id=self.salesman.id)
        self._decided([2] * 18, "won", user_id=self.sales_manager.id)
        self._decided([2] * 2, "lost", user_id=self.sales_manager.id)
        poor, rich = self._row(self.salesman), self._row(self.sales_manager)
        self.assertEqual((poor.verdict, poor.leads), ("expected", "poorer"))
        self.assertEqual((rich.verdict, rich.leads), ("expected", "better"))
        chance = 1 / (1 + 2.718281828459045**2)
        self.assertAlmostEqual(poor.expected, 20 * chance)
        self.assertAlmostEqual(
            poor.high, 20 * chance + 1.959964 * sqrt(20 * chance * (1 - chance))
        )

    def test_few_deals_say_nothing(self):
        self._decided([0] * 9, "won", user_id=self.salesman.id)
        row = self._row(self.salesman)
        self.assertEqual((row.deals, row.verdict), (9, "few"))
        self.assertEqual(row.summary, "Too few deals to say.")

    def test_deals_of_models_that_nobody_judged_are_not_judged(self):
        self._curve(self.scoring_model, verdict="missing", intercept=5)
        unjudged = self.scoring_model.copy()
        leads = self._decided([0] * 3, "won", user_id=self.salesman.id)
        history = self.env["lead.scoring.history"]
        history.search([("lead_id", "in", leads[:2].ids)]).model_id = unjudged
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.deals, row.won), (3, 1, 1))
        self.assertAlmostEqual(row.expected, 0.5)

    def test_latest_judgement_counts(self):
        self._curve(self.scoring_model, intercept=30, date="2020-01-01")
        self._decided([0] * 2, "won", user_id=self.salesman.id)
        self.assertAlmostEqual(self._row(self.salesman).expected, 1)

    def test_scores_beyond_all_measure(self):
        self._decided([10000, -10000], "won", user_id=self.salesman.id)
        self.assertAlmostEqual(self._row(self.salesman).expected, 1)

    def test_periods(self):
        self._decided([0], "won", 50, user_id=self.salesman.id)
        self._decided([0] * 2, "won", 300, user_id=self.salesman.id)
        self._decided([0] * 4, "won", 900, user_id=self.salesman.id)
        deals = {
            period: self._row(self.salesman, period).deals
            for period in ("1_quarter", "2_year", "3_all")
        }
        self.assertEqual(deals, {"1_quarter": 1, "2_year": 3, "3_all": 7})
        report = self.env["lead.scoring.report"]
        for period, count in deals.items():
            action = self._row(self.salesman, period).action_open_deals()
            self.assertEqual(report.search_count(action["domain"]), count)

    def test_calendar_periods(self):
        """Each deal is in the quarter and the year in which it was closed."""
        quarter = date_utils.start_of(self.now, "quarter")
        year = date_utils.start_of(self.now, "year")
        before = date_utils.subtract(quarter, months=3)
        closed = {
            "4_this_quarter": self.now,
            "5_previous_quarter": quarter - timedelta(seconds=1),
            "6_this_year": year,
            "7_previous_year": date_utils.subtract(year, years=1),
            False: date_utils.subtract(year, years=1, seconds=1),
        }
        leads = self._decided([0] * 5, "won", 2000, user_id=self.salesman.id)
        for lead, date in zip(leads, closed.values(), strict=True):
            self._set_columns(lead, date_closed=date)
        periods = {
            "4_this_quarter": (quarter, self.now),
            "5_previous_quarter": (before, quarter - timedelta(seconds=1)),
            "6_this_year": (year, self.now),
            "7_previous_year": (
                date_utils.subtract(year, years=1),
                year - timedelta(seconds=1),
            ),
        }
        for period, (first, last) in periods.items():
            with self.subTest(period):
                expected = sum(first <= date <= last for date in closed.values())
                row = self._row(self.salesman, period)
                self.assertEqual(row.deals, expected)
                found = self.env["lead.scoring.report"].search_count(
                    row.action_open_deals()["domain"]
                )
                self.assertEqual(found, expected)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_others_than_managers_see_their_own_row_only(self):
        for user in (self.salesman, self.all_leads_salesman):
            self._decided([0] * 2, "won", user_id=user.id)
        self.env.flush_all()
        sellers = self.env["lead.scoring.seller"]
        ever = [("period", "=", "3_all")]
        for user in (self.salesman, self.all_leads_salesman):
            self.assertEqual(sellers.with_user(user).search(ever).user_id, user)
        self.assertFalse(sellers.with_user(self.scoring_manager).search(ever))
        self.assertEqual(len(sellers.with_user(self.sales_manager).search(ever)), 2)
        with self.assertRaises(AccessError):
            sellers.with_user(self.stranger).search([])

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.salesman.company_ids += company
        self._curve(self.scoring_model, company, intercept=30)
        for each, count in ((company, 3), (self.env.company, 2)):
            self._decided(
                [0] * count, "won", user_id=self.salesman.id, company_id=each.id
            )
        sellers = self.env["lead.scoring.seller"].with_user(self.sales_manager)
        row = sellers.search([("period", "=", "3_all")])
        self.assertEqual((row.company_id, row.deals), (self.env.company, 2))
        self.assertAlmostEqual(row.expected, 1)

    def test_opening_judges_what_nobody_has_judged(self):
        quality = self.env["lead.scoring.quality"]
        quality.search([]).unlink()
        sellers = self.env["lead.scoring.seller"]
        sellers.with_user(self.salesman).action_open()
        self.assertFalse(quality.search([]))
        sellers.with_user(self.sales_manager).action_open()
        judged = quality.search([("model_id", "=", self.scoring_model.id)])
        self.assertEqual(len(judged), 1)
        sellers.with_user(self.sales_manager).action_open()
        self.assertEqual(
            quality.search([("model_id", "=", self.scoring_model.id)]), judged
        )
