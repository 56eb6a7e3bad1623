from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.parameters import get_datetime, get_number

PERCENT_PARAMETER = "lead_scoring.sample_percent"
SINCE_PARAMETER = "lead_scoring.sample_since"


class CrmTeam(models.Model):
    """Routes a random part of the leads below every minimum: without it, nobody would
    see which good leads get too low a score.
    """

    _inherit = "crm.team"

    @api.model
    def _sampled_leads(self):
        """Return the Domain of the leads chosen at random: created since the setting
        was switched on, old enough to have points, and below the minimum of every team
        that would take them.
        """
        percent = get_number(self.env, PERCENT_PARAMETER, 0.0, 0, 100)
        since = get_datetime(self.env, SINCE_PARAMETER)
        if percent <= 0 or not since:
            return Domain.FALSE

        def is_chosen(model, alias, query):
            # a hash of the id: the same leads are chosen by each run
            lead_id = SQL.identifier(alias, "id")
            return SQL(
                "('x' || left(md5(%s::text), 8))::bit(32)::bigint < %s",
                lead_id,
                percent / 100 * 2**32,
            )

        delay = self.env["lead.scoring.history"]._created_delay()
        teams = self._converting_teams()
        anyone = Domain.OR(team._wanted_leads() for team in teams)
        above = Domain.OR(team._leads_above_minimum() for team in teams)
        return (
            self._considered_leads()
            & anyone
            & Domain("create_date", ">=", since)
            & Domain("create_date", "<=", self.env.cr.now() - delay)
            & Domain.custom(to_sql=is_chosen)
            & ~self.env["crm.lead"]._leads_lacking_answers()
            & ~above
        )

    @api.model
    def _sampled_candidates(self, within, teams):
        """Return ``{lead id: ids of the teams that take it}`` of the leads chosen at
        random, the most demanding team first.

        :param within: Domain that restricts the leads
        :param teams: the converting teams
        """
        # sudo: a plan is for the leads of everybody
        leads = self.env["crm.lead"].sudo()
        ids = leads._search(self._sampled_leads() & within).get_result_ids()
        takers = {}
        if ids:
            # by id: else each search would work through all leads of the team
            sampled = Domain("id", "in", ids)
            for team in teams:
                for lead_id in leads._search(sampled & team._wanted_leads()):
                    takers.setdefault(lead_id, []).append(team.id)
        return takers
