"""Run every test with pytest, browser tests included, on a fresh database."""

import os

from . import addons, browser, databases, odoo, venv
from .console import attached, locked, say
from .paths import DEV, ROOT


def main(arguments):
    """Run pytest with the user's arguments, and return its exit code."""
    with locked("set-up"):
        browser.ensure()
    name, warnings = fresh_database()
    try:
        result = attached(command(name, arguments), cwd=ROOT, env=environment())
    finally:
        databases.drop(name)
    for line in warnings:
        say(f"Odoo complained when our add-ons were installed: {line}")
    return result or bool(warnings)


def fresh_database():
    """A copy of the template for this run alone, and the template's complaints."""
    folder = odoo.ensure()
    databases.drop_stale_tests()
    name = databases.real_name(f"test_{os.getpid()}")
    with locked("templates"):
        template = databases.full_template(folder, addons.names(), demo=False)
        databases.copy(template, name)
    return name, databases.complaints(template)


def command(name, arguments):
    """The command line of pytest; without a path among its arguments, all tests."""
    line = [venv.tool("pytest"), f"--config-file={ROOT / 'pytest.ini'}"]
    line += [f"--odoo-config={odoo.CONFIG}", f"--odoo-database={name}", "--odoo-http"]
    named = any(os.path.exists(ROOT / item.split("::")[0]) for item in arguments)
    return [*line, *arguments, *([] if named else default_paths())]


def default_paths():
    """The tests of every add-on, and those of this command."""
    paths = [ROOT / name / "tests" for name in addons.names()]
    return [path for path in [*paths, ROOT / "scripts" / "tests"] if path.is_dir()]


def environment():
    """Keep what hypothesis remembers out of the work tree."""
    return {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(DEV / "hypothesis")}
