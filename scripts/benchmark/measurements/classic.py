"""The classic way: one INSERT … SELECT a rule into a match table, then the sum; once
from nothing, and once more when every match is there.
"""

from odoo.fields import Domain
from odoo.tools import SQL

from .. import rules
from ..figures import Figure
from ..inside import timed
from .unchanged_pass import NAME


def measure(env, earlier):
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
    seconds = timed(match_and_sum, env)
    yield Figure("Classic way, from nothing", seconds, "s")
    yield Figure("Classic way, every match there", timed(match_and_sum, env), "s")
    yield Figure("Classic way ÷ full pass", seconds / earlier[NAME], least=3)


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
