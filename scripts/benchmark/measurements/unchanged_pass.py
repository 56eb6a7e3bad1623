"""Score all leads again, nothing having changed: the median of three."""

from unittest.mock import patch

from odoo.addons.lead_scoring.tools.temp_table_streams import TempTableStreams

from ..figures import Figure
from ..inside import medians, peak, per_lead, run_pass, timed

NAME = "Full pass, nothing changed"
PASSES = 3


def measure(env, earlier):
    reading = []
    fill = TempTableStreams.fill

    def timed_fill(streams, cr):
        reading.append(timed(fill, streams, cr))

    with patch.object(TempTableStreams, "fill", timed_fill):
        [seconds] = medians(PASSES, lambda: run_pass(env, full=True)[1])
    yield Figure(NAME, seconds, "s")
    scoring_pass = env["lead.scoring.pass"].search([], order="id desc", limit=1)
    yield per_lead(scoring_pass, seconds)
    env.cr.execute("SELECT count(*) FROM website_track")
    [views] = env.cr.fetchone()
    spent = sum(reading) / PASSES
    yield Figure("  of it for page views", spent, "s")
    yield Figure("  a page view", 1_000_000 * spent / views, "µs")
    yield Figure("Python's memory in these passes", peak(), "MB", most=300)
