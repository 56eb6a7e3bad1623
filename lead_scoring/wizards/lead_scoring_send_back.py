from odoo import api, fields, models

from ..models.routing.crm_lead_handover import RETURN_REASONS


class LeadScoringSendBack(models.TransientModel):
    """Asks why opportunities become leads again: of a salesperson what scoring handed
    over, of a sales manager what was converted too early.
    """

    _name = "lead.scoring.send.back"
    _description = "Send Back to Leads"

    lead_ids = fields.Many2many(
        comodel_name="crm.lead",
        string="Opportunities",
        required=True,
        help="What is sent back.",
    )
    reason = fields.Selection(
        selection=RETURN_REASONS,
        required=True,
        help="What marketing reads to find better leads. Reports count it.",
    )
    note = fields.Text(help="What else marketing should know; kept in the chatter.")
    keep_user = fields.Boolean(
        string="Keep the Salesperson",
        help="The leads stay with their salespeople, who get them back when they are "
        "converted again. Otherwise they are nobody's until then.",
    )
    user_ids = fields.Many2many(
        comodel_name="res.users",
        string="Salespeople",
        compute="_compute_consequence",
        help="Whose opportunities they are.",
    )
    lead_count = fields.Integer(
        string="Number of Opportunities",
        compute="_compute_consequence",
        help="How many are sent back.",
    )
    consequence = fields.Char(
        string="Converted Again",
        compute="_compute_consequence",
        help="When scoring hands them over once more.",
    )

    @api.depends("lead_ids")
    @api.depends_context("lang")
    def _compute_consequence(self):
        for wizard in self:
            leads = wizard.lead_ids
            wizard.user_ids = leads.user_id
            wizard.lead_count = len(leads)
            if len(leads) == 1:
                wizard.consequence = self.env._(
                    "Its score is %(score)s. Scoring converts it again from "
                    "%(until)s on.",
                    score=leads.score,
                    # sudo: users may not read the rows of scores
                    until=leads._score_after_return(leads.sudo()),
                )
            else:
                wizard.consequence = self.env._(
                    "Scoring converts each again when its score has risen by more than "
                    "the margin of its scoring model."
                )

    def action_send_back(self):
        """Send the opportunities back; what the user may not write is refused there."""
        self.ensure_one()
        self.check_access("read")
        # what was lost or archived meanwhile is refused by name, not left out
        leads = self.with_context(active_test=False).lead_ids
        leads._send_back(self.reason, self.note, keep_user=self.keep_user)
