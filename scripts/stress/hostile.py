"""Enter what breaks things: each Case is saved, passed, simulated and explained in a
transaction of its own, which is rolled back.
"""

import math
import time

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.modules.registry import Registry

from . import world
from .corpus import corpus
from .outcome import Outcome
from .processes import Worker, environment

SAMPLE = 8
"""Leads whose explanation is read after each Case."""
SECRET = "salary of the secret agent"


class Refused(Exception):
    """It was refused with a sentence."""


def attack(name, plan, deadline):
    """Try all Cases; return one Outcome in a list.

    :param plan: ``cases``: how many
    """
    counted = Worker(try_all, name, plan["cases"], deadline).result()
    outcome = Outcome("hostile domains and values")
    refused = 0
    for verdict, note in counted:
        refused += verdict == "refused"
        outcome.count("held" if verdict == "refused" else verdict, note)
    outcome.name += f" ({refused} refused)"
    if outcome.tried < plan["cases"]:
        outcome.notes.append(f"no time for more than {outcome.tried}")
    return [outcome]


def try_all(name, count, deadline):
    """Return ``[(verdict, note)]`` of the Cases until the deadline."""
    with environment(name) as env:
        hide_secrets(env)
        paths = paths_of(env["crm.lead"])
    registry = Registry(name)
    found = []
    for case in corpus(paths, count):
        if time.monotonic() > deadline:
            break
        with registry.cursor() as cr:
            found.append(verdict(api.Environment(cr, SUPERUSER_ID, {}), case))
            cr.rollback()
            registry.reset_changes()
    return found


def hide_secrets(env):
    """Make what a scoring manager with own leads only may not read, near own leads."""
    manager = env["res.users"].search([("login", "=", "stress-manager")])
    contact = env["res.partner"].create({"name": "Contact of two"})
    own = env["crm.lead"].search([("user_id", "=", manager.id)], limit=3)
    own.partner_id = contact
    env["ir.mail_server"].create(
        {"name": "Stress", "smtp_host": "127.0.0.1", "smtp_pass": "Tell nobody"}
    )
    channel = env["discuss.channel"].create(
        {"name": "salaries", "channel_type": "group"}
    )
    channel.add_members(partner_ids=contact.ids)
    channel.message_post(body=SECRET, message_type="comment")
    others = env["res.users"].search([("login", "=", "stress0")])
    env["crm.lead"].create(
        {
            "name": "secret",
            "type": "opportunity",
            "partner_id": contact.id,
            "user_id": others.id,
            "expected_revenue": 5000,
            "email_from": "secret@stress.example.com",
        }
    )


