from odoo import api, fields, models

MAX_REASONS = 4
"""So many reasons are named for the lead, and as many against it."""


class CrmLead(models.Model):
    _inherit = "crm.lead"

    win_probability = fields.Float(
        string="Win Prediction",
        related="score_id.win_probability",
        aggregator="avg",
        groups="sales_team.group_sale_salesman",
        help="How probable it is that the lead will be won, learned from closed leads "
        "that were like it; updated hourly.",
    )
    prediction_text = fields.Text(
        string="Why This Probability",
        compute="_compute_prediction_text",
        groups="sales_team.group_sale_salesman",
        help="What speaks for the lead, and what against it, most important first.",
    )

    # which fields the conditions of a version read is not known before it is evaluated
    @api.depends()
    @api.depends_context("lang", "uid")
    def _compute_prediction_text(self):
        for lead in self:
            lead.prediction_text = lead._explain_prediction()

    def _explain_prediction(self):
        """Return the reasons for the probability as of now, in sentences."""
        # sudo: only scoring managers may read versions, and everybody who may read the
        # lead its probability and the reasons
        predictions = self.env["lead.scoring.prediction"].sudo()
        lead = self.sudo()
        version = predictions._get_current(lead.score_id.model_id, lead.company_id)
        if not version or not version._asked()[0]:
            return False
        probability, weights = version._weights_of(self)
        if probability is None:
            return self.env._("Closed leads have an outcome, and no probability.")
        share = round(100 * probability)
        lines = [self.env._("Of 100 leads like this one, about %s are won.", share)]
        if not (self.env.su or version.company_ids <= self.env.user.company_ids):
            # what was learned from leads of other companies is not shown
            return lines[0]
        weights.sort(key=lambda pair: -abs(pair[0]))
        good = [name for weight, name in weights if weight > 0][:MAX_REASONS]
        bad = [name for weight, name in weights if weight < 0][:MAX_REASONS]
        if good:
            lines.append(self.env._("For it: %s.", "; ".join(good)))
        if bad:
            lines.append(self.env._("Against it: %s.", "; ".join(bad)))
        lines.append(
            self.env._(
                "Learned from %(leads)s closed leads, %(won)s of them won.",
                leads=version.lead_count,
                won=version.won_count,
            )
        )
        return "\n".join(lines)

    def action_explain_prediction(self):
        """Show the reasons for the probability."""
        self.ensure_one()
        self.check_access("read")
        view = self.env.ref("lead_scoring_learning.crm_lead_view_form_prediction")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Why this probability"),
            "res_model": "crm.lead",
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
        }
