from odoo import api, models


class MailBlacklist(models.Model):
    _inherit = "mail.blacklist"

    # the identifier that mailing.unsubscription gives these
    _unsubscription_idx = models.Index("((-id))")

    @api.model_create_multi
    def create(self, vals_list):
        blocked = super().create(vals_list)
        blocked._trigger_scoring()
        return blocked

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            self._trigger_scoring()
        return result

    def _trigger_scoring(self):
        """Have the leads with these addresses scored soon."""
        self.env["crm.lead"]._trigger_scoring_of(self.mapped("email"))
