"""Find conditions in 100,000 closed leads, learn points for them, and learn
probabilities. Where there are fewer closed ones, open leads are closed for it.
"""

from odoo import Command

from ..figures import Figure
from ..inside import peak, timed

LEADS = 100_000
CONDITIONS = 200
FIELDS = (
    "date_deadline",
    "expected_revenue",
    "priority",
    "tag_ids",
    "team_id",
    "user_id",
)
"""Left out otherwise; here they make up the number of conditions."""
SECONDS = 120
MEGABYTES = 2048


def measure(env, earlier):
    closed = close(env)
    discovery = env["lead.scoring.discovery"].create(
        {
            "company_ids": env["res.company"].search([]).ids,
            "since": False,
            "field_ids": [
                Command.create({"name": name, "use": True}) for name in FIELDS
            ],
        }
    )
    discovery.action_discover()
    # past the screen's choice of company, all leads
    discovery.company_ids = env["res.company"].search([])
    env.cr.commit()
    finding = timed(run, env, discovery)
    yield Figure(f"Find conditions in {closed:,} closed leads", finding, "s")
    found = discovery.candidate_ids
    yield Figure("  conditions found", len(found))
    found[:CONDITIONS].use = True
    discovery.action_learn()
    env.cr.commit()
    rules = len(discovery.draft_id.rule_ids)
    learning = timed(run, env, discovery)
    yield Figure(f"Learn the points of {rules} rules", learning, "s")
    yield Figure("  both together", finding + learning, "s", most=SECONDS)
    version = env["lead.scoring.prediction"].create({})
    version.action_train()
    env.cr.commit()
    yield Figure("Learn probabilities", timed(run, env, version), "s", most=SECONDS)
    yield Figure("Python's memory in it", peak(), "MB", most=MEGABYTES)


def run(env, job):
    """Do what waits, which is ``job``."""
    waiting = env["lead.scoring.job"]._next()
    waiting._run(env.cr.commit)
    env.invalidate_all()
    if job.job_state != "done":
        raise RuntimeError(job.message)


def close(env):
    """Close leads until there are enough closed ones; how many there are. They are won
    by what they are and by chance, a bit of it by two things together.
    """
    env.cr.execute(
        """UPDATE crm_lead
              SET won_status = CASE WHEN won THEN 'won' ELSE 'lost' END, active = won,
                  date_closed = create_date + interval '20 days'
             FROM (SELECT id, random() < 0.15
                              + CASE WHEN source_id %% 3 = 0 THEN 0.15 ELSE 0 END
                              + CASE WHEN function LIKE '%%Director%%'
                                     THEN CASE WHEN phone IS NULL THEN 0.2 ELSE 0.5 END
                                     ELSE 0 END AS won
                     FROM crm_lead ORDER BY won_status = 'pending', id LIMIT %s
                  ) AS closed
            WHERE closed.id = crm_lead.id""",
        [LEADS],
    )
    env.cr.commit()
    env.cr.execute("SELECT count(*) FROM crm_lead WHERE won_status <> 'pending'")
    return env.cr.fetchone()[0]
