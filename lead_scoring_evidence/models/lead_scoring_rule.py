from collections import Counter

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
        help="Open feedback on leads whose score came from this rule most of all.",
    )
    feedback_summary = fields.Char(
        string="Feedback from Sales",
        compute="_compute_feedback",
        help="Open feedback on leads whose score came from this rule most of all, as "
        "those say who know them. A score is made by several rules: «Right» and «Too "
        "High» count only for the one that gave the most points (for all of them, if "
        "several gave as many), «Too Low» only for the one that took the most.",
    )

    # users count the feedback that they may read
    @api.depends("feedback_ids.active", "feedback_ids.verdict")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_feedback(self):
        feedback = self.env["lead.scoring.feedback"]
        names = dict(feedback._fields["verdict"]._description_selection(self.env))
        by_rule = self._get_feedback_by_rule()
        for rule in self:
            found = by_rule.get(rule._origin.id, feedback)
            said = Counter(found.mapped("verdict"))
            rule.feedback_count = len(found)
            rule.feedback_summary = ", ".join(
                f"{said[verdict]} × {names[verdict]}"
                for verdict in names
                if verdict in said
            )

    def _get_feedback_by_rule(self):
        """Return ``{rule id: open feedback that counts for the rule}``, as far as the
        user may read it.
        """
        feedback = self.env["lead.scoring.feedback"]
        return feedback.search([("rule_ids", "in", self.ids)])._by_answerable_rule()

    @api.readonly
    def action_open_feedback(self):
        """Open what was said of leads whose score came from this rule most of all."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_feedback_action"
        )
        by_rule = self._get_feedback_by_rule()
        known = by_rule.keys() & set(self.ids)
        ids = {each for rule_id in known for each in by_rule[rule_id].ids}
        return {**action, "domain": [("id", "in", sorted(ids))]}
