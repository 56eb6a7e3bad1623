"""Databases, copied from templates that are cached by what they are made of.

A template of two layers: Odoo with the add-ons that ours depend on, rarely
rebuilt; and a copy of it with our add-ons, rebuilt when one of them changes.
"""

import datetime
import hashlib
import os
import shutil

from . import addons, odoo, postgres, source, venv
from .console import DevError, alive, locked, step
from .paths import DATA, LOGS

# Odoo makes these when a page first asks, which takes longer than tours wait.
ASSETS = """
for bundle, kinds, parameters in (
    ("web.assets_web", ("css", "js"), {}),
    ("web.assets_web_print", ("css",), {}),
    ("web.assets_backend_lazy", ("css", "js"), {}),
    ("web.assets_tests", ("css", "js"), {}),
    ("web_tour.automatic", ("css", "js"), {}),
    ("web.assets_frontend", ("css", "js"), {"website_id": 1}),
    ("web.assets_frontend_minimal", ("js",), {"website_id": 1}),
    ("web.assets_frontend_lazy", ("js",), {"website_id": 1}),
    ("website.website_builder_assets", ("css", "js"), {}),
):
    asset = env["ir.qweb"]._get_asset_bundle(
        bundle, css="css" in kinds, js="js" in kinds, assets_params=parameters
    )
    for kind in kinds:
        getattr(asset, kind)()
env.cr.commit()
"""


def create(name, modules=None, demo=False):
    """Create or refresh a database with these add-ons (default: all of ours)."""
    folder = odoo.ensure()
    with locked("templates"):
        template = full_template(folder, modules or addons.names(), demo)
        copy(template, real_name(name))
    return real_name(name)


def create_worked(name, text, wait):
    """Create or refresh a database of all our add-ons with demo data, after Odoo's
    shell has executed the text: once a day, for points fade. What that printed last.

    :param wait: told while the text is executed
    """
    folder = odoo.ensure()
    with locked("templates"):
        template = full_template(folder, addons.names(), demo=True)
        family = real_name("worked_")
        worked = family + key(template, text, str(datetime.date.today()))
        if not exists(worked):
            draft = scratch()
            copy(template, draft)
            with step(wait):
                printed = odoo.script(draft, text).strip().rpartition("\n")[2]
            if not printed:
                raise DevError("It printed nothing: try ./dev db NAME --demo")
            remember(draft, printed)
            replace(family, draft, worked)
        copy(worked, real_name(name))
    return recalled(worked)


def real_name(name):
    """The name on the server, which has a prefix where others use it too."""
    return postgres.prefix() + name


def existing(name):
    """The real name of a database that must be there already."""
    odoo.ensure()
    if not exists(real_name(name)):
        raise DevError(f"No database «{name}»: make it with ./dev db {name}")
    return real_name(name)


def key(*parts):
    """A short hash of what a template is made of."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:10]


def base_template(folder, modules, demo):
    """Odoo with the add-ons that `modules` stand on, none of ours."""
    wanted = addons.foundation(modules)
    family = real_name(f"base_{key(wanted, demo)[:6]}_")
    name = family + key(source.fingerprint(folder))
    if not exists(name):
        draft = scratch()
        folders = f"{folder / 'odoo' / 'addons'},{venv.addons_folder()}"
        path = f"--addons-path={folders}"
        install(draft, wanted, demo, name, path)
        replace(family, draft, name)
    return name


def full_template(folder, modules, demo):
    """The base template with our add-ons in it."""
    base = base_template(folder, modules, demo)
    ours = sorted(set(modules) & set(addons.names()))
    if not ours:
        return base
    family = real_name(f"full_{key(base, ours)[:6]}_")
    name = family + addons.content_hash(ours)[:10]
    if not exists(name):
        draft = scratch()
        copy(base, draft)
        install(draft, ours, demo, name)
        replace(family, draft, name)
    return name


def prepare_assets(name):
    """Make the scripts and styles that browser tests ask for, where one is missing or
    older than its files.
    """
    with step("Preparing scripts and styles"):
        odoo.script(name, ASSETS)


def install(name, modules, demo, log, *options):
    """Install add-ons into a database."""
    with step(f"Installing {', '.join(modules)}{' with demo data' * demo}"):
        demo_option = ("--with-demo",) if demo else ()
        odoo.setup(name, "-i", ",".join(modules), *demo_option, *options, log=log)


def replace(family, draft, name):
    """Make a finished draft the only template of its family."""
    for old in {*matching(family), name}:
        drop(old)
        if old != name:  # whose log is the one that was just written
            (LOGS / f"{old}.log").unlink(missing_ok=True)
    if filestore(draft).exists():
        filestore(draft).rename(filestore(name))
    postgres.query(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')


def complaints(log):
    """What Odoo warned of, by a log: that of a template, or ``update``."""
    path = LOGS / f"{log}.log"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if " WARNING " in line or " ERROR " in line]


def scratch():
    """The name under which a template is built: a broken one is never used."""
    draft = real_name("draft")
    drop(draft)
    return draft


def matching(start):
    """The databases whose name begins so."""
    rows = postgres.query("SELECT datname FROM pg_database")
    return [row for row in rows if row.startswith(start)]


def exists(name):
    """Tell whether a database of this real name is there."""
    return name in matching(name)


def filestore(name):
    """The folder of a database's attachments."""
    return DATA / "filestore" / name


def copy(template, name):
    """Copy a database and its filestore; files never change, so link them."""
    drop(name)
    postgres.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    if filestore(template).exists():
        shutil.copytree(filestore(template), filestore(name), copy_function=os.link)


def drop(name):
    """Drop a database with its filestore, whoever is connected to it."""
    postgres.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(filestore(name), ignore_errors=True)


def remember(name, text):
    """Note a line of text with a database."""
    quoted = text.replace("'", "''")
    postgres.query(f"COMMENT ON DATABASE \"{name}\" IS '{quoted}'")


def recalled(name):
    """The text noted by `remember`."""
    return "".join(
        postgres.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            f" WHERE datname = '{name}'"
        )
    )


def drop_test(name):
    """Drop the database of a test run, and the copies of its workers: NAME-gw0, …"""
    for copied in {name, *matching(f"{name}-gw")}:
        drop(copied)


def drop_stale_tests():
    """Drop what test runs that were killed left behind."""
    start = real_name("test_")
    for name in matching(start):
        pid = name.removeprefix(start).partition("-gw")[0]
        if pid.isdigit() and not alive(int(pid)):
            drop(name)


def update(name):
    """Update our add-ons in a database, installing those that are new."""
    ours = ",".join(addons.names())
    with step(f"Updating {ours}"):
        odoo.setup(name, "-i", ours, "-u", ours, log="update")
