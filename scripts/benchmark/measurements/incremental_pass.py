"""Score what changed, after one lead in a hundred was saved."""

from ..figures import Figure
from ..inside import per_lead, run_pass
from .unchanged_pass import NAME


def allowed(full):
    """The seconds that an incremental pass may take where a full one takes so many."""
    return 0.05 * full + 0.5


def touch(env, number):
    """Let one lead in a hundred be written, as the ORM would."""
    env.cr.execute(
        """UPDATE crm_lead SET write_date = timezone('UTC', now())
            WHERE id %% 100 = %s RETURNING id""",
        [number],
    )
    env["lead.scoring.change"]._note([row[0] for row in env.cr.fetchall()])
    env.cr.commit()


def measure(env, earlier):
    touch(env, 0)
    scoring_pass, seconds = run_pass(env, full=False)
    yield Figure("Leads in an incremental pass", scoring_pass.lead_count)
    yield Figure("Incremental pass", seconds, "s", most=allowed(earlier[NAME]))
    yield per_lead(scoring_pass, seconds)
