"""What jobs share: whether anybody takes them, how long they may work, and that nobody
else does the same meanwhile.
"""

import time
from contextlib import contextmanager

from odoo.tools import SQL, config

from odoo.addons.lead_scoring.tools.parameters import worker_seconds
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID

SECONDS_TO_WAIT = 10
"""After which a job is tried again whose work another worker still holds."""
MAXIMUM_RETRIES = 10
"""How often a job is tried, with growing pauses, before it counts as failed."""


def has_runner(cr):
    """Whether a job runner takes the jobs of this database: for as long as it lives, it
    holds a lock, on whatever host it is.
    """
    query = SQL(
        """SELECT EXISTS (
               SELECT FROM pg_locks
                 JOIN pg_database ON pg_database.oid = pg_locks.database
                WHERE datname = current_database() AND locktype = 'advisory'
                  AND objsubid = 1 AND granted
                  AND classid::bigint << 32 | objid::bigint = %s)""",
        PG_ADVISORY_LOCK_ID,
    )
    cr.execute(query)
    return cr.fetchone()[0]


def job_deadline():
    """Return until when, in ``time.monotonic()``, a job may begin something new: half
    of the time after which Odoo stops the worker of a request.
    """
    return time.monotonic() + (config["limit_time_real"] or worker_seconds()) / 2


@contextmanager
def held(env, name, number):
    """Keep other workers from the same work. A job is given to another worker when
    nothing is heard of the first one, which may be at work all the same.

    The lock is of a transaction of its own, which outlives the commits of the work and
    ends with the worker.

    :param name: of the kind of work
    :param number: of the record that is worked on
    :raise RetryableJobError: another worker is at it
    """
    with env.registry.cursor() as cr:
        query = SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", name, number)
        cr.execute(query)
        if not cr.fetchone()[0]:
            raise RetryableJobError(
                f"Another worker is still at {name} {number}.",
                seconds=SECONDS_TO_WAIT,
                ignore_retry=True,
            )
        yield


def go_on():
    """Return the exception that ends a job whose time is up, to be begun anew."""
    return RetryableJobError("Time is up, it goes on.", seconds=1, ignore_retry=True)
