from odoo import fields, models


class LeadScoringDiscoveryField(models.Model):
    """A field that conditions are not looked for in."""

    _name = "lead.scoring.discovery.field"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Field Left Out"
    _order = "label, id"

    discovery_id = fields.Many2one(
        comodel_name="lead.scoring.discovery",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    name = fields.Char(
        string="Technical Name", required=True, readonly=True, help="The field's name."
    )
    label = fields.Char(
        string="Field", readonly=True, help="The field as forms call it."
    )
    reason = fields.Char(readonly=True, help="Why it is left out.")
    use = fields.Boolean(
        string="Use Anyway",
        help="Look for conditions in it next time: you know that it is filled in "
        "before anybody works on the lead.",
    )
