from odoo import api, models
from odoo.fields import Datetime, Domain
from odoo.tools import SQL

from ...tools.parameters import get_number

PERCENT_PARAMETER = "lead_scoring.sample_percent"
SINCE_PARAMETER = "lead_scoring.sample_since"


class CrmTeam(models.Model):
    """A random slice of the leads below every minimum is routed all the same: without
    it, nobody would ever see which good leads the scores miss.
    """

    _inherit = "crm.team"

    @api.model
    def _sampled_leads(self):
        """Return the Domain of the leads that chance routes: in the slice, created
        since the setting was switched on, old enough to have points, and below the
        minimum of every team that would take them.
        """
        parameters = self.env["ir.config_parameter"].sudo()
        percent = get_number(self.env, PERCENT_PARAMETER, 0.0, 0, 100)
        since = parameters.get_param(SINCE_PARAMETER)
        if percent <= 0 or not since:
            return Domain.FALSE

        def in_slice(model, alias, query):
            lead_id = SQL.identifier(alias, "id")
            return SQL(
                "('x' || left(md5(%s::text), 8))::bit(32)::bigint < %s",
                lead_id,
                percent / 100 * 2**32,
            )

        delay = self.env["lead.scoring.history"]._created_delay()
        teams = self._converting_teams()
        anyone = Domain.OR(team._eligible_leads(any_score=True) for team in teams)
        above = Domain.OR(team._leads_above_minimum() for team in teams)
        return (
            self._considered_leads()
            & anyone
            & Domain("create_date", ">=", Datetime.to_datetime(since))
            & Domain("create_date", "<=", self.env.cr.now() - delay)
            & Domain.custom(to_sql=in_slice)
            & ~self.env["crm.lead"]._unqualified_leads()
            & ~above
        )

    @api.model
    def _sampled_candidates(self, within, teams):
        """Return ``{lead id: ids of the teams it is open to}`` of the leads that chance
        routes, the most demanding team first.

        :param within: Domain that restricts the leads
        :param teams: the converting teams
        """
        leads = self.env["crm.lead"].sudo()
        ids = leads._search(self._sampled_leads() & within).get_result_ids()
        open_to = {}
        if ids:
            # by id: with what all teams take, each of the searches would be as large
            sampled = Domain("id", "in", ids)
            for team in teams:
                domain = sampled & team._eligible_leads(any_score=True)
                for lead_id in leads._search(domain):
                    open_to.setdefault(lead_id, []).append(team.id)
        return open_to
