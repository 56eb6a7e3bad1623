"""Figures of scores from few numbers: the deals are counted in SQL before."""

from math import sqrt

from odoo.addons.lead_scoring.tools.statistics import (
    Z_95,
    brier,
    calibration_error,
    wilson,
)

RELIABILITY_BINS = 10


def auc_interval(auc, won, lost):
    """Return the 95 % interval of an area under the ROC curve.

    Newcombe's fifth method (2006): the values that Hanley and McNeil's variance at
    *them* does not rule out. So a perfect ranking of few deals has an interval, too.

    :param won: number of deals that were won, at least one
    :param lost: number of deals that were lost, at least one
    """
    pairs = (won + lost) / 2 - 1

    def ruled_out(value):
        variance = value * (1 - value) / (won * lost)
        variance *= 1 + pairs * ((1 - value) / (2 - value) + value / (1 + value))
        return abs(value - auc) > Z_95 * sqrt(variance)

    def bound(outside):
        inside = auc
        for _step in range(50):
            middle = (inside + outside) / 2
            if ruled_out(middle):
                outside = middle
            else:
                inside = middle
        return inside

    return bound(0.0), bound(1.0)


def calibration(groups):
    """Return ``brier``, ``brier_base`` (when the average is always expected), ``ece``
    and ``reliability``: the bins of equal width that hold any deal.

    :param groups: list of ``(probability, count, wins)``
    """
    total = sum(count for _probability, count, _wins in groups)
    if not total:
        return {"brier": None, "brier_base": 0.0, "ece": None, "reliability": []}
    share = sum(wins for _probability, _count, wins in groups) / total
    bins = reliability(groups)
    return {
        "brier": brier(groups),
        "brier_base": share * (1 - share),
        "ece": calibration_error(
            [(row["count"], row["expected"], row["actual"]) for row in bins]
        ),
        "reliability": bins,
    }


def reliability(groups):
    """Return what a reliability plot shows: of each bin of probabilities that holds any
    deal its ``count``, the ``expected`` and the ``actual`` win rate, and the 95 %
    interval of the latter, ``low`` to ``high``.

    :param groups: list of ``(probability, count, wins)``
    """
    bins = {}
    for probability, count, wins in groups:
        number = min(RELIABILITY_BINS - 1, int(probability * RELIABILITY_BINS))
        found = bins.setdefault(number, [0, 0, 0.0])
        found[0] += count
        found[1] += wins
        found[2] += count * probability
    rows = []
    for _number, (count, wins, expected) in sorted(bins.items()):
        low, high = wilson(wins, count)
        rows.append(
            {
                "count": count,
                "expected": expected / count,
                "actual": wins / count,
                "low": low,
                "high": high,
            }
        )
    return rows
