import threading
import time
from contextlib import suppress
from unittest.mock import patch

from psycopg2.errors import LockNotAvailable

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_results
from odoo.addons.lead_scoring.tools import retry
from odoo.addons.lead_scoring.tools.faults import COLLISIONS

from .common_concurrency import ConcurrencyCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.sql_db")


@tagged("post_install", "-at_install")
class TestCollisions(ConcurrencyCommon):
    """However often users save the leads of a pass, it ends; what collides is done by
    the next run.
    """

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*LOGS))
        self._score_both()
        with self._committed() as env:
            env.cr.execute(
                "UPDATE crm_lead SET city = 'Rome' WHERE id IN %s",
                [(self.lead_id, self.other_id)],
            )
            env["lead.scoring.change"]._note([self.lead_id, self.other_id])

    def _run_once(self):
        """Run a pass as the scheduled action does; return whether all was done."""
        with self._committed() as env:
            return (
                env["lead.scoring.pass"]
                ._start(False)
                ._run(time.monotonic() + 60, env.cr.commit)
            )

    def _unfinished(self):
        with self._committed() as env:
            return env["lead.scoring.pass"].search_count([("date_end", "=", False)])

    def test_row_that_stays_locked_is_left_to_the_next_run(self):
        with (
            patch.object(retry, "SECONDS", 0.5),
            patch.object(retry, "LOCK_SECONDS", 0.1),
            patch.object(lead_scoring_pass_results, "LEADS_PER_UPDATE", 1),
            self._committed() as other,
        ):
            other.cr.execute(
                "UPDATE lead_scoring_score SET fit = fit WHERE lead_id = %s",
                [self.lead_id],
            )
            self.assertFalse(self._run_once())
            self.assertTrue(self._unfinished())
            self.assertEqual(self._state(self.other_id)[2], 0, "The others are done.")
            self.assertEqual(self._state()[2], 70)
        self.assertTrue(self._run_once())
        self.assertFalse(self._unfinished())
        self.assertEqual(self._state()[2:], (0, "cold"))

    def test_full_pass_ends_while_a_rule_is_locked(self):
        self._save(city="Ghent")
        rule = SQL(
            "SELECT match_total FROM lead_scoring_rule WHERE model_id = %s",
            self.model_id,
        )
        with self._committed() as other:
            other.execute_query(SQL("%s FOR UPDATE", rule))
            self._run_pass(full=True)
            self.assertEqual(other.execute_query(rule), [(0,)])
        self._run_pass(full=True)
        with self._committed() as env:
            self.assertEqual(env.execute_query(rule), [(1,)])

    def test_rule_that_is_locked_is_marked_by_the_next_run(self):
        wrong = "UPDATE lead_scoring_rule SET domain = %s WHERE model_id = %s"
        with self._committed() as env:
            env.cr.execute(wrong, ["[('x_gone', '=', 1)]", self.model_id])
            env.registry.clear_cache()
        rule = SQL(
            "SELECT error FROM lead_scoring_rule WHERE model_id = %s", self.model_id
        )
        with patch.object(retry, "LOCK_SECONDS", 0.1), self._committed() as other:
            other.execute_query(SQL("%s FOR UPDATE", rule))
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self._run_pass(full=True)
        self._run_pass(full=True)
        with self._committed() as env:
            self.assertTrue(env.execute_query(rule)[0][0])
            env.cr.execute(wrong, ["[('city', '=', 'Ghent')]", self.model_id])
            env.cr.execute("UPDATE lead_scoring_rule SET error = NULL")
            env.registry.clear_cache()

    def test_pass_ends_while_the_same_leads_are_saved_all_the_time(self):
        stop = threading.Event()
        saved = []

        def keep_saving():
            while not stop.is_set():
                # as Odoo does: a user who collides tries again
                with suppress(*COLLISIONS), self._committed() as env:
                    env.cr.execute(
                        """UPDATE lead_scoring_score SET fit = fit
                            WHERE lead_id IN %s""",
                        [(self.lead_id, self.other_id)],
                    )
                saved.append(True)

        thread = threading.Thread(target=keep_saving)
        thread.start()
        try:
            started = time.monotonic()
            runs = [self._run_once() for _number in range(3)]
            self.assertLess(time.monotonic() - started, 3 * 3 * retry.SECONDS)
        finally:
            stop.set()
            thread.join()
        self.assertGreater(len(saved), 10)
        if not runs[-1]:
            self.assertTrue(self._run_once())
        for lead_id in (self.lead_id, self.other_id):
            self.assertEqual(self._state(lead_id)[2:], (0, "cold"))

    def test_counts_of_a_chunk_that_is_done_again_count_once(self):
        passes = lead_scoring_pass_results.LeadScoringPassMixin
        apply = passes._apply
        outcomes = [False, False]

        def fail_twice(scoring_pass, *args):
            return outcomes.pop() if outcomes else apply(scoring_pass, *args)

        with patch.object(passes, "_apply", fail_twice):
            done = [self._run_once() for _number in range(3)]
        self.assertEqual(done, [False, False, True])
        with self._committed() as env:
            last = env["lead.scoring.pass"].search([], limit=1)
            self.assertEqual(last.change_count, 2)
