from odoo import fields, models

from .crm_team_waiting import WAITING_REASONS


class LeadScoringScore(models.Model):
    """What routing keeps of each lead that it has not converted."""

    _inherit = "lead.scoring.score"

    waiting_reason = fields.Selection(
        selection=WAITING_REASONS,
        readonly=True,
        index="btree_not_null",
        help="Why the lead has not become an opportunity.",
    )
    waiting_since = fields.Datetime(
        readonly=True, help="Since when the lead waits for this reason."
    )
    routing_error = fields.Char(
        readonly=True,
        index="btree_not_null",
        help="What went wrong when scoring last tried to convert the lead. Each "
        "run tries again.",
    )
