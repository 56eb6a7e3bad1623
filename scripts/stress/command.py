"""Attack a database of synthetic leads, and check after each attack what must hold.

Odoo is killed at work, users save while both scheduled actions run, hostile domains and
values are entered, and all fields and methods are walked as users who may not use them.
It fails when anything was lost, leaked or stopped.
"""

import argparse
import json
import os
import subprocess

from .. import addons, databases, document, odoo
from ..console import DevError, say, step
from ..paths import LOGS, ROOT
from . import outcome, walks
from .attacks import ATTACKS

SECONDS = 660
KILLS = 20
CASES = 400


def main(arguments):
    """Attack a fresh database, print what came of it, and return the exit code."""
    options = parse(arguments)
    names = [name for name in ATTACKS if name in (options.only or ATTACKS)]
    found = inside([name for name in names if name != "walks"], options)
    if "walks" in names:
        found.append(walks.attack())
    print(f"\n{outcome.text(heading(options), found)}")
    failed = any(one.failed for one in found)
    say("Something did not hold." if failed else "All held.")
    return int(failed)


def parse(arguments):
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="./dev stress", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=int,
        default=SECONDS,
        help=f"for the attacks, walks apart (default {SECONDS})",
    )
    parser.add_argument("--leads", type=int, default=400, help="open leads (400)")
    parser.add_argument(
        "--kills", type=int, default=KILLS, help=f"of each kind of work ({KILLS})"
    )
    parser.add_argument(
        "--cases", type=int, default=CASES, help=f"domains and values ({CASES})"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=ATTACKS, help=", ".join(ATTACKS)
    )
    options = parser.parse_args(arguments)
    if options.leads < 100:
        parser.error("100 leads at least: fewer give Odoo no work.")
    return options


def heading(options):
    """A line about what was attacked."""
    return f"{options.leads:,} leads, commit {document.commit()}."


def inside(names, options):
    """Do the attacks that run inside Odoo; return their Outcomes.

    :raise DevError: Odoo failed outside of what an attack counts
    """
    if not names:
        return []
    # a name that ./dev test drops, should this process be killed
    name = databases.create(f"test_{os.getpid()}", addons.names())
    sizes = ("seconds", "leads", "kills", "cases")
    plan = {key: getattr(options, key) for key in sizes}
    text = f"from scripts.stress import inside\ninside.run(env, {names!r}, {plan!r})\n"
    log = LOGS / "stress.log"
    quiet = ("--no-http", "--log-level=warn", f"--logfile={log}")
    log.unlink(missing_ok=True)
    found = []
    try:
        with subprocess.Popen(
            odoo.command(name, *quiet, subcommand=("shell",)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        ) as process:
            process.stdin.write(text)
            process.stdin.close()
            titles = ["Making leads, rules and teams", *map(ATTACKS.get, names)]
            for title in titles:
                with step(title):
                    found += outcomes(process.stdout)
    finally:
        databases.drop(name)
    return found


def outcomes(lines):
    """Return the Outcomes of the next line that an attack prints.

    :raise DevError: there is no line any more
    """
    for line in lines:
        if line.startswith("["):
            return [outcome.Outcome(**values) for values in json.loads(line)]
    raise DevError(f"Odoo failed, see {(LOGS / 'stress.log').relative_to(ROOT)}")
