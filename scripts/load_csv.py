"""Load a CSV file of leads by Odoo's own import, then score, close and convert them.

The mapping says which column goes to which field, what became of the leads, and which
rules and teams to create; scripts/loading/mapping.py describes it. The newest share of
the leads stays open, and the scheduled action converts it.
"""

import argparse
import json
import subprocess
from pathlib import Path

from . import databases, odoo
from .console import DevError, say
from .loading import mapping as mappings
from .loading import report, table
from .paths import ROOT


def main(arguments):
    """Check the files, load them into a database of their own, print what came out."""
    options = parser().parse_args(arguments)
    if not 0 <= options.open <= 1:
        raise DevError("--open is a share between 0 and 1.")
    mapping = mappings.read(options.mapping)
    rows = table.read(options.csv, mapping)
    say(f"{len(rows):,} leads in {Path(options.csv).name}.")
    odoo.ensure()
    if databases.exists(databases.real_name(options.db)) and not options.replace:
        raise DevError(
            f"Database «{options.db}» is there already: name another, or add --replace"
            " to lose it."
        )
    name = databases.create(options.db)
    try:
        result = inside(name, options)
    except BaseException:
        databases.drop(name)
        raise
    teams = {team["name"]: team["minimum_score"] for team in mapping.teams}
    print(report.text(result, teams))
    say(f"Look at them with ./dev serve --db {options.db}")


def parser():
    """The command line."""
    top = argparse.ArgumentParser(
        prog="./dev load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--csv", required=True, help="the file of leads")
    top.add_argument("--mapping", required=True, help="what its columns mean (JSON)")
    top.add_argument("--db", required=True, help="a database to create")
    top.add_argument("--replace", action="store_true", help="drop it if it exists")
    top.add_argument(
        "--open", type=float, default=0.2, help="share of the newest leads left open"
    )
    return top


def inside(name, options):
    """Run `loading.inside` in Odoo, whose steps show as they happen."""
    paths = [str(Path(path).resolve()) for path in (options.csv, options.mapping)]
    text = (
        "import json\n"
        "from scripts.loading import inside\n"
        f"print(json.dumps(inside.run(env, *{paths!r}, {options.open})))\n"
    )
    arguments = ("--no-http", "--log-level=critical")
    line = odoo.command(name, *arguments, subcommand="shell")
    process = subprocess.run(
        line, input=text, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    if process.returncode:
        raise DevError("Odoo failed, as told above. Nothing was loaded.")
    result = json.loads(process.stdout.strip().splitlines()[-1])
    if "error" in result:
        raise DevError(f"{result['error']} Nothing was loaded.")
    return result
