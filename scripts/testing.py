"""Run every test with pytest, browser tests included, on a fresh database."""

import os
import shutil

from . import addons, core_tests, databases, debian, odoo, venv
from .console import attached, locked, say
from .paths import DEV, ROOT

# A worker for each core, each with a copy of the database. The classes with most tests
# come first, so that the workers end about together.
PARALLEL = ("-n=logical", "--dist=loadscope")
# The commands that odoo.tests.common looks for.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def main(arguments):
    """Run pytest with the user's arguments, and return its exit code; with ``--core``,
    on Odoo's own tests, see :mod:`scripts.core_tests`.
    """
    with locked("set-up"):
        if not any(map(shutil.which, BROWSERS)):
            debian.install("chromium")
    if "--core" in arguments:
        return core_tests.main([each for each in arguments if each != "--core"])
    items = (ROOT / item.split("::")[0] for item in arguments)
    named = [path for path in items if path.exists()]
    name, warnings = fresh_database(named or default_paths())
    # what hypothesis remembers is kept out of the work tree
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(DEV / "hypothesis")
    # else the server of browser tests would take jobs
    os.environ["ODOO_QUEUE_JOB_CHANNELS"] = "root:0"
    try:
        result = attached(command(name, arguments, named), cwd=ROOT)
    finally:
        databases.drop_test(name)
    for line in warnings:
        say(f"Odoo complained when our add-ons were installed: {line}")
    return result or bool(warnings)


def fresh_database(paths):
    """A copy of the template for this run alone, and the template's complaints."""
    folder = odoo.ensure()
    databases.drop_stale_tests()
    name = databases.real_name(f"test_{os.getpid()}")
    with locked("templates"):
        template = databases.full_template(folder, addons.names(), demo=False)
        if any(map(has_browser_tests, paths)):
            databases.prepare_assets(template)
        databases.copy(template, name)
    return name, databases.complaints(template)


def has_browser_tests(path):
    """Tell whether a file of tests, or one in a folder, starts a browser."""
    files = path.rglob("test_*.py") if path.is_dir() else [path]
    return any("HttpCase" in file.read_text() for file in files)


def command(name, arguments, named):
    """The command line of pytest; without a path among its arguments, all tests.

    :param named: the paths among its arguments
    """
    line = [venv.tool("pytest"), f"--config-file={ROOT / 'pytest.ini'}"]
    line += [f"--odoo-config={odoo.CONFIG}", f"--odoo-database={name}", "--odoo-http"]
    paths = named or default_paths()
    if len(paths) > 1 or paths[0].is_dir():
        line += PARALLEL
    return [*line, *arguments, *([] if named else paths)]


def default_paths():
    """The tests of every add-on, and those of this command."""
    paths = [ROOT / name / "tests" for name in addons.names()]
    return [path for path in [*paths, ROOT / "scripts" / "tests"] if path.is_dir()]
