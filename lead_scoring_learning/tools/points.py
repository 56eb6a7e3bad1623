"""Points learned from won and lost leads. No database in here.

``matrix`` is an array of booleans, a row a closed lead, a column a condition; ``won``
an array of booleans, one a lead. :func:`learn` does everything; the other functions are
the steps it takes. scikit-learn is imported where it is used: it takes a hundred
megabytes, and most processes of Odoo never need it.
"""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME

from . import evaluate

STRENGTHS = (0.03, 0.1, 0.3, 1.0)
"""Of the regularisation, as scikit-learn's ``C``: a smaller number is stronger."""
MAX_LEADS_TO_COMPARE = 20_000
"""Strengths and pairs are compared on so many leads: more make no difference, and take
longer.
"""
MIN_LARGEST_POINTS = 20
"""The rule with most points has at least so many: with fewer, rounding to integers
would lose what was learned.
"""
ROUNDING_ERROR = 1e-6
"""A weight below this one is 0 but for rounding errors."""
SHARE_BELOW_TARGET = 0.9
"""The share of leads whose sum of points is below the target."""
MAX_PAIRS = 3
MAX_PAIRED_CONDITIONS = 12
"""Pairs are made of so many conditions, those with the largest weights."""
MIN_LOSS_REDUCTION = 0.003
"""A pair is kept when it lowers the cross-validated log-loss by this share."""


@dataclass(frozen=True)
class Fit:
    """A logistic regression: the log-odds to win of a lead are ``intercept`` plus the
    ``weights`` of the conditions it meets.
    """

    intercept: float
    weights: np.ndarray
    strength: float

    def log_odds(self, matrix):
        """Return the log-odds of the leads of ``matrix``."""
        return self.intercept + matrix @ self.weights

    def probability(self, matrix):
        """Return the probability of each lead of ``matrix`` to be won."""
        return 1 / (1 + np.exp(-np.clip(self.log_odds(matrix), -500, 500)))


@dataclass(frozen=True)
class Learned:
    """What :func:`learn` found.

    :ivar points: array of integers, one a condition
    :ivar factor: the points that one unit of log-odds is worth
    :ivar fit: the :class:`Fit` that the points were rounded from
    """

    points: np.ndarray
    factor: float
    fit: Fit

    def scores(self, matrix):
        """Return the sum of points of each lead of ``matrix``."""
        return matrix @ self.points


def learn(matrix, won, target=60, strength=None):
    """Return what ``won`` says about the conditions, a :class:`Learned`.

    :param target: a tenth of the leads get so many points or more, as far as that is
        possible with a largest value between 20 points and ``target``
    :param strength: of the regularisation; default: :func:`best_strength`
    :raise ValueError: fewer than 40 won leads, or fewer than 40 lost ones
    """
    matrix, won = _floats(matrix), np.asarray(won, dtype=bool)
    if not evaluate.is_enough(won):
        raise ValueError("not enough won or lost leads")
    fit = regress(matrix, won, strength or best_strength(matrix, won))
    factor = scale(fit.weights, matrix, target)
    return Learned(integers(fit.weights, factor), factor, fit)


def held_out(learned, matrix, won):
    """Return the sum of points that each lead gets from points learned without it, fold
    by fold: on the leads it was fitted to a sum of points looks better than it is.

    :param learned: what :func:`learn` returned for ``matrix`` and ``won``
    """
    matrix, won = _floats(matrix), np.asarray(won, dtype=bool)
    scores = np.zeros(len(won))
    for training, test in evaluate.folds(won):
        fit = regress(matrix[training], won[training], learned.fit.strength)
        scores[test] = matrix[test] @ integers(fit.weights, learned.factor)
    return scores


def regress(matrix, won, strength):
    """Return the :class:`Fit` of a regularised (L2) logistic regression."""
    return next(regressions(matrix, won, [strength]))


def regressions(matrix, won, strengths):
    """Yield the :class:`Fit` of each strength. Each is found from the one before, so
    neighbours should be close.
    """
    matrix = _floats(matrix)
    if not matrix.shape[1]:
        share = np.clip(np.mean(won), 1e-6, 1 - 1e-6)
        for strength in strengths:
            yield Fit(float(np.log(share / (1 - share))), np.zeros(0), strength)
        return
    from sklearn.linear_model import LogisticRegression

    # Newton's method: some passes over many leads, where others take a hundred
    model = LogisticRegression(solver="newton-cholesky", warm_start=True)
    for strength in strengths:
        model.C = strength
        # on such matrices threads wait for one another longer than they compute
        with threadpool_limits(limits=1):
            model.fit(matrix, won)
        weights = model.coef_[0].astype(float)
        yield Fit(float(model.intercept_[0]), weights, strength)


