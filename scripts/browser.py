"""The browser that Odoo's browser tests start."""

import shutil

from . import debian

# The commands that odoo.tests.common looks for.
COMMANDS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def ensure():
    """Install Debian's chromium where there is no browser yet."""
    if not any(map(shutil.which, COMMANDS)):
        debian.install("chromium")
