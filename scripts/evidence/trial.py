"""Learning from some of the leads, and judging by the others. Runs in Odoo's Python."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from odoo.fields import Domain

from odoo.addons.lead_scoring.tools.statistics import (
    MIN_DEALS_PER_OUTCOME,
    brier,
    fit_logistic,
)
from odoo.addons.lead_scoring_learning.tools import conditions, evaluate, points

MANY_RULES = 50
"""So many rules may be learned at most, beside the add-on's own number."""
FEW = 150
DRAWS = 8
CATEGORIES = 200
"""Gradient boosting takes at most 255 values of a category."""


@dataclass
class Data:
    """Closed leads.

    :ivar columns: ``{field: conditions.Column}``
    :ivar won: array of booleans
    :ivar order: array that sorts them in time; None if nothing does
    """

    columns: dict
    won: np.ndarray
    order: np.ndarray | None

    def some(self, positions):
        """The columns of some leads."""
        return {
            name: conditions.Column(name, column.kind, column.values[positions])
            for name, column in self.columns.items()
        }

    def without(self, fields):
        """The same leads without some columns."""
        kept = {name: c for name, c in self.columns.items() if name not in fields}
        return Data(kept, self.won, self.order)


@dataclass
class Lesson:
    """What was learned from the training part of a split.

    :ivar conditions: those proposed; the learned pairs are pairs of them
    :ivar odds: intercept and slope of the log-odds to win by the sum of points
    """

    conditions: list
    learned: points.Learned
    odds: tuple

    def rules(self):
        """Yield the domain and the points of each rule with points."""
        domains = [Domain(condition.domain()) for condition in self.conditions]
        for pair in self.learned.pairs:
            second = domains[pair.second]
            domains.append(domains[pair.first] & (~second if pair.negated else second))
        for domain, value in zip(domains, self.learned.points.tolist(), strict=True):
            if value:
                yield domain, value

    def figures(self, won, matrix):
        """The figures of the learned points on other leads."""
        scores = self.learned.scores(matrix)
        rules = np.count_nonzero(self.learned.points)
        return figures(won, scores, chances(self.odds, scores), rules)


def folds(data):
    """Five splits into training and test."""
    return evaluate.folds(data.won)


def newest(data):
    """The split at the newest fifth; none where nothing orders the leads, or where one
    part has too few won or lost ones.
    """
    if data.order is None:
        return []
    training, test = evaluate.newest(data.order)
    is_taught = evaluate.is_enough(data.won[training])
    is_judged = data.won[test].any() and not data.won[test].all()
    return [(training, test)] if is_taught and is_judged else []


def draws(data):
    """Splits with 150 leads to learn from, by fixed seeds: as many won ones as
    their share is, but at least 40 of either kind; none where too few others are left.
    """
    won, lost = np.flatnonzero(data.won), np.flatnonzero(~data.won)
    wins = round(FEW * len(won) / len(data.won))
    least = MIN_DEALS_PER_OUTCOME
    wins = min(max(wins, least), FEW - least)
    if len(won) < wins + least or len(lost) < FEW - wins + least:
        return []
    found = []
    for seed in range(DRAWS):
        random = np.random.default_rng(seed)
        taught = random.choice(won, wins, False), random.choice(lost, FEW - wins, False)
        training = np.sort(np.concatenate(taught))
        found.append((training, np.setdiff1d(np.arange(len(data.won)), training)))
    return found


def lesson(data, training, most=points.MAX_RULES):
    """Learn points: all that is chosen, conditions, pairs and strengths, is chosen by
    the training part.

    :param most: so many rules at most
    """
    columns = data.some(training)
    proposed = [c for column in columns.values() for c in conditions.propose(column)]
    matrix = conditions.design(proposed, columns)
    won = data.won[training]
    how = {"fields": [frozenset([c.field]) for c in proposed], "most": most}
    learned = points.learn(matrix, won, **how)
    odds = fit_odds(points.held_out(learned, matrix, won, **how), won)
    return Lesson(proposed, learned, odds)