def best_strength(matrix, won):
    """Return the one of :data:`STRENGTHS` with the least cross-validated log-loss."""
    return STRENGTHS[int(np.argmin(losses(matrix, won, STRENGTHS)))]


def losses(matrix, won, strengths):
    """Return the cross-validated log-loss of a regression of each strength, of some
    leads if there are very many.
    """
    from sklearn.metrics import log_loss

    matrix, won = _some(matrix, won)
    predicted = np.zeros((len(strengths), len(won)))
    for training, test in evaluate.folds(won):
        fits = regressions(matrix[training], won[training], strengths)
        for row, fit in zip(predicted, fits, strict=True):
            row[test] = fit.probability(matrix[test])
    return [float(log_loss(won, row)) for row in predicted]


def scale(weights, matrix, target):
    """Return the points that one unit of log-odds is worth, see :func:`learn`."""
    largest = np.abs(weights).max(initial=0)
    if largest < ROUNDING_ERROR:
        return 1.0
    least = MIN_LARGEST_POINTS / largest
    most = max(MIN_LARGEST_POINTS, target) / largest
    top = float(np.quantile(_floats(matrix) @ weights, SHARE_BELOW_TARGET))
    return float(np.clip(target / top, least, most)) if top > 0 else float(least)


def integers(weights, factor):
    """Return ``weights`` as points, rounded half away from zero."""
    points = np.asarray(weights) * factor
    return (np.sign(points) * np.floor(np.abs(points) + 0.5)).astype(int)


def pairs(matrix, won, fit, allowed=None):
    """Return pairs of columns, ``[(i, j)]``, that together say clearly more than both
    by themselves, as one more condition each.

    :param fit: the :class:`Fit` of the single conditions
    :param allowed: function of two columns: whether they may be paired; default: all
    """
    matrix, won = _floats(matrix), np.asarray(won, dtype=bool)
    residual = won - fit.probability(matrix)
    spread = residual * residual
    weight = np.abs(fit.weights) * matrix.std(axis=0)
    chosen = np.sort(
        np.argsort(-weight, kind="stable")[:MAX_PAIRED_CONDITIONS]
    ).tolist()
    support = max(MIN_DEALS_PER_OUTCOME, 0.01 * len(won))
    found = []
    for position, i in enumerate(chosen):
        for j in chosen[position + 1 :]:
            if allowed and not allowed(i, j):
                continue
            both = matrix[:, i] * matrix[:, j]
            count = both.sum()
            # where one implies the other, the pair is the same as one of them
            alone = min(matrix[:, i].sum(), matrix[:, j].sum()) - count
            if min(count, alone) >= support:
                found.append(((both @ residual) ** 2 / (both @ spread), i, j))
    return _helpful(matrix, won, fit.strength, sorted(found, reverse=True))


def _helpful(matrix, won, strength, found):
    """Return those of the pairs found, most promising first, that clearly help."""
    accepted = []
    before = None
    matrix, won = _some(matrix, won)
    for statistic, i, j in found[: 2 * MAX_PAIRS]:
        # a chi-square of one degree of freedom: one in 10,000 by chance
        if statistic < 15.1 or len(accepted) == MAX_PAIRS:
            break
        before = before or losses(matrix, won, [strength])[0]
        extended = np.column_stack([matrix, matrix[:, i] * matrix[:, j]])
        after = losses(extended, won, [strength])[0]
        if after < before * (1 - MIN_LOSS_REDUCTION):
            matrix, before = extended, after
            accepted.append((i, j))
    return accepted


def suggested(support, wins, leads, won):
    """Return points to begin with for single conditions, before anything is learned:
    10 for each doubling of the odds to win, fewer where few leads meet it; 30 at most.
    """
    support, wins = np.asarray(support, dtype=float), np.asarray(wins, dtype=float)
    prior = won / max(leads, 1)
    # as if 20 leads more with the usual share of won ones had met it, and had not
    met = (wins + 20 * prior) / (support + 20)
    unmet = (won - wins + 20 * prior) / (leads - support + 20)
    odds = np.log2(met / (1 - met)) - np.log2(unmet / (1 - unmet))
    return integers(np.clip(odds, -3, 3), 10)


def _some(matrix, won):
    """Return the numbers and outcomes of some of the leads, if there are very many."""
    matrix, won = np.asarray(matrix), np.asarray(won, dtype=bool)
    if len(won) > MAX_LEADS_TO_COMPARE:
        chosen = np.random.default_rng(0).choice(
            len(won), MAX_LEADS_TO_COMPARE, replace=False
        )
        matrix, won = matrix[chosen], won[chosen]
    return _floats(matrix), won


def _floats(matrix):
    return np.asarray(matrix, dtype=float)
