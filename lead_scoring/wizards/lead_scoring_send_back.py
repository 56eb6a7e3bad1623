from odoo import fields, models

from ..models.crm_lead_handover import RETURN_REASONS


class LeadScoringSendBack(models.TransientModel):
    """Asks a salesperson why what scoring handed over goes back."""

    _name = "lead.scoring.send.back"
    _description = "Send Back to Leads"

    lead_ids = fields.Many2many(
        comodel_name="crm.lead",
        string="Opportunities",
        required=True,
        readonly=True,
        help="What is sent back.",
    )
    reason = fields.Selection(
        selection=RETURN_REASONS,
        required=True,
        help="What marketing reads to find better leads. Reports count it.",
    )
    note = fields.Text(help="What else marketing should know; kept in the chatter.")

    def action_send_back(self):
        """Send the opportunities back; what the user may not write is refused there."""
        self.ensure_one()
        self.lead_ids._send_back(self.reason, self.note)
