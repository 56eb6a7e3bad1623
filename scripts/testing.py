"""Run every test with pytest, browser tests included, on a fresh database."""

import contextlib
import os

from . import addons, browser, databases, odoo, venv
from .console import attached, locked, say
from .paths import ROOT


def main(arguments):
    """Run pytest with the user's arguments, and return its exit code."""
    with locked("set-up"):
        browser.ensure()
    with fresh_database() as name:
        command = [venv.tool("pytest"), f"--odoo-config={odoo.CONFIG}"]
        command += [f"--odoo-database={name}", "--odoo-http", *arguments]
        if not any(os.path.exists(item.split("::")[0]) for item in arguments):
            command += default_paths()
        result = attached(command, cwd=ROOT)
    warnings = databases.complaints(addons.names())
    for line in warnings:
        say(f"Odoo complained when our add-ons were installed: {line}")
    return result or bool(warnings)


@contextlib.contextmanager
def fresh_database():
    """A copy of the template for this run alone."""
    odoo.ensure()
    databases.drop_stale_tests()
    name = databases.create(f"test_{os.getpid()}")
    try:
        yield name
    finally:
        databases.drop(name)


def default_paths():
    """The tests of every add-on, and those of this command."""
    paths = [ROOT / name / "tests" for name in addons.names()]
    return [path for path in [*paths, ROOT / "scripts" / "tests"] if path.is_dir()]
