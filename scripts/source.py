"""Odoo's source: the user's own, else Debian's package, else a shallow clone."""

import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import debian
from .console import DevError, run, say, step
from .paths import CACHE, DEV, ODOO_PACKAGE, ODOO_SERIES

# Odoo's package links to files of these. Newer suites have other file names.
LINKED = (
    "fonts-font-awesome/bookworm",
    "fonts-inconsolata/bookworm",
    "fonts-ocr-b/bookworm",
    "fonts-roboto-unhinted/bookworm",
    "libjs-jquery/bookworm",
    "libjs-jquery-form/bookworm",
    "libjs-underscore/bookworm",
    "fonts-montserrat/sid",
)
# Named in an asset bundle, but not shipped by Debian; an empty file will do.
STRIPPED = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
REPOSITORY = "https://github.com/odoo/odoo.git"


def ensure():
    """Return the folder to put on Python's path; fetch Odoo when it is missing."""
    folder = given() or unpacked() or fetch()
    series = version(folder)
    if series != ODOO_SERIES:
        raise DevError(f"{folder} holds Odoo {series}; ODOO_PATH needs {ODOO_SERIES}.")
    return folder


def given():
    """The checkout named by ODOO_PATH, or the Odoo this Python imports."""
    if os.environ.get("ODOO_PATH"):
        folder = Path(os.environ["ODOO_PATH"]).resolve()
        if not (folder / "odoo" / "release.py").exists():
            raise DevError("ODOO_PATH names no Odoo checkout: unset or correct it.")
        return folder
    with contextlib.suppress(ModuleNotFoundError):
        # an environment may have add-ons below «odoo», and no Odoo
        if found := importlib.util.find_spec("odoo.release"):
            return Path(found.origin).parent.parent
    return None


def unpacked():
    """The source that an earlier run left in this clone, or None."""
    marker = DEV / "odoo" / "path"
    return Path(DEV / "odoo" / marker.read_text()) if marker.exists() else None


def fetch():
    """Fetch Odoo into this clone's folder."""
    target = DEV / "odoo"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if debian.mirror():
        inside = "usr/lib/python3/dist-packages"
        unpack(packages(), target)
        placeholder = target / inside / STRIPPED
        placeholder.parent.mkdir(parents=True, exist_ok=True)
        placeholder.touch()
    else:
        inside = "checkout"
        clone(target / inside)
    (target / "path").write_text(inside)
    return target / inside


def packages():
    """The downloaded packages, from the cache where they are there already."""
    folder = CACHE / f"odoo-19_{ODOO_PACKAGE}"
    done = folder / "complete"
    if not done.exists():
        with step("Downloading Odoo 19 (133 MB)"):
            shutil.rmtree(folder, ignore_errors=True)
            debian.download(("odoo-19/sid", *LINKED), folder)
            done.touch()
    found = sorted(folder.glob("*.deb"))
    if not any(package_version(path) == ODOO_PACKAGE for path in found):
        say(f"  The mirror has another build of Odoo than the tested {ODOO_PACKAGE}.")
    return found


def package_version(path):
    """The version in the name of a downloaded odoo-19 package, else None."""
    match = re.fullmatch(r"odoo-19_(?:\d+%3a)?(.+)_all\.deb", path.name)
    return match and match.group(1)


def unpack(paths, target):
    """Unpack Debian packages beside one another."""
    with step("Unpacking Odoo 19"):
        for path in paths:
            hint = f"{path.name} could not be unpacked: is the disk full?"
            run(["dpkg-deb", "-x", path, target], "unpack", hint)


def clone(target):
    """Clone the newest commit of Odoo's public repository."""
    if not shutil.which("git"):
        raise DevError("Install git, or set ODOO_PATH to a checkout of Odoo 19.0.")
    command = ["git", "clone", "--depth=1", f"--branch={ODOO_SERIES}", REPOSITORY]
    hint = "Odoo could not be cloned: check the network, or set ODOO_PATH"
    with step("Cloning Odoo 19 (several minutes)"):
        run([*command, target], "clone", hint)


def version(folder):
    """The series (19.0) of the Odoo in this folder."""
    text = (folder / "odoo" / "release.py").read_text()
    match = re.search(r"version_info = \((\d+), (\d+)", text)
    return ".".join(match.groups()) if match else "of unknown version"


def fingerprint(folder):
    """What tells one Odoo source from another: its commit, else its package."""
    command = ["git", "-C", folder, "rev-parse", "HEAD"]
    if (folder / ".git").exists():
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    return ODOO_PACKAGE if DEV in folder.parents else str(folder)
