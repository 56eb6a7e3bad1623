import logging
from ast import literal_eval
from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.allocation import Seat

_logger = logging.getLogger(__name__)

PERIOD = timedelta(days=30)
"""What ``assignment_max`` is counted over."""


class CrmTeamMember(models.Model):
    """Who can be given leads, how many, and which."""

    _inherit = "crm.team.member"

    convert_by_score = fields.Boolean(related="crm_team_id.convert_by_score")

    @api.model
    def _seats_for(self, wanted, users=None):
        """Return a ``Seat`` (tools/allocation.py) for each member of these teams who
        has capacity left. Needs superuser.

        :param wanted: ``{team id: ids of leads to give}``
        :param users: ids of the only users that matter
        """
        domain = self._available_members() & Domain("crm_team_id", "in", list(wanted))
        if users is not None:
            domain &= Domain("user_id", "in", list(users))
        members = self.search(domain, order="id")
        present = members.user_id._filter_present()
        members = members.filtered(lambda member: member.user_id in present)
        loads = members._loads()
        companies = self._companies_of(
            {lead_id for lead_ids in wanted.values() for lead_id in lead_ids}
        )
        seats = (
            member._seat(loads.get(member, 0), wanted[member.crm_team_id.id], companies)
            for member in members
            if loads.get(member, 0) < member.assignment_max
        )
        return [seat for seat in seats if seat]

    @api.model
    def _available_members(self):
        """Return the Domain of the members who take leads, be they present or not."""
        return (
            Domain("active", "=", True)
            & Domain("user_id.active", "=", True)
            & Domain("user_id.share", "=", False)
            & Domain("assignment_optout", "=", False)
            & Domain("assignment_max", ">", 0)
        )

    def _loads(self):
        """Return ``{member: leads given in the last 30 days}``, as core counts them;
        but what the website gave and nobody has worked on was not given yet.
        """
        # one condition on active, for archived and lost leads were given as well
        given = (
            Domain("active", "in", [True, False])
            & Domain("date_open", ">=", self.env.cr.now() - PERIOD)
            & Domain("team_id", "in", self.crm_team_id.ids)
            & Domain("user_id", "in", self.user_id.ids)
        )
        # Two queries: in one, whether somebody has worked on it would be looked up for
        # all that was given within a month, once for every batch.
        unowned = self.env["crm.team"]._unworked_website_leads()
        kinds = (
            Domain("type", "=", "opportunity"),
            Domain("type", "=", "lead") & ~unowned,
        )
        counts = Counter()
        for kind in kinds:
            groups = self.env["crm.lead"]._read_group(
                given & kind, ["team_id", "user_id"], ["__count"]
            )
            counts.update({(team, user): count for team, user, count in groups})
        return {member: counts[member.crm_team_id, member.user_id] for member in self}

    @api.model
    def _companies_of(self, lead_ids):
        """Return ``{company id: ids of its leads}``, without those of no company."""
        groups = self.env["crm.lead"]._read_group(
            Domain("id", "in", list(lead_ids)) & Domain("company_id", "!=", False),
            ["company_id"],
            ["id:array_agg"],
        )
        return {company.id: ids for company, ids in groups}

    def _seat(self, load, lead_ids, companies):
        """Return the ``Seat`` of this member; None where a filter can't be applied.

        :param load: leads given
        :param lead_ids: leads that may be given
        :param companies: ``{company id: ids of its leads}``
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint(flush=False):
                leads = self._filter_leads(self.assignment_domain, lead_ids)
                preferred = self._filter_leads(
                    self.assignment_domain_preferred, lead_ids
                )
        except Exception:
            _logger.warning(
                "Member %s: its assignment domain can't be applied", self.id
            )
            return None
        foreign = companies.keys() - set(self.user_id.company_ids.ids)
        if foreign:
            leads = set(lead_ids if leads is None else leads)
            leads.difference_update(*(companies[company] for company in foreign))
        return Seat(
            self.id,
            self.user_id.id,
            self.crm_team_id.id,
            self.assignment_max,
            load,
            leads,
            preferred or frozenset(),
        )

    def _filter_leads(self, text, lead_ids):
        """Return the set of those of ``lead_ids`` that meet a domain; None for all.

        :param text: a domain as users write it
        :raise Exception: whatever is wrong with the domain
        """
        domain = Domain(literal_eval(text or "[]"))
        if domain.is_true():
            return None
        leads = self.env["crm.lead"].sudo()
        return set(leads._search(domain & Domain("id", "in", lead_ids)))
