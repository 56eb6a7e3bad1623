from odoo import api, models


class MailingSubscription(models.Model):
    _inherit = "mailing.subscription"

    _create_date_idx = models.Index("(create_date)")
    _opt_out_datetime_idx = models.Index(
        "(opt_out_datetime) WHERE opt_out_datetime IS NOT NULL"
    )

    @api.model_create_multi
    def create(self, vals_list):
        subscriptions = super().create(vals_list)
        subscriptions._trigger_scoring()
        return subscriptions

    def write(self, vals):
        result = super().write(vals)
        # core's write adds it where the date or the reason says so
        if "opt_out" in vals:
            self._trigger_scoring()
        return result

    def _trigger_scoring(self):
        """Have the leads with the subscribers' addresses scored soon."""
        if self:
            emails = self.contact_id.mapped("email_normalized")
            self.env["crm.lead"]._trigger_scoring_of(emails)
