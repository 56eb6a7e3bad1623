from odoo import models
from odoo.fields import Domain


class CrmTeam(models.Model):
    """Odoo's rule-based assignment beside the conversion by score: it serves the teams
    that do not convert by score as ever, and of the others the people only, with leads
    that conversion would take as well.
    """

    _inherit = "crm.team"

    def _get_lead_to_assign_domain(self):
        """Leave out leads that their team, which converts by score, may not take."""
        domain = Domain(super()._get_lead_to_assign_domain())
        converting = self.filtered("convert_by_score")
        if not converting:
            return domain
        ready = Domain.OR(
            Domain("team_id", "=", team.id) & team._eligible_leads()
            for team in converting & self._converting_teams()
        )
        return domain & (
            Domain("team_id", "not in", converting.ids)
            | Domain("type", "=", "opportunity")
            | (ready & self._considered_leads())
        )

    def _allocate_leads(self, creation_delta_days=7):
        """Which team gets a lead is for its score to say, where teams convert by it."""
        others = self.filtered(lambda team: not team.convert_by_score)
        return super(CrmTeam, others)._allocate_leads(
            creation_delta_days=creation_delta_days
        )
