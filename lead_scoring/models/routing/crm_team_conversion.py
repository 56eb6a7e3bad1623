import logging
import math
import time
from contextlib import contextmanager

from psycopg2 import OperationalError

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ...tools.retry import retry
from ..lead.crm_lead_hot_notification import TOLD_IDS

_logger = logging.getLogger(__name__)

CAPACITY_LOCK = 1_819_042_403
"""First key of the advisory locks on people's capacity; the second is the user's id."""
LEADS_PER_TRANSACTION = 200
"""Half a second's work: so long a user may wait who saves one of these leads."""


class CrmTeam(models.Model):
    """Converts leads that meet a minimum score and hands them to people, batch after
    batch.
    """

    _inherit = "crm.team"

    @api.model
    def _convert_by_score(self, checkpoint, deadline=math.inf):
        """Do all that a run of the scheduled action does with leads: record which are
        newly qualified, merge duplicates, hand each lead that meets a team's minimum
        to that team, best first, store why the others wait, plan qualifying calls.

        :param checkpoint: called after each batch, which is its own transaction
        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :return: number of leads and opportunities handed over
        """
        plan, teams = self._plan_by_score(checkpoint, deadline)
        outcome = teams._apply_assignments(plan, checkpoint, deadline)
        teams._after_assignments(checkpoint, deadline)
        return len(outcome["done"])

    @api.model
    def _plan_by_score(self, checkpoint, deadline=math.inf):
        """Record which leads are newly qualified, merge duplicates, and plan who gets
        each lead that meets a minimum; parameters as for :meth:`_convert_by_score`.

        :return: list of ``Assignment``, see :meth:`_route`; and teams, in whose context
            those are left out that can't be applied
        """
        self.env["lead.scoring.pass"]._tune_statements()
        qualified, teams = self._without_failing(lambda teams: teams._new_mql_ids())
        self.env["lead.scoring.history"]._record_qualified(qualified, checkpoint)
        plan, teams = teams._without_failing(lambda teams: teams._route())
        teams._forget_errors([a.lead_id for a in plan], checkpoint)
        if groups := teams._duplicates([a.lead_id for a in plan]):
            left = teams._merge_duplicates(groups, checkpoint, deadline)
            teams._keep_errors({"failed": left, "done": []}, checkpoint)
            # the merged leads have another score
            plan, teams = teams._without_failing(lambda teams: teams._route())
            plan = [a for a in plan if a.lead_id not in left]
        return plan, teams

    @api.model
    def _after_assignments(self, checkpoint, deadline=math.inf):
        """Store why the others wait, and plan qualifying calls; parameters as for
        :meth:`_convert_by_score`.
        """
        if time.monotonic() < deadline:
            self._store_waiting_reasons(checkpoint)
        self._plan_qualifying_calls(checkpoint, deadline)

    @api.model
    def _apply_assignments(self, assignments, checkpoint, deadline=math.inf):
        """Do what was planned, as far as it is still right.

        A batch is done whole, or else in halves. If the process is killed, no lead
        is half converted, and the next run plans what is left.

        Whoever is given leads is told once, at the end.

        :param assignments: list of ``Assignment``, see :meth:`_route`
        :param checkpoint: see :meth:`_convert_by_score`, as for ``deadline``; None: it
            is all one transaction of the caller, who holds the capacity, and raises
            what collides with others
        :return: ``{"done": [lead id], "given": {lead id: id of its new salesperson},
            "changed": {lead id: what changed since it was planned}, "failed": {lead id:
            error}}``; what was not begun is in none
        """
        outcome = {"done": [], "given": {}, "changed": {}, "failed": {}}
        if checkpoint:
            # a batch must see what others have committed before its turn
            checkpoint()
        for batch in split_every(LEADS_PER_TRANSACTION, assignments, list):
            if time.monotonic() > deadline:
                break
            if not checkpoint:
                self._apply_batch(batch, outcome)
                continue
            with self._holding_capacity(batch):
                self._apply_batch(batch, outcome)
                checkpoint()
        self._keep_errors(outcome, checkpoint)
        self._tell_who_was_given(outcome["given"], checkpoint)
        return outcome

    @api.model
    def _tell_who_was_given(self, given, checkpoint):
        """Tell salespeople what is theirs now; whatever that raises undoes nothing.

        :param given: ``{lead id: user id}``
        :param checkpoint: see :meth:`_apply_assignments`
        """
        if not given:
            return
        try:
            with self.env.cr.savepoint():
                # sudo: a run hands over the leads of everybody
                self.env["crm.lead"].sudo()._notify_given(given)
        except Exception:
            # mail servers and overrides of any module work here, and the leads are
            # theirs already
            _logger.exception("Salespeople could not be told of their new leads")
        if checkpoint:
            checkpoint()

    @api.model
    def _keep_errors(self, outcome, checkpoint):
        """Keep why leads failed, and forget it of those that are done.

        :param outcome: see :meth:`_apply_assignments`; an error of None is none
        :param checkpoint: called to commit; None: within the caller's transaction. To
            try again would then take back what was done before, unseen
        """
        errors = dict.fromkeys(outcome["done"]) | outcome["failed"]
        if not errors:
            return
        statement = SQL(
            """UPDATE lead_scoring_score score
                  SET routing_error = kept.error
                 FROM unnest(%s::integer[], %s::varchar[]) AS kept (lead_id, error)
                WHERE kept.lead_id = score.lead_id
                  AND kept.error IS DISTINCT FROM score.routing_error""",
            list(errors),
            list(errors.values()),
        )
        if checkpoint:
            retry(self.env.cr, statement, checkpoint)
        else:
            self.env.cr.execute(statement)
        self.env["lead.scoring.score"].invalidate_model(["routing_error"], flush=False)

    @api.model
    def _forget_errors(self, planned, checkpoint):
        """Forget why leads failed that nobody can be given now. They come after all
        others, and would do so for ever.

        :param planned: ids of the leads that are about to be handed over
        """
        query = SQL(
            """SELECT lead_id FROM lead_scoring_score
                WHERE routing_error IS NOT NULL AND lead_id <> ALL(%s)""",
            planned,
        )
        others = [lead_id for (lead_id,) in self.env.execute_query(query)]
        self._keep_errors({"failed": {}, "done": others}, checkpoint)

    @api.model
    def _apply_batch(self, batch, outcome):
        """Apply some assignments, in a savepoint, and add to ``outcome``. Where that
        fails, each half is tried, until what fails is alone.
        """
        try:
            # a savepoint with flush, so that what Odoo does before a commit, such as
            # tracking, fails here: then the other leads are converted all the same
            with self.env.cr.savepoint():
                done, given, changed = self._apply_now(batch)
        except Exception as error:
            # automations and overrides of any module run here: one that fails for one
            # lead must not stop the others, and managers are told
            if len(batch) > 1:
                middle = len(batch) // 2
                self._apply_batch(batch[:middle], outcome)
                self._apply_batch(batch[middle:], outcome)
                return
            lead_id = batch[0].lead_id
            done, given, changed = [], {}, {}
            if isinstance(error, OperationalError):
                # somebody changed it at the same time: no error
                _logger.info("Lead %s is being changed", lead_id)
                changed = {lead_id: self._being_changed()}
            else:
                _logger.exception("Lead %s could not be converted by score", lead_id)
                outcome["failed"][lead_id] = self._error_text(error)
        outcome["done"] += done
        outcome["given"] |= given
        outcome["changed"] |= changed

    @api.model
    def _apply_now(self, batch):
        """Apply those of the assignments that are still right.

        :return: the ids of the leads, ``{lead id: id of its new salesperson}``, and
            ``{lead id: what changed}`` of the others
        """
        self.env.invalidate_all()
        # sudo: who may apply a plan is checked where it is begun
        leads = self.env["crm.lead"].sudo().browse([a.lead_id for a in batch])
        leads = leads.try_lock_for_update(allow_referencing=True)
        free = set(leads.ids)
        right, changed = self._confirm([a for a in batch if a.lead_id in free])
        changed = {
            a.lead_id: self._being_changed() for a in batch if a.lead_id not in free
        } | changed
        leads = leads.browse([a.lead_id for a in right])
        given = {
            assignment.lead_id: assignment.user_id
            for lead, assignment in zip(leads, right, strict=True)
            if assignment.user_id and assignment.user_id != lead.user_id.id
        }
        self.env.cr.precommit.data.setdefault(TOLD_IDS, set()).update(given)
        new = leads.filtered(lambda lead: lead.type == "lead")
        leads._assign_by_score(right)
        if new:
            self._offer_duplicates(new)
        return leads.ids, given, changed

    @api.model
    @contextmanager
    def _holding_capacity(self, assignments):
        """Wait until nobody else hands leads to the people of these assignments, and
        keep others waiting: two at once would use the same capacity twice. To be
        entered before the first query of a transaction and left after its commit, so
        that it sees all that was handed over before.

        The locks are taken in a transaction of their own: in the same one, waiting for
        them would be its first query.
        """
        users = sorted({a.user_id for a in assignments if a.user_id})
        with self.env.registry.cursor() as cr:
            query = SQL(
                "SELECT pg_advisory_xact_lock(%s, id) FROM unnest(%s::integer[]) AS id",
                CAPACITY_LOCK,
                users,
            )
            cr.execute(query)
            yield

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
