"""Score what changed, after one lead in a hundred was saved."""

from ..figures import Figure
from ..inside import per_lead, run_pass
from .unchanged_pass import NAME


def allowed(full):
    """The seconds that an incremental pass may take where a full one takes so many."""
    return 0.05 * full + 0.5


def measure(env, earlier):
    env.cr.execute("UPDATE crm_lead SET write_date = now() WHERE id % 100 = 0")
    env.cr.commit()
    scoring_pass, seconds = run_pass(env, full=False)
    yield Figure("Leads in an incremental pass", scoring_pass.lead_count)
    yield Figure("Incremental pass", seconds, "s", most=allowed(earlier[NAME]))
    yield per_lead(scoring_pass, seconds)
