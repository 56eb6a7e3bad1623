"""What counts of won and lost deals say of a rule; no database here."""

from math import log, sqrt

from odoo.addons.lead_scoring.tools.statistics import Z_95


def log_odds_ratio(won_with, lost_with, won_without, lost_without):
    """Return how much better the odds to be won are with something than without it, as
    a logarithm, and its variance; with a half added to each count (Haldane, Anscombe),
    so that none of them has to be positive.
    """
    counts = [n + 0.5 for n in (won_with, lost_with, won_without, lost_without)]
    ratio = log(counts[0] / counts[1]) - log(counts[2] / counts[3])
    return ratio, sum(1 / n for n in counts)


def suggest(rules):
    """Return ``{key: points}`` that deals speak for.

    The points for one unit of log odds are such that, weighted with what is known of
    each rule, all together give as many points as today: it is the range that people
    are used to. Between today's points and what the deals alone would give, a rule
    gets the mean, weighted with the variance of its log odds; those of today count as
    one known to a variance of 1. So few deals change little.

    :param rules: list of ``(key, points, matches, ratio, variance)``, ``points`` being
        those that a match gives on average
    """
    weights = [matches / (1 + variance) for _key, _pts, matches, _r, variance in rules]
    given = sum(w * abs(r[1]) for w, r in zip(weights, rules, strict=True))
    deserved = sum(w * abs(r[3]) for w, r in zip(weights, rules, strict=True))
    scale = given / deserved if deserved else 0.0
    return {
        key: (scale * ratio + variance * points) / (1 + variance)
        for key, points, _matches, ratio, variance in rules
    }


def is_clear(ratio, variance):
    """Return whether a log odds ratio is hardly 0 by chance."""
    return abs(ratio) > Z_95 * sqrt(variance)
