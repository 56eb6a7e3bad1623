"""Score all leads again, nothing having changed: the median of three."""

from ..figures import Figure
from ..inside import medians, peak, run_pass

NAME = "Full pass, nothing changed"


def measure(env, earlier):
    [seconds] = medians(3, lambda: run_pass(env, full=True)[1])
    yield Figure(NAME, seconds, "s")
    yield Figure("Python's memory in these passes", peak(), "MB", most=300)
