"""What a visitor achieves who sees 100,000 pages within minutes: points, and slower
passes.
"""

from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass import COMMIT_DELAY

from ..figures import Figure
from ..inside import medians, more, run_pass, timed, vacuum
from ..website import Site, some_lead
from .incremental_pass import allowed
from .unchanged_pass import NAME

VIEWS = 100_000


def measure(env, earlier):
    lead = env["crm.lead"].browse(some_lead(env))
    visitor = env["website.visitor"].create({"access_token": 32 * "f"})
    visitor.lead_ids = lead
    env.cr.commit()
    run_pass(env, full=True)
    look_back_no_further(env)
    env.cr.execute("CREATE TABLE bench_before AS SELECT * FROM lead_scoring_score")
    env.cr.execute("SELECT count(*) FROM website_track")
    [views] = env.cr.fetchone()
    env.cr.commit()

    site = Site(env.cr.dbname)
    site.add_views(visitor.id, VIEWS)
    scoring_pass, seconds = run_pass(env, full=False)
    most = allowed(earlier[NAME])
    yield Figure(
        f"Incremental pass after {VIEWS:,} views by one", seconds, "s", most=most
    )
    yield Figure("  leads in it", scoring_pass.lead_count)
    yield from points(env, lead)
    alone = timed(lead._score_now)
    env.cr.rollback()
    yield Figure("  scoring that lead alone", 1000 * alone, "ms")

    def without():
        env.cr.execute("DELETE FROM website_track WHERE visitor_id = %s", [visitor.id])
        env.cr.commit()
        vacuum(site.name, "website_track")
        return run_pass(env, full=True)[1]

    def flooded():
        site.add_views(visitor.id, VIEWS)
        return run_pass(env, full=True)[1]

    without, flooded = medians(3, without, flooded)
    share = 100 * VIEWS / views
    yield Figure(f"Full pass, {VIEWS:,} views more", flooded, "s")
    yield Figure("  that is longer by", more(flooded, without), "%", most=share)


def look_back_no_further(env):
    """Let the next incremental pass begin where the last full one did, and not leave
    time for what may have been committed late: else it covers the thousands of leads
    that other measurements have just written.
    """
    env.cr.execute(
        "UPDATE lead_scoring_pass SET date_start = date_start + %s", [COMMIT_DELAY]
    )
    env.cr.commit()
    env.invalidate_all()


def points(env, lead):
    """Yield what the flood did to scores."""
    rules = env["lead.scoring.rule"].search([("source", "=", "page_view")])
    given = lead.score_explanation["rules"]
    reached = sum(rule["points"] for rule in given if rule["rule_id"] in rules.ids)
    yield Figure("  points for its views", reached, most=sum(rules.mapped("maximum")))
    env.cr.execute(
        """SELECT count(*)
             FROM lead_scoring_score score JOIN bench_before before USING (lead_id)
            WHERE score.score > before.score AND lead_id <> %s""",
        [lead.id],
    )
    yield Figure("  other leads whose score rose", env.cr.fetchone()[0], most=0)
