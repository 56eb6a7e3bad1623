import math
from collections import Counter
from itertools import pairwise

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass_mixin import (
    LEADS_PER_STREAM,
)
from odoo.addons.lead_scoring.tools.parameters import get_number

from ..tools.work import MAXIMUM_RETRIES, go_on, held, job_deadline

SIZE_PARAMETER = "lead_scoring.leads_per_job"
DEFAULT_SIZE = 200_000
"""Leads of a part. Each part looks through all page views for those of its leads, so
many small parts take longer together.
"""
PRIORITY_OF_CHANGES = 5
PRIORITY_OF_ALL = 20
"""Of the jobs of a pass: what changed comes before what is only scored again."""


class LeadScoringPass(models.Model):
    """Cuts a pass into parts, each the work of a job, and closes it when all are done.

    What is left to do follows from the parts as they stand: a job that is lost, or done
    twice, changes nothing.
    """

    _inherit = "lead.scoring.pass"

    shard_ids = fields.One2many(
        comodel_name="lead.scoring.shard",
        inverse_name="pass_id",
        string="Parts",
        readonly=True,
        help="Each is scored by a job.",
    )
    planned_count = fields.Integer(
        string="Leads to Compare",
        readonly=True,
        help="How many leads the parts had when the pass was cut.",
    )
    progress = fields.Float(
        compute="_compute_progress",
        help="How much of it is done, in percent.",
    )
    time_left = fields.Float(
        compute="_compute_progress",
        help="How long it will take from now on if it goes on as up to now, in hours "
        "and minutes.",
    )

    @api.depends("date_end", "planned_count", "shard_ids.lead_count")
    def _compute_progress(self):
        now = self.env.cr.now()
        for scoring_pass in self:
            done = sum(scoring_pass.shard_ids.mapped("lead_count"))
            share = min(done / (scoring_pass.planned_count or math.inf), 1)
            if scoring_pass.date_end:
                share = 1
            hours = (now - scoring_pass.date_start).total_seconds() / 3600
            scoring_pass.progress = 100 * share
            scoring_pass.time_left = share and hours * (1 - share) / share

    def action_open_jobs(self):
        """Return the action that opens the jobs of scoring in the queue."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "queue_job.action_queue_job"
        )
        return action | {
            "domain": [("channel", "=", "root.lead_scoring")],
            "context": {},
        }

    # ------------------------------------------------------------------
    # Beginning
    # ------------------------------------------------------------------

    @api.model
    def _enqueue(self, full):
        """Have jobs score leads, then convert those that a minimum score asks for.

        :param full: all leads, not only those with something new
        """
        self.with_delay(
            priority=PRIORITY_OF_ALL if full else PRIORITY_OF_CHANGES,
            max_retries=MAXIMUM_RETRIES,
            identity_key=f"lead_scoring.begin.{full}",
            description=self.env._("Begin a pass"),
        )._job_begin(full)

    @api.model
    def _job_begin(self, full):
        """Begin a pass, or have one go on that was left."""
        commit = self.env.cr.commit
        with held(self.env, self._name, int(full)):
            scoring_pass = self._begin(full)
            if scoring_pass.shard_ids:
                # leads are converted even where a pass takes long, or fails
                self.env["crm.team"]._enqueue_routing()
            else:
                where = scoring_pass._collect_leads()
                self.env["lead.scoring.score"]._link_leads(where)
                if not scoring_pass._prepare(where, job_deadline(), commit):
                    raise go_on()
                scoring_pass._cut(where)
            scoring_pass._open_shards()._delay(scoring_pass._priority())
            scoring_pass._delay_finish()

    def _priority(self):
        """Return the priority of its jobs."""
        return PRIORITY_OF_CHANGES if self.since else PRIORITY_OF_ALL

    def _cut(self, where):
        """Cut the leads to cover into parts.

        :param where: SQL condition on crm_lead
        """
        size = get_number(self.env, SIZE_PARAMETER, DEFAULT_SIZE, 1, LEADS_PER_STREAM)
        query = SQL(
            """SELECT id, scored
                 FROM (SELECT id, row_number() OVER (ORDER BY id) AS number,
                              count(*) OVER () AS total,
                              count(*) FILTER (WHERE %s) OVER () AS scored
                         FROM crm_lead WHERE %s) AS numbered
                WHERE number %% %s = 0 OR number = total ORDER BY id""",
            self.env["lead.scoring.engine"]._scored_sql(),
            where,
            size,
        )
        rows = self.env.execute_query(query)
        # one part at least: a pass without any is not done by jobs
        bounds = [lead_id for lead_id, _scored in rows] or [0]
        # from its start, also where the scheduled action has done some: the numbers of
        # matches are of all leads
        self._begin_again()
        self.planned_count = rows[-1][1] if rows else 0
        self.env["lead.scoring.shard"].create(
            [
                {
                    "pass_id": self.id,
                    "date_start": self.date_start,
                    "since": self.since,
                    "above_id": above,
                    "upto_id": upto,
                    "last_lead_id": above,
                }
                for above, upto in pairwise([0, *bounds])
            ]
        )

    def _run(self, deadline, checkpoint, silent=False):
        """What jobs have begun is done here, once no runner takes them any more."""
        if self.shard_ids:
            self.shard_ids.unlink()
            self.planned_count = 0
        return super()._run(deadline, checkpoint, silent=silent)

    # ------------------------------------------------------------------
    # Ending
    # ------------------------------------------------------------------

    @api.model
    def _applicable(self):
        """Return the ids of the rules and models that are applied now, as text."""
        # sudo: those of all companies
        scoring_models = self.env["lead.scoring.model"].sudo()
        scoring_models = scoring_models.search(
            [("state", "=", "live"), ("error", "=", False)], order="id"
        )
        rules = scoring_models.env["lead.scoring.rule"].search(
            [("model_id", "in", scoring_models.ids), ("error", "=", False)], order="id"
        )
        return f"{scoring_models.ids} {rules.ids}"

    def _delay_finish(self):
        """Have a job close the pass if all its parts are done. Of two that are done at
        the same moment each sees the other, or both do: one job is made of it.
        """
        if not self.date_end and not self._open_shards():
            self.with_delay(
                priority=self._priority(),
                max_retries=MAXIMUM_RETRIES,
                identity_key=f"lead_scoring.finish.{self.id}",
                description=self.env._("Close a pass"),
            )._job_finish()

    def _open_shards(self):
        """Return the parts that are not done, as they are committed."""
        return self.env["lead.scoring.shard"].search(
            [("pass_id", "in", self.ids), ("date_end", "=", False)]
        )

    def _job_finish(self):
        """Close a pass all of whose parts are done, then have leads routed."""
        with held(self.env, f"{self._name}.finish", self.id):
            if not self.exists() or not (self.date_end or self._close()):
                return
        # also where a worker was lost just before it
        self.env["crm.team"]._enqueue_routing()
        # sudo: whoever pressed «Score Now» since it began
        requests = self.env["lead.scoring.request"].sudo()
        if requests.search_count([("create_date", ">", self.date_start)], limit=1):
            self._enqueue(False)

    def _close(self):
        """Close the pass, unless a part has to be done again, for since then a rule was
        found to be broken, or the scheduled action has taken the pass over.

        :return: whether it is closed
        """
        if not self.shard_ids:
            return False
        applicable = self._applicable()
        for shard in self.shard_ids.filtered(lambda s: s.applied != applicable):
            shard._begin_again()
        if open_shards := self._open_shards():
            open_shards._delay(self._priority())
            return False
        self._add_up()
        self._conclude(job_deadline(), self.env.cr.commit)
        return True

    def _add_up(self):
        """Take over the counts of the parts."""
        matches = Counter()
        for shard in self.shard_ids:
            matches.update(shard._matches())
        self.write(
            {
                "lead_count": sum(self.shard_ids.mapped("lead_count")),
                "change_count": sum(self.shard_ids.mapped("change_count")),
                "match_counts": dict(matches),
            }
        )
