"""Let leads become hot: with tracking alone, and with a playbook that plans calls,
beside the same ``write`` alone.
"""

import math
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tools import SQL, split_every

from odoo.addons.lead_scoring.models.lead.crm_lead_track_log import CrmLead
from odoo.addons.lead_scoring.models.scoring.lead_scoring_transition import (
    LEADS_PER_TRANSACTION,
)

from ..figures import Figure
from ..inside import backdate_rules, medians, more, timed

LEADS = 10_000
# An activity costs Odoo many times what a tracked change does.
AUTOMATED = 2 * LEADS_PER_TRANSACTION
ROUNDS = 3


def measure(env, earlier):
    ids = choose(env, LEADS)
    thresholds = lower_thresholds(env)
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
        with without_scoring(env):
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
    restore(env, thresholds, ids)


def choose(env, count):
    """The ids of open leads, given to salespeople in turn, who are told."""
    salespeople = env["res.users"].search([("login", "=like", "bench%")], order="id")
    salespeople.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
    env.cr.execute(
        """UPDATE crm_lead SET user_id = (%s::int[])[1 + id %% %s]
            WHERE id IN (SELECT crm_lead.id
                           FROM crm_lead
                           JOIN lead_scoring_score score
                             ON score.id = score_id AND score.model_id IS NOT NULL
                          WHERE active AND won_status = 'pending'
                          ORDER BY crm_lead.id LIMIT %s)
        RETURNING id""",
        [salespeople.ids, len(salespeople), count],
    )
    return sorted(row[0] for row in env.cr.fetchall())


def lower_thresholds(env):
    """Let every lead have points enough to be hot; what the thresholds were.

    The points stay what the rules give: leads are scored again in between.
    """
    models = env["lead.scoring.model"].search([])
    thresholds = {
        model: {"warm_score": model.warm_score, "hot_score": model.hot_score}
        for model in models
    }
    models.write({"warm_score": -100_001, "hot_score": -100_000})
    env.cr.commit()
    return thresholds


def restore(env, thresholds, ids):
    """Undo what :func:`lower_thresholds` did, and what followed for these leads."""
    for model, vals in thresholds.items():
        model.write(vals)
    env.cr.commit()
    backdate_rules(env)
    follow(env, ids, silent=True)


def cool(env, ids):
    """Make these leads cold without anybody noticing."""
    env.cr.execute(
        "UPDATE crm_lead SET temperature = 'cold' WHERE id = ANY(%s)", [list(ids)]
    )
    env.cr.commit()
    env.invalidate_all()


def follow(env, ids, silent=False):
    """What a pass does with them."""
    where = SQL("crm_lead.id = ANY(%s)", list(ids))
    transitions = env["lead.scoring.transition"]
    transitions._follow(where, math.inf, env.cr.commit, silent=silent)


def write(env, ids):
    """What Odoo does by itself, in as many transactions."""
    for batch in split_every(LEADS_PER_TRANSACTION, ids, list):
        vals = {"temperature": "hot", "temperature_date": env.cr.now()}
        env["crm.lead"].browse(batch).write(vals)
        env.cr.commit()


@contextmanager
def without_scoring(env):
    """As if no lead were scored on save, and automations and logs were Odoo's own."""

    def one_by_one(leads, *args):
        return super(CrmLead, leads)._message_track(*args)

    leads, automations = env.registry["crm.lead"], env.registry["base.automation"]
    with (
        patch.object(CrmLead, "_message_track", one_by_one),
        patch.object(leads, "_schedule_scoring", lambda *_args: None),
        patch.object(automations, "_watches_scoring", lambda *_args: False),
    ):
        yield
