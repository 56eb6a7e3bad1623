"""Save leads one by one with scoring and without it; then score them alone. Every save
begins with empty caches, as a request does.
"""

from statistics import median
from unittest.mock import patch

from .. import rules
from ..figures import Figure
from ..inside import medians, timed

WRITES = 200


def measure(env, earlier):
    env.cr.execute(
        """SELECT lead.id FROM crm_lead lead
            WHERE won_status = 'pending' ORDER BY md5(id::text) LIMIT %s""",
        [WRITES],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    with_scoring, without = (
        1000 * seconds
        for seconds in medians(
            len(ids),
            map(lambda lead_id: save(env, lead_id), ids).__next__,
            map(lambda lead_id: save_without_scoring(env, lead_id), ids).__next__,
        )
    )
    alone = median(rescore(env, [lead_id]) for lead_id in ids)
    thousand = median(rescore(env, range(n, n + 1000)) for n in (1, 2001, 4001))
    count = len(list(rules.values()))
    yield Figure(f"Saving one lead, {count} rules", with_scoring, "ms")
    yield Figure("The same without scoring", without, "ms")
    yield Figure("Scoring's share of it", with_scoring - without, "ms", most=12)
    yield Figure("Scoring one lead, nothing saved", 1000 * alone, "ms")
    yield Figure("Scoring a thousand leads together", 1000 * thousand, "ms")


def save(env, lead_id):
    """Seconds for one user's change of a lead, up to its commit."""
    env.cr.rollback()
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


def rescore(env, ids):
    """Seconds for scoring these leads together."""
    env.cr.rollback()
    return timed(env["crm.lead"].browse(ids)._score_now)
