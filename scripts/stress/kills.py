"""Kill Odoo at a random moment of its work: one more run must set all right."""

import time
from collections.abc import Callable
from random import Random
from typing import NamedTuple

from . import invariants, world
from .outcome import Outcome
from .processes import (
    HOURLY,
    NIGHTLY,
    Worker,
    WorkerError,
    call,
    in_environment,
    run_to_the_end,
    scheduled_action,
)

LEARN = "lead_scoring_learning.ir_cron_learn"
NEW_LEADS = 60
"""Leads that wait for routing before each kill."""
KNOWN = set()
"""What was found not to hold: it is lost once, not after each attack that follows."""


class Target(NamedTuple):
    """Work that is killed.

    Each is a function of an environment; ``prepare`` has a number, too.
    """

    prepare: Callable
    work: Callable
    again: Callable = run_to_the_end


def attack(name, plan, deadline):
    """Kill passes, routing and learning; return an Outcome of each.

    :param plan: ``kills``: how many of each
    :param deadline: ``time.monotonic()`` after which no further kill is begun
    """
    outcomes = []
    for number, (title, target) in enumerate(TARGETS.items()):
        now = time.monotonic()
        until = now + (deadline - now) / (len(TARGETS) - number)
        outcomes.append(kill(name, title, target, plan["kills"], until))
    return outcomes


def kill(name, title, target, count, deadline):
    """Kill one kind of work ``count`` times, at moments spread at random over the time
    that it takes when nobody disturbs it.
    """
    outcome = Outcome(f"kill -9: {title}")
    chance = Random(title)
    call(name, target.prepare, 0)
    started = time.monotonic()
    call(name, target.work)
    duration = time.monotonic() - started
    tries = 0
    # one at least, or nothing is known
    while not outcome.tried or (outcome.tried < count and time.monotonic() < deadline):
        tries += 1
        call(name, target.prepare, tries)
        worker = Worker(in_environment, name, target.work)
        time.sleep(chance.uniform(0, duration))
        if not worker.kill():
            # it was faster than the first time: no kill
            duration *= 0.9
            continue
        outcome.count(*verdict(name, target))
    if outcome.tried < count:
        outcome.notes.append(f"no time for more than {outcome.tried} of {count}")
    return outcome


def verdict(name, target):
    """Run once more; return what became of it, and what does not hold."""
    try:
        call(name, target.again)
    except WorkerError as error:
        return "stopped", str(error).strip().splitlines()[-1]
    return judged(name)


def judged(name):
    """Return ``held``, or ``lost`` with what does not hold now and did before."""
    found = {(what, key) for what, keys in call(name, check).items() for key in keys}
    new = sorted(found - KNOWN)
    KNOWN.update(new)
    return ("lost", repr(new)) if new else ("held", "")


def check(env):
    """Return what does not hold, ``{name: ids}``."""
    found = invariants.violations(env.cr)
    if ids := invariants.unexplained(env):
        found["explanations sum to the score"] = ids
    return found


# ----------------------------------------------------------------------
# What is killed
# ----------------------------------------------------------------------


def full_pass(env):
    """A nightly run."""
    scheduled_action(env, NIGHTLY)


def route(env):
    """An hourly run: little to score, leads to convert."""
    scheduled_action(env, HOURLY)


def add_leads(env, _number):
    """Let leads wait for routing, scored as they are saved."""
    world.create_leads(env, NEW_LEADS)


def ask_to_learn(env, number):
    """Press the button: find conditions, or else learn probabilities."""
    manager = env["res.users"].search([("login", "=", "stress-manager")])
    scoring_model = env["lead.scoring.model"].search([("name", "=", "Stress")])
    name = ("lead.scoring.discovery", "lead.scoring.prediction")[number % 2]
    job = env[name].with_user(manager).create({"model_id": scoring_model.id})
    job.action_train() if number % 2 else job.action_discover()


def learn(env):
    """What the button has asked for."""
    scheduled_action(env, LEARN)


def learn_again(env):
    """Let the interrupted job be noticed, press the button again, and go on.

    :raise WorkerError: it ends otherwise than by being done
    """
    scheduled_action(env, LEARN)
    env.cr.commit()
    jobs = [
        job
        for name in ("lead.scoring.discovery", "lead.scoring.prediction")
        for job in env[name].search([("job_state", "!=", "done")])
    ]
    for job in jobs:
        manager = env["res.users"].search([("login", "=", "stress-manager")])
        job.with_user(manager)._queue()
    env.cr.commit()
    scheduled_action(env, LEARN)
    env.cr.commit()
    env.invalidate_all()
    for job in jobs:
        if job.job_state != "done":
            raise WorkerError(f"{job}: {job.job_state}, {job.message}")
    run_to_the_end(env)


TARGETS = {
    "full pass": Target(world.stir, full_pass),
    "routing": Target(add_leads, route),
    "learning": Target(ask_to_learn, learn, learn_again),
}