def boosted(data, training, test, proposed):
    """The probabilities of the test part by gradient boosting with scikit-learn's own
    settings, on the values themselves; of texts, on the proposed words.
    """
    known, asked, categorical = [], [], []
    for parts, positions in ((known, training), (asked, test)):
        columns = data.some(positions)
        categorical = []
        for name, column in columns.items():
            if column.kind == "text":
                words = [c for c in proposed if c.field == name]
                if not words:
                    continue
                values = conditions.design(words, columns).astype(float)
            else:
                base = data.columns[name].values[training]
                values = numbers(column, base)[:, None]
            parts.append(values)
            categorical += [column.kind == "category"] * values.shape[1]
    # texts without a proposed word have no values at all
    known = np.hstack([np.empty((len(training), 0)), *known])
    asked = np.hstack([np.empty((len(test), 0)), *asked])
    # the same value everywhere is more than scikit-learn bears
    varied = np.fmin.reduce(known) < np.fmax.reduce(known)
    if not varied.any():
        return np.full(len(test), data.won[training].mean())
    model = HistGradientBoostingClassifier(
        categorical_features=np.array(categorical)[varied], random_state=0
    )
    model.fit(known[:, varied], data.won[training])
    return model.predict_proba(asked[:, varied])[:, 1]


def numbers(column, training):
    """The values of a column as floating-point numbers; categories as the rank of how
    frequent they are among the values of the training part.
    """
    if column.kind == "category":
        values, counts = np.unique([str(v) for v in training], return_counts=True)
        frequent = values[np.argsort(-counts, kind="stable")][:CATEGORIES].tolist()
        ranks = {value: rank for rank, value in enumerate(frequent)}
        return np.array([ranks.get(str(v), np.nan) for v in column.values], dtype=float)
    if column.kind == "date":
        days = column.values.astype("datetime64[D]").astype(float)
        return np.where(np.isnat(column.values), np.nan, days)
    return column.values.astype(float)


def figures(won, scores, probabilities, rules=None):
    """AUC, ECE, Brier score and number of rules; None where there are no rules."""
    return {
        "AUC": evaluate.auc(won, scores),
        "ECE": evaluate.calibration_error(won, probabilities),
        "Brier": brier(singles(probabilities, won)),
        "rules": rules,
    }


def calibrated(data, scores, training, test, rules=None):
    """The figures of a sum of points that was not learned: its probabilities are fitted
    to the training part.
    """
    odds = fit_odds(scores[training], data.won[training])
    return figures(data.won[test], scores[test], chances(odds, scores[test]), rules)


def fit_odds(scores, won):
    """Intercept and slope of the log-odds to win, by scores. The slope is never
    negative: more points are no worse.
    """
    intercept, slope = fit_logistic(singles(scores, won))
    if slope < 0:
        return fit_logistic([(0, len(won), int(won.sum()))])
    return intercept, slope


def singles(values, won):
    """Each lead as a group of its own: ``(value, 1, whether it was won)``."""
    pairs = zip(values.tolist(), won.tolist(), strict=True)
    return [(value, 1, int(is_won)) for value, is_won in pairs]


def chances(odds, scores):
    """The probability of leads to be won, by their scores; see :func:`fit_odds`."""
    intercept, slope = odds
    return 1 / (1 + np.exp(-np.clip(intercept + slope * scores, -500, 500)))


def mean(results):
    """The mean of each figure over splits."""
    return {
        key: float(np.mean([result[key] for result in results]))
        for key in results[0]
        if results[0][key] is not None
    }


def weighed(scores, won, training):
    """Several scores as one, weighed as a regression on the training part does."""
    spread = scores[training].std(axis=0)
    scores = scores / np.where(spread > 0, spread, 1)
    return scores @ points.regress(scores[training], won[training], 1e4).weights
