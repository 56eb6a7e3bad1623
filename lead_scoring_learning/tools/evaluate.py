"""How well scores tell won leads from lost ones. No database in here.

Everywhere ``won`` is an array of booleans, one a closed lead. scikit-learn is imported
where it is used: it takes a hundred megabytes, which most processes of Odoo never need.
"""

import numpy as np

from odoo.addons.lead_scoring.tools import statistics

CALIBRATION_GROUPS = 10


def is_enough(won):
    """Return whether there are won and lost leads enough to learn from."""
    count = int(np.count_nonzero(won))
    return statistics.is_enough(count, len(won) - count)


def folds(won, count=5, seed=0):
    """Return ``(training, test)`` arrays of positions: a shuffled cross-validation with
    the same share of won leads in each fold.
    """
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(won)), won))


def newest(order):
    """Return the positions of the older leads, and of the newest fifth of them.

    :param order: array that sorts the leads in time, oldest first
    """
    positions = np.argsort(order, kind="stable")
    cut = len(positions) - round(len(positions) * statistics.NEWEST_SHARE)
    return positions[:cut], positions[cut:]


def auc(won, scores):
    """Return the chance that a won lead scores higher than a lost one (ties count
    half): 0.5 is chance, 1 perfect; NaN where only one of both is there.
    """
    won = np.asarray(won, dtype=bool)
    if won.all() or not won.any():
        return float("nan")
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(won, scores))


def calibration_error(won, probabilities, groups=CALIBRATION_GROUPS):
    """Return the expected calibration error (ECE), over ``groups`` of the same number
    of leads: probabilities learned from few leads may all be close together, and would
    fall into one or two bins of equal width.
    """
    won, probabilities = np.asarray(won, dtype=float), np.asarray(probabilities)
    parts = np.array_split(np.argsort(probabilities, kind="stable"), groups)
    return statistics.calibration_error(
        [
            (len(part), float(probabilities[part].mean()), float(won[part].mean()))
            for part in parts
            if len(part)
        ]
    )


def gains(support, wins, leads, won):
    """Return by how much each condition, alone as a score, beats chance: its AUC above
    0.5, always positive.

    :param support: array: the leads that meet each condition
    :param wins: array: those of them that were won
    :param leads: all leads
    :param won: all won leads
    """
    support, wins = np.asarray(support, dtype=float), np.asarray(wins, dtype=float)
    lost = max(leads - won, 1)
    return np.abs(wins / max(won, 1) - (support - wins) / lost) / 2


def sum_of_best(values, scores, count):
    """Return the sum of values of the ``count`` leads with the highest scores, such as
    how many of them were won. Leads with the score of the last one count with their
    mean, for any of them might be it.
    """
    values, scores = np.asarray(values, dtype=float), np.asarray(scores)
    last = np.sort(scores)[-count] if count else np.inf
    above, same = scores > last, scores == last
    left = count - np.count_nonzero(above)
    return float(values[above].sum() + (left * values[same].mean() if left else 0))
