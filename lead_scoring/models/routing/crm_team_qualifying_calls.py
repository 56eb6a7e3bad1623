import logging
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

CALLS_PER_TRANSACTION = 200


class CrmTeam(models.Model):
    """Plans calls to ask the five questions, where only answers are missing."""

    _inherit = "crm.team"

    @api.model
    def _plan_qualifying_calls(self, checkpoint, deadline):
        """Plan a call for each lead that has the score but not the answers: for its
        salesperson, else the leader of its team or else of the most demanding team
        whose minimum it meets. Without any of these, no call is planned.

        :param checkpoint: see :meth:`_convert_by_score`, as for ``deadline``
        """
        # sudo: a run plans calls for the leads of everybody
        leads = self.env["crm.lead"].sudo()
        leads = leads.search(leads._leads_to_call())
        for batch in split_every(CALLS_PER_TRANSACTION, leads.ids, leads.browse):
            if time.monotonic() > deadline:
                return
            for user, group in self._callers(batch).items():
                if not self._try_to_plan(group, user):
                    for lead in group:
                        self._try_to_plan(lead, user)
            checkpoint()

    @api.model
    def _callers(self, leads):
        """Return ``{user: leads}``: who is to call; left out those without anybody."""
        nobody = self.env["res.users"]
        teams = self._converting_teams()
        offers = {
            team: leads.search(
                team._leads_above_minimum() & Domain("id", "in", leads.ids)
            )
            for team in teams
        }

        def caller(lead):
            leaders = [team.user_id for team in teams if lead in offers[team]]
            users = [lead.user_id, lead.team_id.user_id, *leaders]
            return next((user for user in users if user.active), nobody)

        groups = leads.grouped(caller)
        groups.pop(nobody, None)
        return groups

    @api.model
    def _try_to_plan(self, leads, user):
        """Plan calls in a savepoint of their own.

        :return: whether nothing failed; else nothing is planned
        """
        try:
            # with flush, so that what Odoo does before a commit fails here, too
            with self.env.cr.savepoint():
                free = leads.try_lock_for_update(allow_referencing=True)
                free._plan_qualifying_call(user)
        except Exception as error:
            # automations of any module run here: one that fails for one lead must not
            # stop the others. Where somebody changed a lead at the same time, no
            # traceback.
            trace = not isinstance(error, OperationalError)
            _logger.warning(
                "Qualifying calls not planned: %s", leads.ids, exc_info=trace
            )
            return False
        return True
