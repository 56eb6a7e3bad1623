"""Style and mistakes: ruff, pylint with pylint-odoo, well-formed XML and rst."""

import os
import subprocess
import xml.etree.ElementTree

from . import addons, readme, venv
from .console import locked, say, step
from .paths import DEV, ROOT


def main():
    """Run every check, each to its end; 1 when any of them complains."""
    with locked("set-up"):
        venv.ensure()
    checks = {
        "ruff check": [venv.tool("ruff"), "check", "--no-fix", "."],
        "ruff format": [venv.tool("ruff"), "format", "--diff", "--quiet", "."],
        "pylint": [venv.tool("pylint"), "--rcfile=.pylintrc", *addons.names()],
    }
    rst = [venv.tool("docutils"), "--halt=warning", "--syntax-highlight=none"]
    for path in sorted([*ROOT.glob("*.rst"), *ROOT.glob("*/*.rst")]):
        checks[str(path.relative_to(ROOT))] = [*rst, path, os.devnull]
    failed = [name for name, command in checks.items() if not passes(name, command)]
    for problem in [*malformed_xml(), *readme.outdated()]:
        say(problem)
        failed.append(problem)
    say("lint: " + (f"{len(failed)} checks failed" if failed else "no problems"))
    return 1 if failed else 0


def passes(name, command):
    """Run one check, showing what it says only when it complains."""
    environment = {**os.environ, "PYLINTHOME": str(DEV / "pylint")}
    with step(name):
        result = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True
        )
    if result.returncode:
        say(result.stdout + result.stderr)
    return result.returncode == 0


def malformed_xml():
    """A line for each XML file of our add-ons that can't be parsed."""
    for module in addons.names():
        for path in sorted((ROOT / module).rglob("*.xml")):
            try:
                xml.etree.ElementTree.parse(path)
            except xml.etree.ElementTree.ParseError as error:
                yield f"{path.relative_to(ROOT)}: {error}"
