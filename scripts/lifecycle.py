"""Uninstall and install our add-ons again, and look for what stays behind."""

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
    """Uninstall each add-on in a random order, with all that depend on it, install them
    again, and at last uninstall all: the database is then what it was without them.

    :param seed: of the order
    :param minutes: after which no further add-on is tried
    :return: 1 where something is wrong
    """
    end = time.monotonic() + 60 * minutes
    order = random.Random(seed).sample(addons.names(), len(addons.names()))
    folder = odoo.ensure()
    databases.drop_stale_tests()
    name = databases.real_name(f"test_{os.getpid()}")
    with locked("templates"):
        base = databases.base_template(folder, addons.names(), demo)
        databases.copy(databases.full_template(folder, addons.names(), demo), name)
    problems = []
    try:
        for addon in order:
            if time.monotonic() > end:
                say(f"  Time is up before {addon}.")
                break
            problems += cycle(name, addon)
        problems += last_leave(name, base)
    finally:
        databases.drop(name)
    for problem in problems:
        say(problem)
    say(
        f"lifecycle: {len(problems)} problems" if problems else "lifecycle: no problems"
    )
    return 1 if problems else 0


def cycle(name, addon):
    """Uninstall one add-on and install all again; return what is wrong."""
    problems, gone = uninstall(name, [addon])
    left, _found = inspect(name, gone)
    problems += [f"{text} is left when {addon} is uninstalled" for text in left]
    return problems + install(name, gone)


def last_leave(name, base):
    """Uninstall all, and return how the database differs from one without them."""
    problems, gone = uninstall(name, ["lead_scoring"])
    left, found = inspect(name, gone)
    _left, before = inspect(base, ())
    problems += [f"{text} is left at last" for text in left]
    for kind, values in found.items():
        for text in sorted(set(values) - set(before[kind])):
            problems.append(f"{kind} {text} is left at last")
        for text in sorted(set(before[kind]) - set(values)):
            problems.append(f"{kind} {text} is missing at last")
    return problems


def installed(name):
    """Return our add-ons that are installed in a database."""
    query = "SELECT name FROM ir_module_module WHERE state = 'installed'"
    return set(postgres.query(query, name)) & set(addons.names())


def uninstall(name, modules):
    """Uninstall add-ons; return what Odoo complained of, and what went with them."""
    before, started = installed(name), time.monotonic()
    line = odoo.command(name, *modules, subcommand=("module", "uninstall"))
    problems = logged(line, f"uninstalling {', '.join(modules)}")
    gone = before - installed(name)
    seconds = time.monotonic() - started
    say(f"… {', '.join(modules)} uninstalled, {len(gone)} in all: {seconds:.0f} s")
    return problems, sorted(gone)


def install(name, modules):
    """Install add-ons; return what Odoo complained of."""
    started = time.monotonic()
    line = odoo.command(name, *modules, subcommand=("module", "install"))
    problems = logged(line, f"installing {', '.join(modules)} again")
    say(f"… {', '.join(modules)} installed again: {time.monotonic() - started:.0f} s")
    if missing := set(modules) - installed(name):
        problems.append(f"{sorted(missing)} could not be installed again")
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
