from datetime import timedelta

from dateutil.relativedelta import relativedelta
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

CRON_XMLID = "lead_scoring.ir_cron_score_leads"
CRONS = (CRON_XMLID, "lead_scoring.ir_cron_score_all_leads")
"""The scheduled actions that score leads; the first one converts them, too."""
LATE = timedelta(hours=1)
"""How late a scheduled action may be, after it has been left out twice."""


class LeadScoringPass(models.Model):
    """Whether passes run at all, which screens ask that promise what the next one does;
    and the asking for one.
    """

    _inherit = "lead.scoring.pass"

    @api.model
    def _stopped(self, names=(CRON_XMLID,)):
        """Return why scheduled actions do not run: ``off`` where one was deleted or
        switched off, as in a copy of a database, ``late`` where Odoo has left one out
        twice; False where they run.

        :param names: external ids of the scheduled actions
        """
        # sudo: only whether scheduled actions run
        crons = self.env["ir.cron"].sudo()
        for name in names:
            crons += self.env.ref(name, False) or crons.browse()
        if len(crons) < len(names) or not all(crons.mapped("active")):
            return "off"
        return "late" if any(map(self._is_late, crons)) else False

    @api.model
    def _is_late(self, cron):
        twice = relativedelta(**{cron.interval_type: 2 * cron.interval_number})
        return cron.nextcall + twice + LATE < self.env.cr.now()

    @api.model
    def _cron_id(self):
        """Return the id of the scheduled action that runs passes; None if somebody has
        deleted it.
        """
        return self.env["ir.model.data"]._xmlid_to_res_id(
            CRON_XMLID, raise_if_not_found=False
        )

    @api.model
    def _request_run(self, condition=None):
        """Have the scheduled action run soon, unless it has been asked for already; if
        an SQL expression ``condition`` is given, only where that is true.
        """
        cron_id = self._cron_id()
        if not cron_id:
            return
        if condition:
            self.env.cr.execute(SQL("SELECT %s", condition))
            if not self.env.cr.fetchone()[0]:
                return
        if not self._is_run_requested(cron_id):
            # sudo: whoever changes a lead may have it scored
            self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    @api.model
    def _is_run_requested(self, cron_id):
        """Whether the scheduled action has been asked to run soon. A request that it is
        just carrying out does not count: it may have read the signals before. Such a
        request is there until the action ends, but locked.
        """
        query = SQL(
            """SELECT FROM ir_cron_trigger WHERE cron_id = %s AND call_at <= %s
                LIMIT 1 FOR KEY SHARE SKIP LOCKED""",
            cron_id,
            fields.Datetime.now(),
        )
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(query, log_exceptions=False)
                return bool(self.env.cr.rowcount)
        except SerializationFailure:
            # the action has ended this very moment
            return False

    @api.model
    def action_request(self):
        """Have leads scored and converted soon, as the hourly run does, and return a
        notification that says so. Another one says when that is done.

        :raise AccessError: to all but scoring managers
        :raise UserError: the scheduled action is off
        """
        self.check_access("read")
        if self._stopped() == "off":
            raise UserError(self._stopped_note())
        self._request_run()
        # sudo: who it was is asked for by nothing but the run
        self.env["lead.scoring.request"].sudo().create({})
        # sudo: a scoring manager has no right on scheduled actions
        cron = self.env["ir.cron"].sudo().browse(self._cron_id())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Scoring starts within a minute; you will be told when it is done. "
                    "The next regular run is at %s.",
                    format_datetime(self.env, cron.nextcall, dt_format="short"),
                ),
            },
        }

    @api.model
    def _stopped_note(self):
        """Return a sentence on why no run comes; False where one does."""
        return {
            "off": self.env._(
                "Nothing is converted: the scheduled action of lead scoring is off. "
                "An administrator can switch it on."
            ),
            "late": self.env._(
                "Nothing is converted: scheduled actions have not run for a while. "
                "Ask your administrator."
            ),
        }.get(self._stopped(), False)
