from odoo import models


class MailingContact(models.Model):
    _inherit = "mailing.contact"

    # Odoo drops this index with the add-on, but not one that an option of the field
    # makes
    _email_normalized_btree_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
