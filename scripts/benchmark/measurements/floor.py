"""How far the limit is: one statement, written by hand, that reads the same tables and
sums the same fifty rules, streams included, beside the unchanged full pass.

By one process or by all cores, whichever is faster, with the joins that suit it best.
It keeps no place to go on from, counts no rule's matches and writes nothing. That it
gives the same scores shows that else it does the same.
"""

import os
from pathlib import Path

from ..figures import Figure
from ..inside import medians, run_pass, timed
from .unchanged_pass import NAME

STATEMENT = (Path(__file__).parent.parent / "floor.sql").read_text()
SETTINGS = """
SET jit = off;
SET enable_nestloop = off;
SET enable_mergejoin = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET max_parallel_workers_per_gather = %s
"""


def measure(env, earlier):
    # what fades is of this moment
    run_pass(env, full=True)

    def alone():
        env.cr.execute(SETTINGS, [0])
        return timed(env.cr.execute, STATEMENT)

    def together():
        env.cr.execute(SETTINGS, [os.cpu_count()])
        return timed(env.cr.execute, STATEMENT)

    seconds = min(medians(3, alone, together))
    leads, others = env.cr.fetchone()
    yield Figure("One statement by hand", seconds, "s")
    yield Figure("  leads with another score", others, most=leads / 1000)
    yield Figure("  full pass ÷ this statement", earlier[NAME] / seconds, most=2)
