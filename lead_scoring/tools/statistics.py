"""Statistics of won and lost leads. No Odoo and no numpy in here: leads are counted
before, by score or by probability.
"""

from math import exp, sqrt

MIN_DEALS_PER_OUTCOME = 40
"""With fewer won or fewer lost leads nothing can be said."""
NEWEST_SHARE = 0.2
"""The share of the closed leads, those decided on last, that scores are judged by."""
Z_95 = 1.959964
"""95 % of a normal distribution are within so many standard deviations of its mean."""


def is_enough(won, lost):
    """Return whether there are enough won and lost leads to say anything.

    :param won: number of won leads
    :param lost: number of lost leads
    """
    return min(won, lost) >= MIN_DEALS_PER_OUTCOME


def wilson(wins, count):
    """Return ``(low, high)``, the 95 % interval of a share after Wilson; ``(0, 1)``
    when ``count`` is 0.
    """
    if not count:
        return 0.0, 1.0
    share = wins / count
    middle = (wins + Z_95 * Z_95 / 2) / (count + Z_95 * Z_95)
    spread = sqrt(count * share * (1 - share) + Z_95 * Z_95 / 4)
    spread *= Z_95 / (count + Z_95 * Z_95)
    # rounding errors must not put the share itself outside of its interval
    low = min(max(0.0, middle - spread), share)
    return low, max(min(1.0, middle + spread), share)


def brier(groups):
    """Return the Brier score: the mean squared difference of probability and outcome.

    :param groups: list of ``(probability, count, wins)`` with at least one lead
    """
    total = sum(count for _probability, count, _wins in groups)
    return (
        sum(
            wins * (1 - probability) ** 2 + (count - wins) * probability**2
            for probability, count, wins in groups
        )
        / total
    )


def calibration_error(bins):
    """Return the expected calibration error (ECE): how far the win rate of a bin is
    from its mean probability, on average over the leads.

    :param bins: list of ``(count, mean probability, win rate)`` with at least one lead
    """
    total = sum(count for count, _expected, _actual in bins)
    distance = sum(count * abs(expected - actual) for count, expected, actual in bins)
    return distance / total


def sigmoid(value):
    """Return the logistic function of ``value``."""
    value = max(-30.0, min(30.0, value))
    return 1 / (1 + exp(-value))


def fit_logistic(groups):
    """Return ``(intercept, slope)`` of the logistic curve from score to win rate.

    Platt's way: targets are a little off 0 and 1, so that a score that separates won
    from lost perfectly has a finite slope. Without any variance the slope is 0.

    :param groups: list of ``(score, count, wins)``, one for each distinct score
    """
    total = sum(count for _score, count, _wins in groups)
    wins = sum(won for _score, _count, won in groups)
    if not total:
        return 0.0, 0.0
    high, low = (wins + 1) / (wins + 2), 1 / (total - wins + 2)
    mean = sum(score * count for score, count, _wins in groups) / total
    scale = sqrt(sum(n * (score - mean) ** 2 for score, n, _wins in groups) / total)
    scale = scale or 1.0
    points = [
        ((score - mean) / scale, count, won * high + (count - won) * low)
        for score, count, won in groups
    ]
    intercept, slope = _newton(points)
    return intercept - slope * mean / scale, slope / scale


def _newton(points):
    """Return the maximum of the likelihood, by Newton's method with halved steps.

    :param points: list of ``(x, count, sum of targets)``
    """

    def gradient(a, b):
        residuals = [(x, t - n * sigmoid(a + b * x)) for x, n, t in points]
        return sum(r for _x, r in residuals), sum(x * r for x, r in residuals)

    a = b = 0.0
    for _step in range(100):
        down_a, down_b = gradient(a, b)
        if abs(down_a) + abs(down_b) < 1e-9:
            break
        aa = ab = 0.0
        bb = 1e-9
        for x, n, _target in points:
            weight = n * (p := sigmoid(a + b * x)) * (1 - p)
            aa, ab, bb = aa + weight, ab + weight * x, bb + weight * x * x
        determinant = aa * bb - ab * ab
        step_a = (bb * down_a - ab * down_b) / determinant
        step_b = (aa * down_b - ab * down_a) / determinant
        norm = abs(down_a) + abs(down_b)
        size = 1.0
        while size > 1e-6:
            new = gradient(a + size * step_a, b + size * step_b)
            if abs(new[0]) + abs(new[1]) < norm:
                break
            size /= 2
        else:
            break
        a, b = a + size * step_a, b + size * step_b
    return a, b
