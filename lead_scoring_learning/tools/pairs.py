"""Which two conditions say more together than each by itself. No database in here.

``matrix`` is an array of booleans, a row a closed lead, a column a condition; ``won``
an array of booleans, one a lead; ``fields`` says what each condition reads: a list of
frozensets of names. Conditions that read the same make no pair, nor does one that reads
nothing.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np

ROUNDS = 4
PAIRS_PER_ROUND = 20
PAIRS_OF_SAME_FIELDS = 4
"""At most so many pairs are added in a round, and so many of the same fields: they
mostly say the same.
"""
MIN_LEADS_OF_PAIR = 25
MIN_STATISTIC = 10.8
"""A chi-square of one degree of freedom, one in 1,000 by chance: pairs found by chance
are left out when few of all conditions and pairs are chosen.
"""


class Pair(NamedTuple):
    """«A and B», or «A and not B».

    :ivar first: the column of A
    :ivar second: the column of B
    :ivar negated: whether B must not be met
    """

    first: int
    second: int
    negated: bool = False

    def matches(self, matrix):
        """Return the array of booleans: which leads of ``matrix`` meet it."""
        second = matrix[:, self.second]
        return matrix[:, self.first] & (~second if self.negated else second)


def design(matrix, pairs):
    """Return ``matrix`` with a further column for each of the pairs."""
    return np.column_stack([matrix, *(pair.matches(matrix) for pair in pairs)])


def find(matrix, won, predict, fields, counts):
    """Return the :class:`Pair` s that won and lost leads suggest, in rounds: what a
    regression on all conditions, and on the pairs found so far, can't explain ranks all
    pairs at once.

    :param predict: function of ``(matrix, won, counts)`` that returns the probability
        of each lead to be won
    :param counts: array of how much each lead counts
    """
    floats = matrix.astype(np.float32)
    together = floats.T @ floats
    enough = _enough(together, _may_pair(fields))
    found = []
    for _round in range(ROUNDS if enough.any() else 0):
        probability = predict(design(matrix, found), won, counts)
        statistics = _statistics(floats, won, probability, counts)
        statistics = np.where(enough, statistics, 0)
        for pair in found:
            statistics[int(pair.negated), pair.first, pair.second] = 0
        added = _best(statistics, fields)
        if not added:
            break
        found += added
    known = {column.tobytes() for column in np.packbits(matrix, axis=0).T}
    return [p for p in found if np.packbits(p.matches(matrix)).tobytes() not in known]


def _may_pair(fields):
    """Return the array of booleans, conditions × conditions: which make a pair."""
    return np.array(
        [[bool(a) and bool(b) and a.isdisjoint(b) for b in fields] for a in fields],
        dtype=bool,
    ).reshape(len(fields), len(fields))


def _enough(together, allowed):
    """Return which pairs enough leads tell of, an array ``[negated, first, second]``:
    those that meet it, and those that meet only one of both conditions. Where one
    implies the other, the pair is the same as one of them.

    :param together: array of how many leads meet both of two conditions
    """
    only_first = together.diagonal()[:, None] - together
    no_first = np.minimum(together, only_first) >= MIN_LEADS_OF_PAIR
    both = no_first & (only_first.T >= MIN_LEADS_OF_PAIR)
    return np.stack([np.triu(both & allowed), no_first & allowed])


def _statistics(floats, won, probability, counts):
    """Return the score statistic of each pair: a chi-square that says how much better a
    regression with it would be.
    """
    residual = (counts * (won - probability)).astype(np.float32)
    weight = (counts**2 * probability * (1 - probability)).astype(np.float32)
    sums = floats.T @ (floats * residual[:, None])
    spread = floats.T @ (floats * weight[:, None])
    sums = np.stack([sums, sums.diagonal()[:, None] - sums])
    spread = np.stack([spread, spread.diagonal()[:, None] - spread])
    return sums**2 / np.maximum(spread, 1e-6)


def _best(statistics, fields):
    """Return the pairs of one round, those that tell most."""
    added, uses = [], Counter()
    for place in np.argsort(-statistics, axis=None, kind="stable").tolist():
        negated, first, second = map(int, np.unravel_index(place, statistics.shape))
        if statistics[negated, first, second] < MIN_STATISTIC:
            break
        both = frozenset([fields[first], fields[second]])
        if uses[both] < PAIRS_OF_SAME_FIELDS:
            uses[both] += 1
            added.append(Pair(first, second, bool(negated)))
        if len(added) == PAIRS_PER_ROUND:
            break
    return added
