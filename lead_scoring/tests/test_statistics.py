import random

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.statistics import (
    brier,
    calibration_error,
    fit_logistic,
    is_enough,
    sigmoid,
    wilson,
)


@tagged("post_install", "-at_install")
class TestStatistics(BaseCase):
    """Statistics of won and lost leads."""

    def test_39_won_leads_are_not_enough(self):
        self.assertFalse(is_enough(39, 100))
        self.assertFalse(is_enough(100, 39))
        self.assertTrue(is_enough(40, 40))

    def test_wilson_interval_is_that_of_the_literature(self):
        # Newcombe 1998, table I: 81 of 263, 0 of 20
        low, high = wilson(81, 263)
        self.assertAlmostEqual(low, 0.2553, 4)
        self.assertAlmostEqual(high, 0.3662, 4)
        low, high = wilson(0, 20)
        self.assertAlmostEqual(low, 0)
        self.assertAlmostEqual(high, 0.1611, 4)
        low, high = wilson(8, 10)
        self.assertAlmostEqual(low, 0.4902, 4)
        self.assertAlmostEqual(high, 0.9433, 4)
        self.assertEqual(wilson(0, 0), (0, 1))

    @settings(deadline=None)
    @given(st.integers(0, 500), st.integers(0, 500))
    def test_wilson_interval_holds_the_share(self, wins, others):
        count = wins + others
        low, high = wilson(wins, count)
        self.assertTrue(0 <= low <= high <= 1)
        if count:
            self.assertTrue(low <= wins / count <= high)
            self.assertGreater(high - low, 0)

    def test_brier_score_is_the_mean_squared_difference(self):
        self.assertAlmostEqual(brier([(1.0, 3, 3), (0.0, 2, 0)]), 0)
        self.assertAlmostEqual(brier([(0.5, 10, 4)]), 0.25)
        self.assertAlmostEqual(
            brier([(0.8, 2, 1), (0.1, 1, 0)]), (0.2**2 + 0.8**2 + 0.1**2) / 3
        )

    def test_calibration_error_weighs_bins_by_their_leads(self):
        self.assertAlmostEqual(calibration_error([(5, 0.25, 0.25)]), 0)
        self.assertAlmostEqual(
            calibration_error([(30, 0.2, 0.3), (10, 0.9, 0.5)]), 0.175
        )

    def test_logistic_fit(self):
        generator = random.Random(3)
        groups = []
        for score in range(-50, 150, 5):
            wins = sum(
                generator.random() < sigmoid(score / 20 - 2) for _n in range(300)
            )
            groups.append((score, 300, wins))
        intercept, slope = fit_logistic(groups)
        self.assertAlmostEqual(slope, 1 / 20, 2)
        self.assertAlmostEqual(intercept, -2, 0)
        expected = sum(300 * sigmoid(intercept + slope * s) for s, _n, _w in groups)
        self.assertAlmostEqual(expected, sum(wins for _s, _n, wins in groups), -1)
        self.assertEqual(fit_logistic([]), (0, 0))
        intercept, slope = fit_logistic([(0, 10, 0), (50, 10, 10)])
        self.assertAlmostEqual(sigmoid(intercept), 1 / 12)
        self.assertAlmostEqual(sigmoid(intercept + 50 * slope), 11 / 12)
