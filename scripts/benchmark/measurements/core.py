"""Odoo's predictive lead scoring, as its scheduled action runs it."""

from ..figures import Figure
from ..inside import peak, timed
from .unchanged_pass import NAME


def measure(env, earlier):
    seconds = timed(env["crm.lead"]._cron_update_automated_probabilities)
    yield Figure("Odoo's predictive scoring", seconds, "s")
    yield Figure("Python's memory in predictive scoring", peak(), "MB")
    yield Figure("Full pass ÷ predictive scoring", earlier[NAME] / seconds, most=0.5)
