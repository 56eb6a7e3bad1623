"""The leads, rules and teams that are attacked, and what the rules give in plain SQL:
a second reading of each rule, which shares nothing with the engine.
"""

import random
from datetime import timedelta
from typing import NamedTuple

from odoo import fields

CITIES = ("Ghent", "Antwerp", "Liège", "Bruges", False)
PAGE = "/contactus"
"""A page that Odoo tracks by itself."""
ASKING = "asks questions"
"""Marks in ``referred`` the leads of the model that asks the five questions."""
OWNED = "owned"
"""Marks the leads that have had a salesperson from the beginning."""
CAPACITY = 60
"""Leads that each salesperson takes in 30 days."""
CLOSED_LEADS = 120


class Rule(NamedTuple):
    """A rule, and the points it gives a lead as an SQL expression on ``crm_lead``."""

    values: dict
    points: str
    asking: bool = False

    @property
    def axis(self):
        """The axis that the points count for."""
        return self.values.get("dimension", "fit")


RULES = {
    "Ghent": Rule(
        {"value": 45, "domain": "[('city', '=', 'Ghent')]"},
        "CASE WHEN crm_lead.city = 'Ghent' THEN 45 ELSE 0 END",
    ),
    "Antwerp": Rule(
        {"value": 25, "domain": "[('city', '=', 'Antwerp')]"},
        "CASE WHEN crm_lead.city = 'Antwerp' THEN 25 ELSE 0 END",
    ),
    "Phone": Rule(
        {"value": 18, "domain": "[('phone', '!=', False)]"},
        "CASE WHEN crm_lead.phone IS NOT NULL AND crm_lead.phone <> '' THEN 18"
        " ELSE 0 END",
    ),
    "Director": Rule(
        {"value": 20, "domain": "[('function', '=', 'Director')]"}
        | {"dimension": "interest"},
        "CASE WHEN crm_lead.function = 'Director' THEN 20 ELSE 0 END",
    ),
    "Page views": Rule(
        {"source": "page_view", "value": 5, "maximum": 20, "dimension": "interest"}
        | {"domain": f"[('url', 'like', '{PAGE}')]"},
        # a page counts once in half an hour
        f"""LEAST(20, 5 * (
            SELECT count(DISTINCT (track.visitor_id, split_part(track.url, '?', 1),
                   floor(date_part('epoch', track.visit_datetime) / 1800)))
              FROM website_track track
              JOIN crm_lead_website_visitor_rel rel
                ON rel.website_visitor_id = track.visitor_id
             WHERE rel.crm_lead_id = crm_lead.id AND track.url LIKE '%{PAGE}%'))""",
    ),
    "Asked in Ghent": Rule(
        {"value": 70, "domain": "[('city', '=', 'Ghent')]"},
        "CASE WHEN crm_lead.city = 'Ghent' THEN 70 ELSE 0 END",
        asking=True,
    ),
}


def build(env, leads, closed=CLOSED_LEADS):
    """Make the models, the teams and so many open and closed leads; nothing else scores
    or converts.
    """
    env["lead.scoring.model"].search([]).state = "retired"
    env["crm.team"].search([]).convert_by_score = False
    env["crm.lead"].with_context(active_test=False).search([]).unlink()
    env["base.automation"].search([]).active = False
    # the scores of new leads are kept by the next run, not a day later
    env["ir.config_parameter"].set_param("lead_scoring.created_delay", "0")
    create_models(env)
    create_teams(env)
    create_leads(env, leads)
    close_leads(env, closed)


def create_models(env):
    """Make two models: one for most leads, one that asks the five questions."""
    common = {"state": "live", "warm_score": 30, "hot_score": 60, "fit_floor": 20}
    common |= {"interest_floor": 10, "margin": 5}
    asking, other = env["lead.scoring.model"].create(
        [
            {
                **common,
                "name": "Stress, asking",
                "sequence": 1,
                "domain": repr([("referred", "=", ASKING)]),
                "required_answers": 1,
            },
            {**common, "name": "Stress", "sequence": 2},
        ]
    )
    env["lead.scoring.rule"].create(
        [
            {
                "name": name,
                "model_id": asking.id if rule.asking else other.id,
                **rule.values,
            }
            for name, rule in RULES.items()
        ]
    )


def create_user(env, login, group, **values):
    """Make a user who reads notifications in Odoo."""
    user = env["res.users"].with_context(no_reset_password=True)
    groups = [env.ref("base.group_user").id, env.ref(group).id]
    return user.create(
        {
            "name": login,
            "login": login,
            "email": f"{login}@stress.example.com",
            "notification_type": "inbox",
            "group_ids": [(6, 0, groups)],
            **values,
        }
    )


def create_teams(env):
    """Make two teams of two salespeople each, their leader, and a scoring manager who
    sees only leads of their own.
    """
    sellers = [
        create_user(env, f"stress{n}", "sales_team.group_sale_salesman_all_leads")
        for n in range(4)
    ]
    leader = create_user(env, "stress-leader", "sales_team.group_sale_manager")
    create_user(env, "stress-manager", "lead_scoring.group_scoring_manager")
    for number, (name, minimum) in enumerate([("Direct", 60), ("Inside", 40)]):
        env["crm.team"].create(
            {
                "name": f"Stress {name}",
                "company_id": False,
                "user_id": leader.id,
                "convert_by_score": True,
                "minimum_score": minimum,
                "crm_team_member_ids": [
                    (0, 0, {"user_id": user.id, "assignment_max": CAPACITY})
                    for user in sellers[2 * number : 2 * number + 2]
                ],
            }
        )


