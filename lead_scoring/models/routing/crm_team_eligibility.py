import logging
from ast import literal_eval

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..rule.lead_scoring_value_check import is_unfinished

_logger = logging.getLogger(__name__)


class CrmTeam(models.Model):
    """Which leads are considered, and which team takes them."""

    _inherit = "crm.team"

    @api.model
    def _converting_teams(self):
        """Return the teams that convert by score, the most demanding first; without
        those whose assignment domain can't be applied.
        """
        teams = self.sudo().search(
            [("convert_by_score", "=", True)], order="minimum_score desc, sequence, id"
        )
        return teams.filtered(lambda team: team._has_sound_domain())

    def _has_sound_domain(self):
        """Whether the assignment domain can be applied; a field of it may be gone."""
        self.ensure_one()
        sound = self._is_applicable(self.assignment_domain)
        if not sound:
            _logger.warning("Team %s: its assignment domain can't be applied", self.id)
        return sound

    @api.model
    def _is_applicable(self, text):
        """Whether PostgreSQL accepts the domain of leads that is written in ``text``.

        That takes no time, however many leads there are: none is looked at.
        """
        try:
            domain = Domain(literal_eval(text or "[]"))
            if domain.is_true():
                return True
            if any(map(is_unfinished, domain.iter_conditions())):
                return False
            with self.env.cr.savepoint(flush=False):
                query = self.env["crm.lead"].sudo()._search(domain)
                self.env.cr.execute(SQL("%s LIMIT 0", query.select()))
        except Exception:
            return False
        return True

    @api.model
    def _considered_leads(self, also=()):
        """Return the Domain of the leads that the scheduled action may convert.

        Not those of a team that does not convert by score, except in the website's
        default team, see :meth:`_unworked_website_leads`. An override may narrow it.

        :param also: teams as if they converted by score
        """
        converting = self.sudo().search([("convert_by_score", "=", True)])
        teams = converting.ids + [team.id for team in also]
        return (
            Domain("type", "=", "lead")
            & self.env["lead.scoring.engine"]._scored_leads()
            & (
                Domain("team_id", "in", [False, *teams])
                | self._unworked_website_leads()
            )
        )

    @api.model
    def _unworked_website_leads(self):
        """Return the Domain of the website's leads that nobody has worked on, which
        count as unowned: the website gives each a team, and that team's leader.
        """
        choice = self.env["ir.config_parameter"].sudo()
        if choice.get_param("lead_scoring.website_leads", "reroute") != "reroute":
            return Domain.FALSE
        with_team = [("crm_default_team_id", "!=", False)]
        teams = self.env["website"].sudo().search(with_team).crm_default_team_id
        sales_messages = Domain("message_type", "in", ("comment", "email_outgoing"))
        sales_messages &= Domain("author_id.user_ids.share", "=", False)
        return (
            Domain("team_id", "in", teams.ids)
            & Domain("visitor_ids", "!=", False)
            & Domain("activity_ids", "=", False)
            & Domain("calendar_event_ids", "=", False)
            & Domain("message_ids", "not any", sales_messages)
        )

    @api.model
    def _nobodys_leads(self):
        """Return the Domain of the leads without a salesperson who is still there."""
        gone = Domain("user_id.active", "=", False)
        return Domain("user_id", "=", False) | gone

    @api.model
    def _unowned_leads(self):
        """Return the Domain of the leads that may be given to anybody."""
        return self._nobodys_leads() | self._unworked_website_leads()

    def _eligible_leads(self, any_score=False):
        """Return the Domain of the leads this team takes. An override may narrow it.

        :param any_score: whatever the lead's score is, if only its segment is taken
        """
        domain = self._fitting_leads() & self._leads_in_taken_segments()
        if any_score:
            return domain
        return domain & Domain("score", ">=", self.minimum_score)

    def _fitting_leads(self):
        """Return the Domain of the leads this team could take, whatever their score and
        segment are.
        """
        self.ensure_one()
        if self.assignment_optout or not self.use_opportunities:
            return Domain.FALSE
        domain = self._leads_in_scope()
        # a form knows better than the date that was saved
        if self.convert_new_only and self.convert_since:
            domain &= Domain("create_date", ">=", self.convert_since)
        # a lead that somebody works on is converted by its own team only
        own = Domain("team_id", "in", self._origin.ids or self.ids)
        return domain & (self._unowned_leads() | own)

    def _leads_in_scope(self):
        """Return the Domain of the leads that meet the assignment domain of this team,
        of its company if it has one.
        """
        self.ensure_one()
        domain = Domain(literal_eval(self.assignment_domain or "[]"))
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        return domain

    def _capacity(self):
        """Return how many leads the members of this team take in 30 days, be they
        present or not. Needs superuser.
        """
        self.ensure_one()
        available = self.env["crm.team.member"]._available_members()
        members = self.crm_team_member_ids.filtered_domain(available)
        return sum(members.mapped("assignment_max"))

    def _leads_of_others(self):
        """Return the Domain of the leads that another team gets before this one: that
        team's own, and where it comes first all but this team's. Of equally demanding
        teams the first by sequence; what capacity decides is known to a plan only.
        """
        lost = Domain.FALSE
        for team in self._converting_teams() - self._origin:
            first, second = (
                (-t.minimum_score, t.sequence, t._origin.id) for t in (team, self)
            )
            own = Domain("team_id", "=", team.id)
            if first < second:
                own |= Domain("team_id", "not in", self._origin.ids)
            lost |= team._eligible_leads() & own
        return lost
