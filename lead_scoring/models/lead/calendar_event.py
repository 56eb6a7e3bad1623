from odoo import api, models

SIGNAL_FIELDS = frozenset(["active", "opportunity_id", "start"])
"""What tells whose signal a meeting is, and of when."""


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        """See :meth:`write`."""
        meetings = super().create(vals_list)
        meetings._note_leads()
        return meetings

    def write(self, vals):
        """Note the leads of meetings for the next pass, which looks for signals by
        their own date: many a meeting is entered after it was held.
        """
        if SIGNAL_FIELDS.isdisjoint(vals):
            return super().write(vals)
        self._note_leads()
        result = super().write(vals)
        self._note_leads()
        return result

    def _note_leads(self):
        """Have the next pass cover the leads that these meetings belong to."""
        # sudo: a private meeting hides its lead from others
        leads = self.sudo().opportunity_id
        self.env["lead.scoring.change"]._note(leads.ids)
