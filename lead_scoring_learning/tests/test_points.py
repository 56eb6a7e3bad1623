import warnings

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.exceptions import ConvergenceWarning

from odoo.tests import BaseCase

from odoo.addons.lead_scoring.tools.statistics import fit_logistic

from ..tools import evaluate, pairs, points

FIELDS = [frozenset([name]) for name in "abcdefghijklmnopqrstuvwxyz"]
"""Each condition reads a field of its own."""


def leads(count=2000, seed=0):
    """Return leads with three conditions: the first is good, the second says nothing,
    the third is bad.
    """
    random = np.random.default_rng(seed)
    matrix = random.random((count, 3)) < 0.4
    odds = matrix @ np.array([1.5, 0, -1.5])
    return matrix, random.random(count) < 1 / (1 + np.exp(-odds))


def probability(learned, matrix, won, others):
    """Return how probable the sum of points makes it that other leads are won."""
    scores = points.held_out(learned, matrix, won)
    groups = [(score, 1, int(wins)) for score, wins in zip(scores, won, strict=True)]
    intercept, slope = fit_logistic(groups)
    return 1 / (1 + np.exp(-intercept - slope * learned.scores(others)))


class TestPoints(BaseCase):
    """Points learned from outcomes that are known."""

    def test_points_say_what_is_good_and_what_is_bad(self):
        learned = points.learn(*leads())
        good, nothing, bad = learned.points.tolist()
        self.assertGreaterEqual(good, 15)
        self.assertLessEqual(abs(nothing), good / 5)
        self.assertLessEqual(bad, -15)
        self.assertEqual(learned.points.dtype.kind, "i")

    def test_points_rank_new_leads_and_their_probability_comes_true(self):
        known = leads()
        learned = points.learn(*known)
        matrix, won = leads(seed=1)
        best = evaluate.auc(won, matrix @ np.array([1.5, 0, -1.5]))
        self.assertGreater(evaluate.auc(won, learned.scores(matrix)), best - 0.01)
        chances = probability(learned, *known, matrix)
        error = evaluate.calibration_error(won, chances, groups=4)
        self.assertLess(error, 0.05)

    def test_few_leads_are_refused(self):
        matrix, won = leads(60)
        with self.assertRaisesRegex(ValueError, "not enough"):
            points.learn(matrix, won)

    def test_80_leads_without_a_condition_are_enough(self):
        won = np.arange(80) < 40
        nothing = np.zeros((80, 0), dtype=bool)
        learned = points.learn(nothing, won)
        self.assertEqual(learned.points.tolist(), [])
        chances = probability(learned, nothing, won, nothing)
        self.assertAlmostEqual(chances[0], 0.5)

    def test_condition_that_decides_gets_points_within_bounds(self):
        won = np.arange(200) < 100
        learned = points.learn(won[:, None], won, target=60)
        self.assertTrue(20 <= learned.points[0] <= 60)

    def test_tenth_of_the_leads_reaches_the_target(self):
        matrix, won = leads()
        learned = points.learn(matrix, won, target=40)
        share = (learned.scores(matrix) >= 38).mean()
        self.assertTrue(0.1 <= share <= 0.35, share)

    @settings(max_examples=25, deadline=None)
    @given(st.data())
    def test_any_matrix_can_be_learned_from(self, data):
        shape = (90, data.draw(st.integers(0, 4)))
        matrix = data.draw(arrays.arrays(bool, shape))
        won = np.random.default_rng(data.draw(st.integers(0, 99))).permutation(90) < 45
        with warnings.catch_warnings():
            # where nothing can be learned, the search can't go on from its beginning
            warnings.simplefilter("ignore", ConvergenceWarning)
            learned = points.learn(matrix, won)
            chances = probability(learned, matrix, won, matrix)
        self.assertEqual(learned.points.shape, (shape[1],))
        self.assertTrue(np.all((chances > 0) & (chances < 1)))
        self.assertLessEqual(np.abs(learned.points).max(initial=0), 60)

    def test_fit_does_not_depend_on_where_its_search_began(self):
        matrix, won = leads()
        *_others, last = points.regressions(matrix, won, points.STRENGTHS)
        alone = points.regress(matrix, won, points.STRENGTHS[-1])
        np.testing.assert_allclose(last.weights, alone.weights, atol=0.001)
        self.assertAlmostEqual(last.intercept, alone.intercept, places=3)

    @given(st.lists(st.floats(-1000, 1000), max_size=9), st.floats(0.1, 100))
    def test_rounding_is_the_same_for_both_signs(self, weights, factor):
        up = points.integers(weights, factor)
        down = points.integers([-weight for weight in weights], factor)
        self.assertEqual(up.tolist(), (-down).tolist())

    def test_pair_that_matters_only_together_is_found(self):
        matrix, won = self._together(lambda a, b: a & b)
        learned = points.learn(matrix, won, fields=FIELDS[:4])
        self.assertEqual(learned.pairs[0], pairs.Pair(0, 1, False))
        self.assertEqual(learned.points[4], learned.points.max())
        self.assertGreaterEqual(learned.points[4], 20)
        self.assertFalse(points.learn(matrix, won).pairs, "no fields are said")
        same = [FIELDS[0]] * 4
        self.assertFalse(points.learn(matrix, won, fields=same).pairs)
        none = [frozenset()] * 4
        self.assertFalse(points.learn(matrix, won, fields=none).pairs)

    def test_pair_of_which_one_must_not_be_met_is_found(self):
        matrix, won = self._together(lambda a, b: a & ~b)
        learned = points.learn(matrix, won, fields=FIELDS[:4])
        self.assertIn(pairs.Pair(0, 1, True), learned.pairs)
        new, truth = self._together(lambda a, b: a & ~b, seed=1)
        self.assertGreater(evaluate.auc(truth, learned.scores(new)), 0.68)

    def _together(self, condition, seed=0):
        """Return leads that are won where two of four conditions come together."""
        random = np.random.default_rng(seed)
        matrix = random.random((4000, 4)) < 0.5
        odds = np.where(condition(matrix[:, 0], matrix[:, 1]), 2.5, -1.0)
        return matrix, random.random(4000) < 1 / (1 + np.exp(-odds))

    def test_conditions_that_only_add_up_make_no_pairs(self):
        matrix, won = leads(4000)
        self.assertFalse(points.learn(matrix, won, fields=FIELDS[:3]).pairs)

    def test_no_more_rules_than_asked_and_the_best_of_them(self):
        random = np.random.default_rng(0)
        matrix = random.random((3000, 26)) < 0.3
        weights = np.linspace(2, -2, 26)
        won = random.random(3000) < 1 / (1 + np.exp(-(matrix @ weights)))
        learned = points.learn(matrix, won, fields=FIELDS, most=6)
        kept = np.flatnonzero(learned.points)
        self.assertLessEqual(len(kept), 6)
        self.assertTrue(set(kept) <= {0, 1, 2, 3, 4, 21, 22, 23, 24, 25}, kept)

    def test_few_won_among_very_many_leads_are_all_looked_at(self):
        random = np.random.default_rng(0)
        matrix = random.random((60_000, 3)) < 0.3
        won = np.zeros(60_000, dtype=bool)
        won[np.flatnonzero(matrix[:, 0])[:60]] = True
        learned = points.learn(matrix, won)
        self.assertGreaterEqual(learned.points[0], 20)
        self.assertLess(learned.probability(matrix).mean(), 0.01)

    def test_of_equal_conditions_any_number_can_be_left(self):
        matrix, won = leads()
        matrix = np.repeat(matrix, 10, axis=1)
        learned = points.learn(matrix, won, most=3)
        self.assertLessEqual(np.count_nonzero(learned.points), 3)

    def test_suggested_points_are_fewer_where_little_is_known(self):
        few, many, bad = points.suggested([8, 400, 200], [8, 380, 10], 1000, 500)
        self.assertTrue(0 < few < many <= 30)
        self.assertLess(bad, -10)
