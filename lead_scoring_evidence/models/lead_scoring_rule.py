from odoo import api, fields, models


class LeadScoringRule(models.Model):
    """What salespeople said of the scores that a rule had a part in."""

    _inherit = "lead.scoring.rule"

    feedback_ids = fields.Many2many(
        comodel_name="lead.scoring.feedback",
        string="Feedback on Its Leads",
        relation="lead_scoring_feedback_lead_scoring_rule_rel",
        column1="lead_scoring_rule_id",
        column2="lead_scoring_feedback_id",
        groups="sales_team.group_sale_salesman,lead_scoring.group_scoring_manager",
        copy=False,
        readonly=True,
        help="Open feedback on leads that had points from this rule.",
    )
    feedback_count = fields.Integer(
        string="Feedback",
        compute="_compute_feedback",
        help="Open feedback on leads that had points from this rule.",
    )
    feedback_summary = fields.Char(
        string="What Sales Says",
        compute="_compute_feedback",
        help="Open feedback on leads that had points from this rule: how often their "
        "score is right, too high or too low, as those say who know them.",
    )

    # users count the feedback that they may read
    @api.depends("feedback_ids.active", "feedback_ids.verdict")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_feedback(self):
        feedback = self.env["lead.scoring.feedback"]
        names = dict(feedback._fields["verdict"]._description_selection(self.env))
        counts = {}
        for rule, verdict, count in feedback._read_group(
            [("rule_ids", "in", self.ids)], ["rule_ids", "verdict"], ["__count"]
        ):
            counts.setdefault(rule, {})[verdict] = count
        for rule in self:
            said = counts.get(rule._origin, {})
            rule.feedback_count = sum(said.values())
            rule.feedback_summary = ", ".join(
                f"{said[verdict]} × {names[verdict]}"
                for verdict in names
                if verdict in said
            )

    @api.readonly
    def action_open_feedback(self):
        """Open what was said of leads that had points from this rule."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_feedback_action"
        )
        return {**action, "domain": [("rule_ids", "in", self.ids)]}
