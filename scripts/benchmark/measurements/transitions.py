"""Let leads become hot: with tracking alone, and with a playbook that plans calls,
beside the same ``write`` alone.
"""

import math

from odoo.tools import SQL, split_every

from odoo.addons.lead_scoring.models.lead_scoring_transition import BATCH

from ..figures import Figure
from ..inside import medians, more, timed

LEADS = 10_000
AUTOMATED = 1_000
ROUNDS = 3


def measure(env, earlier):
    ids = choose(env, LEADS)
    cool(env, ids)
    seconds = timed(follow, env, ids)
    yield Figure(f"{len(ids):,} leads become hot, tracking", seconds, "s", most=40)

    few = ids[:AUTOMATED]
    playbook = env.ref("lead_scoring_automation.playbook_hot")
    playbook.enabled = True
    env.cr.commit()

    def ours():
        cool(env, few)
        return timed(follow, env, few)

    def alone():
        cool(env, few)
        return timed(write, env, few)

    ours, alone = medians(ROUNDS, ours, alone)
    yield Figure(f"{len(few):,} become hot, a call each", ours, "s")
    yield Figure("  the same write alone", alone, "s")
    yield Figure("  our share on top", more(ours, alone), "%", most=10)
    env.cr.execute(
        """SELECT count(*) FROM mail_activity
            WHERE res_model = 'crm.lead' AND res_id = ANY(%s)""",
        [few],
    )
    [calls] = env.cr.fetchone()
    expected = 2 * ROUNDS * len(few)
    yield Figure("  calls planned", calls, least=expected)
    playbook.enabled = False
    env.cr.commit()


def choose(env, count):
    """The ids of open leads of salespeople, which have points enough to be hot."""
    env.cr.execute(
        """UPDATE crm_lead SET user_id = salesman.id
             FROM (SELECT array_agg(id ORDER BY id) AS ids FROM res_users
                    WHERE login LIKE 'bench%%') AS bench,
                  LATERAL unnest(ids) WITH ORDINALITY AS salesman (id, number)
            WHERE crm_lead.id IN (SELECT id FROM crm_lead
                                   WHERE active AND won_status = 'pending'
                                   ORDER BY id LIMIT %s)
              AND salesman.number = 1 + crm_lead.id %% cardinality(ids)
        RETURNING crm_lead.id""",
        [count],
    )
    ids = sorted(row[0] for row in env.cr.fetchall())
    env.cr.execute(
        """UPDATE lead_scoring_score SET score = model.hot_score
             FROM lead_scoring_model model
            WHERE model.id = model_id AND lead_id = ANY(%s)""",
        [ids],
    )
    env.cr.commit()
    env.invalidate_all()
    return ids


def cool(env, ids):
    """Make these leads cold without anybody noticing."""
    env.cr.execute(
        "UPDATE crm_lead SET temperature = 'cold' WHERE id = ANY(%s)", [list(ids)]
    )
    env.cr.commit()
    env.invalidate_all()


def follow(env, ids):
    """What a pass does with them."""
    where = SQL("crm_lead.id = ANY(%s)", list(ids))
    transitions = env["lead.scoring.transition"]
    transitions._follow(where, math.inf, env.cr.commit, silent=False)


def write(env, ids):
    """What Odoo does by itself, in as many transactions."""
    for batch in split_every(BATCH, ids, list):
        vals = {"temperature": "hot", "temperature_date": env.cr.now()}
        env["crm.lead"].browse(batch).write(vals)
        env.cr.commit()
