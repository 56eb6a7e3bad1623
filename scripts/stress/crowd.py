"""Users save leads, visitors see pages, and both scheduled actions run, all at once."""

import time
from random import Random

from odoo.modules.registry import Registry
from odoo.service.model import execute_cr

from ..benchmark.website import Site, Visitor
from . import world
from .kills import judged
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

SAVERS = 4
VIEWERS = 2
SECONDS = 60
"""How long it takes, where there is as much time."""
SECONDS_AT_LEAST = 3
"""How long, even where it begins late."""
LEADS_EACH = 25
"""Leads that each saver changes again and again."""


def attack(name, plan, deadline):
    """Let all of them work at once; return the Outcomes of saves, of page views and of
    the scheduled actions.
    """
    call(name, world.stir, SECONDS)
    # the first page is slow, and the time is for those that follow
    Worker(view, name, 0, time.monotonic()).result()
    until = max(deadline, time.monotonic() + SECONDS_AT_LEAST)
    until = min(until, time.monotonic() + SECONDS)
    views_before = call(name, count_views)
    savers = [Worker(save, name, number, until) for number in range(SAVERS)]
    viewers = [Worker(view, name, number, until) for number in range(VIEWERS)]
    runners = [Worker(run, name, xml_id, until) for xml_id in (HOURLY, NIGHTLY)]
    saved = [saver.result() for saver in savers]
    seen = [viewer.result() for viewer in viewers]
    ran = [runner.result() for runner in runners]
    actions = judge_actions(ran)
    try:
        call(name, run_to_the_end)
    except WorkerError as error:
        actions.count("stopped", str(error).strip().splitlines()[-1])
    else:
        actions.count(*judged(name))
    saves = call(name, judge_saves, saved)
    views = judge_views(seen, call(name, count_views) - views_before)
    return [saves, views, actions]


# ----------------------------------------------------------------------
# In processes of their own
# ----------------------------------------------------------------------


def save(name, number, deadline):
    """Save leads as a user's requests do, with Odoo's retries.

    :return: ``(seconds of each save, errors, {lead id: its last name})``
    """
    chance = Random(number)
    registry = Registry(name).check_signaling()
    user_id, lead_ids = in_environment(name, own_leads, number)
    seconds, errors, names = [], [], {}
    while time.monotonic() < deadline:
        lead_id = chance.choice(lead_ids)
        model, method, arguments = request(chance, lead_id, len(seconds))
        started = time.monotonic()
        try:
            with registry.cursor() as cr:
                execute_cr(cr, user_id, model, method, arguments, {})
        except Exception as error:
            # whatever it is, a user would see it
            errors.append(f"{type(error).__name__}: {error}")
        else:
            if method == "write":
                names[lead_id] = arguments[1]["name"]
        seconds.append(time.monotonic() - started)
    return seconds, errors, names


def own_leads(env, number):
    """Return the id of a salesperson, and those of the leads that nobody else saves."""
    user = env["res.users"].search([("login", "=", f"stress{number}")])
    env.cr.execute(
        f"""SELECT id FROM crm_lead WHERE {world.OPEN} AND id %% %s = %s
             ORDER BY id DESC LIMIT %s""",
        [SAVERS, number, LEADS_EACH],
    )
    return user.id, [row[0] for row in env.cr.fetchall()]


def request(chance, lead_id, count):
    """Return what a user asks: model, method, arguments."""
    dice = chance.random()
    if dice < 0.1:
        nobodys = {"user_id": False, "team_id": False, "company_id": False}
        vals = {"name": "New", "type": "lead", **nobodys, **world.changes(chance)}
        return "crm.lead", "create", [vals]
    if dice < 0.2:
        vals = {"lead_id": lead_id, "name": "Called", "points": chance.choice([-9, 9])}
        return "lead.scoring.adjustment", "create", [vals]
    vals = {"name": f"Saved {count} times", **world.changes(chance)}
    return "crm.lead", "write", [[lead_id], vals]


def view(name, number, deadline):
    """See pages as a visitor who is a lead; each counts as another page.

    :return: ``(number of views, errors)``
    """
    visitor = Visitor(Site(name))
    visitor.become(in_environment(name, open_lead, number))
    count, errors = 1, []
    while time.monotonic() < deadline:
        try:
            visitor.open(f"{world.PAGE}?page={count}")
            count += 1
        except Exception as error:
            # whatever it is, a visitor would see it
            errors.append(f"{type(error).__name__}: {error}")
    return count, errors


def open_lead(env, number):
    """Return the id of an open lead, of each viewer another."""
    env.cr.execute(
        f"SELECT id FROM crm_lead WHERE {world.OPEN} ORDER BY id OFFSET %s LIMIT 1",
        [number],
    )
    return env.cr.fetchone()[0]


def run(name, xml_id, deadline):
    """Run a scheduled action again and again.

    :return: ``(runs, errors)``
    """
    count, errors = 0, []
    while time.monotonic() < deadline:
        try:
            in_environment(name, scheduled_action, xml_id)
        except WorkerError as error:
            errors.append(str(error).strip().splitlines()[-1])
        count += 1
    return count, errors


# ----------------------------------------------------------------------
# What came of it
# ----------------------------------------------------------------------


def count_views(env):
    """Return the number of page views that are recorded."""
    env.cr.execute("SELECT count(*) FROM website_track")
    return env.cr.fetchone()[0]


def judge_saves(env, saved):
    """Return the Outcome of all saves: an error, and a change that is gone, is lost."""
    outcome = Outcome("saves of users, both actions running")
    for seconds, errors, names in saved:
        outcome.tried += len(seconds)
        leads = env["crm.lead"].with_context(active_test=False).browse(names)
        errors += [
            f"the last save of {lead}" for lead in leads if lead.name != names[lead.id]
        ]
        outcome.lost += len(errors)
        outcome.notes += [f"lost: {error}" for error in errors]
        outcome.worst_wait = max([outcome.worst_wait or 0, *seconds])
    outcome.held = outcome.tried - outcome.lost
    return outcome


def judge_views(seen, recorded):
    """Return the Outcome of all page views: an error, and one not recorded, is lost."""
    outcome = Outcome("page views, both actions running")
    for count, errors in seen:
        outcome.tried += count + len(errors)
        outcome.lost += len(errors)
        outcome.notes += [f"lost: {error}" for error in errors]
    if missing := sum(count for count, _errors in seen) - recorded:
        outcome.lost += abs(missing)
        outcome.notes.append(f"lost: {missing} views are not recorded")
    outcome.held = outcome.tried - outcome.lost
    return outcome


def judge_actions(ran):
    """Return the Outcome of the scheduled actions: one that fails is stopped."""
    outcome = Outcome("scheduled actions, both at once")
    for count, errors in ran:
        outcome.tried += count
        outcome.held += count - len(errors)
        outcome.stopped += len(errors)
        outcome.notes += [f"stopped: {error}" for error in errors]
    return outcome
