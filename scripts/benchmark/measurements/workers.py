"""Score and route as jobs of lead_scoring_queue_job, on four workers of one server."""

import math
from datetime import datetime, timezone

from ... import workers
from ..figures import Figure
from ..inside import medians, run_pass, timed
from . import routing

WORKERS = 4
ROUNDS = 5
PARTS = WORKERS
"""Of a pass: as CONFIGURE.md of the add-on advises."""
ROUTED = 10_000
SECONDS_TO_END = 3600


def measure(env, earlier):
    env.cr.execute(
        """SELECT count(*), (
                      array_agg(id ORDER BY id)
                      FILTER (WHERE active AND won_status = 'pending')
                  )[1:%s] FROM crm_lead""",
        [ROUTED],
    )
    count, ids = env.cr.fetchone()
    size = math.ceil(count / PARTS)
    env["ir.config_parameter"].set_param("lead_scoring.leads_per_job", size)
    env["crm.team"].search([]).convert_by_score = False
    env.cr.commit()
    with workers.serving(workers.Server(env.cr.dbname, WORKERS, processes=True)):
        workers.wait_for(lambda: workers.runner(env.cr.dbname), SECONDS_TO_END)
        # without the routing that follows: one process routes nothing, either
        passes = env["lead.scoring.pass"]
        # the first time each worker loads Odoo; later ones have done so
        [seconds] = medians(
            ROUNDS, lambda: by_jobs(env, lambda: passes._enqueue(True), "_job_finish")
        )
        yield Figure("A full pass by four workers", seconds, "s")
        [alone] = medians(3, lambda: run_pass(env, full=True)[1])
        yield Figure("  by one process", alone, "s")
        yield Figure("  one process ÷ four workers", alone / seconds, least=2)
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


def by_jobs(env, enqueue, last=None):
    """The seconds from asking for jobs until they are done.

    :param last: name of the method whose job is the last one that counts; default: all
    :raise RuntimeError: one failed
    """
    started = datetime.now(timezone.utc).replace(tzinfo=None)
    enqueue()
    env.cr.commit()
    workers.wait_for(lambda: not workers.unfinished(env.cr.dbname), SECONDS_TO_END)
    env.cr.commit()
    jobs = env["queue.job"].search([("date_created", ">=", started)])
    if set(jobs.mapped("state")) != {"done"}:
        raise RuntimeError("Not all jobs were done.")
    counted = jobs.filtered(lambda job: job.method_name == last) if last else jobs
    return (max(counted.mapped("date_done")) - started).total_seconds()
