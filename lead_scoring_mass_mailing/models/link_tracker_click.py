from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.lead_scoring.tools.parameters import get_number

MACHINE_PARAMETER = "lead_scoring.machine_click_seconds"
MACHINE_SECONDS = 5
"""A click so soon after a mail was sent is not by a person."""
BURST_LINKS = 3
BURST_SECONDS = 2
"""So many links of a mail clicked within so many seconds are not by a person either."""


class LinkTrackerClick(models.Model):
    """Marks the clicks of security scanners, which open the links of a mail before its
    reader does.
    """

    _name = "link.tracker.click"
    _inherit = ["link.tracker.click", "lead.scoring.code.only.mixin"]

    is_machine = fields.Boolean(
        string="Machine Click",
        readonly=True,
        help="Clicked within seconds of sending, or with other links of the same mail "
        "all at once: a security scanner's, not a person's. Scoring does not count it.",
    )

    _create_date_idx = models.Index("(create_date)")

    @api.model_create_multi
    def create(self, vals_list):
        clicks = super().create(vals_list)
        if clicks.mailing_trace_id:
            # sudo: whoever opens a link has no right on clicks and traces
            clicks.sudo()._mark_machines()
            clicks.mailing_trace_id.sudo()._trigger_scoring()
        return clicks

    def _mark_machines(self):
        """Mark those of these new clicks, and of the clicks just before them, that are
        not by a person. Needs superuser.
        """
        now = self.env.cr.now()
        seconds = get_number(self.env, MACHINE_PARAMETER, MACHINE_SECONDS, 0, 86_400)
        human_from = now - timedelta(seconds=seconds)
        traces = self.mailing_trace_id
        recent = [
            ("mailing_trace_id", "in", traces.ids),
            ("create_date", ">=", now - timedelta(seconds=BURST_SECONDS)),
        ]
        bursts = self.search(recent).grouped("mailing_trace_id")
        for trace, clicks in self.grouped("mailing_trace_id").items():
            if trace.sent_datetime and trace.sent_datetime > human_from:
                clicks.is_machine = True
            burst = bursts.get(trace, clicks)
            if len(burst.link_id) >= BURST_LINKS:
                burst.is_machine = True
