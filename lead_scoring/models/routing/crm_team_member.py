import logging
from collections import Counter
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.allocation import Seat
from ...tools.faults import is_by_users, limited
from ...tools.parameters import statement_seconds
from ..scoring.lead_scoring_engine_errors import SLOW_SHARE

_logger = logging.getLogger(__name__)

CAPACITY_PERIOD = timedelta(days=30)
"""In what time a member takes ``assignment_max`` leads, as in Odoo."""


class CrmTeamMember(models.Model):
    """Who can be given leads, how many, and which."""

    _name = "crm.team.member"
    _inherit = ["crm.team.member", "lead.scoring.filter.mixin"]

    preferred_lang = fields.Char(
        string="Language of the Preference",
        default=lambda self: self._reader()[0],
        readonly=True,
        help="Language of the one who wrote what is preferred: names are read so.",
    )
    preferred_tz = fields.Char(
        string="Time Zone of the Preference",
        default=lambda self: self._reader()[1],
        readonly=True,
        help="Time zone of the one who wrote what is preferred: days begin so.",
    )
    convert_by_score = fields.Boolean(related="crm_team_id.convert_by_score")

    @api.constrains("assignment_domain")
    def _check_assignment_domain(self):
        for member in self:
            self.env["crm.team"]._check_filter(member._filter("assignment_domain"))

    @api.constrains("assignment_domain_preferred")
    def _check_assignment_domain_preferred(self):
        for member in self:
            written = member._filter("assignment_domain_preferred")
            self.env["crm.team"]._check_filter(written)

    @api.model
    def _filter_authors(self):
        return super()._filter_authors() | {
            "assignment_domain_preferred": ("preferred_lang", "preferred_tz")
        }

    def _filter_company(self):
        return self.crm_team_id.company_id

    @api.model
    def _build_seats(self, wanted, users=None):
        """Return a ``Seat`` (tools/allocation.py) for each member of these teams who
        has capacity left; without those who have a filter that can't be applied. Needs
        superuser.

        :param wanted: ``{team id: ids of leads to give}``
        :param users: ids of the only users that matter
        """
        domain = self._available_members() & Domain("crm_team_id", "in", list(wanted))
        if users is not None:
            domain &= Domain("user_id", "in", list(users))
        members = self.search(domain, order="id")._not_away()
        loads = members._loads()
        free = members.filtered(lambda m: loads[m] < m.assignment_max)
        companies = self._companies_of(set().union(*wanted.values()))
        seats = []
        for team, colleagues in free.grouped("crm_team_id").items():
            lead_ids = wanted[team.id]
            filters = {member: set(member._filters()) for member in colleagues}
            met = self._met_filters(set().union(*filters.values()), lead_ids)
            for member in colleagues:
                if not met.keys() >= filters[member]:
                    _logger.warning("Member %s: a filter can't be applied", member.id)
                    continue
                seats.append(
                    Seat(
                        *(member.id, member.user_id.id, team.id),
                        capacity=member.assignment_max,
                        load=loads[member],
                        leads=member._allowed_leads(lead_ids, companies, met),
                        preferred=met.get(
                            member._filter("assignment_domain_preferred"), frozenset()
                        ),
                    )
                )
        return seats

    def _allowed_leads(self, lead_ids, companies, met):
        """Return the set of those of ``lead_ids`` that may be given to this member:
        in a company of the user, and meeting the filter; None for all.

        :param companies: see :meth:`_companies_of`
        :param met: see :meth:`_met_filters`
        """
        self.ensure_one()
        leads = met.get(self._filter("assignment_domain"))
        own = {False, *self.user_id.company_ids.ids}
        # a lead without company takes that of the team
        taken = self.crm_team_id.company_id.id
        foreign = [company for company in companies if (company or taken) not in own]
        if foreign:
            leads = set(lead_ids if leads is None else leads)
            leads.difference_update(*(companies[company] for company in foreign))
        return leads

    def _filters(self):
        """Return both filters, of what may be given and of what is to be given first;
        without those that restrict nothing.
        """
        filters = map(self._filter, self._filter_authors())
        return [written for written in filters if written.text != "[]"]

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

    def _not_away(self):
        """Return those of these members who are not away."""
        present = self.user_id._filter_present()
        return self.filtered(lambda member: member.user_id in present)

    def _member_refusal(self, lead):
        """Return in a few words why this member can't be given a lead of the team; an
        empty record for who is not in the team.
        """
        user = self.user_id
        if not self:
            return self.env._("not in the sales team")
        if not user.active or user.share:
            return self.env._("no active salesperson")
        if self.assignment_optout:
            return self.env._("assignment is paused")
        if not user._filter_present():
            return self.env._("away")
        # a lead without company takes that of the team
        company = lead.company_id or self.crm_team_id.company_id
        if company - user.company_ids:
            return self.env._("has no access to %s", company.name)
        own = self._filter("assignment_domain")
        asked = [written for written in self._filters() if written == own]
        met = self._met_filters(asked, lead.ids)
        if any(lead.id not in met.get(written, ()) for written in asked):
            return self.env._("the lead does not meet the filter of this person")
        return self.env._("no capacity left")

    def _loads(self):
        """Return ``{member: number of leads given in the last 30 days}``, as Odoo
        counts them; but without the leads that the website gave and that nobody has
        worked on.
        """
        # archived and lost leads were given as well
        given = (
            Domain("active", "in", [True, False])
            & Domain("date_open", ">=", self.env.cr.now() - CAPACITY_PERIOD)
            & Domain("team_id", "in", self.crm_team_id.ids)
            & Domain("user_id", "in", self.user_id.ids)
        )
        # Two queries: one would check for each opportunity of a month, too, whether
        # somebody has worked on it, in every batch.
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
        """Return ``{company id: ids of its leads}``; False: those of no company."""
        groups = self.env["crm.lead"]._read_group(
            Domain("id", "in", list(lead_ids)),
            ["company_id"],
            ["id:array_agg"],
        )
        return {company.id: ids for company, ids in groups}

    @api.model
    def _met_filters(self, filters, lead_ids):
        """Return ``{Filter: set of those of lead_ids that meet it}``, by one query for
        all; without those that can't be applied.
        """
        try:
            with limited(self.env.cr, statement_seconds(self.env) / SLOW_SHARE):
                return self._apply_filters(sorted(filters), lead_ids)
        except Exception as error:
            # users write these, and fields have search methods of any module:
            # a filter that fails, or is slow, must not stop the other members; a
            # collision or a lost connection says nothing about it
            if not is_by_users(error):
                raise
            if len(filters) > 1:
                alone = (self._met_filters([written], lead_ids) for written in filters)
                return {key: ids for met in alone for key, ids in met.items()}
            _logger.info("Filter that can't be applied: %s", *filters, exc_info=True)
            return {}

    @api.model
    def _apply_filters(self, filters, lead_ids):
        """Do :meth:`_met_filters`; raise whatever is wrong with a domain."""
        if not filters:
            return {}
        # sudo: what meets a filter does not depend on who plans
        leads = self.env["crm.lead"].sudo()
        query = leads._search(Domain("id", "in", lead_ids), active_test=False)
        lead_id = SQL.identifier(query.table, "id")
        columns = [
            SQL(
                "array_agg(%s) FILTER (WHERE %s)",
                lead_id,
                self._filtered_leads(written)
                .optimize_full(leads)
                ._to_sql(leads, query.table, query),
            )
            for written in filters
        ]
        [found] = self.env.execute_query(query.select(*columns))
        return {
            written: set(ids or ()) for written, ids in zip(filters, found, strict=True)
        }
