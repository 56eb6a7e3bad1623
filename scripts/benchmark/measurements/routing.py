"""Convert qualified leads and hand them to salespeople, beside Odoo's own rule-based
assignment of the same leads to the same teams, in a copy without our add-ons.
"""

import logging
import math
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from .. import WITHOUT
from ..figures import Figure
from ..inside import peak, timed, vacuum

SHARES = (100, 10, 2)
"""One lead in so many, in each round."""
TEAMS = ("Bench Direct", "Bench Inside")
CAPACITY = 1_000_000
"""Leads that each member may get in 30 days: more than there are."""


def measure(env, earlier):
    env.cr.execute(
        """SELECT array_agg(id ORDER BY id) FROM crm_lead
            WHERE active AND won_status = 'pending'"""
    )
    [ids] = env.cr.fetchone()
    create_teams(env)
    env["crm.team"].search([]).convert_by_score = False
    teams = env["crm.team"].search([("name", "in", TEAMS)])
    teams.write({"convert_by_score": True, "minimum_score": -100_000})
    env.cr.commit()
    per_lead = {}
    rounds = {}
    for share in SHARES:
        chosen, ids = ids[: len(ids) // share], ids[len(ids) // share :]
        rounds[share] = chosen
        count = len(chosen)
        qualify(env, chosen)
        seconds = timed(env["crm.team"]._convert_by_score, env.cr.commit, math.inf)
        check(env, chosen)
        per_lead[count] = 1000 * seconds / count
        yield Figure(f"{count:,} leads routed", seconds, "s")
        yield Figure("  a lead", per_lead[count], "ms")
    fewest, *_others, most = per_lead.values()
    yield Figure("  a lead of most ÷ of fewest", most / fewest, most=1.3)
    yield Figure("Python's memory in it", peak(), "MB", most=300)
    yield from compare(env, rounds[10], per_lead[len(rounds[10])])


def compare(env, chosen, per_lead):
    """Yield what Odoo takes for the same leads."""
    ours = env.cr.dbname
    with without(ours) as bare:
        create_teams(bare)
        qualify(bare, chosen)
        teams = bare["crm.team"].search([("name", "in", TEAMS)])
        seconds = timed(assign, teams)
        check(bare, chosen)
    yield Figure(f"{len(chosen):,} leads routed by Odoo", seconds, "s")
    ratio = 1000 * seconds / len(chosen) / per_lead
    yield Figure("Odoo's assignment ÷ routing", ratio, least=5)


def assign(teams):
    """What Odoo's button does; that it commits as its scheduled action does."""
    teams._action_assign_leads(force_quota=True, creation_delta_days=0)


@contextmanager
def without(name):
    """An environment of the database without our add-ons."""
    logging.getLogger("odoo.addons.crm").setLevel(logging.WARNING)
    with Registry(name + WITHOUT).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def create_teams(env):
    """Create two teams of three salespeople each, who take what is up for routing."""
    salespeople = env["res.users"].search([("login", "=like", "bench%")], order="id")
    group = env.ref("sales_team.group_sale_salesman_all_leads")
    salespeople.group_ids |= group
    env["crm.team.member"].search([("user_id", "in", salespeople.ids)]).unlink()
    for number, name in enumerate(TEAMS):
        env["crm.team"].create(
            {
                "name": name,
                "company_id": False,
                "user_id": False,
                "use_leads": True,
                "use_opportunities": True,
                "assignment_domain": "[('referred', '=', 'bench routing')]",
                "crm_team_member_ids": [
                    (0, 0, {"user_id": user.id, "assignment_max": CAPACITY})
                    for user in salespeople[number::2]
                ],
            }
        )
    env["ir.config_parameter"].set_param("crm.lead.auto.assignment", True)
    env.cr.commit()


def qualify(env, ids):
    """Make these the leads that are up for routing: of nobody, and still leads."""
    env.cr.execute(
        """UPDATE crm_lead
              SET type = 'lead', team_id = NULL, user_id = NULL, date_open = NULL,
                  date_conversion = NULL, referred = 'bench routing'
            WHERE id = ANY(%s)""",
        [ids],
    )
    env.cr.commit()
    env.invalidate_all()
    vacuum(env.cr.dbname, "crm_lead")


def check(env, ids):
    """Make sure that the work was done."""
    env.invalidate_all()
    env.cr.execute(
        """SELECT count(*) FROM crm_lead
            WHERE id = ANY(%s) AND type = 'opportunity' AND user_id IS NOT NULL""",
        [ids],
    )
    [done] = env.cr.fetchone()
    if done != len(ids):
        raise RuntimeError(f"{done} of {len(ids)} leads were routed.")
