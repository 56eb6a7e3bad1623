"""Load a CSV file of leads by Odoo's own import, then score, close and convert them.

The mapping says which column goes to which field, what became of the leads, and which
rules and teams to create; scripts/loading/mapping.py describes it. The newest share of
the leads stays open, and the scheduled action converts it.
"""

from pathlib import Path

from . import databases, odoo
from .console import DevError, say
from .loading import command, report, table
from .loading import mapping as mappings


def main(arguments):
    """Check the files, load them into a database of their own, print what came out."""
    parser = command.parser("load", __doc__)
    parser.add_argument("--db", required=True, help="a database to create")
    parser.add_argument("--replace", action="store_true", help="drop it if it exists")
    parser.add_argument(
        "--open", type=float, default=0.2, help="share of the newest leads left open"
    )
    options = parser.parse_args(arguments)
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
        result = command.run_inside("loading", name, options, options.open)
    except BaseException:
        databases.drop(name)
        raise
    teams = {team["name"]: team["minimum_score"] for team in mapping.teams}
    print(report.text(result, teams))
    say(f"Look at them with ./dev serve --db {options.db}")
