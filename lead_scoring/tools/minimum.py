"""The minimum score at which leads fit a capacity: plain numbers, without Odoo."""


def lowest_fitting_minimum(counts, places):
    """Return the lowest minimum score that at most ``places`` leads meet: the lowest
    score there is when all fit, one more than the highest when too many have that.

    :param counts: ``{score: number of leads}``, not empty
    :param places: how many leads fit, 0 or more
    """
    scores = sorted(counts, reverse=True)
    minimum = scores[0] + 1
    for score, lower in zip(scores, [*scores[1:], scores[-1] - 1], strict=True):
        places -= counts[score]
        if places < 0:
            return minimum
        minimum = lower + 1
    return minimum
