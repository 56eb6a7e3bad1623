"""Find conditions in closed leads, learn points for them, and learn probabilities: of
as many closed leads as there are open ones.
"""

from ..figures import Figure
from ..inside import peak, timed

CONDITIONS = 200
SECONDS = 120
MEGABYTES = 2048


def measure(env, earlier):
    closed = close_all(env)
    env["ir.cron"].search([]).active = False
    env.cr.commit()
    discovery = env["lead.scoring.discovery"].create(
        {"company_ids": env["res.company"].search([]).ids, "since": False}
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
    learning = timed(run, env, discovery)
    rules = discovery.draft_id.with_context(active_test=False).rule_ids
    yield Figure(f"Learn the points of {len(rules)} rules", learning, "s")
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


def close_all(env):
    """Close the open leads, by what they are and by chance; how many are closed now."""
    env.cr.execute(
        """UPDATE crm_lead
              SET won_status = CASE WHEN won THEN 'won' ELSE 'lost' END, active = won,
                  date_closed = create_date + interval '20 days'
             FROM (SELECT id, random() < 0.15 + 0.2 * (function LIKE '%Director%')::int
                              + 0.15 * (source_id % 3 = 0)::int AS won
                     FROM crm_lead WHERE won_status = 'pending') AS closed
            WHERE closed.id = crm_lead.id"""
    )
    env.cr.commit()
    env.cr.execute("SELECT count(*) FROM crm_lead WHERE won_status <> 'pending'")
    return env.cr.fetchone()[0]
