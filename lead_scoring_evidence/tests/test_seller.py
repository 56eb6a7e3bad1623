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
        cls.colleague = cls._user("colleague", "sales_team.group_sale_salesman")

    def _closed(self, user, scores, won, **vals):
        """Let a salesperson close a deal of each score, and win so many of them, spread
        over all scores.
        """
        wins = [
            (number + 1) * won // len(scores) > number * won // len(scores)
            for number in range(len(scores))
        ]
        rows = list(zip(scores, wins, strict=True))
        return self._deals(rows, user_id=user.id, **vals)

    def _row(self, user, period="2_year"):
        self.env.flush_all()
        self.env.invalidate_all()
        row = self.env["lead.scoring.seller"].search(
            [("user_id", "=", user.id), ("period", "=", period)]
        )
        return row.ensure_one()

    # ------------------------------------------------------------------
    # A yardstick without who is judged
    # ------------------------------------------------------------------

    def test_weak_seller_who_gets_the_best_leads_is_found(self):
        """Leads are routed by score: nearly all of the best go to one person. A curve
        from scores to wins that has these deals in it takes them for poor ones.
        """
        high, low = [60 + number % 40 for number in range(100)], range(60)
        self._closed(self.salesman, high, 24)
        self._closed(self.colleague, high[:50], 34)
        self._closed(self.all_leads_salesman, [*low] * 3, 36)
        row = self._row(self.salesman)
        self.assertEqual((row.deals, row.won, row.coverage), (100, 24, 1))
        # somewhat less than 68: a band holds the best of the low ones, too
        self.assertAlmostEqual(row.expected, 66, delta=4)
        self.assertEqual((row.verdict, row.leads), ("fewer", "better"))
        self.assertEqual(
            row.summary,
            "Clearly fewer wins than others get from such leads: 24 instead of about "
            f"{row.expected:.0f}. The leads were better than those of others.",
        )

    def test_good_seller_with_poor_leads_is_not_blamed(self):
        low, high = [number % 20 for number in range(60)], [60, 70, 80] * 40
        self._closed(self.salesman, low, 9)
        self._closed(self.colleague, low, 6)
        self._closed(self.colleague, high, 84)
        row = self._row(self.salesman)
        self.assertAlmostEqual(row.expected, 6)
        self.assertEqual((row.verdict, row.leads), ("expected", "poorer"))
        self.assertEqual(
            row.summary,
            "About as many wins as others get from such leads: 9, with about 6 "
            "expected. The leads were poorer than those of others.",
        )

    def test_who_has_leads_like_nobody_else_cannot_be_told(self):
        self._closed(self.salesman, [80] * 40, 10)
        self._closed(self.colleague, [20] * 60, 30)
        for user in (self.salesman, self.colleague):
            row = self._row(user)
            self.assertTrue(row.closed)
            self.assertEqual((row.deals, row.coverage), (0, 0))
            self.assertEqual((row.verdict, row.leads), ("unknown", False))
            self.assertEqual(
                row.summary,
                "Not enough data: others closed too few deals with such scores.",
            )

    def test_deals_without_a_score_say_that_nothing_can_be_told_yet(self):
        leads = self._closed(self.salesman, [80] * 14, 7)
        history = self.env["lead.scoring.history"]
        history.search([("lead_id", "in", leads.ids)]).unlink()
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.known, row.verdict), (14, 0, "few"))
        self.assertEqual(
            row.summary,
            "Nothing can be told yet: 0 of 14 closed deals had a score before they "
            "were closed. It takes 10.",
        )

    def test_nothing_is_told_where_less_than_half_is_comparable(self):
        self._closed(self.salesman, [80] * 20 + [20] * 19, 10)
        self._closed(self.colleague, [20] * 60, 18)
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.deals, row.verdict), (39, 19, "unknown"))
        self._closed(self.salesman, [20], 0)
        row = self._row(self.salesman)
        self.assertEqual((row.deals, row.coverage, row.verdict), (20, 0.5, "expected"))

    def test_list_begins_with_who_wins_fewer_and_what_to_do(self):
        self._closed(self.salesman, [10] * 50, 10)
        self._closed(self.colleague, [10] * 50, 30)
        self._closed(self.all_leads_salesman, [10] * 5, 1)
        self.env.flush_all()
        sellers = self.env["lead.scoring.seller"]
        year = [("period", "=", "2_year")]
        fewer, more, untold = sellers.get_sentences(year)
        self.assertIn(
            f"fewer wins than others get from such leads: {self.salesman.name}.", fewer
        )
        self.assertIn(
            f"more wins than others get from such leads: {self.colleague.name}.", more
        )
        self.assertIn(f"Not enough data: {self.all_leads_salesman.name}. They", untold)
        [sentence] = sellers.get_sentences([])
        self.assertIn("Choose one period", sentence)
        self.assertEqual(sellers.get_sentences([("id", "=", False)]), [])
        own = sellers.with_user(self.salesman).get_sentences(year)
        self.assertEqual(own, [fewer])

    def test_printed_page(self):
        self._closed(self.salesman, [10] * 50, 10)
        self._closed(self.colleague, [10] * 50, 30)
        rows = self._row(self.salesman) + self._row(self.colleague)
        report = self.env["ir.actions.report"].with_user(self.sales_manager)
        html, _type = report._render_qweb_html(
            "lead_scoring_evidence.seller_page", rows.ids
        )
        page = html.decode()
        self.assertIn("Last 365 Days", page)
        for text in (*rows.mapped("summary"), *rows.mapped("chance")):
            self.assertIn(text, page)
        first = rows.get_sentences([("id", "in", rows.ids)])[0]
        self.assertLess(page.index(first), page.index('name="sellers"'))

    def test_where_all_win_as_expected_there_is_nothing_to_do(self):
        self._closed(self.salesman, [10] * 50, 20)
        self._closed(self.colleague, [10] * 50, 21)
        self.env.flush_all()
        sellers = self.env["lead.scoring.seller"]
        [sentence] = sellers.get_sentences([("period", "=", "2_year")])
        self.assertIn("about as many deals as others", sentence)
        self.assertIn("Nothing to do", sentence)

    def test_two_sellers_are_judged_by_each_other(self):
        self._closed(self.salesman, [10] * 50, 10)
        self._closed(self.colleague, [10] * 50, 30)
        weak, good = self._row(self.salesman), self._row(self.colleague)
        self.assertEqual((weak.expected, weak.verdict), (30, "fewer"))
        self.assertEqual((good.expected, good.verdict), (10, "more"))
        self.assertEqual((weak.leads, good.leads), ("like", "like"))

    def test_range_counts_that_others_have_few_deals(self):
        self._closed(self.salesman, [10] * 16, 9)
        self._closed(self.colleague, [10] * 8, 4)
        row = self._row(self.salesman)
        self.assertEqual((row.deals, row.expected, row.difference), (16, 8, 1))
        # 16 even chances, which are known from 8 deals
        spread = 1.959964 * sqrt(16 / 4 * (1 + 16 / 8))
        self.assertAlmostEqual(row.low, 8 - spread)
        self.assertAlmostEqual(row.high, 8 + spread)
        self._closed(self.colleague, [10] * 92, 46)
        row = self._row(self.salesman)
        self.assertAlmostEqual(row.low, 8 - 1.959964 * sqrt(4 * (1 + 16 / 100)))

    def test_few_that_were_all_lost_are_no_certainty(self):
        self._closed(self.salesman, [10] * 12, 1)
        self._closed(self.colleague, [10] * 5, 0)
        row = self._row(self.salesman)
        self.assertEqual((row.expected, row.verdict), (0, "expected"))

    def test_scores_beyond_all_measure_spoil_no_band(self):
        self._closed(self.salesman, [10] * 40 + [10000, -10000], 21)
        self._closed(self.colleague, [10] * 20 + [60] * 20, 30)
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.deals), (42, 41))

    def test_deals_of_another_model_are_not_compared(self):
        """Scores of two models mean two things."""
        other = self.scoring_model.copy()
        self._closed(self.salesman, [10] * 20, 10)
        leads = self._closed(self.colleague, [10] * 20, 10)
        history = self.env["lead.scoring.history"]
        history.search([("lead_id", "in", leads.ids)]).model_id = other
        self.assertEqual(self._row(self.salesman).verdict, "unknown")

    def test_few_deals_say_nothing(self):
        self._closed(self.salesman, [10] * 9, 9)
        self._closed(self.colleague, [10] * 40, 9)
        row = self._row(self.salesman)
        self.assertEqual((row.deals, row.verdict, row.leads), (9, "few", False))
        self.assertEqual(
            row.summary,
            (
                "Nothing can be told yet: 9 of 9 closed deals had a score before they "
                "were closed. It takes 10."
            ),
        )

    def test_deals_without_a_score_are_closed_and_not_judged(self):
        leads = self._closed(self.salesman, [10] * 12, 12)
        self._closed(self.colleague, [10] * 12, 6)
        history = self.env["lead.scoring.history"]
        history.search([("lead_id", "in", leads[:2].ids)]).unlink()
        row = self._row(self.salesman)
        self.assertEqual((row.closed, row.deals, row.coverage), (12, 10, 1))

    def test_others_count_whenever_they_closed(self):
        self._decided([10] * 12, "won", 10, user_id=self.salesman.id)
        self._decided([10] * 12, "lost", 700, user_id=self.colleague.id)
        row = self._row(self.salesman, "1_quarter")
        self.assertEqual((row.deals, row.expected, row.verdict), (12, 0, "more"))

    # ------------------------------------------------------------------
    # Periods
    # ------------------------------------------------------------------

    def test_periods(self):
        self._decided([0], "won", 50, user_id=self.salesman.id)
        self._decided([0] * 2, "won", 300, user_id=self.salesman.id)
        self._decided([0] * 4, "won", 900, user_id=self.salesman.id)
        deals = {
            period: self._row(self.salesman, period).closed
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
                self.assertEqual(row.closed, expected)
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
        (self.salesman + self.colleague).company_ids += company
        for each, count in ((company, 30), (self.env.company, 20)):
            self._closed(self.salesman, [10] * count, count, company_id=each.id)
            self._closed(self.colleague, [10] * 20, count - 15, company_id=each.id)
        sellers = self.env["lead.scoring.seller"].with_user(self.sales_manager)
        ever = [("period", "=", "3_all"), ("user_id", "=", self.salesman.id)]
        row = sellers.search(ever)
        self.assertEqual((row.company_id, row.deals), (self.env.company, 20))
        self.assertEqual(row.expected, 5, "by what others win in the same company")

    def test_salesperson_is_compared_with_deals_that_are_not_readable(self):
        self._closed(self.salesman, [10] * 20, 5)
        self._closed(self.colleague, [10] * 20, 15)
        self.env.flush_all()
        sellers = self.env["lead.scoring.seller"].with_user(self.salesman)
        row = sellers.search([("period", "=", "3_all")])
        self.assertEqual((row.user_id, row.expected), (self.salesman, 15))
