from odoo import models

from odoo.addons.base_automation.models.base_automation import TIME_TRIGGERS


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    def _run_action_mail_post_multi(self, eval_context=None):
        """Let a playbook write only to leads that may be written to, also when its
        conditions were changed and no longer ask for that; and not too often.
        """
        leads = self._leads_of_playbook()
        if leads is not None:
            leads = self._take_leads(leads._filter_mailable(), "email_normalized")
            if not leads:
                return False
            self = self.with_context(active_ids=leads.ids, active_id=leads[0].id)
        return super()._run_action_mail_post_multi(eval_context=eval_context)

    def _run_action_sms_multi(self, eval_context=None):
        """Let a playbook not send text messages too often."""
        leads = self._leads_of_playbook()
        if leads is not None:
            leads = self._take_leads(leads, "phone_sanitized")
            if not leads:
                return False
            eval_context = {**eval_context, "record": leads[0], "records": leads}
        return super()._run_action_sms_multi(eval_context=eval_context)

    def _run_action_next_activity(self, eval_context=None):
        """Send no mail about each activity that a playbook plans when a lead changes
        its temperature: ``_notify_hot`` tells users of all their hot leads at once.
        Playbooks that wait for days do send it.

        What a playbook plans is due on the day of the one responsible: a scheduled
        action lives in Greenwich. Nothing is planned for a lead that nobody is
        responsible for: Odoo would plan it for the robot, and nobody would see it.
        """
        automation = self.base_automation_id
        if not (automation.playbook_ids and self.env.context.get("active_id")):
            return super()._run_action_next_activity(eval_context=eval_context)
        if automation.trigger not in TIME_TRIGGERS:
            self = self.with_context(mail_activity_quick_update=True)
        context = self.env.context
        ids = context.get("active_ids") or [context["active_id"]]
        leads = self.env[self.model_name].browse(ids)
        for user, group in leads.grouped(self._get_activity_user).items():
            if not user:
                continue
            action = user._in_own_zone(self)
            action = action.with_context(active_ids=group.ids, active_id=group[:1].id)
            super(IrActionsServer, action)._run_action_next_activity(eval_context)
        return False

    def _get_activity_user(self, lead):
        """Return whose activity this action plans on a lead, as far as it says."""
        if self.activity_user_type == "specific":
            return self.activity_user_id
        name = self.activity_user_field_name
        return lead[name][:1] if name in lead else self.env["res.users"]

    def _leads_of_playbook(self):
        """Return the leads of the context if a playbook runs this action, else None."""
        if not self.base_automation_id.playbook_ids:
            return None
        context = self.env.context
        ids = context.get("active_ids") or [context.get("active_id")]
        return self.env["crm.lead"].browse(ids)

    def _take_leads(self, leads, field_name):
        # sudo: what playbooks have sent is written by code only
        messages = self.env["lead.scoring.playbook.message"].sudo()
        playbook = self.base_automation_id.playbook_ids[:1]
        return leads.browse(messages._take(playbook, leads.sudo(), field_name).ids)