def paths_of(leads):
    """Return the names of the fields of leads, and of those one relation further."""
    paths = []
    for name, field in sorted(leads._fields.items()):
        paths.append(name)
        if field.relational and field.comodel_name in leads.env:
            further = sorted(leads.env[field.comodel_name]._fields)
            # of each model a few, spread over the alphabet
            step = max(1, len(further) // 5)
            paths += [f"{name}.{other}" for other in further[::step]]
    return paths


def verdict(env, case):
    """Return what became of one Case, ``held``, ``refused``, ``lost``, ``leaked`` or
    ``stopped``, and what is to be said of it.
    """
    try:
        record = saved(env, case)
        if leaks(env, record):
            return "leaked", f"{case}"
        if lost := survive(env, record):
            return "lost", f"{lost}; {case}"
        return "held", ""
    except Refused:
        return "refused", ""
    except Exception as error:
        # anything that was not meant for users
        reason = str(error).partition("\n")[0]
        return "stopped", f"{type(error).__name__}: {reason}; {case}"


def saved(env, case):
    """Save what is entered, as a scoring manager, and return the record.

    :raise Refused: with a sentence
    """
    manager = env["res.users"].search([("login", "=", "stress-manager")])
    records = env[case.model].with_user(manager)
    values = dict(case.values)
    try:
        with env.cr.savepoint():
            if case.model == "lead.scoring.model":
                # a new version of the model, with all its rules
                record = live_model(env).with_user(manager).copy()
                record.write(values)
            elif case.model == "lead.scoring.adjustment":
                own = env["crm.lead"].search([("user_id", "=", manager.id)], limit=1)
                record = records.create({"lead_id": own.id, **values})
            else:
                record = records.create({"model_id": live_model(env).id, **values})
            env.flush_all()
            return record
    except (UserError, psycopg2.IntegrityError) as error:
        # of the latter Odoo makes a sentence, that of the constraint
        if not str(error).strip():
            raise
        raise Refused from error


def live_model(env):
    """Return the model that scores most leads."""
    return env["lead.scoring.model"].search([("name", "=", "Stress")])


def leaks(env, record):
    """Whether something tells its author what searching does not: of the leads that
    the author may read, which ones meet a domain.
    """
    if record._name == "lead.scoring.prediction":
        # conditions that nobody has checked, and whose result is shown
        return bool(record.sudo().conditions)
    if record._name != "lead.scoring.rule" or record.source != "lead":
        return False
    author = env["crm.lead"].with_user(record.env.user)
    author = author.with_context(lang=record.lang, tz=record.tz)
    readable = author.search([])
    given = env["lead.scoring.engine"]._points(
        env["crm.lead"].browse(readable.ids),
        rules=env["lead.scoring.rule"].browse(record.id),
        closed=True,
    )
    matched = {lead_id for lead_id, points in given.items() if points}
    domain = env["lead.scoring.rule.check"]._read(record.domain)
    domain &= Domain("id", "in", readable.ids)
    everything = set(author.with_user(env.user).search(domain).ids)
    try:
        with env.cr.savepoint(flush=False):
            found = set(author.search(domain).ids)
    except UserError:
        return bool(matched)
    return any((lead in matched) == (lead in everything) for lead in everything ^ found)


def survive(env, record):
    """Run a full pass, conversion, simulation and explanations with it.

    :return: what was lost of the other rules, as a text
    """
    scoring_model = live_model(env)
    if record._name == "lead.scoring.model":
        simulate(record)
        scoring_model = env[record._name].browse(record.id)
        scoring_model._publish()
    elif record._name == "lead.scoring.rule":
        simulate(record.model_id, copied=True)
    scoring_pass = env["lead.scoring.pass"]._start(True)
    if not scoring_pass._run(math.inf, lambda: None):
        return "the pass does not end"
    env["crm.team"]._convert_by_score(lambda: None)
    return explain(env, scoring_model)


def simulate(scoring_model, copied=False):
    """Show what publishing a draft would change; it may be refused with a sentence.

    :param copied: make a draft first
    """
    try:
        with scoring_model.env.cr.savepoint():
            draft = scoring_model.copy() if copied else scoring_model
            draft.action_simulate()
    except UserError:
        pass


def explain(env, scoring_model):
    """Compare the points of the model's rules with the second reading of each; return
    what differs.
    """
    env.invalidate_all()
    rules = [rule for rule in scoring_model.rule_ids if rule.name in world.RULES]
    columns = [f"({world.points_of(world.RULES[rule.name])})" for rule in rules]
    env.cr.execute(
        f"""SELECT crm_lead.id, {", ".join(columns)} FROM crm_lead
              JOIN lead_scoring_score score ON score.lead_id = crm_lead.id
             WHERE {world.SCORED} AND score.model_id = {scoring_model.id}
             ORDER BY md5(crm_lead.id::text) LIMIT {SAMPLE}"""
    )
    for lead_id, *expected in env.cr.fetchall():
        lead = env["crm.lead"].browse(lead_id)
        lines = lead.score_explanation["rules"]
        given = {line["rule_id"]: line["points"] for line in lines}
        if [given.get(rule.id, 0) for rule in rules] != expected:
            return f"points of other rules of {lead}"
        if lead.score != sum(line["points"] for line in lines):
            return f"the score of {lead} is not the sum of its explanation"
        # reading it must not fail
        lead.mapped("score_explanation_text")
    return ""
