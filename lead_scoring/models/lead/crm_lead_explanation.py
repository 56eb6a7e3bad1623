from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmLead(models.Model):
    """Why the score is what it is: rules, points by hand, and both in words."""

    _inherit = "crm.lead"

    score_explanation = fields.Json(
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_explanation",
        help="The rules that give points now, largest first; they sum to the score. "
        "With them the model's thresholds, the history, what changed within a week "
        "and which rules would make the lead hot.",
    )
    score_explanation_text = fields.Text(
        string="Why This Score",
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_explanation_text",
        help="Where the score comes from, in words.",
    )
    score_details = fields.Json(
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_details",
        help="What is known of the lead's visitors, and how its numbers relate. It is "
        "computed when somebody opens the explanation.",
    )
    scoring_rule_ids = fields.Many2many(
        comodel_name="lead.scoring.rule",
        string="Scoring Rules",
        groups="sales_team.group_sale_salesman",
        compute="_compute_scoring_rule_ids",
        search="_search_scoring_rule_ids",
        help="The scoring rules that give the lead points now.",
    )
    score_adjustment_ids = fields.One2many(
        comodel_name="lead.scoring.adjustment",
        inverse_name="lead_id",
        string="Score Adjustments",
        groups="sales_team.group_sale_salesman",
        help="Points that people gave the lead, or took, for what no rule can see.",
    )

    @api.depends("score_id", "do_not_score")
    @api.depends_context("lang", "uid")
    def _compute_score_explanation(self):
        for lead in self:
            lead.score_explanation = self.env["lead.scoring.explain"]._explain(lead)

    @api.depends("score_explanation")
    @api.depends_context("lang", "tz", "uid")
    def _compute_score_explanation_text(self):
        for lead in self:
            explanation = lead.score_explanation
            text = self.env["lead.scoring.explain.text"]._text(explanation)
            lead.score_explanation_text = text

    @api.depends("score_explanation")
    @api.depends_context("lang", "uid")
    def _compute_score_details(self):
        for lead in self:
            details = self.env["lead.scoring.explain"]._details(lead._origin)
            lead.score_details = details

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    @api.depends("score_id")
    def _compute_scoring_rule_ids(self):
        points = self.env["lead.scoring.engine"]._points(self)
        for lead in self:
            lead.scoring_rule_ids = list(points.get(lead.id, ()))

    @api.model
    def _search_scoring_rule_ids(self, operator, value):
        """Which leads have points from a rule; the engine knows, whoever asks."""
        self._check_field_access(self._fields["scoring_rule_ids"], "read")
        rules = self.env["lead.scoring.rule"]
        if operator in ("any", "any!"):
            if not isinstance(value, Domain):
                value = Domain("id", "in", value)
            # sudo: «any!» means without access rights
            return self._with_points_from(rules.sudo(operator == "any!").search(value))
        if operator != "in":
            return NotImplemented
        domain = self._with_points_from(rules.browse(v for v in value if v).exists())
        if False in value:
            # sudo: leads without points from any rule, also from those not readable
            domain |= ~self._with_points_from(rules.sudo().search(Domain.TRUE))
        return domain

    @api.model
    def _with_points_from(self, rules):
        """Return the Domain of the leads with points from any of ``rules``."""
        matching = self.env["lead.scoring.engine"]._matching_leads(rules)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s IN (%s)", SQL.identifier(alias, "id"), matching
            )
        )

    # ------------------------------------------------------------------
    # Points by hand
    # ------------------------------------------------------------------

    def action_adjust_score(self):
        """Open the window in which the user gives or takes points."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Adjust the Score"),
            "res_model": "lead.scoring.adjustment",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id},
        }
