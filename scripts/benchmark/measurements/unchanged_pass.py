"""Score all leads again, nothing having changed: the median of three."""

from ..figures import Figure
from ..inside import medians, peak, per_lead, run_pass

NAME = "Full pass, nothing changed"


def measure(env, earlier):
    [seconds] = medians(3, lambda: run_pass(env, full=True)[1])
    yield Figure(NAME, seconds, "s")
    scoring_pass = env["lead.scoring.pass"].search([], order="id desc", limit=1)
    yield per_lead(scoring_pass, seconds)
    yield Figure("Python's memory in these passes", peak(), "MB", most=300)
