from dataclasses import astuple

from odoo import api, models
from odoo.tools import SQL, split_every

from odoo.addons.lead_scoring.models.routing.crm_team_filters import LEFT_OUT
from odoo.addons.lead_scoring.tools.allocation import Assignment
from odoo.addons.queue_job.delay import group
from odoo.addons.queue_job.job import CANCELLED, FAILED, WAIT_DEPENDENCIES

from ..tools.work import MAXIMUM_RETRIES, go_on, held, job_deadline

LEADS_PER_JOB = 500
"""About how many leads a job hands over: some seconds' work."""
PRIORITY = 7
"""Of the jobs of routing: before passes over all leads."""


class CrmTeam(models.Model):
    """Routes as jobs: one plans, others each hand over what some people get."""

    _inherit = "crm.team"

    @api.model
    def _enqueue_routing(self):
        """Have jobs do what the scheduled action does once leads are scored."""
        self.with_delay(
            priority=PRIORITY,
            max_retries=MAXIMUM_RETRIES,
            identity_key="lead_scoring.route",
            description=self.env._("Plan who gets which lead"),
        )._job_route()

    @api.model
    def _job_prepare_context_before_enqueue_keys(self):
        """Keep which teams a plan leaves out."""
        return (*super()._job_prepare_context_before_enqueue_keys(), LEFT_OUT)

    @api.model
    def _job_route(self):
        """Plan who gets which lead."""
        with held(self.env, "lead.scoring.route", 0):
            plan, teams = self._plan_by_score(self.env.cr.commit, job_deadline())
            options = {"priority": PRIORITY, "max_retries": MAXIMUM_RETRIES}
            after = teams.delayable(
                **options, description=self.env._("Say why the other leads wait")
            )._job_after_routing()
            parts = [
                teams.delayable(
                    **options,
                    description=self.env._("Hand over %s leads", len(part)),
                )._job_assign([astuple(assignment) for assignment in part])
                for part in self._parts(plan)
            ]
            self._cancel_waiting()
            (group(*parts).on_done(after) if parts else after).delay()

    @api.model
    def _cancel_waiting(self):
        """Cancel what waits for an earlier plan of which a part has failed: it would
        wait for ever. What follows the new plan does the same.
        """
        # sudo: whoever lets leads be routed need not manage jobs
        jobs = self.env["queue.job"].sudo()
        waiting = [
            ("model_name", "=", self._name),
            ("method_name", "=", "_job_after_routing"),
            ("state", "=", WAIT_DEPENDENCIES),
            ("dependency_ids", "any", [("state", "in", (CANCELLED, FAILED))]),
        ]
        jobs.search(waiting).button_cancelled()

    @api.model
    def _parts(self, plan):
        """Cut a plan into lists of assignments. All that a person gets is in one, so
        that no job waits for another one, and each person is told once.
        """
        by_user = {}
        for assignment in plan:
            by_user.setdefault(assignment.user_id, []).append(assignment)
        of_nobody = by_user.pop(None, [])
        parts = [*split_every(LEADS_PER_JOB, of_nobody, list), []]
        for assignments in by_user.values():
            if len(parts[-1]) >= LEADS_PER_JOB:
                parts.append([])
            parts[-1] += assignments
        positions = {assignment.lead_id: n for n, assignment in enumerate(plan)}
        for part in parts:
            # the best first, as planned
            part.sort(key=lambda assignment: positions[assignment.lead_id])
        return [part for part in parts if part]

    @api.model
    def _job_assign(self, rows):
        """Hand over the leads of a part of a plan.

        :param rows: the values of each ``Assignment``
        """
        plan = self._not_handed_over([Assignment(*row) for row in rows])
        outcome = self._apply_assignments(plan, self.env.cr.commit, job_deadline())
        tried = (outcome["done"], outcome["changed"], outcome["failed"])
        # where none gets through it would begin with the same ones for ever
        if outcome["done"] and sum(map(len, tried)) < len(plan):
            raise go_on()

    @api.model
    def _not_handed_over(self, plan):
        """Return those assignments of a plan that are not done already: a job that was
        stopped begins with all of them.
        """
        query = SQL(
            """SELECT id, user_id FROM crm_lead
                WHERE id = ANY(%s) AND type = 'opportunity'""",
            [assignment.lead_id for assignment in plan],
        )
        done = set(self.env.execute_query(query))
        return [a for a in plan if (a.lead_id, a.user_id) not in done]

    @api.model
    def _job_after_routing(self):
        """Say why the other leads wait, and plan qualifying calls."""
        self._after_assignments(self.env.cr.commit, job_deadline())
        self.env["lead.scoring.request"]._answer()
