"""Score leads that have no points, silently as at installation."""

from ..figures import Figure
from ..inside import backdate_rules, peak, run_pass

NAME = "Full pass, all scores new"


def measure(env, earlier):
    backdate_rules(env)
    _pass, seconds = run_pass(env, full=True, silent=True)
    yield Figure(NAME, seconds, "s")
    yield Figure("Python's memory in it", peak(), "MB", most=300)
