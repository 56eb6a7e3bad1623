import math

from odoo import api, models
from odoo.fields import Domain


class CrmTeam(models.Model):
    """Which leads marketing has qualified: their score meets the minimum of a team, be
    the five questions answered or not.
    """

    _inherit = "crm.team"

    def _leads_above_minimum(self):
        """Return the Domain of the leads this team may take whose score meets its
        minimum, whatever else they lack.
        """
        self.ensure_one()
        minimum = Domain("score", ">=", self.minimum_score)
        return self._eligible_leads(any_score=True) & minimum

    @api.model
    def _qualified_leads(self):
        """Return the Domain of the leads that meet the minimum of a team."""
        teams = self._converting_teams()
        above = Domain.OR(team._leads_above_minimum() for team in teams)
        return self._considered_leads() & above

    @api.model
    def _newly_qualified(self, within=Domain.TRUE):
        """Return the ids of the leads that meet a minimum, and never did before.

        :param within: Domain that restricts the leads
        """
        new = Domain("marketing_qualified_date", "=", False) & within
        leads = self.env["crm.lead"].sudo()
        return leads.search(self._qualified_leads() & new).ids

    @api.model
    def _qualify(self, leads):
        """Stamp those of ``leads`` that meet a minimum, and never did before."""
        new = self._newly_qualified(Domain("id", "in", leads.ids))
        self.env["lead.scoring.history"]._qualify(new)

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        self.env["lead.scoring.history"]._record_qualified(
            self._newly_qualified(), checkpoint
        )
        return super()._convert_by_score(checkpoint, deadline)
