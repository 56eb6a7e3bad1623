"""What went wrong, told apart by what caused it, and how long a statement may take."""

from contextlib import contextmanager

from psycopg2 import Error, InterfaceError, OperationalError
from psycopg2.errors import (
    DeadlockDetected,
    LockNotAvailable,
    QueryCanceled,
    SerializationFailure,
)

from odoo.exceptions import UserError

COLLISIONS = (DeadlockDetected, LockNotAvailable, SerializationFailure)
"""Another transaction changed the same rows, or keeps them locked."""
LIMIT_EXCEEDED = "54"
"""PostgreSQL's class of errors of statements that are too large or too deep."""


def is_by_users(error):
    """Whether what users wrote may have caused ``error``: a rule, a scope or a filter,
    which may raise anything, or take too long. Not a collision, a lost connection or a
    full disk.
    """
    if isinstance(error, OperationalError):
        code = error.pgcode or ""
        return isinstance(error, QueryCanceled) or code.startswith(LIMIT_EXCEEDED)
    return not isinstance(error, InterfaceError)


def reason_of(error):
    """Return what is shown of an error: its first line, and the kind of error where its
    text was not made to be read.
    """
    text = str(error).strip().partition("\n")[0]
    if text and isinstance(error, UserError | Error):
        return text
    return ": ".join(filter(None, [type(error).__name__, text]))


@contextmanager
def limited(cr, seconds):
    """Let no statement within take longer than ``seconds``, or QueryCanceled is raised;
    0 for no limit. In a savepoint, which is rolled back then.
    """
    milliseconds = max(1, int(seconds * 1000)) if seconds else 0
    # as a savepoint of Odoo, but no query more than that
    cr.execute(
        """SAVEPOINT lead_scoring_limited;
           SELECT current_setting('statement_timeout'),
                  set_config('statement_timeout', %s, TRUE)""",
        [str(milliseconds)],
    )
    [before, _now] = cr.fetchone()
    try:
        yield
    except BaseException:
        cr.execute(
            """ROLLBACK TO SAVEPOINT lead_scoring_limited;
               RELEASE SAVEPOINT lead_scoring_limited"""
        )
        raise
    cr.execute(
        """SELECT set_config('statement_timeout', %s, TRUE);
           RELEASE SAVEPOINT lead_scoring_limited""",
        [before],
    )
