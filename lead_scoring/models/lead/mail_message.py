from odoo import fields, models


class MailMessage(models.Model):
    _name = "mail.message"
    _inherit = ["mail.message", "lead.scoring.code.only.mixin"]

    is_automatic = fields.Boolean(
        string="Automatic Reply",
        readonly=True,
        help="A machine has written this e-mail, as its headers say: an out-of-office "
        "note, a confirmation of receipt. Scoring does not count it as a reply.",
    )
