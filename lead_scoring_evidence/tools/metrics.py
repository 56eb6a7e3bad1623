"""Statistics of few numbers; what concerns each deal is summed up in SQL before."""

from math import exp, sqrt

Z = 1.959964
"""Standard deviations on either side that hold 95 % of a normal distribution."""


def wilson(wins, count):
    """Return the 95 % interval of a share after Wilson; ``(0, 1)`` of nothing."""
    if not count:
        return 0.0, 1.0
    share = wins / count
    center = share + Z * Z / (2 * count)
    spread = Z * sqrt(share * (1 - share) / count + Z * Z / (4 * count * count))
    scale = 1 + Z * Z / count
    return max(0.0, (center - spread) / scale), min(1.0, (center + spread) / scale)


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
        return abs(value - auc) > Z * sqrt(variance)

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
