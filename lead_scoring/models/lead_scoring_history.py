from odoo import api, fields, models

from .crm_lead import TEMPERATURES


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
        selection=TEMPERATURES,
        readonly=True,
        help="The lead's temperature then.",
    )
    reason = fields.Selection(
        selection=[
            ("created", "Created"),
            ("qualified", "Qualified"),
            ("converted", "Converted"),
            ("crossing", "Temperature Changed"),
            ("move", "Score moved"),
        ],
        required=True,
        readonly=True,
        help="Why this row was written.",
    )
    by_score = fields.Boolean(
        readonly=True,
        help="The score alone converted the lead, not a user.",
    )
    rules = fields.Json(
        string="Points per Rule",
        readonly=True,
        help="The points each rule gave, by the rule's id; on decisions only.",
    )

    @api.model
    def _record(self, leads, reason, points=None):
        """Add a row for each of ``leads``.

        :param reason: a value of the field ``reason``
        :param points: ``{lead id: {rule id: points}}`` of a decision, which can't be
            computed later; without it the row has the numbers of the score row
        """
        self.sudo().create(
            [
                {
                    "lead_id": lead.id,
                    "model_id": lead.score_id.model_id.id,
                    "temperature": lead.temperature,
                    "reason": reason,
                    "by_score": "lead_scoring_team_id" in self.env.context,
                    **self._numbers(lead, points),
                }
                for lead in leads.sudo()
            ]
        )

    @api.model
    def _numbers(self, lead, points):
        if points is None:
            row = lead.score_id
            return {"fit": row.fit, "interest": row.interest, "score": row.score}
        given = points.get(lead.id, {})
        rules = self.env["lead.scoring.rule"].sudo().browse(given)
        fit = sum(given[rule.id] for rule in rules if rule.dimension == "fit")
        score = sum(given.values())
        return {"fit": fit, "interest": score - fit, "score": score, "rules": given}
