from odoo import models


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    def _run_action_mail_post_multi(self, eval_context=None):
        """A playbook writes to no lead that does not want to be written to, whatever
        its conditions have become.
        """
        if self.base_automation_id.playbook_ids:
            context = self.env.context
            ids = context.get("active_ids") or [context.get("active_id")]
            leads = self.env["crm.lead"].browse(ids)._filter_mailable()
            if not leads:
                return False
            self = self.with_context(active_ids=leads.ids, active_id=leads[0].id)
        return super()._run_action_mail_post_multi(eval_context=eval_context)
