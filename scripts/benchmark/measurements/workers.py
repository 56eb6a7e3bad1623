"""Score and route as jobs of lead_scoring_queue_job, on four workers of one server."""

import math
import time

from ... import workers
from ..figures import Figure
from ..inside import timed
from . import routing
from .unchanged_pass import NAME

WORKERS = 4
PARTS = 12
"""Of a pass: enough for the workers to end at about the same time."""
ROUTED = 10_000
SECONDS_TO_END = 3600


def measure(env, earlier):
    env.cr.execute(
        """SELECT count(*), (array_agg(id ORDER BY id))[1:%s] FROM crm_lead
            WHERE active AND won_status = 'pending'""",
        [ROUTED],
    )
    count, ids = env.cr.fetchone()
    size = math.ceil(count / PARTS)
    env["ir.config_parameter"].set_param("lead_scoring.leads_per_job", size)
    env["crm.team"].search([]).convert_by_score = False
    env.cr.commit()
    with workers.serving(workers.Server(env.cr.dbname, WORKERS, processes=True)):
        workers.wait_for(lambda: workers.runner(env.cr.dbname), SECONDS_TO_END)
        seconds = by_jobs(env, lambda: env["lead.scoring.pass"]._enqueue(True))
        yield Figure("The same pass by four workers", seconds, "s")
        yield Figure("  one process ÷ four workers", earlier[NAME] / seconds, least=2)
        teams = routing.create_teams(env)
        teams.write({"convert_by_score": True, "minimum_score": -100_000})
        routing.qualify(env, ids)
        seconds = by_jobs(env, lambda: env["crm.team"]._enqueue_routing())
        routing.check(env, ids)
        yield Figure(f"{len(ids):,} leads routed by four workers", seconds, "s")
    routing.qualify(env, ids)
    alone = timed(env["crm.team"]._convert_by_score, env.cr.commit, math.inf)
    yield Figure("  by one process", alone, "s")
    yield Figure("  one process ÷ four workers, routing", alone / seconds, least=2)


def by_jobs(env, enqueue):
    """The seconds from asking for jobs until the last one is done.

    :raise RuntimeError: one failed
    """
    started = time.perf_counter()
    enqueue()
    env.cr.commit()
    workers.wait_for(lambda: not workers.unfinished(env.cr.dbname), SECONDS_TO_END)
    seconds = time.perf_counter() - started
    env.cr.commit()
    if env["queue.job"].search_count([("state", "!=", "done")]):
        raise RuntimeError("Not all jobs were done.")
    return seconds
