from odoo import api, fields, models


class CrmLead(models.Model):
    """Salespeople say whether a score is right."""

    _inherit = "crm.lead"

    score_feedback_ids = fields.One2many(
        comodel_name="lead.scoring.feedback",
        inverse_name="lead_id",
        readonly=True,
        groups="sales_team.group_sale_salesman",
        help="What people think of the score.",
    )
    score_feedback = fields.Selection(
        selection=lambda self: (
            self.env["lead.scoring.feedback"]._fields["verdict"].selection
        ),
        string="Your Feedback",
        groups="sales_team.group_sale_salesman",
        compute="_compute_score_feedback",
        help="What you last said of the score.",
    )

    @api.depends("score_feedback_ids.active", "score_feedback_ids.verdict")
    @api.depends_context("uid")
    def _compute_score_feedback(self):
        mine = self.env["lead.scoring.feedback"].search(
            [("lead_id", "in", self.ids), ("user_id", "=", self.env.uid)]
        )
        verdicts = {feedback.lead_id.id: feedback.verdict for feedback in mine}
        for lead in self:
            lead.score_feedback = verdicts.get(lead._origin.id, False)

    def action_score_is_right(self):
        """Give the feedback that the score is right, which needs no reason."""
        self.check_access("write")
        self.env["lead.scoring.feedback"].create(
            [{"lead_id": lead.id, "verdict": "right"} for lead in self]
        )

    def action_score_feedback(self):
        """Open the window in which the user says why the score is wrong."""
        self.ensure_one()
        self.check_access("write")
        verdict = self.env.context.get("default_verdict")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The Score Is Too Low")
            if verdict == "too_low"
            else self.env._("The Score Is Too High"),
            "res_model": "lead.scoring.feedback",
            "view_mode": "form",
            "target": "new",
            "context": {"default_lead_id": self.id, "default_verdict": verdict},
        }

    def _merge_dependences(self, opportunities):
        """Move the feedback on the other leads to the one that stays; of several by one
        user only the last stays open.
        """
        # sudo: it moves the feedback of all users, and users may not write feedback
        feedback = (self | opportunities).sudo().score_feedback_ids
        for said in feedback.grouped("user_id").values():
            said.sorted("date", reverse=True)[1:].active = False
        feedback.flush_recordset(["active"])
        merged = opportunities.sudo().with_context(active_test=False)
        merged.score_feedback_ids.lead_id = self
        return super()._merge_dependences(opportunities)
