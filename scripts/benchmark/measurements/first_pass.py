"""Score leads that have no points, silently as at installation."""

from ..figures import Figure
from ..inside import Commits, backdate_rules, peak, per_lead, run_pass

NAME = "Full pass, all scores new"


def measure(env, earlier):
    backdate_rules(env)
    commits = Commits(env)
    scoring_pass, seconds = run_pass(env, full=True, silent=True, commit=commits)
    yield Figure(NAME, seconds, "s")
    yield per_lead(scoring_pass, seconds)
    yield Figure("  longest transaction", commits.longest, "s", most=30)
    yield Figure("Python's memory in it", peak(), "MB", most=300)
