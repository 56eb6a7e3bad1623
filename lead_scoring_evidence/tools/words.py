"""Numbers as people write them in sentences."""

from odoo.tools import formatLang


def per_hundred(env, share):
    """Return how many of 100 a share is; below one with the digits by which two of them
    differ.
    """
    rate = 100 * share
    return formatLang(env, rate, digits=2 if 0 < rate < 1 else 0)
