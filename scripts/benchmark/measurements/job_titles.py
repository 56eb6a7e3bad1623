"""Read the job titles of leads that nobody has read yet, as a first pass does."""

from ..figures import Figure
from ..inside import timed


def measure(env, earlier):
    before = told(env)
    seconds = timed(env["lead.scoring.title.word"]._refresh_leads, env.cr.commit)
    yield Figure("Leads whose job titles were read", told(env) - before)
    yield Figure("  in", seconds, "s")


def told(env):
    """How many leads have a rank or department."""
    env.cr.execute("SELECT count(COALESCE(title_rank, title_department)) FROM crm_lead")
    return env.cr.fetchone()[0]
