import logging

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...tools.faults import is_by_users, limited
from ...tools.parameters import statement_seconds
from ..rule.lead_scoring_value_check import is_unfinished

_logger = logging.getLogger(__name__)

LEFT_OUT = "lead_scoring_teams_left_out"
"""Context key: ids of the teams whose filters this run has found to fail on leads."""


class CrmTeam(models.Model):
    """Filters that can't be applied any more, such as one on a field that is gone:
    their team or member gets no leads, and managers are told.
    """

    _inherit = "crm.team"

    broken_filters = fields.Text(
        compute="_compute_broken_filters",
        groups="sales_team.group_sale_salesman",
        help="Which filters can't be applied, and who gets no leads because of that.",
    )
    filter_notes = fields.Text(
        compute="_compute_filter_notes",
        groups="sales_team.group_sale_salesman",
        help="What filters may not mean as you think: names that nothing has, signs "
        "that stand for others, empty fields that match.",
    )
    missing_note = fields.Text(
        string="Filters with Missing Values",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="What filters of the team and its members name that is not there, such as "
        "a stage that was deleted, as of the last nightly pass.",
    )

    @api.depends(
        "assignment_domain",
        "convert_by_score",
        "crm_team_member_ids.assignment_domain",
        "crm_team_member_ids.assignment_domain_preferred",
    )
    @api.depends_context("lang")
    def _compute_broken_filters(self):
        """Of the values in the form, saved or not."""
        for team in self:
            # sudo: filters may read other records; only whether they work is shown
            lines = team.convert_by_score and team.sudo()._list_broken_filters()
            team.broken_filters = "\n".join(lines or ())

    @api.depends(
        "assignment_domain",
        "convert_by_score",
        "crm_team_member_ids.assignment_domain",
        "crm_team_member_ids.assignment_domain_preferred",
    )
    @api.depends_context("lang", "uid")
    def _compute_filter_notes(self):
        """Of the values in the form, saved or not."""
        # what a statement within would flush must not be lost with it
        self.env.flush_all()
        for team in self:
            notes = self.env["lead.scoring.domain.notes"]
            lines = team.convert_by_score and team._list_filter_notes(notes._find)
            team.filter_notes = "\n".join(lines or ())

    @api.model
    def _note_missing_filters(self):
        """Note what filters name that is not there (any more), and tell the managers
        what is new.
        """
        notes = self.env["lead.scoring.domain.notes"]
        # sudo: whoever deletes a stage need not be allowed to write teams
        for team in self._converting_teams().sudo():
            note = "\n".join(team._list_filter_notes(notes._find_missing)) or False
            before = team.missing_note
            if note == before:
                continue
            team.missing_note = note
            if note and not before:
                notes._tell_managers(
                    team,
                    self.env._(
                        "Lead scoring: a filter of «%s» uses a value that does not "
                        "exist",
                        team.name,
                    ),
                    note,
                )

    def _list_filter_notes(self, find):
        """Return what the filters of the team and of its members may not mean.

        :param find: a method of ``lead.scoring.domain.notes``, see its ``_read``
        """
        self.ensure_one()
        lines = self._find_filter_notes(self._filter("assignment_domain"), find)
        for member in self.crm_team_member_ids:
            lines += [
                self.env._(
                    "%(name)s: %(note)s", name=member.user_id.name, note=sentence
                )
                for written in member._filters()
                for sentence in self._find_filter_notes(written, find)
            ]
        return lines

    @api.constrains("assignment_domain")
    def _check_assignment_domain(self):
        for team in self:
            team._check_filter(team._filter("assignment_domain"))

    @api.model
    def _check_filter(self, written):
        """Refuse a filter that would tell its author what record rules hide: leads are
        routed as superuser.

        :param written: a ``Filter``; Odoo itself refuses what is no domain
        """
        if not self._is_applicable(written):
            return
        domain = self._parse_filter(written)
        # the ORM calls constraints as superuser
        user = self.env["lead.scoring.rule.check"].sudo(False)
        with user._explaining(domain):
            user.env["lead.scoring.value.check"]._check_backslashes(domain)
            leads = user.env["crm.lead"]
            user.env["lead.scoring.access.check"]._check(leads, domain)

    def _may_count(self):
        """Whether the user may be told how many leads this team's filter finds. A saved
        one was checked; one in a form finds them as superuser, too.
        """
        self.ensure_one()
        if self.id or self.assignment_domain == self._origin.assignment_domain:
            return True
        try:
            self._check_filter(self._filter("assignment_domain"))
        except ValidationError:
            return False
        return True

    def _list_broken_filters(self):
        """Return a sentence for the team, and one for each member, whose filter can't
        be applied.
        """
        self.ensure_one()
        lines = []
        if not self._has_sound_domain():
            lines.append(
                self.env._(
                    "The assignment filter of the team can't be applied: it gets no "
                    "leads by score."
                )
            )
        for member in self.crm_team_member_ids:
            if not all(map(self._is_applicable, member._filters())):
                lines.append(
                    self.env._(
                        "A filter of %s can't be applied: this person gets no leads by "
                        "score.",
                        member.user_id.name,
                    )
                )
        return lines

    def _has_sound_domain(self):
        """Whether the assignment domain can be applied; a field of it may be gone."""
        self.ensure_one()
        sound = self._is_applicable(self._filter("assignment_domain"))
        if not sound:
            _logger.warning("Team %s: its assignment domain can't be applied", self.id)
        return sound

    @api.model
    def _is_applicable(self, written):
        """Whether PostgreSQL accepts the domain of leads that a ``Filter`` is.

        That takes no time, however many leads there are: none is looked at.
        """
        try:
            domain = self._parse_filter(written)
            if domain.is_true():
                return True
            if any(map(is_unfinished, domain.iter_conditions())):
                return False
            with self.env.cr.savepoint(flush=False):
                # sudo: whether it works does not depend on who asks
                leads = self.env["crm.lead"].sudo()
                query = leads._search(self._filtered_leads(written))
                self.env.cr.execute(SQL("%s LIMIT 0", query.select()))
        except Exception as error:
            # users write these texts, and fields have search methods of any module:
            # whatever a domain raises must not stop the other teams; a collision or a
            # lost connection says nothing about it
            if not is_by_users(error):
                raise
            _logger.info("Domain that can't be applied: %s", written, exc_info=True)
            return False
        return True

    # ------------------------------------------------------------------
    # Filters that fail only when they are applied to leads
    # ------------------------------------------------------------------

    @api.model
    def _without_failing(self, read):
        """Return what ``read(teams)`` returns, and ``teams``: this model, whose
        converting teams are without those whose filters fail on leads, or are slow.

        :param read: called again, after a rollback, where one fails
        """
        seconds = statement_seconds(self.env)
        try:
            with limited(self.env.cr, seconds):
                return read(self), self
        except Exception as error:
            if not is_by_users(error):
                raise
            alone = self.env["lead.scoring.engine"]._seconds_alone(error, seconds)
            failing = [
                team.id
                for team in self._converting_teams()
                if team._fails_on_leads(alone)
            ]
            if not failing:
                raise
        known = self.env.context.get(LEFT_OUT, ())
        teams = self.with_context(**{LEFT_OUT: [*known, *failing]})
        with limited(self.env.cr, seconds):
            return read(teams), teams

    def _fails_on_leads(self, seconds):
        """Whether the filter of this team raises something, or takes longer than
        ``seconds``, where it is applied to all leads that might be converted.
        """
        self.ensure_one()
        # sudo: whether it works does not depend on who asks
        leads = self.env["crm.lead"].sudo()
        try:
            with limited(self.env.cr, seconds):
                leads.search_count(self._considered_leads() & self._fitting_leads())
        except Exception as error:
            if not is_by_users(error):
                raise
            _logger.warning("Team %s is left out: its filter fails: %s", self.id, error)
            return True
        return False
