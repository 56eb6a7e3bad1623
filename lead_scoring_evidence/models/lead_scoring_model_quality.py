from odoo import api, fields, models


class LeadScoringModel(models.Model):
    """How well a model's scores tell winners from losers."""

    _inherit = "lead.scoring.model"

    quality_ids = fields.One2many(
        comodel_name="lead.scoring.quality",
        inverse_name="model_id",
        string="Model Quality",
        groups="lead_scoring.group_scoring_manager",
        help="How the model was judged.",
    )
    quality_verdict = fields.Selection(
        selection=lambda self: (
            self.env["lead.scoring.quality"]._fields["verdict"].selection
        ),
        string="Quality",
        compute="_compute_quality_verdict",
        groups="lead_scoring.group_scoring_manager",
        help="How well the scores told winners from losers when the model was last "
        "judged.",
    )

    @api.depends("quality_ids.verdict")
    @api.depends_context("company")
    def _compute_quality_verdict(self):
        company = self.env.company
        for model in self:
            judged = model.quality_ids.filtered(lambda q: q.company_id == company)
            model.quality_verdict = judged[:1].verdict

    def action_quality(self):
        """Open how well the scores tell winners from losers; judge the model first if
        nobody has today.
        """
        self.ensure_one()
        self.check_access("write")
        quality = self.env["lead.scoring.quality"]
        latest = quality._get_latest(self, self.env.company)
        if not latest or latest.date < fields.Datetime.today():
            latest = quality._judge(self, self.env.company)
        return latest.with_env(self.env)._get_records_action()
