from odoo import models
from odoo.fields import Domain


class CrmTeam(models.Model):
    """Odoo's rule-based assignment beside the conversion by score. Teams that do not
    convert by score are served as in Odoo. A team that does gets no leads from it; but
    it may give the team's members the leads that the score would convert for that team.
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
        """Give no leads to teams that convert by score: the score decides there."""
        others = self.filtered(lambda team: not team.convert_by_score)
        return super(CrmTeam, others)._allocate_leads(
            creation_delta_days=creation_delta_days
        )
