from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    notify_hot_leads = fields.Boolean(
        string="Tell Me about Hot Leads",
        default=True,
        help="Be notified when one of your leads becomes hot, or one of your team's "
        "that nobody is assigned to.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["notify_hot_leads"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["notify_hot_leads"]
