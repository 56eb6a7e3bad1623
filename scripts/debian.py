"""Debian's packages: installed by root, or only fetched and unpacked."""

import os
import shutil
import subprocess

from .console import DevError, run, say, step

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
PRIVATE_APT = """\
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
"""


def install(*packages):
    """Install packages with apt when root; else ask the user to."""
    command = "apt-get install " + " ".join(packages)
    if not shutil.which("apt-get"):
        raise DevError(f"Install {' '.join(packages)} with your package manager.")
    if os.geteuid():
        raise DevError(f"Run `sudo {command}`, then try again.")
    say(f"  Debian packages that this installs on the machine: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing {' '.join(packages)}"):
        hint = "apt-get update failed: check the network, then try again"
        run(["apt-get", "update"], "apt-update", hint, env=environment)
        line = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        hint = f"`{command}` failed: run it by hand"
        run(line, "apt-install", hint, env=environment)


def mirror():
    """The address of this machine's own Debian mirror, or None."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return None
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
    ).stdout.split()
    mirrors = [uri for uri in targets if uri.rstrip("/").endswith("/debian")]
    return mirrors[0] if mirrors else None


def download(packages, folder):
    """Fetch packages, given as `name/suite`, into `folder` by a private apt.

    The machine's own apt state stays as it is; signatures are checked against
    the archive keyring.
    """
    if not os.path.exists(KEYRING):
        raise DevError("Install debian-archive-keyring, then try again.")
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    suites = sorted({package.split("/")[1] for package in packages})
    (folder / "sources.list").write_text(
        "".join(f"deb [signed-by={KEYRING}] {mirror()} {s} main\n" for s in suites)
    )
    (folder / "apt.conf").write_text(PRIVATE_APT.format(folder=folder))
    environment = {**os.environ, "APT_CONFIG": str(folder / "apt.conf")}
    hint = "Odoo's Debian packages could not be fetched: check the network and disk"
    run(["apt-get", "update"], "apt-sid", hint, env=environment)
    command = ["apt-get", "download", *packages]
    run(command, "apt-download", hint, env=environment, cwd=folder)
    shutil.rmtree(folder / "lists")
    shutil.rmtree(folder / "cache")
