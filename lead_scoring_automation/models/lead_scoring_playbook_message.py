from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

PAUSE = timedelta(days=1)
"""How long no playbook writes to an address after one has written to it."""
KEPT = timedelta(days=400)
"""How long messages are remembered: longer than any playbook rests."""


class LeadScoringPlaybookMessage(models.Model):
    """What playbooks have sent, to whom and when, so that nobody is written to too
    often. Only code reads and writes it.
    """

    _name = "lead.scoring.playbook.message"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Message Sent by a Playbook"
    _log_access = False
    _rec_name = "address"

    playbook_id = fields.Many2one(
        comodel_name="lead.scoring.playbook",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The playbook that sent it.",
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The lead it was sent to.",
    )
    address = fields.Char(
        required=True,
        readonly=True,
        index=True,
        help="The e-mail address or phone number, as Odoo compares them.",
    )
    date = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: self.env.cr.now(),
        index=True,
        help="When it was sent, or given to the queue of what is to be sent.",
    )

    @api.model
    def _take(self, playbook, leads, field_name):
        """Return those of ``leads`` that ``playbook`` may write to now, and remember
        that it does. No playbook writes to a lead, or to its address, within a day of
        another; and none twice while it rests.

        :param field_name: the field of crm.lead with the normalized address
        """
        now = self.env.cr.now()
        rests = now - timedelta(days=playbook.quiet_days)
        taken = leads.browse()
        for lead in leads:
            address = lead[field_name]
            if not address:
                continue
            same = Domain("lead_id", "=", lead.id) | Domain("address", "=", address)
            mine = Domain("playbook_id", "=", playbook.id)
            recent = Domain("date", ">", now - PAUSE)
            recent |= Domain("date", ">", rests) & mine
            if not self.search_count(same & recent, limit=1):
                vals = {"playbook_id": playbook.id, "lead_id": lead.id}
                self.create({**vals, "address": address})
                taken += lead
        return taken

    @api.autovacuum
    def _gc_messages(self):
        self.search([("date", "<", self.env.cr.now() - KEPT)]).unlink()