def create_leads(env, count):
    """Make leads, as an import does: the next run finds work."""
    chance = random.Random(count)
    teams = env["crm.team"].search([("name", "=like", "Stress %")], order="id")
    manager = env["res.users"].search([("login", "=", "stress-manager")])
    first = env["crm.lead"].with_context(active_test=False).search_count([])
    vals_list = []
    for number in range(first, first + count):
        vals = {
            "name": f"Lead {number}",
            "type": "lead",
            "email_from": f"lead{number}@stress{number}.example.com",
            "user_id": False,
            "team_id": False,
            "company_id": False,
            **changes(chance),
        }
        if number % 8 == 0:
            vals["referred"] = ASKING
        elif number % 8 == 1:
            owner = chance.choice(teams.crm_team_member_ids)
            vals |= {"referred": OWNED, "user_id": owner.user_id.id}
            vals["team_id"] = owner.crm_team_id.id
        elif number % 8 == 2:
            vals |= {"referred": "of the manager", "user_id": manager.id}
        vals_list.append(vals)
    leads = env["crm.lead"].with_context(mail_create_nolog=True).create(vals_list)
    visitors = env["website.visitor"].create(
        [
            {"access_token": f"{lead.id:032}", "lead_ids": [(4, lead.id)]}
            for lead in leads[::4]
        ]
    )
    env["website.track"].create(
        [
            {"visitor_id": visitor.id, "url": f"https://stress.example.com{PAGE}"}
            for visitor in visitors
        ]
    )
    return leads


def changes(chance):
    """Values of a lead that rules read."""
    return {
        "city": chance.choice(CITIES),
        "phone": chance.choice(["+32 9 123 45 67", False]),
        "function": chance.choice(["Director", "Assistant", False]),
    }


def close_leads(env, count):
    """Make won and lost leads to learn from; those of directors are won more often."""
    stage = {
        won: env["crm.stage"].search([("is_won", "=", won)], limit=1)
        for won in (True, False)
    }
    chance = random.Random(count)
    now = fields.Datetime.now()
    vals_list = []
    for number in range(count):
        won = number % 2 == 0
        director = chance.random() < (0.75 if won else 0.2)
        vals_list.append(
            {
                "name": f"Closed {number}",
                "type": "opportunity",
                "user_id": False,
                "team_id": False,
                "company_id": False,
                "city": chance.choice(CITIES),
                "function": "Director" if director else "Assistant",
                "active": won,
                "probability": 100 if won else 0,
                "stage_id": stage[won].id,
                "date_closed": now - timedelta(hours=37 * number % 101),
            }
        )
    leads = env["crm.lead"].with_context(tracking_disable=True).create(vals_list)
    env.cr.flush()
    env.cr.execute(
        "UPDATE crm_lead SET create_date = now() - interval '60 days'"
        " WHERE id = ANY(%s)",
        [leads.ids],
    )


def stir(env, seed):
    """Change half of the open leads past the ORM: only a pass can notice it."""
    chance = random.Random(seed)
    env.cr.execute(
        "SELECT id FROM crm_lead WHERE active AND won_status = 'pending' ORDER BY id"
    )
    ids = [row[0] for row in env.cr.fetchall()]
    for lead_id in chance.sample(ids, len(ids) // 2):
        values = {name: value or None for name, value in changes(chance).items()}
        env.cr.execute(
            """UPDATE crm_lead SET city = %(city)s, phone = %(phone)s,
                      function = %(function)s
                WHERE id = %(id)s""",
            {**values, "id": lead_id},
        )
        env["lead.scoring.change"]._note([lead_id])
    env.invalidate_all(flush=False)


# ----------------------------------------------------------------------
# The second reading
# ----------------------------------------------------------------------

OPEN = "crm_lead.active AND crm_lead.won_status NOT IN ('won', 'lost')"
SCORED = f"{OPEN} AND crm_lead.do_not_score IS NOT TRUE"
IS_ASKING = f"(crm_lead.referred IS NOT DISTINCT FROM '{ASKING}')"


def points_of(rule):
    """Return the SQL of the points of a rule, 0 for leads of the other model."""
    of_model = IS_ASKING if rule.asking else f"NOT {IS_ASKING}"
    return f"CASE WHEN {of_model} THEN {rule.points} ELSE 0 END"


def points(axis):
    """Return the SQL of all points of an open lead on one axis."""
    terms = [f"({points_of(rule)})" for rule in RULES.values() if rule.axis == axis]
    adjusted = f"""COALESCE((
        SELECT sum(points) FROM lead_scoring_adjustment adjustment
         WHERE adjustment.lead_id = crm_lead.id AND dimension = '{axis}'
           AND (expiry_date IS NULL OR expiry_date > timezone('UTC', now()))), 0)"""
    return " + ".join([*terms, adjusted])


def recounted_matches():
    """Return the query of the rules whose number of matches is not that of a recount;
    it holds at the end of a full pass.
    """
    return " UNION ALL ".join(
        f"""SELECT rule.id FROM lead_scoring_rule rule
              JOIN lead_scoring_model model ON model.id = rule.model_id
             WHERE rule.name ->> 'en_US' = '{name}' AND model.state = 'live'
               AND rule.match_total <> (
                   SELECT count(*) FROM crm_lead
                    WHERE {SCORED} AND ({points_of(rule)}) <> 0)"""
        for name, rule in RULES.items()
    )
