from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.retry import retry


class CrmTeam(models.Model):
    """Tells managers which leads could not be converted, and why."""

    _inherit = "crm.team"

    @api.model
    def _keep_errors(self, outcome, checkpoint):
        """Keep why leads failed, and forget it of those that are done.

        :param outcome: see :meth:`_apply_assignments`; an error of None is none
        :param checkpoint: called to commit
        """
        errors = dict.fromkeys(outcome["done"]) | outcome["failed"]
        if not errors:
            return
        statement = SQL(
            """UPDATE lead_scoring_score score
                  SET routing_error = kept.error
                 FROM unnest(%s::integer[], %s::varchar[]) AS kept (lead_id, error)
                WHERE kept.lead_id = score.lead_id
                  AND kept.error IS DISTINCT FROM score.routing_error""",
            list(errors),
            list(errors.values()),
        )
        retry(self.env.cr, statement, checkpoint)
        self.env["lead.scoring.score"].invalidate_model(["routing_error"], flush=False)

    @api.model
    def _waiting_leads(self):
        """Those that failed come first, as long as the next run would try again."""
        reasons = super()._waiting_leads()
        failed = Domain("score_id.routing_error", "!=", False) & reasons[None]
        return {"failed": failed, **reasons}

    @api.model
    def _waiting_note(self, lead, teams):
        met = any(team._takes(lead) for team in teams)
        return (met and self._error_note(lead)) or super()._waiting_note(lead, teams)

    @api.model
    def _sample_note(self, lead):
        return self._error_note(lead) or super()._sample_note(lead)

    @api.model
    def _error_note(self, lead):
        """Return what went wrong when the lead was last to be converted, if it did."""
        error = lead.score_id.routing_error
        return error and self.env._(
            "Score %(score)s: could not be converted, the next run tries again. "
            "%(error)s",
            score=lead.score,
            error=error,
        )
