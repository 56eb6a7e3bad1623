from odoo import api, fields, models
from odoo.fields import Command


class LeadScoringExplanation(models.TransientModel):
    """The explanation of a lead's score, rule by rule, as a window."""

    _name = "lead.scoring.explanation"
    _description = "Lead Score Explanation"

    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        readonly=True,
        required=True,
        ondelete="cascade",
        help="The lead that was scored.",
    )
    score = fields.Integer(related="lead_id.score")
    fit_score = fields.Integer(related="lead_id.fit_score")
    interest_score = fields.Integer(related="lead_id.interest_score")
    temperature = fields.Selection(related="lead_id.temperature")
    routing_note = fields.Char(related="lead_id.routing_note")
    model_name = fields.Char(
        string="Scoring Model", readonly=True, help="The model the lead belongs to."
    )
    line_ids = fields.One2many(
        comodel_name="lead.scoring.explanation.line",
        inverse_name="explanation_id",
        readonly=True,
    )

    @api.model
    def _open(self, lead):
        """Return the action that shows why ``lead`` has its score."""
        explanation = lead.score_explanation
        window = self.create(
            {
                "lead_id": lead.id,
                "model_name": explanation["model"],
                "line_ids": [
                    Command.create({"sequence": number, **self._line_values(line)})
                    for number, line in enumerate(explanation["rules"])
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why this score"),
            "res_model": self._name,
            "res_id": window.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model
    def _line_values(self, line):
        names = ("rule_id", "name", "dimension", "points", "count", "last_date")
        names += ("lost_to_decay", "lost_to_maximum")
        return {name: line[name] for name in names}


class LeadScoringExplanationLine(models.TransientModel):
    _name = "lead.scoring.explanation.line"
    _description = "Lead Score Explanation Line"
    _order = "sequence, id"

    explanation_id = fields.Many2one(
        comodel_name="lead.scoring.explanation", required=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    rule_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        readonly=True,
        ondelete="cascade",
        help="The rule that gives the points.",
    )
    name = fields.Char(string="Rule", readonly=True, help="What the points are for.")
    dimension = fields.Selection(
        selection=[("fit", "Fit"), ("interest", "Interest")],
        readonly=True,
        help="Fit: who the lead is. Interest: what the lead does.",
    )
    points = fields.Integer(readonly=True, help="Points the rule gives the lead now.")
    count = fields.Integer(
        string="Times", readonly=True, help="How many records the rule counts."
    )
    last_date = fields.Datetime(
        string="Last On", readonly=True, help="When the last of them happened."
    )
    lost_to_decay = fields.Integer(
        string="Faded", readonly=True, help="Points lost because of the signals' age."
    )
    lost_to_maximum = fields.Integer(
        string="Over Maximum",
        readonly=True,
        help="Points lost because the rule gives no more.",
    )
