from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.routing import crm_team_filters
from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestRoutingNotes(ConversionCommon):
    """Which segments teams take, and why a lead is still a lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_team.convert_by_score = False

    def _lead_on_axes(self, fit, interest, **vals):
        """Return a scored lead with these points."""
        city = f"{fit}/{interest}"
        domain = f"[('city', '=', '{city}')]"
        self._rule(fit, domain)
        self._rule(interest, domain, dimension="interest")
        lead = self._lead(city=city, **vals)
        self._score()
        return lead

    def _take_only(self, *segments, team=None):
        (team or self.team).write(
            {
                f"take_{segment}": segment in segments
                for segment in ("sales", "nurture", "remarket", "discard")
            }
        )

    # ------------------------------------------------------------------
    # Segments
    # ------------------------------------------------------------------

    def test_keen_lead_that_does_not_fit(self):
        self.team.name = "Direct Sales"
        self._take_only("sales")
        lead = self._lead_on_axes(12, 68)
        self._convert()
        note = (
            "Direct Sales takes only Sales leads, and the fit of 12 is below 20; its "
            "last score was 80."
        )
        self.assertWaits(lead, "segment", note)

    def test_team_takes_the_segments_it_wants(self):
        self._take_only("sales", "remarket")
        leads = {
            "sales": self._lead_on_axes(40, 40),
            "nurture": self._lead_on_axes(60, 5),
            "remarket": self._lead_on_axes(70, 0),
        }
        self.assertEqual({lead.segment: lead for lead in leads.values()}, leads)
        self.assertEqual(self.team.convert_ready_count, 2)
        self.assertEqual(self._convert(), 2)
        self.assertConverted(leads["sales"], self.team)
        self.assertConverted(leads["remarket"], self.team)
        note = (
            "Direct takes only Sales and Remarket leads, and this one is Nurture; its "
            "last score was 65."
        )
        self.assertWaits(leads["nurture"], "segment", note)

    def test_axes_that_fail(self):
        cases = [
            (("sales",), (60, 5), "the interest of 5 is below 20"),
            (("sales", "nurture"), (5, 60), "the fit of 5 is below 20"),
            (("sales", "nurture"), (60, 0), "this one is Remarket"),
            (("nurture",), (40, 40), "this one is Sales"),
            (("discard",), (40, 40), "this one is Sales"),
        ]
        for segments, axes, expected in cases:
            with self.subTest(expected, segments=segments):
                self._take_only(*segments)
                lead = self._lead_on_axes(*axes)
                self.assertIn(expected, lead.routing_note)
        self.team.minimum_score = 10
        self._take_only("sales")
        self.assertIn(
            "the fit of 8 is below 20, the interest of 7 below 20",
            self._lead_on_axes(8, 7).routing_note,
        )
        self._take_only()
        self.assertIn("no segments selected", lead.routing_note)

    def test_team_that_refuses_a_segment_leaves_it_to_another(self):
        self._take_only("sales")
        self.other_team.convert_by_score = True
        lead = self._lead_on_axes(12, 68)
        self.assertEqual(self.other_team.convert_ready_count, 1)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_segment_refused_and_below_the_minimum_of_another(self):
        self._take_only("sales")
        self.other_team.write({"convert_by_score": True, "minimum_score": 90})
        lead = self._lead_on_axes(12, 68)
        self._convert()
        self.assertWaits(lead, "segment")
        self.assertIn("Direct takes only Sales", lead.routing_note)
        self.assertIn("Inside requires 90", lead.routing_note)

    def test_below_the_minimum_comes_before_the_segment(self):
        self._take_only("sales")
        lead = self._lead_on_axes(12, 3)
        self._convert()
        self.assertWaits(
            lead, "below_minimum", "Direct requires 50; its last score was 15."
        )

    def test_refused_lead_is_not_marketing_qualified(self):
        self._take_only("sales")
        lead = self._lead_on_axes(12, 68)
        self._convert()
        self.assertFalse(lead.marketing_qualified_date)

    # ------------------------------------------------------------------
    # Whatever else keeps it a lead
    # ------------------------------------------------------------------

    def test_no_team_takes_it(self):
        company = self.env["res.company"].create({"name": "Acme"})
        teams = {
            "Filtered": {"assignment_domain": "[('city', '=', 'Ghent')]"},
            "Paused": {"assignment_optout": True},
            "Theirs": {"company_id": company.id},
            "Theirs too": {"company_id": company.id},
            "Newer": {"convert_since": "2100-01-01 00:00:00"},
        }
        for name, vals in teams.items():
            self._team(name, convert_by_score=True, **vals)
        self.team.convert_by_score = False
        lead = self._lead_of(90, company_id=self.env.company.id)
        self._convert()
        self.assertWaits(lead, "no_team")
        note = lead.routing_note
        self.assertIn("No sales team takes it. ", note)
        self.assertIn("Filtered: the lead does not meet the assignment filter", note)
        self.assertIn("Paused: skips automatic assignment", note)
        self.assertIn("Theirs and Theirs too: takes only leads of Acme", note)
        self.assertIn("Newer: takes only leads created since", note)

    def test_salesperson_whose_team_does_not_take_it(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.team.member_ids = seller
        self.team.assignment_optout = True
        self.other_team.convert_by_score = True
        lead = self._lead_of(90, user_id=seller.id, team_id=self.team.id)
        teamless = self._lead_of(90, user_id=seller.id)
        self._convert()
        self.assertWaits(lead, "salesperson", team=self.team)
        self.assertIn("Direct: skips automatic assignment", lead.routing_note)
        self.assertNotIn("Inside", lead.routing_note)
        self.assertWaits(teamless, "salesperson")
        self.assertIn("It is in no sales team", teamless.routing_note)

    def test_own_team_with_a_broken_filter(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.team.member_ids = seller
        self.other_team.convert_by_score = True
        lead = self._lead_of(90, user_id=seller.id, team_id=self.team.id)
        self._set_columns(self.team, assignment_domain="nonsense(")
        with mute_logger(crm_team_filters.__name__):
            self.assertIn("filter can't be applied", lead.routing_note)

    def test_lead_about_to_be_converted_waits_for_nothing(self):
        lead = self._lead_of(90)
        self.env["crm.team"]._store_waiting_reasons(lambda: None)
        self.assertWaits(lead, False)
        self.assertIn("The next run converts it for Direct", lead.routing_note)

    def test_no_screen_promises_a_run_that_does_not_come(self):
        lead = self._lead_of(90)
        failed = self._lead_of(91)
        self._set_columns(failed.score_id, routing_error="No such stage.")
        action = self.env["lead.scoring.dry.run"].action_plan()
        plan = self.env["lead.scoring.dry.run"].browse(action["res_id"])
        now = self.env.cr.now()
        for values, word in (
            ({"active": False}, "off"),
            ({"active": True, "nextcall": now - timedelta(hours=4)}, "for a while"),
        ):
            self.cron.write(values)
            for record in (self.team, plan, lead, failed):
                record.invalidate_recordset()
            for record in (self.team, plan):
                self.assertIn(word, record.stopped_note)
            for record in (lead, failed):
                self.assertIn(word, record.routing_note)
                self.assertNotIn("next run", record.routing_note)
            self.assertIn("No such stage", failed.routing_note)
        self.cron.nextcall = now
        for record in (self.team, plan, lead):
            record.invalidate_recordset()
        self.assertFalse(self.team.stopped_note)
        self.assertFalse(plan.stopped_note)
        self.assertIn("next run", lead.routing_note)

    def test_scoring_managers_ask_for_a_run_by_a_click(self):
        self._create_users()
        action = self.env.ref("lead_scoring.lead_scoring_pass_action_request")
        triggers = self.env["ir.cron.trigger"]
        # one that is there already would be enough
        triggers.search([("cron_id", "=", self.cron.id)]).unlink()
        for user in (self.scoring_manager, self.sales_manager):
            told = action.with_user(user).run()
            self.assertIn("next regular run", told["params"]["message"])
        self.assertTrue(triggers.search([("cron_id", "=", self.cron.id)]))
        for user in (self.salesman, self.stranger):
            with self.assertRaises(AccessError):
                self.env["lead.scoring.pass"].with_user(user).action_request()
        self.cron.active = False
        with self.assertRaisesRegex(UserError, "is off"):
            action.with_user(self.scoring_manager).run()

    def _run_and_hear(self, lead):
        """Let the scheduled action run; return who is told what by it."""
        told = []

        def hear(user, kind, message):
            told.append((user, kind, message["message"]))

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress"),
            patch.object(type(self.env.user), "_bus_send", hear),
        ):
            lead._cron_score_and_convert()
        return told

    def test_who_asked_for_a_run_is_told_once_that_it_is_done(self):
        self._create_users()
        lead = self._lead()
        passes = self.env["lead.scoring.pass"]
        self.assertEqual(self._run_and_hear(lead), [], "nobody has asked")
        passes.with_user(self.scoring_manager).action_request()
        with patch.object(type(passes), "_run", return_value=False):
            self.assertEqual(self._run_and_hear(lead), [], "it is not done")
        passes.search([]).unlink()
        self.env["lead.scoring.rule"].search([]).unlink()
        self._rule(60, "[]")
        message = "Scoring is done. Scores changed: 1."
        self.assertEqual(
            self._run_and_hear(lead),
            [(self.scoring_manager, "simple_notification", message)],
        )
        self.assertEqual(self._run_and_hear(lead), [], "it was told")

    def test_note_and_explanation_name_no_two_scores_of_now(self):
        """The explanation shows the score of now, the note what was decided with."""
        lead = self._lead_of(20)
        note = "Direct requires 50; its last score was 20."
        self.assertEqual(lead.routing_note, note)
        self.team.minimum_score = 20
        lead.invalidate_recordset(["routing_note"])
        self.assertNotRegex(lead.routing_note, "[0-9]")

    def test_lead_that_failed_and_lacks_answers_says_so_in_note_and_reason(self):
        lead = self._lead_of(90)
        self._set_columns(lead.score_id, routing_error="ValueError: Not this one")
        self.scoring_model.required_answers = 2
        self._convert()
        self.assertWaits(
            lead,
            "answers",
            "0 of the 5 questions are answered Yes. Test requires 2.",
        )

    def test_lead_sent_back_that_has_risen_in_a_team_that_does_not_convert(self):
        lead = self._lead_of(90, team_id=self.closed_team.id)
        self._set_columns(lead, handover="returned", returned_until=40)
        self._convert()
        self.assertWaits(
            lead,
            False,
            "Closed to scoring does not convert leads by score.",
            team=self.closed_team,
        )
