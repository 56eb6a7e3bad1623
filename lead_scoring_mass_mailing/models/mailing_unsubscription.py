from odoo import fields, models
from odoo.tools import SQL


class MailingUnsubscription(models.Model):
    """Addresses that left a mailing list, and those on the blocklist.

    Rules read both as one source: the link in a mailing to a list unsubscribes from the
    list, but the one in a mailing to leads or contacts adds to the blocklist.
    """

    _name = "mailing.unsubscription"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Mailing Unsubscription"
    _auto = False
    _rec_name = "email"
    _order = "date desc, id desc"
    _depends = {
        "mail.blacklist": ["active", "email", "opt_out_reason_id", "write_date"],
        "mailing.contact": ["email_normalized"],
        "mailing.subscription": [
            "contact_id",
            "list_id",
            "opt_out",
            "opt_out_datetime",
            "opt_out_reason_id",
        ],
    }

    email = fields.Char(readonly=True, help="The address that unsubscribed.")
    date = fields.Datetime(readonly=True, help="When it unsubscribed.")
    active = fields.Boolean(
        readonly=True,
        help="Whether it still holds: off for subscribers, and for addresses taken off "
        "the blocklist.",
    )
    list_id = fields.Many2one(
        comodel_name="mailing.list",
        string="Mailing List",
        readonly=True,
        help="The list it left; empty for the blocklist, which means all mailings.",
    )
    opt_out_reason_id = fields.Many2one(
        comodel_name="mailing.subscription.optout",
        string="Reason",
        readonly=True,
        help="Why, where somebody said so.",
    )

    @property
    def _table_query(self):
        """Return a query of one table without a condition for each part: only so can
        PostgreSQL find a record by its id without reading all of them.
        """
        return SQL(
            """SELECT subscription.id, subscription.list_id,
                      subscription.opt_out_datetime AS date,
                      subscription.opt_out_reason_id,
                      (SELECT contact.email_normalized FROM mailing_contact contact
                        WHERE contact.id = subscription.contact_id) AS email,
                      subscription.opt_out AS active
                 FROM mailing_subscription subscription
                UNION ALL
               SELECT -blacklist.id, NULL, blacklist.write_date,
                      blacklist.opt_out_reason_id, blacklist.email, blacklist.active
                 FROM mail_blacklist blacklist"""
        )
