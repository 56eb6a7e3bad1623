import json
import time
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from odoo.addons.base.models.ir_cron import MIN_TIME_PER_JOB

from ...tools.parameters import worker_seconds

CRON_XMLID = "lead_scoring.ir_cron_score_leads"
CRONS = (CRON_XMLID, "lead_scoring.ir_cron_score_all_leads")
"""The scheduled actions that score leads; the first one converts them, too."""
LATE = timedelta(hours=1)
"""How late a scheduled action may be, after it has been left out twice."""
COMMIT_DELAY = timedelta(minutes=15)
"""How far an incremental pass looks back before the start of the last one: what was
written before it may have been committed after it."""


class LeadScoringPass(models.Model):
    """A pass over the leads: over all of them, or over those with something new."""

    _name = "lead.scoring.pass"
    _inherit = "lead.scoring.pass.mixin"
    _description = "Lead Scoring Pass"
    _log_access = False
    _order = "id desc"

    kind = fields.Selection(
        selection=[("incremental", "What Changed"), ("full", "All Leads")],
        required=True,
        readonly=True,
        help="Hourly passes cover what changed, nightly ones all leads.",
    )

    @api.depends("kind", "date_start")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for scoring_pass in self:
            start = format_datetime(
                self.env, scoring_pass.date_start, dt_format="short"
            )
            scoring_pass.display_name = f"{kinds.get(scoring_pass.kind)}, {start}"

    # ------------------------------------------------------------------
    # Starting
    # ------------------------------------------------------------------

    @api.model
    def _begin(self, full):
        """Give leads the events that wait for them, and return the pass to run.

        :param full: of all leads, not only those with something new
        """
        events = self.env["lead.scoring.event"]
        events._gc_addresses()
        if full or not self.env["crm.lead"]._is_scored_on_save():
            # else leads have got theirs as they were saved
            events._give_kept()
        return self._start(full)

    @api.model
    def _start(self, full):
        """Return the pass to run: the unfinished one of this kind, or a new one if
        there is none or rules have changed since it began.
        """
        kind = "full" if full else "incremental"
        changed = self._last_change()
        unfinished = self.search([("kind", "=", kind), ("date_end", "=", False)])
        waiting = unfinished[:1]
        (unfinished - waiting).unlink()
        if waiting._is_sound(changed):
            return waiting
        waiting.unlink()
        since = not full and self._uncovered_since(changed)
        if since and since < self.env["lead.scoring.change"]._earliest():
            since = False
        return self.create(
            {"kind": kind, "date_start": self.env.cr.now(), "since": since}
        )

    def _is_sound(self, changed):
        """Whether a pass that has begun covers what it should: not if rules have
        changed since, at ``changed``, or if it looks back to what is forgotten.
        """
        if not self or (changed and changed > self.date_start):
            return False
        return (
            not self.since or self.since >= self.env["lead.scoring.change"]._earliest()
        )

    def _may_go_on(self):
        return self._is_sound(self._last_change())

    @api.model
    def _last_change(self):
        """Return when a rule or model that is or was live last changed, or None."""
        self.env["lead.scoring.model"].flush_model(["changed_at", "state"])
        self.env.cr.execute(
            "SELECT max(changed_at) FROM lead_scoring_model WHERE state <> 'draft'"
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _is_all_uncovered(self):
        """Whether rules or models have changed since the last pass: the numbers of
        leads are of before.
        """
        return not self._uncovered_since(self._last_change())

    @api.model
    def _uncovered_since(self, changed):
        """Return since when changes may not be covered by a finished pass; False when
        everything has to be scored again.

        :param changed: when a rule or model last changed, or None
        """
        last = self.search(
            [("date_end", "!=", False)], order="date_start desc", limit=1
        )
        since = last and last.date_start - COMMIT_DELAY
        return False if not last or (changed and changed >= since) else since

    # ------------------------------------------------------------------
    # Running
    # ------------------------------------------------------------------

    @api.model
    def _deadlines(self):
        """Return until when, in ``time.monotonic()``, a scheduled action may score, and
        convert: a half and four fifths of the time that its worker has. Counted from
        the start of the job, within which Odoo calls an action several times.
        """
        limit = worker_seconds()
        end = self.env.context.get("cron_end_time")
        start = end - MIN_TIME_PER_JOB if end else time.monotonic()
        return start + limit / 2, start + limit * 4 / 5

    def _prepare(self, where, deadline, checkpoint):
        """Of a full pass: bring job titles up to date, and try again what is marked as
        broken.
        """
        if self.since or self.last_lead_id:
            return True
        checkpoint()
        words = self.env["lead.scoring.title.word"]
        if not words._refresh_leads(checkpoint, deadline):
            return False
        # what was broken last time may work by now; what was slow is tried with
        # the time that it would have to keep to
        covered, within = self._next_part(where)
        broken = [("error", "!=", False)]
        self._try_domains(
            broken, within, checkpoint, slow=True, covered=covered, deadline=deadline
        )
        return True

    def _conclude(self, deadline, checkpoint):
        """Keep the scores of new leads, too."""
        self._finish()
        checkpoint()
        return self.env["lead.scoring.history"]._record_created(deadline, checkpoint)

    def _finish(self):
        """Close the pass; after a full one, publish the rules' numbers of matches. A
        rule that is being changed keeps its number until the next one.
        """
        if not self.since:
            statement = SQL(
                """UPDATE lead_scoring_rule rule
                      SET match_total = COALESCE(
                              (%s::jsonb ->> rule.id::text)::integer, 0)
                    WHERE id IN (SELECT id FROM lead_scoring_rule
                                    FOR NO KEY UPDATE SKIP LOCKED)""",
                json.dumps(self._matches()),
            )
            self.env.cr.execute(statement)
            self.env["lead.scoring.rule"].invalidate_model(["match_total"], flush=False)
            self.env["lead.scoring.model"]._end_silence(self.date_start - COMMIT_DELAY)
            self.env["lead.scoring.rule"]._note_all_missing()
        self.date_end = fields.Datetime.now()

    # ------------------------------------------------------------------
    # Asking for a run; whether runs come at all
    # ------------------------------------------------------------------

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
    def _request_run(self):
        """Have the scheduled action run soon, unless it has been asked for already."""
        cron_id = self._cron_id()
        if cron_id and not self._is_run_requested(cron_id):
            # sudo: whoever changes a lead may have it scored
            self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    @api.model
    def _request_run_of(self, lead_ids):
        """Have the scheduled action score these leads soon, if there are any, whatever
        the date of what they got.
        """
        if lead_ids:
            self.env["lead.scoring.change"]._note(lead_ids)
            self._request_run()

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

    @api.autovacuum
    def _gc_passes(self):
        """Forget passes of more than a month ago."""
        month_ago = fields.Datetime.now() - timedelta(days=30)
        self.search([("date_end", "<", month_ago)]).unlink()
