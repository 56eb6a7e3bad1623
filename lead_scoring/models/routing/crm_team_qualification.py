import logging
import math
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BATCH = 200
"""Calls planned in one transaction."""


class CrmTeam(models.Model):
    """Keeps leads from sales until the five questions are answered, and salespeople
    from getting back a lead they have just sent back.
    """

    _inherit = "crm.team"

    # ------------------------------------------------------------------
    # Which leads
    # ------------------------------------------------------------------

    @api.model
    def _considered_leads(self, also=()):
        returned = self.env["crm.lead"]._returned_leads()
        return super()._considered_leads(also) & ~returned

    def _eligible_leads(self, any_score=False):
        domain = super()._eligible_leads(any_score=any_score)
        if any_score:
            return domain
        return domain & ~self.env["crm.lead"]._unqualified_leads()

    @api.model
    def _waiting_leads(self):
        """Those who were sent back, and those who lack but answers, come first."""
        leads = self.env["crm.lead"]
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        returned = Domain("type", "=", "lead") & open_leads & leads._returned_leads()
        unqualified = self._qualified_leads() & leads._unqualified_leads()
        first = {"returned": returned, "answers": unqualified}
        return {**first, **super()._waiting_leads()}

    # ------------------------------------------------------------------
    # Why a lead waits
    # ------------------------------------------------------------------

    @api.model
    def _not_considered_note(self, lead):
        if lead.handover == "returned" and lead.active and lead.won_status == "pending":
            return self.env._(
                "Score %(score)s: sales sent it back, from %(until)s on it is "
                "converted again.",
                score=lead.score,
                until=lead.returned_until,
            )
        return super()._not_considered_note(lead)

    @api.model
    def _waiting_note(self, lead, teams):
        required = lead.score_id.model_id.required_answers
        met = any(team._takes(lead) for team in teams)
        if met and lead.qualification_count < required:
            return self.env._(
                "Score %(score)s: %(count)s of the 5 questions answered with yes, "
                "%(model)s asks %(required)s.",
                score=lead.score,
                count=lead.qualification_count,
                model=lead.score_id.model_id.name,
                required=required,
            )
        return super()._waiting_note(lead, teams)

    # ------------------------------------------------------------------
    # Qualifying calls
    # ------------------------------------------------------------------

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        converted = super()._convert_by_score(checkpoint, deadline)
        self._plan_qualifying_calls(checkpoint, deadline)
        return converted

    @api.model
    def _plan_qualifying_calls(self, checkpoint, deadline):
        """Plan a call for each lead that has the score but not the answers: for its
        salesperson, else the leader of its team or else of the most demanding team
        whose minimum it meets. Without any of these, nobody is there to call.

        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        """
        leads = self.env["crm.lead"].sudo()
        leads = leads.search(leads._leads_to_call())
        for batch in split_every(BATCH, leads.ids, leads.browse):
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
            with self.env.cr.savepoint(flush=False):
                leads.try_lock_for_update()._plan_qualifying_call(user)
                self.env.flush_all()
        except Exception as error:
            # what was to be written, too: it would be tried again at the commit
            self.env.clear()
            # that somebody edited one this very moment is no fault
            trace = not isinstance(error, OperationalError)
            _logger.warning(
                "Qualifying calls not planned: %s", leads.ids, exc_info=trace
            )
            return False
        return True
