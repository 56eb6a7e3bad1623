"""Odoo servers that take the jobs of a database: a job runner, and workers."""

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

from . import odoo, ports, postgres
from .console import DevError
from .paths import LOGS, ROOT

RUNNER_LOCK = 2293787760715711918
"""The advisory lock that OCA's runner holds while it takes the jobs of a database."""
STARTING = 60
"""Seconds a server has to answer."""


def options(count, port, processes=True):
    """What Odoo's command line needs for ``count`` jobs at once, and its environment.

    :param port: at which the server answers, and the runner asks it
    :param processes: each job in a process, else in a thread
    """
    # two more processes, for those who ask meanwhile
    workers = count + 2 if processes else 0
    line = [f"--http-port={port}", "--load=base,rpc,web,queue_job"]
    line += [f"--workers={workers}", f"--gevent-port={ports.free()}"]
    environment = {
        **os.environ,
        "ODOO_QUEUE_JOB_CHANNELS": f"root:{count}",
        "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
        "ODOO_QUEUE_JOB_PORT": str(port),
    }
    return line, environment


class Server:
    """A server of its own, which does ``count`` jobs at once in its threads, or, where
    they are ``processes``, each in a process.
    """

    def __init__(self, name, count=2, processes=False):
        self.name = name
        self.count = count
        self.processes = processes
        self.process = None

    def start(self):
        """Start it, and wait until it answers.

        :raise DevError: it does not
        """
        port = ports.free()
        line, environment = options(self.count, port, self.processes)
        line += ["--max-cron-threads=0", "--no-database-list"]
        line.append(f"--db-filter=^{self.name}$")
        start = odoo.forking if self.processes else odoo.command
        log = LOGS / f"server_{port}.log"
        with log.open("w") as output:
            self.process = subprocess.Popen(
                start(self.name, *line, "--log-level=warn"),
                stdout=output,
                stderr=output,
                env=environment,
                cwd=ROOT,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, OSError):
                address = f"http://127.0.0.1:{port}/web/health"
                urllib.request.urlopen(address, timeout=5)
                return
            time.sleep(0.2)
        raise DevError(f"Odoo does not answer, see {log.relative_to(ROOT)}")

    def kill(self):
        """End all its processes at once, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def pid(self):
        """The process that the server began as."""
        return self.process.pid


@contextlib.contextmanager
def serving(*servers):
    """Start servers, and end them at last."""
    try:
        for server in servers:
            server.start()
        yield
    finally:
        for server in servers:
            if server.process:
                server.kill()


def runner(name):
    """The id of the process whose runner takes the jobs, None where there is none."""
    rows = postgres.query(
        f"""SELECT substring(application_name FROM 'odoo-([0-9]+)')
              FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'advisory' AND granted AND datname = current_database()
               AND classid::bigint << 32 | objid::bigint = {RUNNER_LOCK}""",
        name,
    )
    return int(rows[0]) if rows and rows[0] else None


def wait_for(condition, seconds):
    """Wait until ``condition()`` is true; return what it last returned."""
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def unfinished(name):
    """How many jobs are not done; those that failed are none of them."""
    rows = postgres.query(
        """SELECT count(*) FROM queue_job
            WHERE state NOT IN ('done', 'failed', 'cancelled')""",
        name,
    )
    return int(rows[0])
