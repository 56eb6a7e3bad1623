"""What the measurements share, inside Odoo."""

import importlib
import json
import math
import resource
import time
from statistics import median

from .. import postgres
from .figures import Figure


def run(env, name, earlier):
    """Run a measurement and print its figures, for ``bench.measured`` to read."""
    module = importlib.import_module(f"scripts.benchmark.measurements.{name}")
    print(json.dumps(list(module.measure(env, earlier))))


def peak():
    """The most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(function, *args):
    """The seconds a call takes."""
    started = time.perf_counter()
    function(*args)
    return time.perf_counter() - started


def medians(count, *functions):
    """The median of the numbers that each function returns, called ``count`` times.

    They take turns, each round in the other direction: whatever else the machine does
    meanwhile slows all of them alike.
    """
    found = [[] for _function in functions]
    turns = list(zip(functions, found, strict=True))
    for _round in range(count):
        for function, numbers in turns:
            numbers.append(function())
        turns.reverse()
    return [median(numbers) for numbers in found]


def more(value, base):
    """How much more than ``base``, in percent."""
    return 100 * (value / base - 1)


def extrapolated(seconds, count):
    """The seconds that ``count`` of something would take, by a power of their number.

    :param seconds: ``{number: seconds}``, for two numbers
    """
    (few, quick), (many, slow) = sorted(seconds.items())
    power = math.log(slow / quick) / math.log(many / few)
    return slow * (count / many) ** power


def affordable(seconds, count, limit):
    """The largest of ``count`` halved again and again that would take no longer than
    ``limit``; no fewer than what was tried.

    :param seconds: see ``extrapolated``
    """
    while count > max(seconds) and extrapolated(seconds, count) > limit:
        count //= 2
    return max(count, max(seconds))


def run_pass(env, full, silent=False, commit=None):
    """Run one pass to its end; the pass and its seconds."""
    started = time.perf_counter()
    scoring_pass = env["lead.scoring.pass"]._start(full)
    scoring_pass._run(math.inf, commit or env.cr.commit, silent=silent)
    return scoring_pass, time.perf_counter() - started


def per_lead(scoring_pass, seconds):
    """The figure of what each lead of a pass took: so passes of other sizes compare."""
    return Figure("  a lead", 1_000_000 * seconds / scoring_pass.lead_count, "µs")


class Commits:
    """Commits when it is called, and knows the most seconds between two commits."""

    def __init__(self, env):
        self.longest = 0
        self._commit = env.cr.commit
        self._began = time.perf_counter()

    def __call__(self):
        self._commit()
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._began)
        self._began = now


def vacuum(name, table="", full=False):
    """Leave no work to autovacuum, and fresh statistics to the planner.

    :param full: write the table anew, too, without the room of rows that are gone
    """
    postgres.query(f"VACUUM ({'FULL, ' * full}ANALYZE) {table}", name)


def backdate_rules(env):
    """Let incremental passes be incremental: of rules changed within the hour they
    would score all leads again.
    """
    env.flush_all()
    env.cr.execute(
        "UPDATE lead_scoring_model SET changed_at = changed_at - interval '1 day'"
    )
    env.cr.commit()
    env.invalidate_all()
