import logging
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.lead.crm_lead_scoring import CrmLead
from odoo.addons.lead_scoring.models.routing import (
    crm_team_conversion,
    crm_team_waiting,
)
from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_history import (
    LeadScoringHistory,
)
from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass_results import (
    LeadScoringPassMixin,
)
from odoo.addons.lead_scoring.tools.temp_table_streams import TempTableStreams

from .common_concurrency import ConcurrencyCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.sql_db")
CONVERSION_LOG = crm_team_conversion.__name__


@tagged("post_install", "-at_install")
class TestConcurrency(ConcurrencyCommon):
    """A pass and users at the same time."""

    # ------------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------------

    def test_second_manager_who_publishes_at_once_is_told(self):
        with self._committed() as env:
            drafts = [env["lead.scoring.model"].browse(self.model_id).copy().id]
            drafts.append(env["lead.scoring.model"].browse(drafts[0]).copy().id)
        first, second = drafts
        try:
            with self._committed() as env:
                env["lead.scoring.model"].browse(first)._publish()
                env.flush_all()
                with (
                    self._committed() as other,
                    self.assertRaisesRegex(UserError, "Somebody else is publishing"),
                ):
                    other["lead.scoring.model"].browse(second)._publish()
            with (
                self._committed() as env,
                self.assertRaisesRegex(UserError, "no longer live"),
            ):
                env["lead.scoring.model"].browse(second)._publish()
        finally:
            with self._committed() as env:
                env["lead.scoring.model"].browse(self.model_id)._publish()
                env["lead.scoring.model"].browse([second, first]).unlink()
                env["lead.scoring.model"]._get_silent().silent = False

    # ------------------------------------------------------------------
    # Scores
    # ------------------------------------------------------------------

    def test_saved_lead_is_scored_at_once(self):
        self._save(city="Ghent")
        self.assertEqual(self._state(), ("Lead", "Ghent", 70, "hot"))

    def test_lead_committed_while_a_pass_ran_is_in_the_next(self):
        with self._committed() as env:
            # written before the pass begins, committed after it has ended
            env.cr.execute(
                "UPDATE crm_lead SET city = 'Ghent' WHERE id = %s", [self.lead_id]
            )
            env["lead.scoring.change"]._note([self.lead_id])
            self._run_pass()
            self.assertEqual(self._state()[2], 0)
        self._run_pass()
        self.assertEqual(self._state()[2:], (70, "hot"))

    def test_pass_leaves_a_row_that_was_computed_meanwhile(self):
        """The user's save is newer than what the pass has seen."""
        self._change_unscored(city="Ghent")
        apply = LeadScoringPassMixin._apply

        def save_then_apply(scoring_pass, *args):
            self._save(city="Antwerp", name="Saved meanwhile")
            return apply(scoring_pass, *args)

        with patch.object(LeadScoringPassMixin, "_apply", save_then_apply):
            self._run_pass()
        self.assertEqual(self._state(), ("Saved meanwhile", "Antwerp", 0, "cold"))

    def test_points_given_while_a_pass_reads_signals_stay(self):
        """Of the first leads that it compares, and of those that it compares later."""
        fill = TempTableStreams.fill

        def fill_then_adjust(streams, cr):
            fill(streams, cr)
            with self._committed() as env:
                self._adjust(env, 20, self.other_id)

        with self._committed() as env:
            # points given before, so that passes read what is given
            self._adjust(env, 10, self.other_id)
        for count in (1, 50_000):
            before = self._state(self.other_id)[2]
            with (
                self.subTest(leads_per_chunk=count),
                patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0),
                patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", count),
                patch.object(TempTableStreams, "fill", fill_then_adjust),
                mute_logger(*LOGS),
            ):
                self._run_pass(full=True)
                self.assertEqual(self._state(self.other_id)[2], before + 20)

    def test_points_that_another_pass_has_written_meanwhile_stay(self):
        """The hourly pass may overtake the nightly one, which read signals before."""
        fill = TempTableStreams.fill

        def fill_then_run_the_other(streams, cr):
            fill(streams, cr)
            with (
                patch.object(TempTableStreams, "fill", fill),
                patch.object(CrmLead, "_is_scored_on_save", lambda self: False),
            ):
                with self._committed() as env:
                    self._adjust(env, 20, self.other_id)
                self._run_pass()

        with self._committed() as env:
            # points given before, so that passes read what is given
            self._adjust(env, 10, self.other_id)
        before = self._state(self.other_id)[2]
        with (
            patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0),
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 1),
            patch.object(TempTableStreams, "fill", fill_then_run_the_other),
            mute_logger(*LOGS),
        ):
            self._run_pass(full=True)
        self.assertEqual(self._state(self.other_id)[2], before + 20)

    def test_pass_tries_again_when_a_row_changes_that_very_moment(self):
        self._change_unscored(city="Ghent")
        apply = LeadScoringPassMixin._apply

        def collide(scoring_pass, *args):
            # the transaction sees the row as it is now, and no later change of it
            scoring_pass.env.cr.execute("SELECT 1 FROM lead_scoring_score")
            self._save(city="Antwerp")
            return apply(scoring_pass, *args)

        with patch.object(LeadScoringPassMixin, "_apply", collide), mute_logger(*LOGS):
            self._run_pass()
        self.assertEqual(self._state(), ("Lead", "Antwerp", 0, "cold"))

    def test_save_succeeds_though_a_pass_wrote_the_row_meanwhile(self):
        self._change_unscored(city="Ghent")
        with self.assertLogs("odoo.addons.lead_scoring", "WARNING") as logs:
            with mute_logger("odoo.sql_db"), self._committed() as env:
                lead = env["crm.lead"].browse(self.other_id)
                lead.write({"name": "Saved", "city": "Ghent"})
                env.cr.execute("SELECT 1 FROM lead_scoring_score")
                self._touch_row(self.other_id)
        self.assertIn("not scored", logs.output[0])
        self.assertNotIn("Traceback", logs.output[0])
        self.assertEqual(self._state(self.other_id), ("Saved", "Ghent", 0, "cold"))
        self._run_pass()
        self.assertEqual(self._state(self.other_id), ("Saved", "Ghent", 70, "hot"))

    def test_adjustments_at_the_same_time_give_no_more_than_one_alone(self):
        with (
            mute_logger(*LOGS),
            self.assertRaises(SerializationFailure),
            self._committed() as env,
        ):
            env.cr.execute("SELECT 1 FROM lead_scoring_adjustment")
            with self._committed() as other:
                self._adjust(other, 80)
            # Odoo repeats the request, which then sees the other one
            self._adjust(env, 80)
        with (
            self.assertRaisesRegex(ValidationError, "at most 100"),
            self._committed() as env,
        ):
            self._adjust(env, 80)

    def _adjust(self, env, points, lead_id=None):
        return env["lead.scoring.adjustment"].create(
            {
                "lead_id": lead_id or self.lead_id,
                "points": points,
                "name": "Met at the fair",
            }
        )

    def _touch_row(self, lead_id):
        """Have another transaction write the lead's score row and commit."""
        with self._committed() as env:
            env.cr.execute(
                "UPDATE lead_scoring_score SET fit = fit WHERE lead_id = %s", [lead_id]
            )

    def test_pass_does_not_wait_for_a_lead_that_is_being_edited(self):
        self._change_unscored(city="Ghent")
        with self._committed() as env:
            lead = env["crm.lead"].browse(self.lead_id)
            lead.phone = "12345"
            env.flush_all()
            self._run_pass()
            self.assertEqual(self._state(), ("Lead", "Ghent", 70, "cold"))
            # the user gives up
            env.cr.rollback()
        self._run_pass()
        self.assertEqual(self._state(), ("Lead", "Ghent", 70, "hot"))

    def test_lead_that_something_new_refers_to_meanwhile_follows_at_once(self):
        self._change_unscored(city="Ghent")
        with self._committed() as env:
            # what PostgreSQL locks where a row that refers to the lead is added
            env.cr.execute(
                "SELECT FROM crm_lead WHERE id = %s FOR KEY SHARE", [self.lead_id]
            )
            self._run_pass()
            self.assertEqual(self._state(), ("Lead", "Ghent", 70, "hot"))
            env.cr.rollback()

    def test_two_passes_at_once(self):
        self._change_unscored(city="Ghent")
        apply = LeadScoringPassMixin._apply
        calls = []

        def run_another(scoring_pass, *args):
            calls.append(scoring_pass)
            if len(calls) == 1:
                scoring_pass.env.cr.execute("SELECT 1 FROM lead_scoring_score")
                self._run_pass(full=True)
            return apply(scoring_pass, *args)

        with (
            patch.object(LeadScoringPassMixin, "_apply", run_another),
            mute_logger(*LOGS),
        ):
            self._run_pass()
        self.assertEqual(len(calls), 2)
        self.assertEqual(self._state(), ("Lead", "Ghent", 70, "hot"))
        with self._committed() as env:
            crossings = env["lead.scoring.history"].search_count(
                [("lead_id", "=", self.lead_id), ("reason", "=", "crossing")]
            )
        self.assertEqual(crossings, 1, "A crossing fires once.")

    def _reasons(self, lead_id):
        with self._committed() as env:
            rows = env["lead.scoring.history"].search(
                [("lead_id", "=", lead_id)], order="id"
            )
            return rows.mapped("reason")

    def test_adjustment_while_a_pass_runs(self):
        """The user's points are newer than what the pass has seen."""
        self._change_unscored(city="Ghent")
        apply = LeadScoringPassMixin._apply

        def adjust_then_apply(scoring_pass, *args):
            with self._committed() as env:
                env["lead.scoring.adjustment"].create(
                    {"lead_id": self.lead_id, "name": "Called", "points": 7}
                )
            return apply(scoring_pass, *args)

        with patch.object(LeadScoringPassMixin, "_apply", adjust_then_apply):
            self._run_pass()
        self.assertEqual(self._state()[2:], (77, "hot"))

    def test_not_to_be_scored_while_a_pass_runs(self):
        self._change_unscored(city="Ghent")
        apply = LeadScoringPassMixin._apply

        def forbid_then_apply(scoring_pass, *args):
            self._save(do_not_score_reason="objection")
            return apply(scoring_pass, *args)

        with patch.object(LeadScoringPassMixin, "_apply", forbid_then_apply):
            self._run_pass()
        self.assertEqual(self._state()[2:], (0, "cold"))
        self.assertFalse(self._reasons(self.lead_id))

    def test_created_row_though_the_lead_is_saved_that_very_moment(self):
        with self._committed() as env:
            env.cr.execute(
                "UPDATE lead_scoring_score SET created_due = now() - '1h'::interval"
                " WHERE lead_id = %s",
                [self.lead_id],
            )
        due = LeadScoringHistory._due
        collisions = []

        def collide(history):
            lead_ids = due(history)
            if len(collisions) < 3:
                collisions.append(lead_ids)
                self._save(city="Ghent", phone=str(len(collisions)))
            return lead_ids

        with patch.object(LeadScoringHistory, "_due", collide), mute_logger(*LOGS):
            self._run_pass()
        self.assertEqual(self._reasons(self.lead_id), ["crossing", "created"])

    def test_two_conversions_at_once_qualify_once(self):
        self._score_both()
        record_qualified = LeadScoringHistory._record_qualified
        calls = []

        def collide(history, *args):
            calls.append(args)
            if len(calls) == 1:
                history.env.cr.execute("SELECT 1 FROM lead_scoring_score")
                self._convert()
            return record_qualified(history, *args)

        with (
            patch.object(LeadScoringHistory, "_record_qualified", collide),
            mute_logger(*LOGS),
        ):
            self._convert()
        self.assertEqual(len(calls), 2)
        for lead_id in (self.lead_id, self.other_id):
            reasons = self._reasons(lead_id)
            self.assertEqual(reasons, ["crossing", "qualified", "converted"])

    # ------------------------------------------------------------------
    # Conversion
    # ------------------------------------------------------------------

    def test_conversion_leaves_a_lead_that_is_being_edited(self):
        self._score_both()
        with self._committed() as env:
            env["crm.lead"].browse(self.lead_id).phone = "12345"
            env.flush_all()
            self._convert()
            self.assertEqual(self._type(self.lead_id), "lead")
            self.assertEqual(self._type(self.other_id), "opportunity")
        self._convert()
        self.assertEqual(self._type(self.lead_id), "opportunity")

    def test_conversion_of_a_lead_edited_that_very_moment(self):
        self._score_both()
        apply_now = crm_team_conversion.CrmTeam._apply_now

        def collide(team, batch):
            # the transaction sees the lead as it is now, and no later change of it
            team.env.cr.execute("SELECT 1 FROM lead_scoring_score")
            self._save(city="Antwerp")
            return apply_now(team, batch)

        with (
            patch.object(crm_team_conversion.CrmTeam, "_apply_now", collide),
            mute_logger("odoo.sql_db"),
            # it is no fault: not a traceback, but a line for those who look for it
            self.assertLogs(CONVERSION_LOG, logging.INFO) as logs,
        ):
            self._convert()
        self.assertEqual([r.levelno for r in logs.records], [logging.INFO])
        self.assertEqual(self._type(self.lead_id), "lead")
        self.assertEqual(self._type(self.other_id), "opportunity")
        self.assertEqual(self._state(), ("Lead", "Antwerp", 0, "cold"))

    def test_reasons_are_stored_though_a_row_changes_that_very_moment(self):
        waiting = crm_team_waiting.CrmTeam
        waiting_reasons = waiting._waiting_reasons
        collisions = []

        def collide(team, *domains):
            if not collisions:
                collisions.append(True)
                team.env.cr.execute("SELECT 1 FROM lead_scoring_score")
                self._touch_row(self.lead_id)
            return waiting_reasons(team, *domains)

        with patch.object(waiting, "_waiting_reasons", collide), mute_logger(*LOGS):
            self._convert()
        with self._committed() as env:
            lead = env["crm.lead"].browse(self.lead_id)
            self.assertEqual(lead.score_id.waiting_reason, "below_minimum")
