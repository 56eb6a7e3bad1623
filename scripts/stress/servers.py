"""Kill the server that takes the jobs, of two: the other one has to go on."""

import time
from random import Random

from .. import postgres, workers
from . import world
from .kills import NEW_LEADS, judged
from .outcome import Outcome
from .processes import HOURLY, NIGHTLY, call, scheduled_action

LEADS_PER_JOB = 50
SECONDS_TO_END = 120
"""How long the other server has: it waits for 10 seconds before it takes over."""


def attack(name, plan, deadline):
    """Let two servers score and route by jobs, and kill the one that is at it.

    :param plan: ``kills``: how often
    :param deadline: ``time.monotonic()`` after which no further kill is begun
    """
    outcome = Outcome("kill -9: of two servers, the one with the jobs")
    chance = Random("servers")
    call(name, prepare, 0)
    servers = [workers.Server(name), workers.Server(name)]
    with workers.serving(*servers):
        workers.wait_for(lambda: workers.runner(name), SECONDS_TO_END)
        started = time.monotonic()
        call(name, ask)
        ended(name)
        duration = time.monotonic() - started
        tries = 0
        while outcome.tried < plan["kills"] and tries < 2 * plan["kills"]:
            tries += 1
            call(name, prepare, tries)
            call(name, ask)
            time.sleep(chance.uniform(0, duration))
            if not workers.unfinished(name):
                # they were faster than the first time: no kill
                duration *= 0.7
                continue
            busy = workers.runner(name)
            victim = servers[0] if servers[0].pid == busy else servers[1]
            victim.kill()
            outcome.count(*verdict(name))
            if time.monotonic() > deadline:
                break
            victim.start()
    if outcome.tried < plan["kills"]:
        outcome.notes.append(f"no time for more than {outcome.tried}")
    call(name, forget)
    return [outcome]


def prepare(env, number):
    """Change leads and add some: a pass and routing have work, in some parts."""
    env["ir.config_parameter"].set_param("lead_scoring.leads_per_job", LEADS_PER_JOB)
    world.stir(env, number)
    world.create_leads(env, NEW_LEADS)


def ask(env):
    """Let both scheduled actions ask for jobs, as at night."""
    for xml_id in (NIGHTLY, HOURLY):
        scheduled_action(env, xml_id)
        env.cr.commit()


def forget(env):
    """Leave nothing to later attacks."""
    env["ir.config_parameter"].set_param("lead_scoring.leads_per_job", False)


def ended(name):
    """Whether all jobs are done before long."""

    def is_ended():
        # else a runner looks for lost jobs once a minute, unless something happens
        postgres.query("NOTIFY queue_job, 'none'", name)
        return not workers.unfinished(name)

    return workers.wait_for(is_ended, SECONDS_TO_END)


def verdict(name):
    """Wait for the end; return what became of it, and what does not hold."""
    if not ended(name):
        return "stopped", f"{workers.unfinished(name)} jobs are not done"
    failed = postgres.query(
        "SELECT exc_message FROM queue_job WHERE state = 'failed'", name
    )
    if failed:
        return "stopped", failed[0]
    return judged(name)
