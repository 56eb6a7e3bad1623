import logging
import time
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.retry import retry

_logger = logging.getLogger(__name__)

JOB_MODELS = ("lead.scoring.discovery", "lead.scoring.prediction")
"""The models whose records wait for the scheduled action."""


class JobStopped(Exception):
    """Somebody has pressed Stop."""


class LeadScoringJob(models.AbstractModel):
    """Work that takes a minute: done by a scheduled action, one record at a time."""

    _name = "lead.scoring.job"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Learning in the Background"

    job_state = fields.Selection(
        selection=[
            ("new", "New"),
            ("queued", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("stopped", "Stopped"),
            ("failed", "Failed"),
        ],
        string="Status",
        default="new",
        required=True,
        readonly=True,
        copy=False,
        help="Where the work in the background stands.",
    )
    progress = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="How much of the work is done, in percent.",
    )
    message = fields.Char(
        readonly=True,
        copy=False,
        help="What is being done, what came out, or why nothing did.",
    )
    duration = fields.Integer(
        string="Seconds It Took",
        readonly=True,
        copy=False,
        aggregator=None,
        help="How long the work took the last time it was done to its end.",
    )
    started_at = fields.Datetime(
        readonly=True, copy=False, help="When the work began the last time."
    )
    seconds_left = fields.Integer(
        compute="_compute_seconds_left",
        help="How long it will still take, if it takes as long as the last time.",
    )
    stop_requested = fields.Boolean(
        readonly=True,
        copy=False,
        help="Technical: somebody has pressed Stop. The work ends with its next step.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested By",
        default=lambda self: self.env.user,
        readonly=True,
        help="In whose language conditions are named, and whose rights the rules that "
        "come of it are checked with.",
    )
    company_ids = fields.Many2many(
        comodel_name="res.company",
        string="Companies",
        default=lambda self: self.env.companies,
        readonly=True,
        copy=False,
        help="Whose leads tell, besides those of no company: the companies that you "
        "had switched to.",
    )

    @api.depends("progress", "duration", "job_state", "started_at")
    def _compute_seconds_left(self):
        now = fields.Datetime.now()
        for job in self:
            passed = (now - (job.started_at or now)).total_seconds()
            is_running = job.job_state == "running"
            job.seconds_left = max(0, job.duration - passed) if is_running else 0

    @api.constrains("model_id")
    def _check_model(self):
        """Only those learn for a model who may change it."""
        # the ORM calls constraints as superuser
        self.sudo(False).model_id.check_access("write")

    def _queue(self, companies=None, **vals):
        """Let the scheduled action do :meth:`_work`, soon.

        :param companies: whose leads tell, unless the model has a company; default:
            those that the user has switched to
        :param vals: what else is to be set: what the work is
        """
        self.ensure_one()
        if self.job_state in ("queued", "running"):
            raise UserError(self.env._("It is running already."))
        self.check_access("write")
        # sudo: a scoring manager has no right on scheduled actions
        cron = self.env.ref("lead_scoring_learning.ir_cron_learn", False)
        if not cron or not cron.sudo().active:
            raise UserError(
                self.env._(
                    "The scheduled action that learns was deleted or is off. Ask your "
                    "administrator to switch it on, or to upgrade Lead Scoring "
                    "Learning."
                )
            )
        # sudo: only code sets where the work stands, and for whom it is done
        self.sudo().write(
            {
                "job_state": "queued",
                "message": False,
                "progress": 0,
                "stop_requested": False,
                "user_id": self.env.uid,
                "company_ids": self.model_id.company_id
                or companies
                or self.env.companies,
                **vals,
            }
        )
        cron.sudo()._trigger()

    def _get_companies(self):
        """Return the companies whose leads tell: those of the start that the user who
        asked may still use.
        """
        return self.company_ids & self.user_id.company_ids

    def action_stop(self):
        """Take it out of the queue, or let it end with its next step."""
        self.check_access("write")
        # sudo: only code sets where the work stands
        for job in self.sudo():
            if job.job_state == "queued":
                job.write({"job_state": "stopped", "message": False})
            elif job.job_state == "running":
                job.stop_requested = True

    # ------------------------------------------------------------------
    # In the background
    # ------------------------------------------------------------------

    def _work(self):
        """Do the work: a generator, committed after each step.

        :return: after each step the values to write on this record, such as
            ``progress`` and the ``message`` of the next step. A step must not write on
            this record itself: users write on it when they press Stop
        :raise UserError: it can't be done; the reason is shown
        """
        raise NotImplementedError

    @api.model
    def _cron_learn(self):
        """Do what waits, one after the other."""
        cron = self.env["ir.cron"]
        while job := self._next():
            job._run(cron._commit_progress)
            cron._commit_progress(1, remaining=1)
        cron._commit_progress(remaining=0)

    @api.model
    def _next(self):
        """Return the next record that waits. Those in state «running» are marked as
        failed: only this scheduled action runs them, so it was killed meanwhile.
        """
        for name in JOB_MODELS:
            # sudo: a scheduled action does what any user asked for
            jobs = self.env[name].sudo().with_context(active_test=False)
            jobs.search([("job_state", "=", "running")]).write(
                {
                    "job_state": "failed",
                    "message": self.env._("Interrupted. Start it again."),
                }
            )
            if job := jobs.search([("job_state", "=", "queued")], order="id", limit=1):
                # messages and names are in the language of the user who asked
                user = job.user_id
                return job.with_context(lang=user.lang, tz=user.tz)
        return self.browse()

    def _run(self, checkpoint):
        """Do the work to its end.

        :param checkpoint: called without arguments to commit
        """
        self.write(
            {
                "job_state": "running",
                "message": False,
                "progress": 0,
                "started_at": fields.Datetime.now(),
            }
        )
        checkpoint()
        began = time.monotonic()
        steps = self._work()
        while True:
            values = self._step(steps)
            if values.get("job_state") == "done":
                values["duration"] = max(1, round(time.monotonic() - began))
            checkpoint()
            retry(self.env.cr, partial(self._advance, values), checkpoint)
            if self.job_state != "running":
                return

    def _step(self, steps):
        """Do one step and return the values to write."""
        try:
            with self.env.cr.savepoint():
                return next(steps, {"job_state": "done", "progress": 100})
        except JobStopped:
            return self._stopped()
        except UserError as error:
            return {"job_state": "failed", "message": str(error)}
        except Exception as error:
            # a generator can't go on after an error, not even after a collision; the
            # user who waits for the result reads on the record what happened
            _logger.exception("%s could not be finished", self)
            reason = str(error).partition("\n")[0] or type(error).__name__
            return {
                "job_state": "failed",
                "message": self.env._("Something went wrong: %s", reason),
            }

    def _advance(self, values):
        self.invalidate_recordset(["stop_requested", "job_state"])
        if self.stop_requested and "job_state" not in values:
            values = self._stopped()
        self.write(values)
        self.env.flush_all()

    def _stopped(self):
        return {"job_state": "stopped", "message": self.env._("Stopped.")}

    def _check_stop(self):
        """Let the work end here if somebody has pressed Stop: within a step that takes
        long. What the step has written is rolled back.
        """
        # another transaction: this one does not see what was written since it began
        with self.env.registry.cursor() as cr:
            table = SQL.identifier(self._table)
            cr.execute(
                SQL("SELECT stop_requested FROM %s WHERE id = %s", table, self.id)
            )
            if cr.fetchone() == (True,):
                raise JobStopped
