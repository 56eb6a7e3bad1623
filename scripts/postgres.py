"""PostgreSQL: the server that PGHOST names, else a private one of this clone."""

import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import debian, ports
from .console import DevError, run, say, step
from .paths import DEV, ROOT

STATE = DEV / "postgres.json"
CLONE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]
# Speed over safety: nothing in these databases is worth keeping.
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 512MB
work_mem = 64MB
maintenance_work_mem = 512MB
max_wal_size = 8GB
"""


def ensure():
    """Put the server's address into the environment; start ours when needed."""
    if os.environ.get("PGHOST"):
        if query_fails("SELECT 1"):
            raise DevError("No answer at PGHOST: correct or unset PGHOST, PGUSER, …")
        return
    state = json.loads(STATE.read_text()) if STATE.exists() else initialise()
    export(state)
    if query_fails("SELECT 1"):
        start(state)


def export(state):
    """Let every child process, and Odoo, find the private server."""
    os.environ.update(
        PGHOST="127.0.0.1",
        PGPORT=str(state["port"]),
        PGUSER="odoo",
        PGPASSWORD=state["password"],
    )


def prefix():
    """What this clone's databases begin with on a server shared with others."""
    if STATE.exists():
        state = json.loads(STATE.read_text())
        if os.environ.get("PGPASSWORD") == state["password"]:
            return ""
    return f"ls_{CLONE}_"


def binary(name):
    """The path of one of PostgreSQL's programs, installing them when missing."""
    return find(name) or (debian.install("postgresql"), find(name))[1]


def find(name):
    """The newest installed program of this name, or None."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    newest = sorted(folders, key=lambda path: int(path.parent.name), reverse=True)
    path = os.pathsep.join([*map(str, newest), os.environ["PATH"]])
    return shutil.which(name, path=path)


def owner():
    """The user to run the server as: PostgreSQL refuses root."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise DevError("PostgreSQL refuses root: run ./dev as another user.")


def reachable(folder):
    """Tell whether the server's user can get to a folder."""
    test = subprocess.run(["test", "-x", folder], cwd="/", **owner())
    return test.returncode == 0


def initialise():
    """Make the private cluster, and note where it is and how to log in."""
    initdb = binary("initdb")
    DEV.mkdir(exist_ok=True)
    folder = DEV
    if not reachable(folder):
        folder = Path(f"/var/tmp/lead-scoring-{CLONE}")
        say(f"  {DEV} is closed to PostgreSQL's user; its files go to {folder}.")
        folder.mkdir(exist_ok=True)
        if folder.lstat().st_uid != os.geteuid():
            raise DevError(f"{folder} belongs to somebody else: remove it.")
    state = {
        "data": str(folder / "postgres"),
        "port": ports.free(),
        "password": secrets.token_hex(16),
    }
    with step("Creating a private PostgreSQL cluster"):
        make_cluster(initdb, Path(state["data"]), state["password"])
    STATE.touch(mode=0o600)
    STATE.write_text(json.dumps(state))
    return state


def make_cluster(initdb, data, password):
    """Run initdb as the server's user."""
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir()
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password)
        secret.flush()
        if user := owner():
            os.chown(data, user["user"], user["group"])
            os.chown(secret.name, user["user"], user["group"])
        command = [initdb, "--pgdata", data, "--username=odoo", "--encoding=UTF8"]
        command += ["--locale=C", "--lc-ctype=C.UTF-8", "--auth=scram-sha-256"]
        command += [f"--pwfile={secret.name}", "--no-sync"]
        hint = "PostgreSQL could not create its files: is the disk full?"
        run(command, "initdb", hint, cwd="/", **user)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)


def start(state):
    """Start the private server, on another port when its own was taken."""
    state["port"] = ports.free(state["port"])
    STATE.write_text(json.dumps(state))
    export(state)
    data = state["data"]
    command = [binary("pg_ctl"), "start", "--pgdata", data, "--wait"]
    command += ["--log", f"{data}/server.log", "-o", f"-p {state['port']}"]
    hint = f"PostgreSQL does not start: see {data}/server.log"
    with step("Starting PostgreSQL"):
        run(command, "pg_ctl", hint, cwd="/", **owner())


def stop():
    """Stop the private server, where there is one running."""
    if not STATE.exists():
        return
    data = json.loads(STATE.read_text())["data"]
    command = [binary("pg_ctl"), "stop", "--pgdata", data, "--mode=fast"]
    subprocess.run(command, cwd="/", capture_output=True, **owner())


def query(sql, database="postgres"):
    """Run SQL and return its rows of text."""
    command = [binary("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database]
    result = subprocess.run(
        [*command, "-c", sql], capture_output=True, text=True, cwd="/"
    )
    if result.returncode:
        raise DevError(f"PostgreSQL: {result.stderr.strip().splitlines()[0]}")
    return result.stdout.splitlines()


def query_fails(sql):
    """Tell whether the server in the environment refuses or does not answer."""
    try:
        query(sql)
    except DevError:
        return True
    return False
