from odoo import fields, models


class MailingContact(models.Model):
    _inherit = "mailing.contact"

    email_normalized = fields.Char(index="btree_not_null")
