import logging
import math
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import split_every

_logger = logging.getLogger(__name__)

BATCH = 100
"""Leads converted in one transaction."""


class CrmTeam(models.Model):
    """Converts leads that meet a minimum score, batch after batch."""

    _inherit = "crm.team"

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        """Convert every lead that meets a team's minimum score, best first, and keep
        why the others wait.

        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :return: number of leads converted
        """
        converted = 0
        for batch in split_every(BATCH, self._route(), list):
            if time.monotonic() > deadline:
                return converted
            converted += self._convert_batch(batch)
            checkpoint()
        self._store_waiting_reasons(checkpoint)
        return converted

    @api.model
    def _convert_batch(self, batch):
        """Do what was planned; a lead that fails does not stop the others.

        Each plan is confirmed, for somebody may have edited, converted or merged the
        lead; one that somebody edits right now is left to the next run.

        :param batch: list of ``Assignment``
        """
        converted = 0
        confirmed, _changed = self._confirm(batch)
        for assignment in confirmed:
            lead_id = assignment.lead_id
            team = self.browse(assignment.team_id)
            user = self.env["res.users"].browse(assignment.user_id)
            lead = self.env["crm.lead"].sudo().browse(lead_id)
            self.env.flush_all()
            try:
                with self.env.cr.savepoint(flush=False):
                    if not lead.try_lock_for_update():
                        continue
                    lead._convert_to_team(team, user, assignment.sampled)
                    self.env.flush_all()
                converted += 1
            except Exception as error:
                # what was to be written, too: it would be tried again at the commit
                self.env.clear()
                # that somebody edited it this very moment is no fault
                fault = not isinstance(error, OperationalError)
                _logger.log(
                    logging.ERROR if fault else logging.INFO,
                    "Lead %s could not be converted by score",
                    lead_id,
                    exc_info=fault,
                )
        return converted
