from odoo import api, models


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
