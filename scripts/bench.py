"""How fast leads are scored, beside Odoo's own predictive scoring and the classic way.

A database of synthetic leads is built once for each size and kept; every run works on
a copy of it, so that all runs begin alike.
"""

import argparse
import hashlib
import json

from . import addons, databases, odoo, postgres
from .benchmark import report
from .console import DevError, run, step
from .paths import ROOT

FOLDER = ROOT / "scripts" / "benchmark"
# What makes a database anew when it changes.
RECIPE = ("leads.sql", "views.sql", "rules.py", "prepare.py")
WORK = "bench_run"

# In this order: ours first, then what leaves the tables larger than it found them.
MEASUREMENTS = {
    "first_pass": "Full pass, all scores new",
    "unchanged_pass": "Full pass, nothing changed",
    "incremental_pass": "Incremental pass, 1 % of leads touched",
    "one_lead": "Saving one lead",
    "classic": "Classic way",
    "core": "Odoo's predictive scoring",
}


def main(arguments):
    """Build or reuse the database, measure, and print what came out."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="open leads")
    parser.add_argument("--views", type=int, help="page views (20 for 3 leads)")
    options = parser.parse_args(arguments)
    views = options.views or options.leads * 20 // 3
    if options.leads < 1000 or views < 1000:
        raise DevError("1000 leads and page views at least: fewer tell nothing.")
    odoo.ensure()
    source = synthetic(options.leads, views)
    work = databases.real_name(WORK)
    try:
        with step("Copying the database"):
            databases.copy(source, work)
        results = {name: measured(work, name) for name in MEASUREMENTS}
    finally:
        databases.drop(work)
    print(report.text(options.leads, views, results, MEASUREMENTS))
    return 0


# ----------------------------------------------------------------------
# The database
# ----------------------------------------------------------------------


def synthetic(leads, views):
    """The name of the database with so many open leads and page views."""
    digest = hashlib.sha256()
    for name in RECIPE:
        digest.update((FOLDER / name).read_bytes())
    family = databases.real_name(f"bench_{leads}_{views}_")
    name = family + digest.hexdigest()[:8]
    code = addons.content_hash(addons.names())
    if not databases.exists(name):
        databases.replace(family, build(leads, views), name)
        remember(name, code)
    elif recalled(name) != code:
        databases.update(name)
        remember(name, code)
    return name


def build(leads, views):
    """Make the database under a name of its own: a broken one is never used."""
    draft = databases.create("bench_draft")
    with step("Creating teams, tags and rules"):
        inside(draft, "prepare.run(env)")
    for part, count in (("leads", leads), ("views", views)):
        with step(f"Creating {count:,} {'page ' * (part == 'views')}{part}"):
            psql(draft, part, leads=leads, views=views)
    with step("Tidying tables"):
        vacuum(draft)
    return draft


def psql(name, part, **variables):
    """Run one of our files of SQL."""
    line = [postgres.binary("psql"), "-Xqd", name, "-v", "ON_ERROR_STOP=1"]
    for variable, value in variables.items():
        line += ["-v", f"{variable}={value}"]
    line += ["-f", FOLDER / f"{part}.sql"]
    run(line, f"bench_{part}", "The database was not built")


def vacuum(name):
    """Leave no work to autovacuum, and fresh statistics to the planner."""
    postgres.query("VACUUM (ANALYZE)", name)


def remember(name, code):
    """Note with which version of our add-ons the database was made."""
    postgres.query(f"COMMENT ON DATABASE \"{name}\" IS '{code}'")


def recalled(name):
    """The version noted by `remember`."""
    return "".join(
        postgres.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            f" WHERE datname = '{name}'"
        )
    )


# ----------------------------------------------------------------------
# The measurements
# ----------------------------------------------------------------------


def inside(name, call):
    """Call a function of our benchmark in Odoo; what it returns."""
    text = (
        "import json\n"
        "from scripts.benchmark import measure, prepare\n"
        "before = measure.peak()\n"
        f"result = {call} or {{}}\n"
        "print(json.dumps({**result, 'before': before, 'peak': measure.peak()}))\n"
    )
    return json.loads(odoo.script(name, text).strip().splitlines()[-1])


def measured(name, measurement):
    """Run one measurement in a fresh process, on tidy tables."""
    with step(MEASUREMENTS[measurement]):
        result = inside(name, f"measure.{measurement}(env)")
    vacuum(name)
    return result
