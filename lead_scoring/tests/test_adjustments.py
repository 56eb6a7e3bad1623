from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.scoring import lead_scoring_pass_mixin
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestAdjustments(LeadScoringCommon):
    """Points that people give a lead by hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._rule(20)
        cls.lead = cls._scored_lead(city="Ghent", user_id=cls.salesman.id)

    def _adjust(self, points, lead=None, user=None, **vals):
        adjustments = self.env["lead.scoring.adjustment"].with_user(
            user or self.env.user
        )
        adjustment = adjustments.create(
            {
                "lead_id": (lead or self.lead).id,
                "name": "Met at the fair",
                "points": points,
                **vals,
            }
        )
        self._score()
        return adjustment

    def _bodies(self):
        return " ".join(self.lead.message_ids.mapped("body"))

    # ------------------------------------------------------------------
    # Points
    # ------------------------------------------------------------------

    def test_counts_before_the_commit(self):
        self._adjust(15, dimension="interest")
        self.assertScores({self.lead: 35})
        self.assertEqual((self.lead.fit_score, self.lead.interest_score), (20, 15))
        self._adjust(-30)
        self.assertScores({self.lead: 5})
        self.assertEqual((self.lead.fit_score, self.lead.interest_score), (-10, 15))

    def test_change_and_removal_count_before_the_commit(self):
        adjustment = self._adjust(15)
        adjustment.points = 40
        self._score()
        self.assertScores({self.lead: 60})
        self.assertEqual(self.lead.temperature, "hot")
        adjustment.unlink()
        self._score()
        self.assertScores({self.lead: 20})

    def test_pass_counts_the_same(self):
        other = self._scored_lead()
        self._adjust(15)
        self._adjust(7, other, dimension="interest")
        versions = self._versions(self.lead + other)
        for number in (1, 500):
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                self._run_pass()
            self.assertEqual(self._versions(self.lead + other), versions)
        self._set_columns(self.lead.score_id + other.score_id, fit=1, interest=1)
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 1):
            self._run_pass()
        self.assertScores({self.lead: 35, other: 7})

    def test_lead_without_model_gets_nothing(self):
        self.scoring_model.domain = "[('city', '=', 'Ghent')]"
        self._adjust(15)
        self.assertScores({self.lead: 35})
        self.lead.city = "Antwerp"
        self._score()
        self.assertScores({self.lead: 0})
        self._run_pass()
        self.assertScores({self.lead: 0})

    def test_only_its_own_lead(self):
        other = self._scored_lead(city="Ghent")
        self._adjust(15)
        self._run_pass()
        self.assertScores({self.lead: 35, other: 20})

    def test_bad_points(self):
        for points in (0, 101, -101):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                with self.env.cr.savepoint():
                    self._adjust(points)
        self._adjust(100)
        self._adjust(-100)
        self.assertScores({self.lead: 20})

    def test_one_author_gives_a_lead_100_points_in_all(self):
        self._adjust(60, user=self.salesman)
        with self.assertRaises(ValidationError) as refused:
            self._adjust(41, user=self.salesman)
        self.assertIn("101 points", str(refused.exception))
        own = self._adjust(40, user=self.salesman, dimension="interest")
        with self.assertRaises(ValidationError) as refused:
            own.points = 41
        self.assertIn(self.salesman.name, str(refused.exception))
        self.assertScores({self.lead: 120})

    def test_one_author_takes_100_points_from_a_lead_in_all(self):
        self._adjust(-60)
        with self.assertRaisesRegex(ValidationError, "-120 points"):
            self._adjust(-60)

    def test_what_is_taken_from_one_axis_makes_up_for_nothing_on_the_other(self):
        self._adjust(100)
        taken = self._adjust(-100, dimension="interest")
        self.assertScores({self.lead: 20})
        for points, dimension in ((100, "fit"), (-1, "interest")):
            with self.assertRaises(ValidationError):
                self._adjust(points, dimension=dimension)
        given = self._adjust(-50)
        with self.assertRaises(ValidationError):
            given.dimension = "interest"
        taken.unlink()
        with self.assertRaisesRegex(ValidationError, "101 points"):
            self._adjust(51, dimension="interest")

    def test_many_adjustments_at_once_give_no_more(self):
        vals = {"lead_id": self.lead.id, "name": "Good", "points": 100}
        with self.assertRaises(ValidationError):
            self.env["lead.scoring.adjustment"].create([vals] * 1000)

    def test_another_author_and_another_lead_have_their_own_100_points(self):
        self._adjust(100)
        self._adjust(100, user=self.salesman)
        self._adjust(100, self._scored_lead())
        self.assertScores({self.lead: 220})

    def test_points_that_expired_leave_room(self):
        now = self.env.cr.now()
        old = self._adjust(100, expiry_date=now + timedelta(days=1))
        self._set_columns(old, expiry_date=now - timedelta(days=1))
        self._adjust(100)
        self.assertScores({self.lead: 120})

    def test_changing_the_adjustment_of_another_counts_for_its_author(self):
        self._adjust(100)
        mine = self._adjust(5, user=self.salesman)
        mine.with_user(self.sales_manager).points = 100
        self._score()
        self.assertScores({self.lead: 220})

    def test_reason_is_required(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self._adjust(5, name=False)

    def test_closed_lead_keeps_its_score(self):
        self.lead.action_set_lost()
        self._score()
        self._adjust(15)
        self.assertScores({self.lead: 20})

    # ------------------------------------------------------------------
    # Expiry
    # ------------------------------------------------------------------

    def _at(self, moment):
        return patch.object(type(self.env.cr), "now", lambda _cr: moment)

    def test_counts_until_the_very_second(self):
        expiry = self.env.cr.now().replace(microsecond=0) + timedelta(hours=2)
        self._adjust(15, expiry_date=expiry)
        self._let_time_pass(hours=3)
        self._run_pass()
        second = timedelta(seconds=1)
        with self._at(expiry - second):
            self._run_pass(full=False)
            self.assertScores({self.lead: 35})
        with self._at(expiry):
            self._run_pass(full=False)
            self.assertScores({self.lead: 20})

    def test_expiry_is_seen_by_the_next_incremental_pass(self):
        now = self.env.cr.now().replace(microsecond=0)
        adjustment = self._adjust(15, expiry_date=now + timedelta(days=1))
        # long ago, and a lead that nothing else touches
        self._set_columns(adjustment, write_date=now - timedelta(days=60))
        self._run_pass()
        self._let_time_pass()
        self._set_columns(self.scoring_model, changed_at=now - timedelta(days=60))
        with self._at(now + timedelta(days=1, minutes=1)):
            scoring_pass = self._run_pass(full=False)
            self.assertEqual(scoring_pass.lead_count, 1)
            self.assertScores({self.lead: 20})

    def test_asks_for_a_pass_at_expiry(self):
        expiry = self.env.cr.now().replace(microsecond=0) + timedelta(days=3)
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        self._adjust(15, expiry_date=expiry)
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertIn(expiry + timedelta(seconds=1), triggers.mapped("call_at"))

    def test_can_not_have_expired_from_the_start(self):
        with self.assertRaises(ValidationError):
            self._adjust(15, expiry_date=self.env.cr.now() - timedelta(days=1))

    # ------------------------------------------------------------------
    # Explanation, chatter, merging
    # ------------------------------------------------------------------

    def test_explained_in_a_row_of_its_own(self):
        expiry = self.env.cr.now().replace(microsecond=0) + timedelta(days=3)
        adjustment = self._adjust(25, user=self.salesman, expiry_date=expiry)
        line, rule_line = self.lead.score_explanation["rules"]
        self.assertEqual(line["name"], "Met at the fair")
        self.assertEqual((line["rule_id"], line["source"]), (False, "adjustment"))
        self.assertEqual((line["points"], line["dimension"]), (25, "fit"))
        self.assertEqual(line["adjustment_id"], adjustment.id)
        self.assertEqual(line["user"], self.salesman.name)
        self.assertEqual(line["expiry_date"], expiry.strftime("%Y-%m-%d %H:%M:%S"))
        self.assertLessEqual(rule_line.keys(), line.keys())

    def test_logged_in_the_chatter(self):
        adjustment = self._adjust(15, user=self.salesman)
        self.assertIn("Score adjusted: +15 Fit, Met at the fair", self._bodies())
        self.assertEqual(
            self.lead.message_ids.filtered(
                lambda m: "Score adjusted" in (m.body or "")
            ).author_id,
            self.salesman.partner_id,
        )
        adjustment.points = -15
        self.assertIn("Score adjustment changed: -15", self._bodies())
        adjustment.unlink()
        self.assertIn("Score adjustment removed: -15", self._bodies())

    def test_several_of_one_lead_at_once(self):
        vals = {"lead_id": self.lead.id, "name": "Twice", "points": 1}
        both = self.env["lead.scoring.adjustment"].create([vals, {**vals, "points": 2}])
        self._score()
        self.assertScores({self.lead: 23})
        self.assertIn("+1 Fit", self._bodies())
        self.assertIn("+2 Fit", self._bodies())
        both.unlink()
        self._score()
        self.assertScores({self.lead: 20})

    def test_merge_keeps_them(self):
        other = self._scored_lead(city="Ghent")
        self._adjust(5)
        self._adjust(6, other)
        merged = (self.lead + other).merge_opportunity()
        self._score()
        self.assertEqual(sorted(merged.score_adjustment_ids.mapped("points")), [5, 6])
        self.assertScores({merged: 31})

    def test_merge_keeps_more_than_one_author_may_give(self):
        other = self._scored_lead(city="Ghent")
        self._adjust(80)
        self._adjust(90, other)
        merged = (self.lead + other).merge_opportunity()
        self._score()
        self.assertScores({merged: 190})

    def test_copy_of_a_lead_has_none(self):
        self._adjust(15)
        copy = self.lead.copy()
        self._score()
        self.assertScores({copy: 20})

    def test_kept_in_the_history_at_conversion(self):
        self._adjust(15, dimension="interest")
        self.lead.convert_opportunity(self.env["res.partner"])
        row = self.env["lead.scoring.history"].search(
            [("lead_id", "=", self.lead.id), ("reason", "=", "converted")]
        )
        self.assertEqual((row.fit, row.interest, row.score), (20, 15, 35))
        self.assertEqual([r["points"] for r in row.adjustments], [15])
        self.assertEqual(sum(row.rules.values()) + 15, row.score)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_salesman_adjusts_his_lead(self):
        adjustment = self._adjust(15, user=self.salesman)
        adjustment.points = 16
        adjustment.unlink()
        with self.assertRaises(AccessError):
            self._adjust(15, user=self.stranger)

    def test_another_salesmans_lead(self):
        foreign = self._scored_lead(user_id=self.sales_manager.id)
        adjustment = self._adjust(15, foreign)
        mine = adjustment.with_user(self.salesman)
        with self.assertRaises(AccessError):
            self._adjust(15, foreign, user=self.salesman)
        for forbidden in (
            lambda: mine.read(["points"]),
            lambda: mine.write({"points": 1}),
            lambda: mine.unlink(),
            lambda: foreign.with_user(self.salesman).action_adjust_score(),
        ):
            with self.assertRaises(AccessError):
                forbidden()
        self.assertFalse(mine.search([]))

    def test_another_ones_adjustment_of_my_lead(self):
        adjustment = self._adjust(15)
        mine = adjustment.with_user(self.salesman)
        self.assertEqual(mine.points, 15)
        with self.assertRaises(AccessError):
            mine.points = 1
        with self.assertRaises(AccessError):
            mine.unlink()
        managers = adjustment.with_user(self.sales_manager)
        managers.points = 1
        managers.unlink()

    def test_can_not_be_moved_to_another_lead(self):
        adjustment = self._adjust(15, user=self.salesman)
        other = self._lead(user_id=self.sales_manager.id)
        with self.assertRaises(AccessError):
            adjustment.lead_id = other

    def test_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        foreign = self._scored_lead(company_id=company.id, city="Ghent")
        self._adjust(15, foreign)
        self._adjust(5)
        self._run_pass()
        self.assertScores({foreign: 35, self.lead: 25})
        found = self.env["lead.scoring.adjustment"].with_user(self.sales_manager)
        self.assertEqual(found.search([]).lead_id, self.lead)
        with self.assertRaises(AccessError):
            self._adjust(5, foreign, user=self.sales_manager)

    def test_scoring_manager_without_all_leads(self):
        manager = new_test_user(
            self.env, "marketing", groups="lead_scoring.group_scoring_manager"
        )
        mine = self._adjust(15).with_user(manager)
        with self.assertRaises(AccessError):
            mine.points = 1

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def test_window(self):
        lead = self.lead.with_user(self.salesman)
        action = lead.action_adjust_score()
        model = self.env[action["res_model"]].with_user(self.salesman)
        with Form(model.with_context(**action["context"])) as form:
            form.name = "Called"
            form.points = 10
        self._score()
        self.assertScores({self.lead: 30})

    def test_page_of_the_form(self):
        lead = self.lead.with_user(self.salesman)
        lead.write(
            {"score_adjustment_ids": [Command.create({"name": "Called", "points": 10})]}
        )
        self._score()
        self.assertScores({self.lead: 30})
