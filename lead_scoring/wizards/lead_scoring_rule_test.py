from odoo import api, fields, models


class LeadScoringRuleTest(models.TransientModel):
    """Tries a rule on one lead without changing anything."""

    _name = "lead.scoring.rule.test"
    _description = "Test a Scoring Rule on a Lead"

    rule_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        required=True,
        ondelete="cascade",
        help="The rule that is tried.",
    )
    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        ondelete="cascade",
        help="The lead or opportunity to try the rule on.",
    )
    matches = fields.Boolean(
        compute="_compute_result", help="Whether the rule gives this lead points."
    )
    closed = fields.Boolean(
        compute="_compute_result",
        help="Whether the lead is won, lost or archived: its score stays as it is.",
    )
    counts = fields.Boolean(
        compute="_compute_result",
        help="Whether the rule's scoring model is the one the lead belongs to.",
    )
    points = fields.Integer(
        compute="_compute_result", help="The points the rule gives this lead."
    )
    score_without = fields.Integer(
        string="Score without the Rule",
        compute="_compute_result",
        help="What the other rules give this lead, and what people gave it by hand.",
    )
    score_with = fields.Integer(
        string="Score with the Rule",
        compute="_compute_result",
        help="What the lead's score would be with this rule running.",
    )

    @api.depends("rule_id", "lead_id")
    def _compute_result(self):
        engine = self.env["lead.scoring.engine"]
        self.lead_id.check_access("read")
        self.rule_id.check_access("read")
        open_leads = engine._open_leads()
        for test in self:
            # sudo: access to both is checked above; points may come from other rules
            rule, lead = test.rule_id.sudo(), test.lead_id.sudo()
            # a paused rule is not among the lead's points
            others = engine._points(lead, closed=True).get(lead.id, {})
            own = engine._points(lead, rules=rule, closed=True)
            own = own.get(lead.id, {}).get(rule.id, 0)
            others.pop(rule.id, None)
            test.closed = bool(lead) and not lead.filtered_domain(open_leads)
            test.points = own
            test.matches = bool(own)
            by_hand = self.env["lead.scoring.adjustment"]._counting(lead, closed=True)
            by_hand = sum(given.points for given in by_hand.get(lead.id, ()))
            test.score_without = sum(others.values()) + by_hand
            test.counts = rule.model_id == lead.score_id.model_id
            test.score_with = test.score_without + (own if test.counts else 0)

    def action_try_match(self):
        """Try the rule on the newest lead that matches."""
        return self._try_example("match")

    def action_try_other(self):
        """Try the rule on the newest lead of its model that does not match."""
        return self._try_example("other")

    def _try_example(self, kind):
        self.ensure_one()
        self.check_access("write")
        example = (self.rule_id.get_reach() or {}).get(kind) or {}
        self.lead_id = example.get("id", False)
        return self._get_records_action(name=self.env._("Test on a Lead"), target="new")
