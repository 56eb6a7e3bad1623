from odoo import api, models
from odoo.fields import Domain

from ..scoring.lead_scoring_transition import SEGMENTS
from .crm_team_filters import LEFT_OUT


class CrmTeam(models.Model):
    """Which leads are considered, and which team takes them.

    A lead that is considered is a team's where it passes, one after the other:
    ``_leads_in_scope`` (filter, company), ``_fitting_leads`` (also salesperson, date),
    ``_wanted_leads`` (also segment), ``_leads_above_minimum`` (also score: marketing
    has qualified it, it is an MQL), ``_eligible_leads`` (also the five questions).
    """

    _inherit = "crm.team"

    @api.model
    def _converting_teams(self):
        """Return the teams that convert by score, the most demanding first; without
        those whose assignment domain can't be applied.
        """
        # sudo: a lead may go to teams that the user may not read
        teams = self.sudo().search(
            [("convert_by_score", "=", True)], order="minimum_score desc, sequence, id"
        )
        left_out = self.env.context.get(LEFT_OUT, ())
        return teams.filtered(
            lambda team: team.id not in left_out and team._has_sound_domain()
        )

    @api.model
    def _considered_leads(self, also=()):
        """Return the Domain of the leads that the scheduled action may convert.

        Not those of a team that does not convert by score, except in the website's
        default team, see :meth:`_unworked_website_leads`; nor what sales sent back and
        what has not risen since; nor what was added by SQL and has no score before the
        next pass. An override may narrow it.

        :param also: teams as if they converted by score
        """
        # sudo: a run is for all teams, whoever starts it or asks about one lead
        converting = self.sudo().search([("convert_by_score", "=", True)])
        teams = converting.ids + [team.id for team in also]
        return (
            Domain("type", "=", "lead")
            & Domain("score_id", "!=", False)
            & self.env["lead.scoring.engine"]._scored_leads()
            & ~self.env["crm.lead"]._returned_leads()
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
        # sudo: users may read neither parameters nor websites
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

    def _leads_in_scope(self):
        """Return the Domain of the leads that meet the assignment domain of this team,
        of its company if it has one, or of none.
        """
        self.ensure_one()
        domain = self._filtered_leads(self._filter("assignment_domain"))
        if self.company_id:
            domain &= Domain("company_id", "in", [False, self.company_id.id])
        return domain

    def _fitting_leads(self):
        """Return the Domain of the leads this team could take, whatever their score and
        segment are.
        """
        self.ensure_one()
        if self.assignment_optout or not self.use_opportunities:
            return Domain.FALSE
        domain = self._leads_in_scope()
        # in a form, «from now on» may be unticked while the date is still set
        if self.convert_new_only and self.convert_since:
            domain &= Domain("create_date", ">=", self.convert_since)
        # a lead that somebody works on is converted by its own team only
        own = Domain("team_id", "in", self._origin.ids or self.ids)
        return domain & (self._unowned_leads() | own)

    def _wanted_leads(self, fitting=None):
        """Return the Domain of the leads this team takes, whatever their score is.

        :param fitting: instead of :meth:`_fitting_leads`
        """
        if fitting is None:
            fitting = self._fitting_leads()
        return fitting & self._leads_in_taken_segments()

    def _leads_above_minimum(self, fitting=None):
        """Return the Domain of the leads this team takes whose score meets its minimum,
        be the five questions answered or not. An override may narrow it.
        """
        minimum = Domain("score", ">=", self.minimum_score)
        return self._wanted_leads(fitting) & minimum

    def _eligible_leads(self, fitting=None):
        """Return the Domain of the leads that become opportunities of this team, unless
        another comes first. An override may narrow it.
        """
        lacking_answers = self.env["crm.lead"]._leads_lacking_answers()
        return self._leads_above_minimum(fitting) & ~lacking_answers

    @api.model
    def _new_mql_ids(self, within=Domain.TRUE):
        """Return the ids of the leads, of those in the Domain ``within``, that meet a
        minimum and never did before.
        """
        teams = self._converting_teams()
        above = Domain.OR(team._leads_above_minimum() for team in teams)
        new = Domain("marketing_qualified_date", "=", False)
        # sudo: who scores or converts a lead need not see the others
        leads = self.env["crm.lead"].sudo()
        return leads.search(self._considered_leads() & above & new & within).ids

    def _taken_segments(self):
        """Return the set of the segments this team takes."""
        self.ensure_one()
        return {segment for segment, _name in SEGMENTS if self[f"take_{segment}"]}

    def _leads_in_taken_segments(self):
        """Return the Domain of the leads whose segment this team takes."""
        taken = self._taken_segments()
        if len(taken) == len(SEGMENTS):
            return Domain.TRUE
        return Domain("segment", "in", taken)

    def _capacity(self):
        """Return how many leads the members of this team take in 30 days, be they
        present or not. Needs superuser.
        """
        return sum(self._members_taking().mapped("assignment_max"))

    def _room(self):
        """Return how many leads the members of this team can be given now: of those who
        are not away, what is left of the 30 days. Of the values in the form, saved or
        not. It is what a plan gives, whoever asks. Needs superuser.
        """
        members = self._members_taking()
        loads = members._origin._loads()
        return sum(
            max(member.assignment_max - loads.get(member._origin, 0), 0)
            for member in members._not_away()
        )

    def _members_taking(self):
        """Return the members of this team who take leads, be they present or not."""
        self.ensure_one()
        available = self.env["crm.team.member"]._available_members()
        return self.crm_team_member_ids.filtered_domain(available)

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
