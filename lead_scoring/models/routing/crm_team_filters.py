import logging
from ast import literal_eval

from psycopg2.errors import LockNotAvailable
from psycopg2.extensions import TransactionRollbackError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..rule.lead_scoring_value_check import is_unfinished

_logger = logging.getLogger(__name__)


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

    @api.depends(
        "assignment_domain",
        "convert_by_score",
        "crm_team_member_ids.assignment_domain",
        "crm_team_member_ids.assignment_domain_preferred",
    )
    def _compute_broken_filters(self):
        """Of the values in the form, saved or not."""
        for team in self:
            # sudo: filters may read other records; only whether they work is shown
            lines = team.convert_by_score and team.sudo()._list_broken_filters()
            team.broken_filters = "\n".join(lines or ())

    @api.constrains("assignment_domain")
    def _check_assignment_domain(self):
        for team in self:
            team._check_filter(team.assignment_domain)

    @api.model
    def _check_filter(self, text):
        """Refuse a filter that would tell its author what record rules hide: leads are
        routed as superuser.

        :param text: a domain of leads; Odoo itself refuses what is none
        """
        if not self._is_applicable(text):
            return
        domain = Domain(literal_eval(text or "[]"))
        # the ORM calls constraints as superuser
        user = self.env["lead.scoring.rule.check"].sudo(False)
        with user._explaining(domain):
            leads = user.env["crm.lead"]
            user.env["lead.scoring.access.check"]._check(leads, domain)

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
                # sudo: whether it works does not depend on who asks
                query = self.env["crm.lead"].sudo()._search(domain)
                self.env.cr.execute(SQL("%s LIMIT 0", query.select()))
        except (TransactionRollbackError, LockNotAvailable):
            # a collision with another transaction says nothing about the domain
            raise
        except Exception:
            # users write these texts, and fields have search methods of any module:
            # whatever a domain raises must not stop the other teams
            _logger.info("Domain that can't be applied: %s", text, exc_info=True)
            return False
        return True
