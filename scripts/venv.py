"""The virtual environment: Odoo's Python packages and the tools, all pinned."""

import hashlib
import importlib.util
import shutil
import sys

from . import debian
from .console import DevError, run, step
from .paths import ROOT, VENV

PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ("requirements.txt", "test-requirements.txt")
ADDONS = "addon-requirements.txt"
# Odoo is importable, after all that is pinned, only where its folder is named:
# pylint takes twice as long when it can read all of Odoo.
ODOO_VARIABLE = "DEV_ODOO_FOLDER"
ODOO_PTH = (
    f"import os, sys; sys.path += filter(None, [os.environ.get('{ODOO_VARIABLE}')])\n"
)


def ensure():
    """Make or refresh the environment."""
    stamp = VENV / "requirements.key"
    if not (stamp.exists() and stamp.read_text() == key()):
        build()
        stamp.write_text(key())


def key():
    """What the environment depends on: the pins, the Python that made it, and what we
    add to it.
    """
    pins = "".join((ROOT / name).read_text() for name in (*REQUIREMENTS, ADDONS))
    return hashlib.sha256(f"{sys.version}{pins}{ODOO_PTH}".encode()).hexdigest()


def python_name():
    """The folder name of this Python's libraries, such as python3.11."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def build():
    """Make the environment anew and install everything that is pinned."""
    if importlib.util.find_spec("ensurepip") is None:
        debian.install(f"{python_name()}-venv")
    shutil.rmtree(VENV, ignore_errors=True)
    with step("Installing Python packages"):
        hint = "No virtual environment: is the disk full?"
        run([sys.executable, "-m", "venv", VENV], "venv", hint)
        files = [part for name in REQUIREMENTS for part in ("-r", ROOT / name)]
        hint = "Python packages could not be installed: check the network and disk"
        install = [PYTHON, "-m", "pip", "install", "--no-compile"]
        run([*install, *files], "pip", hint)
        run([*install, "--no-deps", "-r", ROOT / ADDONS], "pip", hint)
    (packages() / "odoo.pth").write_text(ODOO_PTH)


def packages():
    """The folder of the environment's libraries."""
    return VENV / "lib" / python_name() / "site-packages"


def addons_folder():
    """The folder of the add-ons of others."""
    return packages() / "odoo" / "addons"


def add(requirement):
    """Install one more package, needed by a single command only."""
    stamp = VENV / f"{requirement}.key"
    if not stamp.exists():
        with step(f"Installing {requirement}"):
            hint = f"{requirement} could not be installed: check the network and disk"
            run([PYTHON, "-m", "pip", "install", requirement], "pip", hint)
        stamp.touch()


def tool(name):
    """The path of a command of the environment."""
    path = VENV / "bin" / name
    if not path.exists():
        raise DevError(f"{name} is missing: remove .dev/venv and try again.")
    return path
