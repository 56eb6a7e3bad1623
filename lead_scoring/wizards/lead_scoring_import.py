import base64
import binascii

from odoo import fields, models
from odoo.exceptions import UserError


class LeadScoringImport(models.TransientModel):
    """Imports a scoring model from a file, as a draft."""

    _name = "lead.scoring.import"
    _description = "Import a Scoring Model"

    file = fields.Binary(
        required=True,
        attachment=False,
        help="A file that was exported from a scoring model.",
    )
    file_name = fields.Char(help="Name of the file.")

    def action_import(self):
        """Create the draft and open it; say what it names that is not there."""
        self.ensure_one()
        self.check_access("read")
        try:
            content = base64.b64decode(self.file or b"", validate=True)
        except binascii.Error as error:
            raise UserError(self.env._("The file can't be read.")) from error
        draft = self.env["lead.scoring.model"]._from_file(content)
        if notes := draft._list_missing():
            self.env.user._bus_send(
                "simple_notification",
                {"type": "warning", "sticky": True, "message": "\n".join(notes)},
            )
        return draft._get_records_action()
