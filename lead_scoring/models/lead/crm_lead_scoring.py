import logging
import time

from psycopg2 import OperationalError

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ...tools.faults import COLLISIONS

_logger = logging.getLogger(__name__)

ON_SAVE_PARAMETER = "lead_scoring.score_on_save"
SCHEDULED_IDS = "lead_scoring.scheduled"
SCORED_IDS = "lead_scoring.scored"
CREATED_IDS = "lead_scoring.created"
"""Keys of ``cr.precommit.data``: sets of ids of the leads that are to be scored before
the commit, of those that were scored so in this transaction, and of new ones.
"""


class CrmLead(models.Model):
    """When leads are scored: as they are saved, and by the scheduled actions."""

    _inherit = "crm.lead"

    # ------------------------------------------------------------------
    # Scoring
    # ------------------------------------------------------------------

    def action_score_now(self):
        """Score these leads now."""
        self.check_access("read")
        self._score_safely()

    def _schedule_scoring(self):
        """Have these leads scored when the transaction is flushed before its commit.

        A lead whose temperature has just followed its score is left alone until the
        next pass, so that an automation can't start an endless loop.
        """
        if not self._is_scored_on_save():
            return
        data = self.env.cr.precommit.data
        ids = set(self.ids) - data.get(SCORED_IDS, set())
        if not ids:
            return
        if SCHEDULED_IDS not in data:
            data[SCHEDULED_IDS] = set()
            self.env.cr.precommit.add(self.browse()._score_scheduled)
        data[SCHEDULED_IDS].update(ids)

    @api.model
    def _is_scored_on_save(self):
        """Whether leads are scored as they are saved, not only by scheduled actions."""
        # sudo: only administrators read system parameters
        parameters = self.env["ir.config_parameter"].sudo()
        return parameters.get_param(ON_SAVE_PARAMETER) != "no"

    def _score_scheduled(self):
        """Score what was scheduled."""
        data = self.env.cr.precommit.data
        ids = data.pop(SCHEDULED_IDS, set())
        data.setdefault(SCORED_IDS, set()).update(ids)
        # The first temperature of a new lead is no change. Core tracks nothing of what
        # happens to a record in the transaction that creates it, either.
        self.browse(data.pop(CREATED_IDS, set()))._track_discard()
        self.browse(ids)._score_safely()

    def _score_safely(self):
        """Score this recordset as OdooBot. Whatever goes wrong is left to the next
        pass: nothing a user does fails because of scoring.
        """
        kept = ("tracking_disable", "mail_notrack", "mail_create_nosubscribe")
        # playbooks leave what is imported alone
        kept += ("import_file",)
        context = {
            key: self.env.context[key] for key in kept if key in self.env.context
        }
        # su: whoever saves a lead need not be allowed to score it
        leads = self.with_env(self.env(user=SUPERUSER_ID, su=True, context=context))
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                leads._score_now()
                self.env.flush_all()
        except Exception as error:
            self.env.clear()
            # what changed may not be the lead: its contact, an event
            self.env["lead.scoring.change"]._note(self.ids)
            # When a pass has written the same row meanwhile, that is no mistake of
            # ours: no traceback.
            trace = not isinstance(error, OperationalError)
            _logger.warning(
                "Leads not scored now: %s", sorted(self.ids), exc_info=trace
            )

    def _score_now(self):
        """Score this recordset within the current transaction, with all that follows:
        temperature, segment, history. Needs superuser. Closed leads keep their score.
        """
        self.env.flush_all()
        where = SQL("crm_lead.id = ANY(%s)", self.ids)
        unlinked, unscored, silenced, kept = self._scoring_exceptions()
        if kept:
            self.env["lead.scoring.event"]._give_kept(self)
        if unlinked:
            self.env["lead.scoring.score"]._link_leads(where)
        if unscored:
            self.env.cr.execute(self.env["lead.scoring.score"]._reset(where))
        transition = self.env["lead.scoring.transition"]
        silencing = silenced and transition._silencing(
            SQL("score.lead_id = ANY(%s)", self.ids)
        )
        before, after = silencing or (None, None)
        if silencing:
            self.env.cr.execute(before)
        met = self.env["lead.scoring.engine"]._score(self)
        if silencing:
            self.env.cr.execute(after)
            transition._invalidate_leads()
        self._invalidate_scores()
        if unscored or "follow" in met:
            transition._follow_now(where)
        if "move" in met:
            self.env.cr.execute(
                self.env["lead.scoring.history"]._moves(
                    SQL("%s AND score.lead_id = ANY(%s)", where, self.ids)
                )
            )
        if "convert" in met:
            self.env["lead.scoring.pass"]._request_run()

    @api.model
    def _scoring_effects(self):
        """Return ``{name: SQL condition}`` of what may have to follow new numbers. The
        statement that computes them also evaluates these: most often, none is true.
        """
        return {
            "follow": self.env["lead.scoring.transition"]._is_due(),
            "move": self.env["lead.scoring.history"]._has_moved(),
            "convert": SQL(
                """score.scored_at = %s AND crm_lead.type = 'lead'
                   AND score.score >= (SELECT min(minimum_score) FROM crm_team
                                        WHERE active AND convert_by_score)""",
                SQL("%s::timestamp", self.env.cr.now()),
            ),
        }

    def _scoring_exceptions(self):
        """Return four booleans, which are rarely true: whether any of these leads has
        no score row, whether any is not to be scored, whether a model was published
        silently, and whether an event waits for one of their addresses.
        """
        query = SQL(
            """SELECT bool_or(score_id IS NULL), bool_or(do_not_score),
                      EXISTS (SELECT FROM lead_scoring_model WHERE silent),
                      bool_or(EXISTS (SELECT FROM lead_scoring_event kept WHERE %s))
                 FROM crm_lead WHERE id = ANY(%s)""",
            self.env["lead.scoring.event"]._kept_for(SQL.identifier("crm_lead")),
            self.ids,
        )
        [row] = self.env.execute_query(query)
        return row

    @api.model
    def _invalidate_scores(self):
        """Forget cached numbers after SQL has written them."""
        self.env["lead.scoring.score"].invalidate_model(flush=False)
        self.invalidate_model(
            ["score_id", "score", "fit_score", "interest_score", "routing_note"]
            + ["score_rise"]
            + ["fit_band", "interest_band", "waiting_reason", "waiting_since"]
            + ["score_explanation", "score_explanation_text", "scoring_rule_ids"],
            flush=False,
        )

    # ------------------------------------------------------------------
    # Scheduled actions
    # ------------------------------------------------------------------

    @api.model
    def _cron_score_and_convert(self, full=False):
        """Score leads, then convert those that a team's minimum score asks for.

        Called by both scheduled actions; each commits as it goes and, when its time is
        up, asks to be called again.

        :param full: all leads, not only those with something new
        """
        cron = self.env["ir.cron"]
        passes = self.env["lead.scoring.pass"]
        score_until, convert_until = passes._deadlines()
        if time.monotonic() > score_until:
            # Odoo calls again within the same job, whose time is up
            cron._commit_progress(remaining=1)
            return

        def checkpoint():
            cron._commit_progress(1, remaining=1)

        def score():
            return passes._begin(full)._run(score_until, checkpoint)

        def convert():
            self.env["crm.team"]._convert_by_score(checkpoint, convert_until)
            return time.monotonic() < convert_until

        results = [self._run_step(step) for step in (score, convert)]
        finished = all(result is True for result in results)
        if finished:
            self.env["lead.scoring.request"]._answer()
        cron._commit_progress(remaining=0 if finished else 1)
        for result in results:
            if isinstance(result, Exception):
                raise result

    @api.model
    def _run_step(self, step):
        """Return what a step of the scheduled action returns, or the exception that it
        raises: leads are converted even if they can't be scored. What collides with
        other transactions is no error, and left to the next run.
        """
        try:
            return step()
        except COLLISIONS:
            _logger.info("Other transactions change the same leads", exc_info=True)
            self.env.cr.rollback()
            return False
        except Exception as error:
            # it is raised again once the other step is done
            self.env.cr.rollback()
            return error
