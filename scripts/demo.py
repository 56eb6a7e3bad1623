"""The demonstration: demo leads, scored, routed and judged, as a table and in Odoo."""

import json

from . import databases, serving
from .console import DevError, say, table

# Runs in Odoo's shell; its last printed line is JSON for `show`.
SCRIPT = """
import json
cron = env.ref("lead_scoring.ir_cron_score_leads")
before = env["crm.lead"].search([("type", "=", "lead")])
cron.method_direct_trigger()
for name in ("ir_cron_learn", "ir_cron_predict"):
    env.ref(f"lead_scoring_learning.{name}").method_direct_trigger()
env.cr.rollback()  # to see what the actions have committed
env.invalidate_all()
env["lead.scoring.quality"].action_judge_live()
env["lead.scoring.rule.evidence"].action_open()
leads = before.exists().sorted(lambda lead: (-lead.score, lead.id))
print(json.dumps([
    [
        lead.name,
        lead.fit_score,
        lead.interest_score,
        lead.score,
        lead.temperature or "",
        lead.type == "opportunity" and (lead.team_id.name or "no team"),
        lead.routing_note or "",
    ]
    for lead in leads
]))
env.cr.commit()
"""
HEADERS = ("Lead", "Fit", "Interest", "Score", "Temperature", "What became of it")


def main(served=True, workers=0):
    """Make the demo database anew, score and judge its leads, and serve it.

    :param workers: how many processes take jobs
    """
    wait = "Scoring, routing and judging the leads"
    printed = databases.create_worked("demo", SCRIPT, wait)
    try:
        rows = json.loads(printed)
    except ValueError as error:
        raise DevError(
            "The demo printed no leads: try ./dev shell --db demo"
        ) from error
    show(rows)
    return serving.serve(databases.real_name("demo"), workers) if served else 0


def show(rows):
    """Print what the scheduled action did to each lead, best score first."""
    lines = [
        (*row[:5], f"→ opportunity of {row[5]}" if row[5] else row[6] or "stays a lead")
        for row in rows
    ]
    print(table(HEADERS, lines, limit=60), flush=True)
    converted = sum(bool(row[5]) for row in rows)
    say(f"{converted} of {len(rows)} leads became opportunities.")
