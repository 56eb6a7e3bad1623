from odoo import api, fields, models


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

    _lead_idx = models.Index("(res_id) WHERE model = 'crm.lead'")
    _email_idx = models.Index("(email) WHERE email IS NOT NULL")
    _open_datetime_idx = models.Index("(open_datetime) WHERE open_datetime IS NOT NULL")

    @api.depends("trace_status")
    def _compute_bounce_datetime(self):
        bounced = self.filtered(lambda trace: trace.trace_status == "bounce")
        bounced.bounce_datetime = self.env.cr.now()
        (self - bounced).bounce_datetime = False

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
