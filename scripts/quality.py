"""Learn from the leads of a CSV file whose end is known, and print beside each other
how well each way to score tells those won from those lost.

The file is loaded through Odoo's own import. The mapping needs no more than the
outcome, the columns to leave out and, if there is one, the column that orders the rows
in time; scripts/loading/mapping.py describes it.
"""

import argparse
import json
import subprocess
from pathlib import Path

from . import databases, document, odoo
from .console import DevError, say
from .evidence import report
from .evidence import table as leads
from .loading import mapping as mappings
from .paths import ROOT

WORK = "quality_run"


def main(arguments):
    """Check the files, measure in a database of their own, print what came out."""
    options = parser().parse_args(arguments)
    mapping = mappings.read(options.mapping, takes_rest=True)
    read = leads.read(options.csv, mapping)
    say(f"{len(read.rows):,} leads in {Path(options.csv).name}.")
    for note in read.notes:
        say(f"  {note}")
    name = databases.create(WORK)
    try:
        result = inside(name, options)
    finally:
        databases.drop(name)
    text = report.text(result)
    print(text)
    if options.readme:
        document.refresh("quality", text)
    return 0


def parser():
    """The command line."""
    top = argparse.ArgumentParser(
        prog="./dev quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--csv", required=True, help="the file of leads")
    top.add_argument("--mapping", required=True, help="what its columns mean (JSON)")
    top.add_argument(
        "--readme", action="store_true", help="put the figures into README.rst"
    )
    return top


def inside(name, options):
    """Run `evidence.inside` in Odoo, whose steps show as they happen."""
    paths = [str(Path(path).resolve()) for path in (options.csv, options.mapping)]
    text = (
        "import json\n"
        "from scripts.evidence import inside\n"
        f"print(json.dumps(inside.run(env, *{paths!r})))\n"
    )
    line = odoo.command(name, "--no-http", "--log-level=critical", subcommand="shell")
    process = subprocess.run(
        line, input=text, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    if process.returncode:
        raise DevError("Odoo failed, as told above.")
    result = json.loads(process.stdout.strip().splitlines()[-1])
    if "error" in result:
        raise DevError(result["error"])
    result["about"]["file"] = Path(options.csv).name
    result["about"]["commit"] = document.commit()
    return result
