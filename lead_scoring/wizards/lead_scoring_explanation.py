from odoo import api, fields, models
from odoo.fields import Command

from ..models.crm_lead import TEMPERATURES


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
    score = fields.Integer(
        compute="_compute_numbers", help="Fit and interest together."
    )
    fit_score = fields.Integer(
        string="Fit", compute="_compute_numbers", help="Points for who the lead is."
    )
    interest_score = fields.Integer(
        string="Interest",
        compute="_compute_numbers",
        help="Points for what the lead does.",
    )
    temperature = fields.Selection(
        selection=TEMPERATURES,
        compute="_compute_numbers",
        help="How the score compares with the thresholds of the scoring model.",
    )
    routing_note = fields.Char(
        compute="_compute_numbers",
        help="Why the lead has not become an opportunity by its score.",
    )
    model_name = fields.Char(
        string="Scoring Model", readonly=True, help="The model the lead belongs to."
    )
    line_ids = fields.One2many(
        comodel_name="lead.scoring.explanation.line",
        inverse_name="explanation_id",
        string="Lines",
        readonly=True,
    )
    has_signals = fields.Boolean(
        compute="_compute_columns", help="Technical: whether a rule counts records."
    )
    has_decay = fields.Boolean(
        compute="_compute_columns", help="Technical: whether points have faded."
    )
    has_maximum = fields.Boolean(
        compute="_compute_columns", help="Technical: whether a maximum was reached."
    )

    @api.depends("lead_id")
    def _compute_numbers(self):
        """Not by related fields: these would show any lead, whoever asks."""
        self.lead_id.check_access("read")
        for window in self:
            window.score = window.lead_id.score
            window.fit_score = window.lead_id.fit_score
            window.interest_score = window.lead_id.interest_score
            window.temperature = window.lead_id.temperature
            window.routing_note = window.lead_id.routing_note

    @api.depends("line_ids")
    def _compute_columns(self):
        """Which columns of the list have anything in them."""
        for window in self:
            lines = window.line_ids
            window.has_signals = any(lines.mapped("last_date"))
            window.has_decay = any(lines.mapped("lost_to_decay"))
            window.has_maximum = any(lines.mapped("lost_to_maximum"))

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
        string="Scoring Rule",
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
