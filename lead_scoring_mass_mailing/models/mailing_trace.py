from odoo import api, fields, models

from odoo.addons.lead_scoring.models.website.lead_scoring_machine import MACHINE_REASONS

OPENED_BY_CLICK = "lead_scoring_opened_by_click"
"""Context key: a click opens the mail, which says itself whether it counts."""


class MailingTrace(models.Model):
    _name = "mailing.trace"
    _inherit = ["mailing.trace", "lead.scoring.code.only.mixin"]

    bounce_datetime = fields.Datetime(
        string="Bounced On",
        compute="_compute_bounce_datetime",
        store=True,
        index="btree_not_null",
        help="When the mail came back.",
    )

    machine_reason = fields.Selection(
        selection=MACHINE_REASONS,
        string="Not Opened by a Person",
        readonly=True,
        help="Why the open does not count: a machine loads pictures within seconds of "
        "sending, or has clicked a link. The next open by a person counts.",
    )

    _lead_idx = models.Index("(res_id) WHERE model = 'crm.lead'")
    _email_idx = models.Index("(email) WHERE email IS NOT NULL")
    _open_datetime_idx = models.Index("(open_datetime) WHERE open_datetime IS NOT NULL")

    @api.depends("trace_status")
    def _compute_bounce_datetime(self):
        bounced = self.filtered(lambda trace: trace.trace_status == "bounce")
        bounced.bounce_datetime = self.env.cr.now()
        (self - bounced).bounce_datetime = False

    def set_opened(self, domain=None):
        """An open within seconds of sending is a machine's; the next one counts then,
        though Odoo itself keeps the first.
        """
        traces = self + (self.search(domain) if domain else self.browse())
        unopened = traces.filtered(lambda trace: not trace.open_datetime)
        result = super().set_opened(domain=domain)
        if self.env.context.get(OPENED_BY_CLICK):
            return result
        now = self.env.cr.now()
        machine = self.env["lead.scoring.machine"]
        # sudo: only superuser sets what only code may set
        for trace in traces.sudo():
            reason = machine._judge(trace.sent_datetime, now, together=0)
            if reason and trace in unopened:
                trace.machine_reason = reason
            elif trace.machine_reason and not reason:
                trace.write({"machine_reason": False, "open_datetime": now})
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.get("open_datetime") or vals.get("trace_status") == "bounce":
            self._trigger_scoring()
        return result

    def _trigger_scoring(self):
        """Have the leads that these were sent to, or whose address they were sent to,
        scored soon. The scheduled action does it, not the request of the reader.
        """
        to_leads = self.filtered(lambda trace: trace.model == "crm.lead")
        self.env["crm.lead"]._trigger_scoring_of(
            self.mapped("email"), to_leads.mapped("res_id")
        )
