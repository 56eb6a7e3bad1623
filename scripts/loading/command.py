"""What the commands that read a CSV file of leads share: options, and work in Odoo."""

import argparse
import json
import subprocess
from pathlib import Path

from .. import odoo
from ..console import DevError
from ..paths import ROOT


def parser(name, text):
    """The command line of ./dev `name`, to which options of its own are added."""
    top = argparse.ArgumentParser(
        prog=f"./dev {name}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--csv", required=True, help="the file of leads")
    top.add_argument("--mapping", required=True, help="what its columns mean (JSON)")
    return top


def run_inside(package, database, options, *arguments):
    """Call `run` of scripts/PACKAGE/inside.py in Odoo, whose steps show as they happen.

    :param arguments: for `run`, after the paths of the CSV file and of the mapping
    :return: what `run` returns, by way of JSON
    :raise DevError: it failed, or returned an ``error``
    """
    paths = [str(Path(path).resolve()) for path in (options.csv, options.mapping)]
    text = (
        "import json\n"
        f"from scripts.{package} import inside\n"
        f"print(json.dumps(inside.run(env, *{[*paths, *arguments]!r})))\n"
    )
    quiet = ("--no-http", "--log-level=critical")
    line = odoo.command(database, *quiet, subcommand=("shell",))
    # Ctrl-C is for this process to answer, which ends the other
    process = subprocess.run(
        line,
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    if process.returncode:
        raise DevError("Odoo failed, as told above. Nothing was loaded.")
    result = json.loads(process.stdout.strip().splitlines()[-1])
    if "error" in result:
        raise DevError(f"{result['error']} Nothing was loaded.")
    return result
