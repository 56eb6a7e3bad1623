from odoo import api, fields, models


class LeadScoringHistory(models.Model):
    """What a lead's score was when something was decided. Rows are only ever added."""

    _name = "lead.scoring.history"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Score History"
    _log_access = False
    _rec_name = "lead_id"
    _order = "date desc, id desc"

    date = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: self.env.cr.now(),
        help="When this was the lead's score.",
    )
    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The scoring model the lead belonged to.",
    )
    fit = fields.Integer(readonly=True, help="Points for who the lead was.")
    interest = fields.Integer(readonly=True, help="Points for what the lead had done.")
    score = fields.Integer(readonly=True, help="Fit and interest together.")
    temperature = fields.Selection(
        selection=[("cold", "Cold"), ("warm", "Warm"), ("hot", "Hot")],
        readonly=True,
        help="The lead's temperature then.",
    )
    reason = fields.Selection(
        selection=[
            ("created", "Created"),
            ("qualified", "Qualified"),
            ("converted", "Converted"),
            ("crossing", "Temperature changed"),
            ("move", "Score moved"),
        ],
        required=True,
        readonly=True,
        help="Why this row was written.",
    )
    rules = fields.Json(
        string="Points per Rule",
        readonly=True,
        help="The points each rule gave, by the rule's id; on decisions only.",
    )

    @api.model
    def _record(self, leads, reason, with_rules=False):
        """Add a row for each of ``leads`` with the numbers of their score rows.

        :param reason: a value of the field ``reason``
        :param with_rules: keep the points per rule, which can't be computed later
        """
        points = {}
        if with_rules:
            points = self.env["lead.scoring.engine"]._points(leads)
        self.sudo().create(
            [
                {
                    "lead_id": lead.id,
                    "model_id": lead.score_id.model_id.id,
                    "fit": lead.score_id.fit,
                    "interest": lead.score_id.interest,
                    "score": lead.score_id.score,
                    "temperature": lead.temperature,
                    "reason": reason,
                    "rules": points.get(lead.id),
                }
                for lead in leads.sudo()
            ]
        )
