"""Odoo's predictive lead scoring, as its scheduled action runs it."""

from ..figures import Figure
from ..inside import peak, timed
from .first_pass import NAME as FIRST
from .unchanged_pass import NAME


def measure(env, earlier):
    seconds = timed(env["crm.lead"]._cron_update_automated_probabilities)
    yield Figure("Odoo's predictive scoring", seconds, "s")
    yield Figure("Python's memory in predictive scoring", peak(), "MB")
    ratio = earlier[NAME] / seconds
    yield Figure("Full pass, nothing changed ÷ this", ratio, most=0.25)
    yield Figure("Full pass, all scores new ÷ this", earlier[FIRST] / seconds, most=1.2)
