import os
import signal
import threading
import time
import traceback
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, sql_db
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.routing import crm_team_conversion
from odoo.addons.lead_scoring.tools.allocation import Assignment

from .common_concurrency import ConcurrencyCommon

CONVERSION_LOG = crm_team_conversion.__name__
Conversion = crm_team_conversion.CrmTeam


@tagged("post_install", "-at_install")
class TestRoutingFaults(ConcurrencyCommon):
    """What may happen while leads are routed: each in transactions that commit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committed() as env:
            user = env["res.users"].with_context(no_reset_password=True)
            user = user.create(
                {
                    "name": "Seller",
                    "login": cls.token,
                    "group_ids": env.ref("sales_team.group_sale_salesman").ids,
                }
            )
            member = env["crm.team.member"].create(
                {"crm_team_id": cls.team_id, "user_id": user.id, "assignment_max": 10}
            )
            cls.user_id, cls.member_id = user.id, member.id
        cls.addClassCleanup(cls._remove_user)

    @classmethod
    def _remove_user(cls):
        with cls._committed() as env:
            user = env["res.users"].with_context(active_test=False)
            user = user.search([("login", "=", cls.token)])
            partner = user.partner_id
            user.unlink()
            partner.unlink()

    def setUp(self):
        super().setUp()
        with self._committed() as env:
            env["crm.team"].browse(self.team_id).active = True
            env["res.users"].browse(self.user_id).active = True
            member = env["crm.team.member"].browse(self.member_id)
            member.write({"active": True, "assignment_max": 10})
            # what earlier tests have left
            leads = env["crm.lead"].with_context(active_test=False)
            old = [("referred", "=", self.token)]
            old.append(("id", "not in", [self.lead_id, self.other_id]))
            leads.search(old).unlink()
        self._score_both()
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id])
            # else a run would wait for who has changed their rows and not committed
            leads._stamp_mqls()

    def _leads(self):
        """Return ``(type, user id)`` of both leads, as they are committed."""
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id]).exists()
            return [(lead.type, lead.user_id.id) for lead in leads]

    def _times_done(self):
        """Return how often each lead's conversion is in its history and its chatter."""
        with self._committed() as env:
            counts = []
            for lead in env["crm.lead"].browse([self.lead_id, self.other_id]):
                rows = env["lead.scoring.history"].search_count(
                    [("lead_id", "=", lead.id), ("reason", "=", "converted")]
                )
                values = lead.message_ids.tracking_value_ids
                told = values.filtered(lambda v: v.field_id.name == "type")
                counts.append((rows, len(told)))
            return counts

    def _after_planning(self, function):
        """Have ``function`` called in each run between planning and doing."""
        apply_assignments = Conversion._apply_assignments

        def meanwhile(team, *args):
            function()
            return apply_assignments(team, *args)

        return patch.object(Conversion, "_apply_assignments", meanwhile)

    def assertAllDoneOnce(self):
        self.assertEqual(self._leads(), 2 * [("opportunity", self.user_id)])
        self.assertEqual(self._times_done(), 2 * [(1, 1)])

    # ------------------------------------------------------------------
    # Two at once
    # ------------------------------------------------------------------

    def _convert_twice_at_once(self):
        """Convert in two threads that have both planned before either has begun."""
        planned = threading.Barrier(2, timeout=30)
        with self._after_planning(planned.wait):
            self._at_once(self._convert, self._convert)

    def _at_once(self, *functions):
        """Call each function in a thread; the second waits while the first has not
        committed.
        """
        apply_now = Conversion._apply_now

        def slow(team, batch):
            result = apply_now(team, batch)
            time.sleep(0.3)
            return result

        errors = []

        def call(function):
            try:
                function()
            except Exception as error:
                errors.append(error)

        with (
            patch.object(Conversion, "_apply_now", slow),
            mute_logger("odoo.sql_db"),
        ):
            threads = [threading.Thread(target=call, args=[f]) for f in functions]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertFalse(errors)

    def test_two_runs_at_once_convert_once(self):
        self._convert_twice_at_once()
        self.assertAllDoneOnce()

    def test_two_runs_at_once_do_not_share_out_the_same_capacity(self):
        with self._committed() as env:
            env["crm.team.member"].browse(self.member_id).assignment_max = 1
        with patch.object(crm_team_conversion, "LEADS_PER_TRANSACTION", 1):
            self._convert_twice_at_once()
        users = [user for _type, user in self._leads()]
        self.assertEqual(users.count(self.user_id), 1)

    def test_two_managers_apply_their_plans_at_once(self):
        with self._committed() as env:
            dry_run = env["lead.scoring.dry.run"]
            plans = dry_run.browse(dry_run.action_plan()["res_id"] for _n in range(2))
            plan_ids = plans.ids

        def apply(plan_id):
            with self._committed() as env:
                env["lead.scoring.dry.run"].browse(plan_id).apply_next()

        self._at_once(*(partial(apply, plan_id) for plan_id in plan_ids))
        self.assertAllDoneOnce()
        with self._committed() as env:
            plans = env["lead.scoring.dry.run"].browse(plan_ids)
            done = [(p.result["done"], p.result["changed_count"]) for p in plans]
            plans.unlink()
        self.assertEqual(sorted(done), [(0, 2), (2, 0)])

    def test_core_assignment_at_the_same_time(self):
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id])
            leads.team_id = self.team_id
        with self._committed() as env:
            lead = env["crm.lead"].browse(self.lead_id)
            # what core has assigned, and not committed
            lead.convert_opportunity(lead.partner_id, user_ids=[self.user_id])
            env.flush_all()
            self._convert()
            self.assertEqual(self._leads()[0], ("lead", False))
        self._convert()
        self.assertAllDoneOnce()

    # ------------------------------------------------------------------
    # Users at work
    # ------------------------------------------------------------------

    def test_lead_that_somebody_merges_meanwhile(self):
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id])
            leads.email_from = f"{self.user_id}@example.com"
        with self._committed() as env:
            leads = env["crm.lead"].browse([self.lead_id, self.other_id])
            leads.merge_opportunity()
            env.flush_all()
            self._convert()
            self.assertEqual(self._leads(), 2 * [("lead", False)])
        self._convert()
        self.assertEqual(self._leads(), [("opportunity", self.user_id)])

    def test_leads_merged_between_planning_and_doing(self):
        def merge():
            with self._committed() as env:
                leads = env["crm.lead"].browse([self.lead_id, self.other_id])
                leads.exists().merge_opportunity()

        with self._after_planning(merge):
            self._convert()
        self.assertEqual(self._leads(), [("opportunity", self.user_id)])

    def test_team_archived_between_planning_and_doing(self):
        def archive():
            with self._committed() as env:
                env["crm.team"].browse(self.team_id).active = False

        with self._after_planning(archive):
            self._convert()
        self.assertEqual(self._leads(), 2 * [("lead", False)])

    def test_user_deactivated_between_planning_and_doing(self):
        def deactivate():
            with self._committed() as env:
                env["res.users"].browse(self.user_id).active = False

        with self._after_planning(deactivate):
            self._convert()
        self.assertEqual(self._leads(), 2 * [("lead", False)])
        self._convert()
        # nobody else is there: visibly unassigned
        self.assertEqual(self._leads(), 2 * [("opportunity", False)])

    def test_leads_of_other_people_are_not_waited_for(self):
        planned = Assignment(self.lead_id, self.team_id, SUPERUSER_ID)
        with self.env["crm.team"]._holding_capacity([planned]):
            self._convert()
        self.assertAllDoneOnce()

    # ------------------------------------------------------------------
    # Killed
    # ------------------------------------------------------------------

    def _convert_in_a_process_that_is_killed(self, within):
        """Convert lead by lead in a child process, which kills itself like kill -9
        does: once one lead is converted, or then ``within`` the batch of the second.
        """
        pid = os.fork()
        if not pid:
            try:
                self._convert_and_die(within)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        _pid, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), -signal.SIGKILL)
        self._wait_for_locks()

    def _convert_and_die(self, within):
        # connections of the parent are not ours to use, nor to close
        _kept = sql_db._Pool, sql_db._Pool_readonly
        sql_db._Pool = sql_db._Pool_readonly = None
        apply_now = Conversion._apply_now
        done = []

        def die():
            os.kill(os.getpid(), signal.SIGKILL)

        def apply_and_die(team, batch):
            result = apply_now(team, batch)
            team.env.cr.flush()
            done.extend(result[0])
            if within and len(done) == 2:
                die()
            return result

        def checkpoint():
            cursor.commit()
            if not within and done:
                die()

        database = sql_db.db_connect(self.registry.db_name)
        with (
            database.cursor() as cursor,
            patch.object(self.registry, "_db", database),
            patch.object(crm_team_conversion, "LEADS_PER_TRANSACTION", 1),
            patch.object(Conversion, "_apply_now", apply_and_die),
        ):
            env = api.Environment(cursor, SUPERUSER_ID, {})
            env["crm.team"]._convert_by_score(checkpoint)

    def _wait_for_locks(self):
        """Wait until the server has noticed that the process is gone."""
        for _attempt in range(100):
            with self._committed() as env:
                env.cr.execute(
                    """SELECT FROM pg_locks
                        WHERE locktype = 'advisory' AND classid = %s""",
                    [crm_team_conversion.CAPACITY_LOCK],
                )
                if not env.cr.rowcount:
                    return
            time.sleep(0.05)

    def test_killed_between_two_batches(self):
        self._convert_in_a_process_that_is_killed(within=False)
        self.assertEqual(
            sorted(kind for kind, _user in self._leads()), ["lead", "opportunity"]
        )
        self._convert()
        self.assertAllDoneOnce()

    def test_killed_within_a_batch(self):
        self._convert_in_a_process_that_is_killed(within=True)
        self.assertEqual(
            sorted(kind for kind, _user in self._leads()), ["lead", "opportunity"]
        )
        self._convert()
        self.assertAllDoneOnce()
