from odoo import models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _prepare_next_activity_values(self):
        """The next review is for the one responsible, whoever has done this one."""
        vals = super()._prepare_next_activity_values()
        if self.res_model == "lead.scoring.model" and self.user_id.active:
            vals["user_id"] = self.user_id.id
        return vals
