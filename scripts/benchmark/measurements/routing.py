"""Convert qualified leads and hand them to salespeople."""

import math

from ..figures import Figure
from ..inside import Commits, peak, timed, vacuum

COUNTS = (1_000, 10_000, 50_000)
"""Leads routed in each round, as far as there are as many."""
PLANNED = 1
"""The round whose leads are planned for many teams, too."""
TEAMS = ("Bench Direct", "Bench Inside")
MANY_TEAMS = 20
MANY_MEMBERS = 200
"""Of each of them."""
CAPACITY = 1_000_000
"""Leads that each member may get in 30 days: more than there are."""
MEMBERS = """WITH person AS (
       INSERT INTO res_partner (name, active, type, autopost_bills)
       SELECT 'Member ' || n, TRUE, 'contact', 'ask'
         FROM generate_series(1, %(members)s) AS n RETURNING id
   ), member AS (
       INSERT INTO res_users
              (login, partner_id, active, company_id, share, notification_type)
       SELECT 'member' || id, id, TRUE, %(company)s, FALSE, 'email'
         FROM person RETURNING id
   ), works AS (
       INSERT INTO res_company_users_rel (cid, user_id)
       SELECT company.id, member.id FROM res_company company, member
   )
   INSERT INTO crm_team_member
          (crm_team_id, user_id, active, assignment_max, assignment_domain)
   SELECT (%(teams)s::integer[])[1 + id %% %(count)s], id, TRUE, %(most)s,
          CASE id %% 2
          WHEN 0 THEN '[("expected_revenue", ">=", ' || id %% 7 || '00)]'
          ELSE '["|", ("city", "=", "Paris"), ("zip", "!=", "' || id %% 9
               || '")]' END
     FROM member"""
"""Adds people to teams: half of them take what is worth something, the others what
comes from some places.
"""


def measure(env, earlier):
    env["crm.team"].search([]).convert_by_score = False
    teams = create_teams(env)
    teams.write({"convert_by_score": True, "minimum_score": -100_000})
    env.cr.commit()
    rounds = list(split(env))
    per_lead = []
    longest = 0
    for chosen in rounds:
        count = len(chosen)
        qualify(env, chosen)
        commits = Commits(env)
        seconds = timed(env["crm.team"]._convert_by_score, commits, math.inf)
        check(env, chosen)
        longest = max(longest, commits.longest)
        per_lead.append(1000 * seconds / count)
        yield Figure(f"{count:,} leads routed", seconds, "s")
        most = 3 if count >= 10_000 else None
        yield Figure("  a lead", per_lead[-1], "ms", most=most)
    yield Figure("  a lead of most ÷ of fewest", per_lead[-1] / per_lead[0], most=1.3)
    yield Figure("  longest transaction", longest, "s", most=30)
    yield Figure("Python's memory in it", peak(), "MB", most=300)
    yield plan_for_many(env, teams, rounds[min(PLANNED, len(rounds) - 1)])


def split(env):
    """Yield the ids of the leads of each round: none twice."""
    env.cr.execute(
        """SELECT id FROM crm_lead
            WHERE active AND won_status = 'pending' ORDER BY id LIMIT %s""",
        [sum(COUNTS)],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    for count in COUNTS:
        if ids:
            yield ids[:count]
        ids = ids[count:]


def plan_for_many(env, few, chosen):
    """The figure of what planning takes with many teams and members, all with room."""
    few.convert_by_score = False
    vals = {"crm_team_member_ids": [], "convert_by_score": True}
    vals |= {"minimum_score": few[0].minimum_score}
    many = env["crm.team"].create(few[0].copy_data(vals) * MANY_TEAMS)
    env.flush_all()
    values = {
        "members": MANY_TEAMS * MANY_MEMBERS,
        "company": env.company.id,
        "teams": many.ids,
        "count": MANY_TEAMS,
        "most": CAPACITY,
    }
    env.cr.execute(MEMBERS, values)
    env.cr.commit()
    env.registry.clear_cache()
    for table in ("res_partner", "res_users", "crm_team_member"):
        vacuum(env.cr.dbname, table)
    qualify(env, chosen)
    name = f"{len(chosen):,} leads planned for {MANY_TEAMS} teams of {MANY_MEMBERS}"
    seconds = timed(env["crm.team"]._route)
    many.convert_by_score = False
    env.cr.commit()
    return Figure(name, seconds, "s", most=15)


def create_teams(env):
    """Create two teams of three salespeople each, who take what is up for routing."""
    salespeople = env["res.users"].search([("login", "=like", "bench%")], order="id")
    group = env.ref("sales_team.group_sale_salesman_all_leads")
    salespeople.group_ids |= group
    env["crm.team.member"].search([("user_id", "in", salespeople.ids)]).unlink()
    teams = env["crm.team"].create(
        [
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
            for number, name in enumerate(TEAMS)
        ]
    )
    env["ir.config_parameter"].set_param("crm.lead.auto.assignment", True)
    env.cr.commit()
    return teams


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
