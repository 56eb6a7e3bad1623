"""Odoo's own command, ready to run: source, environment, server, configuration."""

import os
import subprocess

from . import postgres, source, venv
from .console import DevError, attached, locked, run
from .paths import DATA, DEV, ROOT

CONFIG = DEV / "odoo.conf"
# A server of several processes starts one of them by the file that it is started by.
PROGRAM = DEV / "odoo-bin"
# Odoo looks into its own folders too; its command line wins over this file.
SETTINGS = """\
[options]
addons_path = {addons}
data_dir = {data}
http_interface = 127.0.0.1
proxy_mode = False
workers = 0
max_cron_threads = 0
limit_time_cpu = 3600
limit_time_real = 3600
limit_time_real_cron = 3600
db_maxconn = 64
"""


def ensure():
    """Set up all that Odoo needs to run, and return the source's folder."""
    with locked("set-up"):
        postgres.ensure()
        folder = source.ensure()
        venv.ensure()
        configure()
    os.environ[venv.ODOO_VARIABLE] = str(folder)
    return folder


def configure():
    """Write the configuration file of this clone."""
    DATA.mkdir(exist_ok=True)
    text = SETTINGS.format(addons=f"{venv.addons_folder()},{ROOT}", data=DATA)
    if not CONFIG.exists() or CONFIG.read_text() != text:
        CONFIG.write_text(text)
    PROGRAM.write_text("from odoo.cli.command import main\n\nmain()\n")


def command(name, *arguments, subcommand=()):
    """The command line of Odoo on the database `name`; a subcommand is its words."""
    start = [venv.PYTHON, "-m", "odoo", *subcommand]
    return [*start, "-c", CONFIG, "-d", name, *arguments]


def forking(name, *arguments):
    """The command line of a server of several processes."""
    return [venv.PYTHON, PROGRAM, "-c", CONFIG, "-d", name, *arguments]


def setup(name, *arguments, log="odoo"):
    """Run Odoo to install or update, without serving."""
    line = command(name, "--no-http", "--stop-after-init", *arguments)
    run(line, log, "Odoo failed", cwd=ROOT)


def shell(name):
    """Open Odoo's shell; it executes standard input when that is no terminal."""
    arguments = ("--no-http", "--log-level=warn")
    return attached(command(name, *arguments, subcommand=("shell",)), cwd=ROOT)


def script(name, text):
    """Execute Python in Odoo's shell and return what it printed."""
    arguments = ("--no-http", "--log-level=error")
    line = command(name, *arguments, subcommand=("shell",))
    result = subprocess.run(line, input=text, capture_output=True, text=True, cwd=ROOT)
    if result.returncode:
        lines = result.stderr.strip().splitlines() or ["no output"]
        raise DevError(f"Odoo failed: {lines[-1]}")
    return result.stdout


def export_terms(name, module, path):
    """Export the texts of an installed add-on to a .pot file."""
    options = ("-l", "pot", "-o", path, module)
    line = command(name, *options, subcommand=("i18n", "export"))
    run(line, "pot", "The texts could not be exported", cwd=ROOT)
