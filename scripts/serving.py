"""Odoo served on a loopback address, and the end of all that this clone runs."""

import contextlib
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

from . import odoo, ports, postgres, workers
from .console import alive, attached, say
from .paths import DEV

RUNNING = DEV / "running"  # one file for each Odoo that serves, named by its ./dev


def serve(name, count=0):
    """Serve one database, its scheduled actions too, until Ctrl-C or ./dev stop.

    :param count: of processes that do jobs beside those that answer users
    """
    port = ports.free()
    arguments = [f"--http-port={port}", "--log-level=warn", "--no-database-list"]
    # as on a real server; commands that run beside it run none
    arguments.append("--max-cron-threads=1")
    if count:
        line, environment = workers.options(count, port)
        os.environ.update(environment)
        arguments += line
    start = odoo.forking if count else odoo.command
    line = start(name, *arguments, f"--db-filter=^{name}$")
    threading.Thread(target=announce, args=(port,), daemon=True).start()
    RUNNING.mkdir(exist_ok=True)
    note = RUNNING / str(os.getpid())
    note.touch()
    try:
        return attached(line, cwd=DEV)
    finally:
        note.unlink(missing_ok=True)


def announce(port):
    """Say where Odoo is, once it answers."""
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{address}/web/health", timeout=5)
            say(f"\nOdoo is at {address}/odoo  login: admin  password: admin")
            say("Ctrl-C ends it.")
            return
        time.sleep(0.5)


def stop():
    """Stop this clone's Odoo servers and its PostgreSQL."""
    notes = list(RUNNING.glob("*")) if RUNNING.exists() else []
    for note in notes:
        if is_ours(int(note.name)):
            os.kill(int(note.name), signal.SIGTERM)
            wait_for(int(note.name))
        note.unlink(missing_ok=True)
    postgres.stop()
    say("Stopped.")


def is_ours(pid):
    """Tell whether this process is a ./dev, and not a newer one of that number."""
    command = ["ps", "-o", "args=", "-p", str(pid)]
    return "dev" in subprocess.run(command, capture_output=True, text=True).stdout


def wait_for(pid):
    """Give a process ten seconds to end."""
    for _ in range(100):
        if not alive(pid):
            return
        time.sleep(0.1)
