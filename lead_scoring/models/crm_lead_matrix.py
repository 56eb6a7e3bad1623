from odoo import api, fields, models
from odoo.tools import SQL


class CrmLead(models.Model):
    """Fit beside interest: where a lead stands on both axes, and how such leads end."""

    _inherit = "crm.lead"

    fit_band = fields.Selection(
        groups="sales_team.group_sale_salesman",
        related="score_id.fit_band",
        help="How the fit points compare with the floor of the scoring model: none, "
        "some, the floor reached, or twice the floor.",
    )
    interest_band = fields.Selection(
        groups="sales_team.group_sale_salesman",
        related="score_id.interest_band",
        help="How the interest points compare with the floor of the scoring model: "
        "none, some, the floor reached, or twice the floor.",
    )
    win_rate = fields.Float(
        groups="sales_team.group_sale_salesman",
        compute="_compute_win_rate",
        aggregator="avg",
        help="In reports: the won ones among those that are won or lost. Open leads "
        "don't count.",
    )

    @api.depends("won_status")
    def _compute_win_rate(self):
        for lead in self:
            lead.win_rate = lead.won_status == "won"

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr == "win_rate":
            self._check_field_access(self._fields[field_expr], "read")
            return SQL(
                "CASE %s WHEN 'won' THEN 1.0 WHEN 'lost' THEN 0.0 END",
                self._field_to_sql(alias, "won_status", query),
            )
        return super()._field_to_sql(alias, field_expr, query)

    @api.model
    def _invalidate_scores(self):
        self.invalidate_model(["fit_band", "interest_band"], flush=False)
        return super()._invalidate_scores()
