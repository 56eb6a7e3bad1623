from odoo import api, fields, models
from odoo.exceptions import AccessError

MAX_WHY_LENGTH = 500
"""Characters of a reason."""
USER_FIELDS = ["lead_id", "verdict", "why"]
"""Fields that users fill in."""


class LeadScoringFeedback(models.Model):
    """What a salesperson thinks of a lead's score, with the points as they were.

    Who may write the lead may give feedback. Feedback is never changed: a new one of
    the same user on the lead closes the one before, and scoring managers close what
    they have dealt with.
    """

    _name = "lead.scoring.feedback"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Feedback on a Lead Score"
    _rec_name = "lead_id"
    _order = "date desc, id desc"

    lead_id = fields.Many2one(readonly=False)
    active = fields.Boolean(
        string="Open",
        default=True,
        help="Whether it still counts: nobody has dealt with it, and its author has "
        "said nothing else since.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        help="Who said it.",
    )
    verdict = fields.Selection(
        selection=[
            ("right", "Right"),
            ("too_high", "Too High"),
            ("too_low", "Too Low"),
        ],
        required=True,
        help="What the user thinks of the score.",
    )
    why = fields.Text(help="What the score misses, or gets wrong.")
    date = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: self.env.cr.now(),
        help="When it was said.",
    )
    score = fields.Integer(
        string="Score Then", readonly=True, aggregator=None, help="The score then."
    )
    points = fields.Json(
        readonly=True, help="The points each rule gave then, by the rule's id."
    )
    rule_ids = fields.Many2many(
        comodel_name="lead.scoring.rule",
        string="Rules Then",
        readonly=True,
        help="The rules that gave the lead points then. The feedback counts only for "
        "those that gave the most; «Too Low» only for those that took the most.",
    )
    company_id = fields.Many2one(
        related="lead_id.company_id", help="The lead's company."
    )

    _open_uniq = models.UniqueIndex(
        "(lead_id, user_id) WHERE active",
        "There is a newer feedback of the same user on this lead.",
    )
    _why_limit = models.Constraint(
        f"CHECK(char_length(why) <= {MAX_WHY_LENGTH})",
        f"Say why in {MAX_WHY_LENGTH} characters at most.",
    )

    # ------------------------------------------------------------------
    # ORM
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Set author, date and score to those of now, whatever a user sends."""
        if self.env.su:
            return super().create(vals_list)
        self.check_access("create")
        vals_list = [{**self.default_get(USER_FIELDS), **vals} for vals in vals_list]
        leads = self.env["crm.lead"].browse(
            vals["lead_id"] for vals in vals_list if vals.get("lead_id")
        )
        leads.check_access("write")
        # sudo: users may not write feedback, not even their own
        before = self.sudo().search(
            [("lead_id", "in", leads.ids), ("user_id", "=", self.env.uid)]
        )
        before.active = False
        before.flush_recordset(["active"])
        # sudo: only code sets author, date and score; the user may write the leads
        created = super(LeadScoringFeedback, self.sudo()).create(
            [
                {name: vals[name] for name in USER_FIELDS if name in vals}
                | self._get_values_of_now(leads.browse(vals.get("lead_id")))
                for vals in vals_list
            ]
        )
        return created.with_env(self.env)

    @api.model
    def _get_values_of_now(self, lead):
        """Return the values of the fields that users do not fill in: author, date, and
        the lead's score of now with the points it comes from.
        """
        now = {"active": True, "date": self.env.cr.now(), "user_id": self.env.uid}
        if not lead:
            return now  # creating it fails: the lead is required
        explanation = self.env["lead.scoring.explain"]._explain(lead)
        points = {
            line["rule_id"]: line["points"]
            for line in explanation["rules"]
            if line["rule_id"]
        }
        return {
            **now,
            "score": explanation["score"],
            "points": points,
            "rule_ids": [fields.Command.set(list(points))],
        }

    def write(self, vals):
        if not self.env.su and vals.keys() - {"active"}:
            raise AccessError(
                self.env._("What was said stays as it is. Give a new feedback instead.")
            )
        return super().write(vals)

    def _by_answerable_rule(self):
        """Return ``{rule id: feedback that counts for the rule}``: of those with a part
        in a score, the one that weighed most, or all that weighed as much. A score that
        is too low is held against what took most of it; where nothing did, no rule can
        be told.
        """
        found = {}
        for feedback in self:
            sign = -1 if feedback.verdict == "too_low" else 1
            weights = {}
            with feedback._reading("points"):
                weights = {
                    int(rule_id): sign * int(points)
                    for rule_id, points in (feedback.points or {}).items()
                }
            most = max(weights.values(), default=0)
            for rule_id, weight in weights.items():
                if weight == most > 0:
                    found.setdefault(rule_id, []).append(feedback.id)
        return {rule_id: self.browse(ids) for rule_id, ids in found.items()}

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open_lead(self):
        """Open the lead."""
        self.check_access("read")
        return self.lead_id._get_records_action()
