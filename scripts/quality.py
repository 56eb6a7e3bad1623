"""Learn from the leads of a CSV or Excel file whose end is known, and print beside each
other how well each way to score tells those won from those lost.

The file is loaded through Odoo's own import. The mapping needs no more than the
outcome, the columns to leave out and, if there is one, the column that orders the rows
in time; scripts/loading/mapping.py describes it.
"""

from pathlib import Path

from . import databases, document
from .console import say
from .evidence import report
from .evidence import table as leads
from .loading import command
from .loading import mapping as mappings

WORK = "quality_run"


def main(arguments):
    """Check the files, measure in a database of their own, print what came out."""
    parser = command.parser("quality", __doc__)
    parser.add_argument(
        "--readme", action="store_true", help="put the figures into README.rst"
    )
    options = parser.parse_args(arguments)
    mapping = mappings.read(options.mapping, takes_rest=True)
    read = leads.read(options.csv, mapping)
    say(f"{len(read.rows):,} leads in {Path(options.csv).name}.")
    for note in read.notes:
        say(f"  {note}")
    leads.check(read)
    name = databases.create(WORK)
    try:
        result = command.run_inside("evidence", name, options)
    finally:
        databases.drop(name)
    result["about"]["file"] = Path(options.csv).name
    result["about"]["commit"] = document.commit()
    text = report.text(result)
    print(text)
    if options.readme:
        document.refresh("quality", text)
    return 0
