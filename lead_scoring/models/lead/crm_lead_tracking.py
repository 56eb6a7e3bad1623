from odoo import models

LOGS = "lead_scoring.logs"
TOGETHER = "lead_scoring_logs_together"


class CrmLead(models.Model):
    """What is tracked of many leads is logged together: logged lead by lead, as core
    does, it takes several times longer, and a pass may find thousands that cross.
    """

    _inherit = "crm.lead"

    def _message_track(self, fields_iter, initial_values_dict):
        """Collect the logs of :meth:`_message_log`; what is posted, with its
        notifications, is left to core.
        """
        data = self.env.cr.precommit.data
        if len(self) < 2 or LOGS in data:
            return super()._message_track(fields_iter, initial_values_dict)
        data[LOGS] = []
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            logs = data.pop(LOGS)
        if logs:
            changes = [values.pop("tracking_value_ids") or [] for values in logs]
            self._create_tracked(self._message_create(logs), changes)
        return tracking

    def _create_tracked(self, messages, changes):
        """Add what changed to the messages that tell it.

        :param changes: for each message, commands that create mail.tracking.value
        """
        self.env["mail.tracking.value"].sudo().create(
            [
                {**vals, "mail_message_id": message.id}
                for message, commands in zip(messages, changes, strict=True)
                for _create, _id, vals in commands
            ]
        )

    def _message_log(self, **kwargs):
        if LOGS not in self.env.cr.precommit.data:
            return super()._message_log(**kwargs)
        leads = self.with_context(**{TOGETHER: True})
        return super(CrmLead, leads)._message_log(**kwargs)

    def _message_create(self, values_list):
        if not self.env.context.get(TOGETHER):
            return super()._message_create(values_list)
        self.env.cr.precommit.data[LOGS] += values_list
        return self.env["mail.message"]
