import math
from contextlib import suppress
from dataclasses import astuple
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.lead_scoring.models.routing import crm_lead_told
from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.tests.common import UNFINISHED, LeadScoringCommon
from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.addons.queue_job.job import Job

from ..models import crm_lead, crm_team, lead_scoring_shard
from ..tools.work import held

SIZE_PARAMETER = "lead_scoring.leads_per_job"


@tagged("post_install", "-at_install")
class TestJobs(LeadScoringCommon):
    """What the scheduled actions do, done by jobs, here one after the other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.env["ir.config_parameter"].set_param(SIZE_PARAMETER, 2)
        cls.ghent = cls._rule(60)
        cls.leads = cls.env["crm.lead"].union(
            *(cls._lead(city=n % 2 and "Ghent", name=f"Lead {n}") for n in range(5))
        )
        cls._score()
        cls.team.write({"convert_by_score": True, "minimum_score": 50})
        # one transaction for all
        functions = cls.env["queue.job.function"].search([])
        functions.filtered("allow_commit").allow_commit = False

    def setUp(self):
        super().setUp()
        self.runner = self.startPatcher(patch.object(crm_lead, "has_runner"))
        self.runner.return_value = True
        self.startPatcher(patch.object(self.env.cr, "commit", self.env.cr.flush))

    def _jobs(self, *states):
        return self.env["queue.job"].search(
            [("channel", "=", "root.lead_scoring"), ("state", "in", states)],
            order="priority, id",
        )

    def _work(self, count=100):
        """Do what a worker does: the jobs that wait, one after the other."""
        for _number in range(count):
            waiting = self._jobs("pending")[:1]
            if not waiting:
                return
            job = Job.load(self.env, waiting.uuid)
            job.perform()
            job.set_done()
            job.store()
            self.env.flush_all()
            RunJobController._enqueue_dependent_jobs(self.env, job)

    def _act(self, full=True):
        self.env["crm.lead"]._cron_score_and_convert(full=full)

    def _last_pass(self):
        return self.env["lead.scoring.pass"].search([], limit=1)

    def _unscore(self):
        """Let only a pass know what the leads are worth."""
        self.env.cr.execute(
            """UPDATE lead_scoring_score SET fit = 0, score = 0
                WHERE lead_id = ANY(%s)""",
            [self.leads.ids],
        )
        self.leads._invalidate_scores()

    # ------------------------------------------------------------------
    # Who does the work
    # ------------------------------------------------------------------

    def test_without_a_runner_the_scheduled_action_does_it_itself(self):
        self.runner.return_value = False
        self._unscore()
        self._act()
        self.assertFalse(self._jobs("pending"))
        self.assertEqual(self.leads.mapped("score"), [0, 60, 0, 60, 0])
        self.assertEqual(self.leads[1].type, "opportunity")

    def test_with_a_runner_it_only_asks_for_a_job_once(self):
        self._unscore()
        self._act()
        self._act()
        self.assertEqual(self._jobs("pending").mapped("method_name"), ["_job_begin"])
        self.assertEqual(self.leads.mapped("score"), [0, 0, 0, 0, 0])

    def test_jobs_score_and_convert_as_the_scheduled_action(self):
        self._unscore()
        self._act()
        self._work()
        self.assertFalse(self._jobs("pending", "wait_dependencies", "failed"))
        self.assertEqual(self.leads.mapped("score"), [0, 60, 0, 60, 0])
        self.assertEqual(
            self.leads.mapped("type"),
            ["lead", "opportunity", "lead", "opportunity", "lead"],
        )
        self.assertEqual(self.leads[0].waiting_reason, "below_minimum")
        self.assertEqual(self.ghent.match_total, 2)
        done = self._last_pass()
        self.assertTrue(done.date_end)
        self.assertEqual((done.lead_count, done.change_count), (5, 2))
        self.assertEqual((done.progress, done.time_left), (100, 0))

    def test_what_changed_is_scored_before_what_is_only_scored_again(self):
        self._act(full=True)
        self._act(full=False)
        first, second = self._jobs("pending")
        self.assertEqual((first.args, second.args), ([False], [True]))

    def test_incremental_pass_covers_what_changed(self):
        self._run_pass()
        self.env.cr.execute(
            """UPDATE lead_scoring_model SET changed_at = now() - '2h'::interval;
               UPDATE lead_scoring_change SET date = now() - '2h'::interval
                WHERE res_id <> %s""",
            [self.leads[3].id],
        )
        self._unscore()
        self._act(full=False)
        self._work()
        self.assertEqual(self.leads.mapped("score"), [0, 0, 0, 60, 0])
        self.assertEqual(self._last_pass().lead_count, 1)

    def test_jobs_of_nothing_end_in_a_closed_pass(self):
        self.leads.unlink()
        self._act()
        self._work()
        self.assertTrue(self._last_pass().date_end)
        self.assertFalse(self._jobs("pending", "failed"))

    def test_action_goes_on_where_no_runner_is_left(self):
        self._unscore()
        self._act()
        self._work(2)
        begun = self._last_pass()
        self.assertTrue(begun.shard_ids)
        self.runner.return_value = False
        self._act()
        self.assertTrue(begun.date_end)
        self.assertFalse(begun.shard_ids)
        self.assertEqual(self.leads.mapped("score"), [0, 60, 0, 60, 0])
        # jobs that a later runner finds do nothing, and fail not
        self.runner.return_value = True
        self._work()
        self.assertEqual(self.ghent.match_total, 2)

    # ------------------------------------------------------------------
    # Parts of a pass
    # ------------------------------------------------------------------

    def test_each_lead_is_in_one_part(self):
        self._act()
        self._work(1)
        parts = self._last_pass().shard_ids
        found = [
            self.leads.filtered(lambda lead, p=p: p.above_id < lead.id <= p.upto_id)
            for p in parts
        ]
        self.assertEqual([len(leads) for leads in found], [2, 2, 1])
        self.assertEqual(self.leads.union(*found), self.leads)

    def test_progress_and_time_left_follow_from_the_parts(self):
        self._act()
        self._work(2)
        begun = self._last_pass()
        begun.date_start = self._hours_ago(1)
        self.assertEqual(begun.planned_count, 5)
        self.assertAlmostEqual(begun.progress, 40)
        self.assertAlmostEqual(begun.time_left, 1.5, places=2)

    def _hours_ago(self, hours):
        self.env.cr.execute(f"SELECT now() AT TIME ZONE 'UTC' - '{hours}h'::interval")
        return self.env.cr.fetchone()[0].replace(microsecond=0)

    def test_part_that_is_done_twice_changes_nothing(self):
        self._act()
        self._work(2)
        part = self._last_pass().shard_ids[0]
        before = part.lead_count, part.date_end
        part._job_score()
        self.assertEqual((part.lead_count, part.date_end), before)

    def test_worker_lost_between_last_part_and_close_is_made_good(self):
        self._act()
        self._work(1)
        begun = self._last_pass()
        passes = type(begun)
        with patch.object(passes, "_delay_finish", side_effect=KeyboardInterrupt):
            for part in begun.shard_ids:
                # not assertRaises, which rolls back
                with suppress(KeyboardInterrupt):
                    part._job_score()
        self.assertTrue(all(begun.shard_ids.mapped("date_end")))
        self.assertFalse(begun.date_end)
        self._work()
        self.assertTrue(begun.date_end)

    def test_part_that_another_worker_holds_waits(self):
        self._act()
        self._work(1)
        part = self._last_pass().shard_ids[0]
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [part._name, part.id]
            )
            with self.assertRaises(RetryableJobError) as caught:
                part._job_score()
        self.assertTrue(caught.exception.ignore_retry)
        self.assertFalse(part.date_end)

    def test_work_is_free_again_after_an_error(self):
        with self.assertRaises(ZeroDivisionError), held(self.env, "kind", 1):
            raise ZeroDivisionError
        with held(self.env, "kind", 1):
            pass

    def test_points_of_rules_that_have_changed_meanwhile_are_not_written(self):
        self._unscore()
        self._act()
        self._work(1)
        part = self._last_pass().shard_ids[0]
        compare = type(part)._compare

        def change(shard, *args):
            result = compare(shard, *args)
            self.env.cr.execute(
                """UPDATE lead_scoring_model SET changed_at = now() + '1h'::interval
                    WHERE state = 'live'"""
            )
            return result

        with (
            patch.object(type(part), "_compare", change),
            self.assertRaises(RetryableJobError),
        ):
            part._job_score()
        self.assertEqual(self.leads.mapped("score"), [0, 0, 0, 0, 0])

    def test_part_of_several_chunks_begins_again_where_rules_change_between(self):
        self._unscore()
        self.env["ir.config_parameter"].set_param(SIZE_PARAMETER, 100)
        self.startPatcher(patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 2))
        self._act()
        self._work(1)
        part = self._last_pass().shard_ids
        self.assertEqual(len(part), 1)
        with (
            patch.object(lead_scoring_shard, "job_deadline", lambda: -math.inf),
            # not assertRaises, which rolls back
            suppress(RetryableJobError),
        ):
            part._job_score()
        self.assertEqual(self.leads.mapped("score"), [0, 60, 0, 0, 0])
        self.env.cr.execute(
            """UPDATE lead_scoring_rule SET value = 40 WHERE id = %s;
               UPDATE lead_scoring_model SET changed_at = now() + '1h'::interval
                WHERE state = 'live'""",
            [self.ghent.id],
        )
        self.env.invalidate_all()
        part._job_score()
        self.assertEqual(self.leads.mapped("score"), [0, 40, 0, 40, 0])
        self.assertEqual(part.lead_count, 5)
        self.assertEqual(part._matches()[str(self.ghent.id)], 2)

    def test_leads_are_routed_while_a_pass_takes_long(self):
        self._act()
        self._work(2)
        self.env["lead.scoring.pass"]._job_begin(True)
        self.assertIn("_job_route", self._jobs("pending").mapped("method_name"))

    def test_pass_that_the_action_has_taken_over_is_not_closed_by_a_job(self):
        self._act()
        self._work(1)
        begun = self._last_pass()
        begun.shard_ids.unlink()
        begun._job_finish()
        self.assertFalse(begun.date_end)

    def test_who_asked_while_a_pass_ran_gets_another_one(self):
        self._act()
        self._work(1)
        begun = self._last_pass()
        request = self.env["lead.scoring.request"].create({})
        self.env.cr.execute(
            "UPDATE lead_scoring_request SET create_date = now() + '1h'::interval"
        )
        request.invalidate_recordset()
        for part in begun.shard_ids:
            part._job_score()
        begun._job_finish()
        self.assertTrue(begun.date_end)
        self.assertIn("_job_begin", self._jobs("pending").mapped("method_name"))

    def test_rules_changed_meanwhile_begin_a_new_pass(self):
        self._act()
        self._work(2)
        begun = self._last_pass()
        self.env.cr.execute(
            "UPDATE lead_scoring_pass SET date_start = date_start - '1h'::interval"
        )
        begun.invalidate_recordset()
        self.ghent.value = 40
        self._act()
        self._work()
        self.assertFalse(begun.exists())
        self.assertFalse(self._jobs("pending", "failed"))
        self.assertEqual(self.leads.mapped("score"), [0, 40, 0, 40, 0])

    def test_rule_that_breaks_in_a_later_part_gives_no_lead_points(self):
        broken = self._rule(5, "[('name', '=', 'no lead')]")
        # PostgreSQL reads the pattern to its end only for such a name
        self.leads.name = "Mill"
        self.leads[4].name = "Lead"
        self._score()
        self.env.cr.execute(
            """UPDATE lead_scoring_rule SET domain = %s WHERE id = %s;
               UPDATE lead_scoring_model SET changed_at = now() - '2h'::interval""",
            [UNFINISHED, broken.id],
        )
        self.env.invalidate_all()
        self._unscore()
        self._act()
        self._work()
        self.assertTrue(broken.error)
        applied = set(self._last_pass().shard_ids.mapped("applied"))
        self.assertEqual(len(applied), 1)
        self.assertEqual(self.leads.mapped("score"), [0, 60, 0, 60, 0])

    # ------------------------------------------------------------------
    # Routing
    # ------------------------------------------------------------------

    def test_all_that_a_person_gets_is_in_one_job_and_told_once(self):
        for user in (self.salesman, self.all_leads_salesman):
            self.env["crm.team.member"].create(
                {
                    "crm_team_id": self.team.id,
                    "user_id": user.id,
                    "assignment_max": 10,
                }
            )
        self.leads.city = "Ghent"
        self._score()
        self._act(full=False)
        told = []

        def notify(leads, given):
            told.append(sorted(given.values()))

        with (
            patch.object(crm_team, "LEADS_PER_JOB", 1),
            patch.object(crm_lead_told.CrmLead, "_notify_given", notify),
        ):
            self._work()
        self.assertEqual([len(set(users)) for users in told], [1, 1])
        self.assertEqual(sum(map(len, told)), 5)
        self.assertEqual(set(self.leads.mapped("handover")), {"offered"})

    def test_leads_that_nobody_gets_are_cut_into_jobs(self):
        self.leads.city = "Ghent"
        self._score()
        with patch.object(crm_team, "LEADS_PER_JOB", 2):
            self.env["crm.team"]._job_route()
        jobs = self._jobs("pending")
        self.assertEqual(set(jobs.mapped("method_name")), {"_job_assign"})
        self.assertEqual(sorted(len(job.args[0]) for job in jobs), [1, 2, 2])

    def test_job_that_goes_on_hands_over_only_what_is_left(self):
        self.leads.city = "Ghent"
        self._score()
        teams = self.env["crm.team"]
        rows = [astuple(assignment) for assignment in teams._route()]
        teams._job_assign(rows[:3])
        outcome = {"done": [1, 2], "changed": {}, "failed": {}}
        with patch.object(
            type(teams), "_apply_assignments", return_value=outcome
        ) as apply:
            teams._job_assign(rows)
        plan = apply.call_args.args[0]
        self.assertEqual([astuple(assignment) for assignment in plan], rows[3:])

    def test_plan_of_which_a_part_failed_is_followed_by_the_next_one(self):
        self.leads.city = "Ghent"
        self._score()
        for _plan in range(2):
            self.env["crm.team"]._job_route()
            jobs = self._jobs("pending").filtered(
                lambda job: job.method_name == "_job_assign"
            )
            self.assertTrue(jobs)
            jobs.state = "failed"
        after = self.env["queue.job"].search(
            [("method_name", "=", "_job_after_routing")], order="id"
        )
        self.assertEqual(after.mapped("state"), ["cancelled", "wait_dependencies"])

    def test_job_of_leads_that_all_fail_ends(self):
        teams = self.env["crm.team"]
        rows = [(lead.id, self.team.id, None) for lead in self.leads]
        nothing = {"done": [], "changed": {}, "failed": {rows[0][0]: "Broken"}}
        some = {**nothing, "done": [rows[1][0]]}
        with patch.object(
            type(teams), "_apply_assignments", side_effect=[some, nothing]
        ):
            self.assertRaises(RetryableJobError, teams._job_assign, rows)
            teams._job_assign(rows)

    def test_teams_that_a_plan_leaves_out_are_left_out_by_its_jobs(self):
        teams = self.env["crm.team"].with_context(
            lead_scoring_teams_left_out=[self.team.id]
        )
        job = teams.with_delay()._job_assign([])
        loaded = Job.load(self.env, job.uuid)
        self.assertNotIn(self.team, loaded.recordset._converting_teams())

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_managers_read_parts_and_others_do_not(self):
        self._act()
        self._work(1)
        part = self._last_pass().shard_ids[0]
        self.assertTrue(part.with_user(self.scoring_manager).upto_id)
        with self.assertRaises(AccessError):
            part.with_user(self.scoring_manager).write({"last_lead_id": 0})
        with self.assertRaises(AccessError):
            part.with_user(self.salesman).read(["upto_id"])
        with self.assertRaises(AccessError):
            self._last_pass().with_user(self.salesman).action_open_jobs()
