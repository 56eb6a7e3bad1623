"""Save leads one by one with scoring and without it; then score them alone. Every save
begins with empty caches and a connection that has forgotten all plans, as a request
does; one figure is of a connection that goes on, as that of an import does.
"""

from statistics import median
from unittest.mock import patch

from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from .. import rules
from ..figures import Figure
from ..inside import medians, timed

WRITES = 200


def measure(env, earlier):
    ids = some(env)
    with_scoring, without = compared(env, ids)
    alone = median(rescore(env, [lead_id]) for lead_id in ids)
    again = median(rescore(env, [lead_id], again=True) for lead_id in ids)
    thousand = median(rescore(env, range(n, n + 1000)) for n in (1, 2001, 4001))
    count = len(list(rules.values()))
    yield Figure(f"Saving one lead, {count} rules", with_scoring, "ms")
    yield Figure("The same without scoring", without, "ms")
    yield Figure("Scoring's share of it", with_scoring - without, "ms", most=8)
    yield Figure("Scoring one lead, nothing saved", 1000 * alone, "ms")
    yield Figure("  again on the same connection", 1000 * again, "ms")
    yield Figure("Scoring a thousand leads together", 1000 * thousand, "ms")


def some(env):
    """The ids of some open leads."""
    env.cr.execute(
        """SELECT lead.id FROM crm_lead lead
            WHERE won_status = 'pending' ORDER BY md5(id::text) LIMIT %s""",
        [WRITES],
    )
    return [row[0] for row in env.cr.fetchall()]


def compared(env, ids):
    """The median milliseconds of saving each lead, with scoring and without."""
    seconds = medians(
        len(ids),
        map(lambda lead_id: save(env, lead_id), ids).__next__,
        map(lambda lead_id: save_without_scoring(env, lead_id), ids).__next__,
    )
    return [1000 * number for number in seconds]


def save(env, lead_id):
    """Seconds for one user's change of a lead, up to its commit."""
    begin_request(env)
    lead = env["crm.lead"].browse(lead_id)
    lead.mapped("name")

    def change():
        lead.write({"function": "Director of Sales", "city": "Antwerp"})
        env.cr.flush()

    return timed(change)


def save_without_scoring(env, lead_id):
    """The same as if scoring on save were switched off."""
    leads = env.registry["crm.lead"]
    with patch.object(leads, "_schedule_scoring", lambda self: None):
        return save(env, lead_id)


def begin_request(env):
    """Give the connection back, and take it from the pool."""
    env.cr.rollback()
    env.cr.connection.reset()
    env.cr.connection.set_isolation_level(ISOLATION_LEVEL_REPEATABLE_READ)


def rescore(env, ids, again=False):
    """Seconds for scoring these leads together.

    :param again: after other leads on the same connection
    """
    if again:
        env.invalidate_all()
    else:
        begin_request(env)
    return timed(env["crm.lead"].browse(ids)._score_now)
