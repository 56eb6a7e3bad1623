from odoo import fields, models


class CrmLead(models.Model):
    """When the score first met the minimum of a sales team."""

    _inherit = "crm.lead"

    marketing_qualified_date = fields.Datetime(
        string="Marketing-Qualified On",
        related="score_id.qualified_at",
        groups="sales_team.group_sale_salesman",
        help="When the score first met the minimum of a sales team that may take the "
        "lead, be the questions answered or not. It stays, whatever becomes of the "
        "score.",
    )

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        """Somebody may be faster than the scheduled action."""
        self._qualify_leads()
        return super().convert_opportunity(partner, user_ids=user_ids, team_id=team_id)

    def _assign_by_score(self, assignments):
        """What is applied by hand may be so, too."""
        self._qualify_leads()
        return super()._assign_by_score(assignments)

    def _qualify_leads(self):
        unqualified = self.sudo().filtered(
            lambda lead: lead.type == "lead" and not lead.score_id.qualified_at
        )
        if unqualified:
            self.env["crm.team"]._qualify(unqualified)

    def _merge_dependences(self, opportunities):
        """The lead that stays was qualified when the first of all was."""
        row = self.sudo().score_id
        dates = (row | opportunities.sudo().score_id).mapped("qualified_at")
        if any(dates):
            row.qualified_at = min(date for date in dates if date)
        return super()._merge_dependences(opportunities)
