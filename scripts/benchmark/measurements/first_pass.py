"""Score leads that have no points, silently as at installation."""

from ..figures import Figure
from ..inside import backdate_rules, peak, run_pass


def measure(env, earlier):
    backdate_rules(env)
    _pass, seconds = run_pass(env, full=True, silent=True)
    yield Figure("Full pass, all scores new", seconds, "s")
    yield Figure("Python's memory in it", peak(), "MB", most=300)
