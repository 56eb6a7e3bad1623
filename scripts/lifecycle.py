"""Uninstall, install and update our add-ons, and look for what stays behind."""

import json
import os
import random
import time

from . import addons, databases, odoo, postgres
from .console import DevError, locked, run, say
from .paths import ROOT

# Screens of Odoo that ours change, or stand beside.
MODELS = ("crm.lead", "crm.team", "crm.team.member", "crm.stage", "res.partner")
MODELS += ("res.users", "res.config.settings", "digest.digest", "website.visitor")
MODELS += ("website.track", "link.tracker.click", "mailing.trace", "mailing.mailing")
MODELS += ("sale.order", "blog.post", "ir.actions.server", "base.automation")
# What a database says of itself; each query gives one text a row.
FACTS = {
    "column": """SELECT table_name || '.' || column_name
                   FROM information_schema.columns WHERE table_schema = 'public'""",
    "index": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "constraint": """SELECT conrelid::regclass || '.' || conname FROM pg_constraint
                      WHERE connamespace = 'public'::regnamespace AND contype <> 'n'""",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "option": """SELECT field.model || '.' || field.name || '.' || value
                   FROM ir_model_fields_selection option
                   JOIN ir_model_fields field ON field.id = option.field_id""",
    "relation": "SELECT name FROM ir_model_relation",
    "access": "SELECT name FROM ir_model_access",
    "rule": "SELECT name FROM ir_rule",
    "group": "SELECT name->>'en_US' FROM res_groups",
    "cron": "SELECT cron_name FROM ir_cron",
    "view": "SELECT name || ' of ' || COALESCE(model, key) FROM ir_ui_view",
    "menu": "SELECT name->>'en_US' FROM ir_ui_menu",
    "window": "SELECT name->>'en_US' || ': ' || res_model FROM ir_act_window",
    "server action": "SELECT name->>'en_US' FROM ir_act_server",
    "client action": "SELECT name->>'en_US' FROM ir_act_client",
    "report": "SELECT report_name FROM ir_act_report_xml",
    "filter": "SELECT name || ' of ' || model_id FROM ir_filters",
    "parameter": "SELECT key FROM ir_config_parameter",
    "default": """SELECT field.model || '.' || field.name FROM ir_default
                    JOIN ir_model_fields field ON field.id = ir_default.field_id""",
    "activity type": "SELECT name->>'en_US' FROM mail_activity_type",
    "mail template": "SELECT name->>'en_US' FROM mail_template",
    "subtype": "SELECT name->>'en_US' FROM mail_message_subtype",
    "digest tip": "SELECT name->>'en_US' FROM digest_tip",
    "automation": "SELECT name->>'en_US' FROM base_automation",
    "asset": "SELECT path FROM ir_asset",
    "attachment of": "SELECT DISTINCT res_model FROM ir_attachment",
    "message on": "SELECT DISTINCT model FROM mail_message",
    "follower of": "SELECT DISTINCT res_model FROM mail_followers",
    "activity on": "SELECT DISTINCT res_model FROM mail_activity",
}
# Printed as one line of JSON: what is left of add-ons that are gone, and screens.
INSPECT = """
import json
gone, models, facts = json.loads({parameters!r})
left = [
    f"{{d.module}}.{{d.name}} of {{d.model}}"
    for d in env["ir.model.data"].search([("module", "in", gone)])
]
for model in filter(env.registry.get, models):
    views = env["ir.ui.view"].search([("model", "=", model), ("mode", "=", "primary")])
    for view in views.filtered(lambda view: view.type != "qweb"):
        env[model].get_view(view.id, view.type)
    env[model].search([], limit=1).read()
found = {{}}
for kind, query in facts.items():
    env.cr.execute(query)
    found[kind] = [row[0] for row in env.cr.fetchall() if row[0]]
print(json.dumps([left, found]))
"""


