import re

from odoo import api, models

AUTOMATIC = {
    "Auto-Submitted": "auto-",
    "Precedence": "auto_reply|bulk|junk",
    "X-Auto-Response-Suppress": ".",
    "X-Autoreply": ".",
    "X-Autorespond": ".",
    "X-Autoresponder": ".",
}
"""``{header: pattern}``: how the value of a header begins in a mail that a machine has
written (RFC 3834, and what mail programs wrote before it).
"""


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_parse(self, message, save_original=False):
        """Keep whether a machine has written the mail: only its headers say so, and
        Odoo does not store them.
        """
        values = super().message_parse(message, save_original=save_original)
        if self._is_automatic(message):
            values["is_automatic"] = True
        return values

    @api.model
    def _is_automatic(self, message):
        """Whether a machine has written a mail: an out-of-office note, a confirmation
        of receipt, a newsletter. A mail by a mailing list is a person's.

        :param message: an ``email.message.EmailMessage``
        """
        return any(
            re.match(pattern, str(value).strip(), re.IGNORECASE)
            for header, pattern in AUTOMATIC.items()
            for value in message.get_all(header, ())
        )

    def _get_message_create_valid_field_names(self):
        return super()._get_message_create_valid_field_names() | {"is_automatic"}
