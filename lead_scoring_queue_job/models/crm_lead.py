from odoo import api, models

from ..tools.work import has_runner


class CrmLead(models.Model):
    """The scheduled actions leave the work to jobs, where somebody takes these."""

    _inherit = "crm.lead"

    @api.model
    def _cron_score_and_convert(self, full=False):
        """Without a job runner everything is done here, as without this add-on."""
        if not has_runner(self.env.cr):
            return super()._cron_score_and_convert(full=full)
        self.env["lead.scoring.pass"]._enqueue(full)
        self.env["ir.cron"]._commit_progress(remaining=0)
        return None
