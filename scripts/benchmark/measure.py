"""What is measured, inside Odoo; each function in a process of its own."""

import math
import resource
import time
from statistics import median

from odoo.fields import Domain
from odoo.tools import SQL

from . import rules

WRITES = 200


def peak():
    """The most memory this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(function):
    """The seconds a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def first_pass(env):
    """Score leads that have no points, silently as at installation."""
    return run_pass(env, full=True, silent=True)


def unchanged_pass(env):
    """Score all leads again, nothing having changed: the median of three."""
    runs = [run_pass(env, full=True) for _run in range(3)]
    return {**runs[-1], "seconds": median(run["seconds"] for run in runs)}


def incremental_pass(env):
    """Score what changed, after one lead in a hundred was saved."""
    env.cr.execute("UPDATE crm_lead SET write_date = now() WHERE id % 100 = 0")
    env.cr.commit()
    return run_pass(env, full=False)


def run_pass(env, full, silent=False):
    """Run one pass to its end."""
    started = time.perf_counter()
    scoring_pass = env["lead.scoring.pass"]._start(full)
    scoring_pass._run(math.inf, env.cr.commit, silent=silent)
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "leads": scoring_pass.lead_count,
        "changes": scoring_pass.change_count,
    }


def core(env):
    """Odoo's predictive lead scoring, as its scheduled action runs it."""
    leads = env["crm.lead"]
    return {"seconds": timed(leads._cron_update_automated_probabilities)}


def classic(env):
    """One INSERT … SELECT a rule into a match table, then the sum; once from nothing,
    and once more when every match is there.
    """
    env.cr.execute(
        """CREATE TABLE bench_match (
               lead_id int, rule_id int, PRIMARY KEY (lead_id, rule_id)
           );
           CREATE TABLE bench_score AS
           SELECT id AS lead_id, 0 AS score FROM crm_lead;
           ALTER TABLE bench_score ADD PRIMARY KEY (lead_id);
           ANALYZE bench_score"""
    )
    env.cr.commit()
    seconds = timed(lambda: match_and_sum(env))
    return {"seconds": seconds, "again": timed(lambda: match_and_sum(env))}


def match_and_sum(env):
    """The classic way at its best: nothing passes through Python, the table of matches
    has neither foreign keys nor a second index, and the sum goes to a narrow table
    instead of the wide one of leads.
    """
    leads = env["crm.lead"]
    still_open = Domain("won_status", "=", "pending")
    for rule in env["lead.scoring.rule"].search([]):
        domain = env["lead.scoring.rule.check"]._read(rules.classic_domain(rule))
        query = leads._search(domain & still_open, order="id")
        query.order = None
        env.cr.execute(
            SQL(
                "INSERT INTO bench_match (lead_id, rule_id) %s ON CONFLICT DO NOTHING",
                query.select("crm_lead.id", SQL("%s", rule.id)),
            )
        )
        env.cr.commit()
    env.cr.execute(
        """UPDATE bench_score SET score = points.score
             FROM (SELECT lead_id, SUM(value) AS score
                     FROM bench_match
                     JOIN lead_scoring_rule rule ON rule.id = rule_id
                    GROUP BY lead_id) AS points
            WHERE points.lead_id = bench_score.lead_id
              AND points.score <> bench_score.score"""
    )
    env.cr.commit()


def one_lead(env):
    """Save leads one by one with scoring and without it; then score them alone.

    Every save begins with empty caches, as a request does.
    """
    env.cr.execute(
        """SELECT lead.id FROM crm_lead lead
            WHERE won_status = 'pending' ORDER BY md5(id::text) LIMIT %s""",
        [WRITES],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    leads_class = env.registry["crm.lead"]
    with_scoring = median(save(env, lead_id) for lead_id in ids)
    schedule = leads_class._schedule_scoring
    leads_class._schedule_scoring = lambda self: None
    without = median(save(env, lead_id) for lead_id in ids)
    leads_class._schedule_scoring = schedule
    alone = median(rescore(env, [lead_id]) for lead_id in ids)
    return {
        "seconds": with_scoring - without,
        "total": with_scoring,
        "without": without,
        "alone": alone,
        "thousand": median(rescore(env, range(n, n + 1000)) for n in (1, 2001, 4001)),
    }


def save(env, lead_id):
    """Seconds for one user's change of a lead, up to its commit."""
    env.cr.rollback()
    lead = env["crm.lead"].browse(lead_id)
    lead.mapped("name")

    def change():
        lead.write({"function": "Director of Sales", "city": "Antwerp"})
        env.cr.flush()

    return timed(change)


def rescore(env, ids):
    """Seconds for scoring these leads together."""
    env.cr.rollback()
    return timed(env["crm.lead"].browse(ids)._score_now)
