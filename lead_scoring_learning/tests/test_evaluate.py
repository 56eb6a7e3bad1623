import numpy as np

from odoo.tests import BaseCase

from ..tools import evaluate


def seen(count=400, seed=0):
    """Return an array of outcomes, and of scores that tell something of them."""
    random = np.random.default_rng(seed)
    scores = random.normal(size=count)
    return random.random(count) < 1 / (1 + np.exp(-2 * scores)), scores


class TestEvaluate(BaseCase):
    """The figures by which scores are judged."""

    def test_auc_is_one_when_all_won_leads_score_higher(self):
        won = np.array([True, True, False, False])
        self.assertEqual(evaluate.auc(won, [9, 8, 7, 6]), 1)
        self.assertEqual(evaluate.auc(won, [6, 7, 8, 9]), 0)
        self.assertEqual(evaluate.auc(won, [1, 1, 1, 1]), 0.5)

    def test_auc_of_won_leads_only_is_unknown(self):
        self.assertTrue(np.isnan(evaluate.auc([True, True], [1, 2])))

    def test_probabilities_that_come_true_have_no_calibration_error(self):
        won = np.tile([True, False, False, False], 25)
        self.assertAlmostEqual(
            evaluate.calibration_error(won, np.full(100, 0.25), groups=1), 0
        )
        self.assertAlmostEqual(
            evaluate.calibration_error(won, np.full(100, 0.75), groups=1), 0.5
        )

    def test_newest_holds_out_what_comes_last(self):
        order = np.array([5, 1, 4, 2, 3])
        training, test = evaluate.newest(order)
        self.assertEqual(order[training].tolist(), [1, 2, 3, 4])
        self.assertEqual(order[test].tolist(), [5])

    def test_each_lead_is_in_one_test_fold(self):
        won, _scores = seen()
        tested = np.concatenate([test for _training, test in evaluate.folds(won)])
        self.assertEqual(sorted(tested), list(range(len(won))))

    def test_39_won_leads_are_not_enough(self):
        self.assertFalse(evaluate.is_enough([True] * 39 + [False] * 100))
        self.assertFalse(evaluate.is_enough([True] * 100 + [False] * 39))
        self.assertTrue(evaluate.is_enough([True] * 40 + [False] * 40))

    def test_gain_is_the_auc_of_the_condition_alone(self):
        won, scores = seen()
        met = scores > 0.3
        [gain] = evaluate.gains([met.sum()], [(met & won).sum()], len(won), won.sum())
        self.assertAlmostEqual(gain, evaluate.auc(won, met) - 0.5)

    def test_sum_of_best_shares_among_equal_scores(self):
        won, scores = [True, False, True, False, True], [9, 8, 5, 5, 1]
        for count, expected in ((0, 0), (1, 1), (2, 1), (3, 1.5), (4, 2), (5, 3)):
            with self.subTest(count):
                self.assertEqual(evaluate.sum_of_best(won, scores, count), expected)
        self.assertEqual(evaluate.sum_of_best([2.5, 1, 4], [1, 2, 3], 2), 5)
