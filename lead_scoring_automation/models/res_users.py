from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    booking_url = fields.Char(
        string="Booking Link",
        help="A page where customers book a meeting with this user. Texts of playbooks "
        "offer it to the leads of this user.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["booking_url"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["booking_url"]
