from odoo import models

COLLECTED_LOGS = "lead_scoring.collected_logs"
"""Key of ``cr.precommit.data``: values of the log messages collected so far."""
COLLECT = "lead_scoring_collect_logs"
"""Context key: collect the values of a message instead of creating it."""


class CrmLead(models.Model):
    """Creates the log messages on tracked fields of many leads in one call. Core
    creates them lead by lead, which takes several times longer, and a pass may change
    the temperature of thousands of leads.
    """

    _inherit = "crm.lead"

    def _message_track(self, fields_iter, initial_values_dict):
        """Collect what :meth:`_message_log` is to create, and create it at the end.
        Messages that are posted, with notifications, are left to core.
        """
        data = self.env.cr.precommit.data
        if len(self) < 2 or COLLECTED_LOGS in data:
            return super()._message_track(fields_iter, initial_values_dict)
        data[COLLECTED_LOGS] = []
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            logs = data.pop(COLLECTED_LOGS)
        if logs:
            changes = [values.pop("tracking_value_ids") or [] for values in logs]
            self._create_tracked(self._message_create(logs), changes)
        return tracking

    def _create_tracked(self, messages, changes):
        """Add the old and new values of fields to their messages.

        :param changes: for each message, commands that create mail.tracking.value
        """
        # sudo: as core does, for users have no right to create them
        self.env["mail.tracking.value"].sudo().create(
            [
                {**vals, "mail_message_id": message.id}
                for message, commands in zip(messages, changes, strict=True)
                for _create, _id, vals in commands
            ]
        )

    def _message_log(self, **kwargs):
        if COLLECTED_LOGS not in self.env.cr.precommit.data:
            return super()._message_log(**kwargs)
        leads = self.with_context(**{COLLECT: True})
        return super(CrmLead, leads)._message_log(**kwargs)

    def _message_create(self, values_list):
        if not self.env.context.get(COLLECT):
            return super()._message_create(values_list)
        self.env.cr.precommit.data[COLLECTED_LOGS] += values_list
        return self.env["mail.message"]
