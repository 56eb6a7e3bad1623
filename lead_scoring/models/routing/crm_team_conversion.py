import logging
import math
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BATCH = 500
"""Leads handed over in one transaction."""


class CrmTeam(models.Model):
    """Converts leads that meet a minimum score and hands them to people, batch after
    batch.
    """

    _inherit = "crm.team"

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        """Hand every lead that meets a team's minimum score to that team, best first,
        and keep why the others wait.

        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :return: number of leads and opportunities handed over
        """
        plan = self._route()
        if groups := self._duplicates([a.lead_id for a in plan]):
            left = self._merge_duplicates(groups, checkpoint, deadline)
            self._keep_errors({"failed": left, "done": []}, checkpoint)
            # what stays has another score
            plan = [a for a in self._route() if a.lead_id not in left]
        outcome = self._apply_assignments(plan, checkpoint, deadline)
        if time.monotonic() < deadline:
            self._store_waiting_reasons(checkpoint)
        return len(outcome["done"])

    @api.model
    def _apply_assignments(self, assignments, checkpoint, deadline=math.inf):
        """Do what was planned, as far as it is still right.

        A batch is done whole, or else lead by lead. Killed anywhere, nothing is half
        done, and what is left is planned anew by the next run.

        :param assignments: list of ``Assignment``, see :meth:`_route`
        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :return: ``{"done": [lead id], "changed": {lead id: what changed since it was
            planned}, "failed": {lead id: error}}``; what was not begun is in none
        """
        outcome = {"done": [], "changed": {}, "failed": {}}
        # the first batch, too, shall see what is committed by now, not by the plan
        checkpoint()
        for batch in split_every(BATCH, assignments, list):
            if time.monotonic() > deadline:
                break
            self._apply_batch(batch, outcome)
            checkpoint()
        self._keep_errors(outcome, checkpoint)
        return outcome

    @api.model
    def _apply_batch(self, batch, outcome):
        """Apply some assignments, in a savepoint, and add to ``outcome``. Where that
        fails, each is tried alone.
        """
        try:
            # with what runs before a commit, such as tracking: if that fails for one
            # lead, the others shall not be lost
            with self.env.cr.savepoint():
                done, changed = self._apply_now(batch)
        except Exception as error:
            if len(batch) > 1:
                for assignment in batch:
                    self._apply_batch([assignment], outcome)
                return
            lead_id = batch[0].lead_id
            done, changed = [], {}
            if isinstance(error, OperationalError):
                # that somebody changed it this very moment is no fault
                _logger.info("Lead %s is being changed", lead_id)
                changed = {lead_id: self._being_changed()}
            else:
                _logger.exception("Lead %s could not be converted by score", lead_id)
                outcome["failed"][lead_id] = self._error_text(error)
        outcome["done"] += done
        outcome["changed"] |= changed

    @api.model
    def _apply_now(self, batch):
        """Apply those of the assignments that are still right.

        :return: the ids of the leads, and ``{lead id: what changed}`` of the others
        """
        self._lock_capacity()
        self.env.invalidate_all()
        leads = self.env["crm.lead"].sudo().browse([a.lead_id for a in batch])
        leads = leads.try_lock_for_update()
        free = set(leads.ids)
        right, changed = self._confirm([a for a in batch if a.lead_id in free])
        changed = {
            a.lead_id: self._being_changed() for a in batch if a.lead_id not in free
        } | changed
        leads = leads.browse([a.lead_id for a in right])
        leads._assign_by_score(right)
        return leads.ids, changed

    @api.model
    def _lock_capacity(self):
        """Wait for whoever hands over leads, until the end of this transaction: two
        runs would count on the same capacity.

        A lock of the table begins no snapshot: what follows, if nothing was read
        before, sees all that the other has committed.
        """
        self.env.cr.execute("LOCK TABLE crm_team_member IN SHARE UPDATE EXCLUSIVE MODE")

    @api.model
    def _being_changed(self):
        return self.env._("Somebody is changing it.")

    @api.model
    def _error_text(self, error):
        """Return what a manager is told of an error: its first line, and the kind of
        error where that is not one made for users.
        """
        text = next(iter(str(error).strip().splitlines()), "")
        return (
            text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"
        )
