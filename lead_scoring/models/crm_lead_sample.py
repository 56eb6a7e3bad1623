from odoo import fields, models


class CrmLead(models.Model):
    """Marks what chance has routed."""

    _inherit = "crm.lead"

    routing_sample = fields.Boolean(
        string="Random Sample",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="Its score was below every minimum; it was chosen at random to be routed "
        "all the same, which shows what the scores miss.",
    )

    def _convert_opportunity_data(self, customer, team_id=False):
        """What scoring converts is a sample, or none any more."""
        values = super()._convert_opportunity_data(customer, team_id=team_id)
        if self.env.context.get("lead_scoring_team_id"):
            values["routing_sample"] = bool(
                self.env.context.get("lead_scoring_sampled")
            )
        return values
