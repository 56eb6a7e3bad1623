"""How well scores tell won leads from lost ones. No Odoo in here.

Everywhere ``won`` is an array of booleans, one a closed lead. scikit-learn is imported
where it is used: a hundred megabytes that few of Odoo's processes ever need.
"""

import numpy as np

LEAST = 40
"""Fewer won leads, or fewer lost ones, tell nothing."""
NEWEST = 0.2
"""The share of the leads that a time-ordered test holds out."""
BINS = 10
Z = 1.959964
"""Standard deviations either side of a mean that hold 95 % of a normal distribution."""


def is_enough(won):
    """Return whether there are won and lost leads enough to learn from."""
    count = int(np.count_nonzero(won))
    return count >= LEAST and len(won) - count >= LEAST


def folds(won, count=5, seed=0):
    """Return ``(training, test)`` arrays of positions: a shuffled cross-validation with
    the same share of won leads in each fold.
    """
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(won)), won))


def newest(order, share=NEWEST):
    """Return the positions of the older leads, and of the newest ``share`` of them.

    :param order: array that sorts the leads in time, oldest first
    """
    positions = np.argsort(order, kind="stable")
    cut = len(positions) - round(len(positions) * share)
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


def brier(won, probabilities):
    """Return the mean squared distance of probabilities from what happened."""
    from sklearn.metrics import brier_score_loss

    return float(brier_score_loss(won, probabilities))


def calibration(won, probabilities, bins=BINS):
    """Return ``(leads, mean probability, share won)`` for each of ``bins`` groups of
    equal size, from the least probable to the most.
    """
    won, probabilities = np.asarray(won, dtype=float), np.asarray(probabilities)
    groups = np.array_split(np.argsort(probabilities, kind="stable"), bins)
    return [
        (len(group), float(probabilities[group].mean()), float(won[group].mean()))
        for group in groups
        if len(group)
    ]


def calibration_error(won, probabilities, bins=BINS):
    """Return the expected calibration error (ECE): how far, on average, the mean
    probability of such a group is from the share of it that was won.
    """
    groups = calibration(won, probabilities, bins)
    distance = sum(count * abs(mean - share) for count, mean, share in groups)
    return distance / len(won)


def wilson(wins, count):
    """Return the bounds of the 95 % interval (Wilson's) of a share of ``wins`` in
    ``count``; of none in none, from 0 to 1.
    """
    wins, count = np.asarray(wins, dtype=float), np.asarray(count, dtype=float)
    share = np.divide(wins, count, out=np.full_like(wins, 0.5), where=count > 0)
    middle = (wins + Z * Z / 2) / (count + Z * Z)
    spread = np.sqrt(count * share * (1 - share) + Z * Z / 4) * Z / (count + Z * Z)
    return np.clip(middle - spread, 0, share), np.clip(middle + spread, share, 1)


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
