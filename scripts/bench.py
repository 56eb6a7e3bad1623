"""How fast leads are scored, beside Odoo's own predictive scoring and the classic way,
and what the website's visitors wait for it.

A database of synthetic leads is built once for each size and kept; every run works on
a copy of it, so that all runs begin alike. Each figure is printed beside the bound that
is asked of it; a missed bound is no failure.
"""

import argparse
import hashlib
import json
import os

from . import addons, databases, document, odoo, postgres
from .benchmark import WITHOUT, report, rules
from .benchmark.figures import Figure
from .benchmark.inside import vacuum
from .benchmark.measurements import MEASUREMENTS, chosen
from .console import DevError, run, say, step
from .paths import ROOT

FOLDER = ROOT / "scripts" / "benchmark"
# What makes a database anew when it changes.
RECIPE = ("leads.sql", "views.sql", "rules.py", "prepare.py")
WORK = "bench_run"


def main(arguments):
    """Build or reuse the database, measure, and print what came out."""
    options = parse(arguments)
    views = options.views or options.leads * 20 // 3
    if options.leads < 1000 or views < 1000:
        raise DevError("1000 leads and page views at least: fewer tell nothing.")
    odoo.ensure()
    source = synthetic(options.leads, views)
    work = databases.real_name(WORK)
    try:
        with step("Copying the database"):
            databases.copy(source, work)
        groups = measured(work, chosen(options.only or MEASUREMENTS))
    finally:
        databases.drop(work)
        databases.drop(work + WITHOUT)
    text = report.text(heading(options.leads, views), groups)
    print(f"\n{text}")
    if options.readme:
        document.refresh("bench", text)
    return 0


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="open leads")
    parser.add_argument("--views", type=int, help="page views (20 for 3 leads)")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="NAME",
        choices=MEASUREMENTS,
        help=f"with what they need, some of: {', '.join(MEASUREMENTS)}",
    )
    parser.add_argument(
        "--readme", action="store_true", help="put the figures into README.rst"
    )
    options = parser.parse_args(arguments)
    if options.readme and options.only:
        parser.error("README.rst shows all figures: leave out --only.")
    return options


def heading(leads, views):
    """Lines about what was measured, and how."""
    count = len(list(rules.values()))
    return (
        f"{leads:,} open leads, {views:,} page views, {count} rules;"
        f" {os.cpu_count()} processors, commit {document.commit()}.",
        f"PostgreSQL with shared_buffers {setting('shared_buffers')} and work_mem"
        f" {setting('work_mem')}; passes work with 32 MB at least.",
        "Each measurement in a process of its own, after VACUUM ANALYZE.",
        "Of requests and saves, medians; with and without take turns.",
    )


def setting(name):
    """What PostgreSQL works with."""
    return postgres.query(f"SHOW {name}")[0]


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
        databases.remember(name, code)
    elif databases.recalled(name) != code:
        databases.update(name)
        # new add-ons bring rules, which would count beside ours
        inside(name, "prepare.only_ours(env)")
        vacuum(name)
        databases.remember(name, code)
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


# ----------------------------------------------------------------------
# The measurements
# ----------------------------------------------------------------------


def inside(name, call):
    """Call a function of the benchmark in Odoo; the last line that it printed."""
    text = f"from scripts.benchmark import inside, prepare\n{call}\n"
    return odoo.script(name, text).strip().rpartition("\n")[2]


def measured(work, names):
    """Run measurements one after the other; their groups of Figures."""
    groups = []
    earlier = {}
    for name in names:
        if MEASUREMENTS[name].compares and not databases.exists(work + WITHOUT):
            with step("Uninstalling our add-ons from a copy"):
                copy_without(work)
        with step(MEASUREMENTS[name].title):
            printed = inside(work, f"inside.run(env, {name!r}, {earlier!r})")
        groups.append([Figure(*figure) for figure in json.loads(printed)])
        # at once too: a run may take an hour, and be cut off
        say("\n".join("  " + report.line(figure) for figure in groups[-1]))
        earlier |= {figure.name: figure.value for figure in groups[-1]}
        vacuum(work)
    return groups


def copy_without(work):
    """Copy the database and uninstall our add-ons, to compare with."""
    without = work + WITHOUT
    databases.copy(work, without)
    inside(without, "prepare.uninstall(env)")
    vacuum(without)
