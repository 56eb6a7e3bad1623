from psycopg2.errors import SerializationFailure

ATTEMPTS = 5


def retry(cr, statement, checkpoint):
    """Execute ``statement`` and commit; again, on what is committed by then, when
    another transaction changed the same rows in this very moment.

    :param cr: cursor with nothing else pending, for it may be rolled back
    :param statement: SQL, or a function without arguments that executes some
    :param checkpoint: called without arguments to commit
    :raise SerializationFailure: the rows kept changing
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if callable(statement):
                statement()
            else:
                cr.execute(statement)
            checkpoint()
            return
        except SerializationFailure:
            if attempt == ATTEMPTS:
                raise
            cr.rollback()