def main(seed=0, demo=False, minutes=20):
    """Uninstall each add-on in a random order, with all that depend on it, and install
    them again one by one; update all: the database is then what it was. At last
    uninstall all: it is then what it was without them.

    :param seed: of the order
    :param minutes: after which no further add-on is tried
    :return: 1 where something is wrong
    """
    end, chance = time.monotonic() + 60 * minutes, random.Random(seed)
    folder = odoo.ensure()
    databases.drop_stale_tests()
    name = databases.real_name(f"test_{os.getpid()}")
    with locked("templates"):
        base = databases.base_template(folder, addons.names(), demo)
        databases.copy(databases.full_template(folder, addons.names(), demo), name)
    count = 0
    try:
        for problem in trial(name, base, chance, end):
            say(problem)
            count += 1
    finally:
        databases.drop(name)
    say(f"lifecycle: {count or 'no'} problems")
    return 1 if count else 0


def trial(name, base, chance, end):
    """Go through it all, and yield what is wrong as soon as it is found."""
    _left, whole = inspect(name, ())
    for addon in shuffled(addons.names(), chance):
        if time.monotonic() > end:
            say(f"  Time is up before {addon}.")
            break
        yield from cycle(name, addon, chance, whole)
    yield from change(name, "upgrade", "lead_scoring")
    yield from differences(whole, inspect(name, ())[1], "after an update")
    yield from last_leave(name, base)


def shuffled(names, chance):
    """Names in a random order."""
    return chance.sample(names, len(names))


def cycle(name, addon, chance, whole):
    """Uninstall one add-on and install all again; return what is wrong.

    :param whole: what the database said of itself before
    """
    before = installed(name)
    problems = change(name, "uninstall", addon)
    gone = sorted(before - installed(name))
    left, _found = inspect(name, gone)
    problems += [f"{text} is left when {addon} is uninstalled" for text in left]
    for module in shuffled(gone, chance):
        if module not in installed(name):  # another one may have brought it
            problems += change(name, "install", module)
    if missing := before - installed(name):
        problems.append(f"{sorted(missing)} could not be installed again")
    _left, found = inspect(name, ())
    return problems + differences(whole, found, f"when {addon} is back")


def last_leave(name, base):
    """Uninstall all, and return how the database differs from one without them."""
    gone = sorted(installed(name))
    problems = change(name, "uninstall", "lead_scoring")
    left, found = inspect(name, gone)
    _left, before = inspect(base, ())
    problems += [f"{text} is left at last" for text in left]
    return problems + differences(before, found, "at last")


def differences(before, after, when):
    """Return how what a database says of itself has changed."""
    problems = []
    for kind, values in after.items():
        for text in sorted(set(values) - set(before[kind])):
            problems.append(f"{kind} {text} is left {when}")
        for text in sorted(set(before[kind]) - set(values)):
            problems.append(f"{kind} {text} is missing {when}")
    return problems


def installed(name):
    """Return our add-ons that are installed in a database."""
    query = "SELECT name FROM ir_module_module WHERE state = 'installed'"
    return set(postgres.query(query, name)) & set(addons.names())


def change(name, verb, module):
    """Install, upgrade or uninstall an add-on; return what Odoo complained of."""
    started = time.monotonic()
    line = odoo.command(name, module, subcommand=("module", verb))
    problems = logged(line, f"{verb} of {module}")
    say(f"… {verb} {module}: {time.monotonic() - started:.0f} s")
    return problems


def logged(line, what):
    """Run a command of Odoo; return its warnings and errors."""
    try:
        run(line, "lifecycle", f"Odoo failed at {what}", cwd=ROOT)
    except DevError as error:
        return [str(error)]
    return [f"{what}: {text}" for text in databases.complaints("lifecycle")]


def inspect(name, gone):
    """Return what is left of add-ons that are gone, and the facts of a database; open
    core's screens.

    :raise DevError: one does not open
    """
    parameters = json.dumps([list(gone), MODELS, FACTS])
    return json.loads(odoo.script(name, INSPECT.format(parameters=parameters)))
