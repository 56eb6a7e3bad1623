from odoo import fields, models


class LeadScoringRule(models.Model):
    _inherit = "lead.scoring.rule"

    source = fields.Selection(
        selection_add=[
            ("mail_open", "Mailings opened"),
            ("mail_click", "Links clicked in mailings"),
            ("mail_bounce", "Mailings bounced"),
            ("mail_subscribe", "Subscribed to mailing lists"),
            ("mail_unsubscribe", "Unsubscribed from mailings"),
            ("sms_click", "Links clicked in text messages"),
        ],
        ondelete={
            "mail_open": "cascade",
            "mail_click": "cascade",
            "mail_bounce": "cascade",
            "mail_subscribe": "cascade",
            "mail_unsubscribe": "cascade",
            "sms_click": "cascade",
        },
    )
