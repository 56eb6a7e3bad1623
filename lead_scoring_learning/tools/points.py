"""Points learned from won and lost leads, for few rules. No database in here.

``matrix`` is an array of booleans, a row a closed lead, a column a condition; ``won``
an array of booleans, one a lead; ``fields`` what each condition reads, see
:mod:`.pairs`; ``counts`` an array of how much each lead counts, the same by default.
:func:`learn` does everything; the other functions are the steps it takes. scikit-learn
is imported where it is used: it takes a hundred megabytes, and most processes of Odoo
never need it.
"""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from . import evaluate
from . import pairs as pair_tools

STRENGTHS = (0.03, 0.1, 0.3, 1.0)
"""Of the regularisation, as scikit-learn's ``C``: a smaller number is stronger."""
PAIRING_STRENGTH = 0.1
"""The same, of the regressions that pairs are found by."""
CHOICES = (0.01, 0.02, 0.05, 0.1, 0.3)
"""The same, of the regression (L1) that chooses conditions: it leaves many at 0."""
FOLDS_TO_CHOOSE = 3
MAX_RULES = 30
MAX_LEADS_TO_COMPARE = 20_000
"""Conditions and strengths are compared on so many leads: more make no difference, and
take longer.
"""
MIN_LARGEST_POINTS = 20
"""The rule with most points has at least so many: with fewer, rounding to integers
would lose what was learned.
"""
ROUNDING_ERROR = 1e-6
"""A weight below this one is 0 but for rounding errors."""
SHARE_BELOW_TARGET = 0.9
"""The share of leads whose sum of points is below the target."""


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

    :ivar pairs: the :class:`~.pairs.Pair` s of conditions that were added
    :ivar points: array of integers, one a condition, 0 for most, then one a pair
    :ivar factor: the points that one unit of log-odds is worth
    :ivar fit: the :class:`Fit` that the points were rounded from
    """

    pairs: list
    points: np.ndarray
    factor: float
    fit: Fit

    def scores(self, matrix):
        """Return the sum of points of each lead of ``matrix``."""
        return pair_tools.design(matrix, self.pairs) @ self.points

    def probability(self, matrix):
        """Return the probability of each lead of ``matrix`` to be won."""
        return self.fit.probability(pair_tools.design(matrix, self.pairs))


def learn(matrix, won, target=60, fields=None, most=MAX_RULES, counts=None):
    """Return what ``won`` says about the conditions, a :class:`Learned`.

    Pairs of conditions are found first, then few of all are chosen, and last their
    weights are fitted and rounded.

    :param target: a tenth of the leads get so many points or more, as far as that is
        possible with a largest value between 20 points and ``target``
    :param fields: default: no pairs
    :param most: so many conditions and pairs at most get points
    :raise ValueError: fewer than 40 won leads, or fewer than 40 lost ones
    """
    matrix, won = np.asarray(matrix, dtype=bool), np.asarray(won, dtype=bool)
    if not evaluate.is_enough(won):
        raise ValueError("not enough won or lost leads")
    return _learn(matrix, won, target, fields, most, counts)


def _learn(matrix, won, target=60, fields=None, most=MAX_RULES, counts=None):
    counts = np.ones(len(won)) if counts is None else counts
    some, *outcome = _some(matrix, won, counts)
    pairs = []
    if fields:
        pairs = pair_tools.find(some, outcome[0], _predict, fields, outcome[1])
    chosen = choose(pair_tools.design(some, pairs), *outcome, most)
    singles = matrix.shape[1]
    pairs = [pairs[column - singles] for column in chosen if column >= singles]
    chosen = [*chosen[chosen < singles], *range(singles, singles + len(pairs))]
    extended = pair_tools.design(matrix, pairs)
    fit = _regress_some(extended, won, counts, chosen)
    factor = scale(fit.weights, extended, target)
    return Learned(pairs, integers(fit.weights, factor), factor, fit)


def held_out(learned, matrix, won, **how):
    """Return the sum of points that each lead gets from points learned without it, fold
    by fold: on the leads it was fitted to a sum of points looks better than it is.

    :param learned: what :func:`learn` returned for all of them
    :param how: as :func:`learn` takes it; all leads count the same
    """
    matrix, won = np.asarray(matrix, dtype=bool), np.asarray(won, dtype=bool)
    scores = np.zeros(len(won))
    for training, test in evaluate.folds(won):
        part = _learn(matrix[training], won[training], **how)
        extended = pair_tools.design(matrix[test], part.pairs)
        # other conditions may have been chosen: who meets none of them is another lead
        shift = learned.factor * (part.fit.intercept - learned.fit.intercept)
        scores[test] = extended @ integers(part.fit.weights, learned.factor) + shift
    return scores


def choose(matrix, won, counts, most):
    """Return the columns that tell won leads from lost ones, at most ``most``: those
    that an L1 regression leaves, as strong as cross-validation finds best. Of too many,
    the ones whose weight may well be chance are left out, one after the other.
    """
    if not matrix.shape[1]:
        return np.zeros(0, dtype=int)
    strength = CHOICES[int(np.argmin(_sparse_losses(matrix, won, counts)))]
    weights = _sparse(matrix, won, counts, strength).coef_[0]
    chosen = np.flatnonzero(np.abs(weights) > ROUNDING_ERROR)
    while len(chosen) > most:
        certainty = _certainty(_floats(matrix[:, chosen]), won, counts)
        least = max(1, (len(chosen) - most) // 4)
        chosen = np.delete(chosen, np.argsort(certainty)[:least])
    return chosen


def _certainty(matrix, won, counts):
    """Return the weight of each column in a regression, in standard errors."""
    fit = regress(matrix, won, 1.0, counts)
    chance = fit.probability(matrix)
    design = np.column_stack([np.ones(len(matrix)), matrix])
    information = design.T @ (design * (counts * chance * (1 - chance))[:, None])
    # the regularisation, which also keeps equal columns apart
    information += np.eye(len(information))
    errors = np.sqrt(np.linalg.inv(information).diagonal()[1:])
    return np.abs(fit.weights) / errors


def _sparse(matrix, won, counts, strength):
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    # scikit-learn 1.8 gave the parameter another name
    is_new = LogisticRegression().penalty == "deprecated"
    model = LogisticRegression(
        C=strength,
        **({"l1_ratio": 1} if is_new else {"penalty": "l1"}),
        solver="liblinear",
        # it would shrink the intercept, too
        intercept_scaling=10,
        tol=1e-3,
        random_state=0,
    )
    return model.fit(csr_matrix(matrix, dtype=float), won, counts)


def _sparse_losses(matrix, won, counts):
    """Return the cross-validated log-loss of each of the :data:`CHOICES`."""
    from sklearn.metrics import log_loss

    predicted = np.zeros((len(CHOICES), len(won)))
    for training, test in evaluate.folds(won, FOLDS_TO_CHOOSE):
        for row, strength in zip(predicted, CHOICES, strict=True):
            model = _sparse(matrix[training], won[training], counts[training], strength)
            row[test] = model.predict_proba(matrix[test].astype(float))[:, 1]
    return [float(log_loss(won, row, sample_weight=counts)) for row in predicted]


def _predict(matrix, won, counts):
    """Return the probability that a regression on all conditions gives each lead."""
    return regress(matrix, won, PAIRING_STRENGTH, counts).probability(matrix)


def _regress_some(matrix, won, counts, columns):
    """Return the :class:`Fit` of a regression on some columns; the others get 0."""
    part = _floats(matrix[:, columns])
    fit = regress(part, won, best_strength(part, won, counts), counts)
    weights = np.zeros(matrix.shape[1])
    weights[columns] = fit.weights
    return Fit(fit.intercept, weights, fit.strength)


def regress(matrix, won, strength, counts=None):
    """Return the :class:`Fit` of a regularised (L2) logistic regression."""
    return next(regressions(matrix, won, [strength], counts))


def regressions(matrix, won, strengths, counts=None):
    """Yield the :class:`Fit` of each strength. Each is found from the one before, so
    neighbours should be close.
    """
    matrix = _floats(matrix)
    if not matrix.shape[1]:
        share = np.clip(np.average(won, weights=counts), 1e-6, 1 - 1e-6)
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
            model.fit(matrix, won, counts)
        weights = model.coef_[0].astype(float)
        yield Fit(float(model.intercept_[0]), weights, strength)


def best_strength(matrix, won, counts=None):
    """Return the one of :data:`STRENGTHS` with the least cross-validated log-loss."""
    return STRENGTHS[int(np.argmin(losses(matrix, won, STRENGTHS, counts)))]


def losses(matrix, won, strengths, counts=None):
    """Return the cross-validated log-loss of a regression of each strength, of some
    leads if there are very many.
    """
    from sklearn.metrics import log_loss

    counts = np.ones(len(won)) if counts is None else counts
    matrix, won, counts = _some(matrix, won, counts)
    predicted = np.zeros((len(strengths), len(won)))
    for training, test in evaluate.folds(won):
        taught = matrix[training], won[training]
        fits = regressions(*taught, strengths, counts[training])
        for row, fit in zip(predicted, fits, strict=True):
            row[test] = fit.probability(matrix[test])
    return [float(log_loss(won, row, sample_weight=counts)) for row in predicted]


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


def _some(matrix, won, counts):
    """Return the rows, outcomes and counts of some of the leads, if there are very
    many: of won and lost ones the rarer first, so that enough are left of both.
    """
    if len(won) <= MAX_LEADS_TO_COMPARE:
        return matrix, won, counts
    random = np.random.default_rng(0)
    few, many = sorted((np.flatnonzero(won), np.flatnonzero(~won)), key=len)
    chosen_few = random.permutation(few)[: MAX_LEADS_TO_COMPARE // 2]
    chosen_many = random.permutation(many)[: MAX_LEADS_TO_COMPARE - len(chosen_few)]
    chosen = np.concatenate([chosen_few, chosen_many])
    # each stands for those of its kind that were left out
    weights = np.repeat(
        [len(few) / len(chosen_few), len(many) / len(chosen_many)],
        [len(chosen_few), len(chosen_many)],
    )
    counts = counts[chosen] * weights * len(chosen) / len(won)
    return matrix[chosen], won[chosen], counts


def _floats(matrix):
    return np.asarray(matrix, dtype=float)
