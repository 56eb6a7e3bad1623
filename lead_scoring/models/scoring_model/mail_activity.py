from odoo import api, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    def _prepare_next_activity_values(self):
        """Plan the next review for the same user, whoever has done this one."""
        vals = super()._prepare_next_activity_values()
        if self.res_model == "lead.scoring.model" and self.user_id.active:
            vals["user_id"] = self.user_id.id
        return vals


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.model
    def _get_model_info_by_xmlid(self):
        """The type of reviews can't be deleted, nor given to another model."""
        return {
            **super()._get_model_info_by_xmlid(),
            "lead_scoring.mail_activity_type_review": {
                "res_model": "lead.scoring.model",
                "unlink": False,
            },
        }
