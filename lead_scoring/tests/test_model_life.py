from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.scoring_model import lead_scoring_simulator_errors
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestModelLife(LeadScoringCommon):
    """Drafts, publishing, reverting; with tracking on as for users."""

    @classmethod
    def default_env_context(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.rule = cls._rule(40, name="Ghent")
        cls.paused = cls._rule(3, "[]", name="Paused", active=False)
        cls.ghent = cls._lead(city="Ghent")
        cls.bruges = cls._lead(city="Bruges")
        cls._score()
        cls._let_time_pass()

    def _draft(self, value=70, **vals):
        """Return a new version of the test's model with other points."""
        action = self.scoring_model.with_user(self.scoring_manager).action_new_version()
        draft = self.env["lead.scoring.model"].browse(action["res_id"])
        draft.rule_ids.value = value
        draft.write(vals)
        return draft

    def _numbers(self):
        """Return all that scoring has written."""
        leads = self.ghent + self.bruges
        self.env.invalidate_all()
        return [
            (lead.score_id.model_id, lead.fit_score, lead.interest_score, lead.score)
            + (lead.temperature, lead.segment)
            for lead in leads
        ]

    def _publish(self, scoring_model, fire=False):
        """Publish by the window, and let the next pass run."""
        action = scoring_model.with_user(self.scoring_manager).action_publish()
        wizard = self.env[action["res_model"]].with_user(self.scoring_manager)
        form = Form(wizard.with_context(**action["context"]))
        form.fire = fire
        form.save().action_publish()
        self._run_pass(full=False)

    # ------------------------------------------------------------------
    # Drafts
    # ------------------------------------------------------------------

    def test_new_version_is_a_draft_with_the_same_rules(self):
        draft = self._draft()
        self.assertEqual((draft.state, draft.origin_id), ("draft", self.scoring_model))
        self.assertEqual(draft.name, self.scoring_model.name)
        self.assertEqual(draft.display_name, "Test (Draft)")
        self.assertEqual(self.scoring_model.display_name, "Test")
        rules = draft.with_context(active_test=False).rule_ids
        self.assertEqual(rules.mapped("name"), ["Ghent", "Paused"])
        self.assertEqual(rules.mapped("active"), [True, False])
        self.assertEqual(rules.mapped("lang"), (self.rule + self.paused).mapped("lang"))
        self.assertFalse(rules & (self.rule + self.paused))

    def test_copy_of_a_draft_replaces_the_same(self):
        self.assertEqual(self._draft().copy().origin_id, self.scoring_model)

    def test_copy_of_a_retired_model_replaces_its_successor(self):
        draft = self._draft()
        self._publish(draft)
        self.assertEqual(self.scoring_model.copy().origin_id, draft)

    def test_draft_scores_nothing_and_costs_no_pass(self):
        self._run_pass()
        self._let_time_pass()
        self._run_pass(full=False)
        draft = self._draft()
        draft.rule_ids.value = 1
        scoring_pass = self._run_pass(full=False)
        self.assertTrue(scoring_pass.since, "not all leads are scored again")
        self.assertScores({self.ghent: 40, self.bruges: 0})

    # ------------------------------------------------------------------
    # Publishing and reverting
    # ------------------------------------------------------------------

    def test_publishing_retires_the_origin(self):
        self.scoring_model.sequence = 33
        draft = self._draft()
        self._publish(draft)
        self.assertEqual((draft.state, draft.sequence), ("live", 33))
        self.assertEqual(self.scoring_model.state, "retired")
        self.assertEqual(draft.published_at, self.scoring_model.retired_at)
        self.assertFalse(draft.retired_at)
        self.assertScores({self.ghent: 70, self.bruges: 0})
        self.assertEqual(self.ghent.score_id.model_id, draft)

    def test_reverting_restores_every_number(self):
        self._run_pass()
        before = self._numbers()
        draft = self._draft(hot_score=200, warm_score=1, fit_floor=90)
        self._publish(draft)
        self.assertNotEqual(self._numbers(), before)
        action = draft.action_revert()
        wizard = self.env[action["res_model"]].with_context(**action["context"])
        self.assertEqual(wizard.new().replaced_id, draft)
        wizard.create({}).action_publish()
        self._run_pass(full=False)
        self.assertEqual(self._numbers(), before)
        self.assertEqual((self.scoring_model.state, draft.state), ("live", "retired"))
        self.assertFalse(self.scoring_model.retired_at)

    def test_reverted_model_can_be_published_again(self):
        draft = self._draft()
        newest = draft.copy()
        self._publish(draft)
        for scoring_model in (self.scoring_model, draft, self.scoring_model):
            self._publish(scoring_model)
            live = self.env["lead.scoring.model"].search([("state", "=", "live")])
            self.assertEqual(live, scoring_model)
        # a sibling takes the place, too
        self._publish(newest)
        self._publish(draft)
        self.assertEqual((draft.state, newest.state), ("live", "retired"))

    def test_place_among_models_of_the_same_sequence_is_kept(self):
        draft = self._draft()
        other = self.scoring_model.copy({"state": "live", "origin_id": False})
        self.assertEqual(self.scoring_model.sequence, other.sequence)
        self._publish(draft)
        self.assertEqual(self.ghent.score_id.model_id, draft)
        live = self.env["lead.scoring.model"].search([("state", "=", "live")])
        self.assertEqual(live, draft + other)

    def test_draft_that_replaces_nothing_is_added(self):
        draft = self.env["lead.scoring.model"].create(
            {
                "name": "Bruges",
                "sequence": 1,
                "domain": "[('city', '=', 'Bruges')]",
                "rule_ids": [
                    Command.create({"name": "Any", "value": 9, "domain": "[]"})
                ],
            }
        )
        self._publish(draft)
        self.assertScores({self.ghent: 40, self.bruges: 9})
        self.assertEqual(self.scoring_model.state, "live")

    def test_second_draft_of_the_same_origin_is_refused(self):
        first, second = self._draft(), self._draft()
        self._publish(first)
        with self.assertRaisesRegex(UserError, "no longer live"):
            second._publish()
        with self.assertRaisesRegex(UserError, "no longer live"):
            second.action_simulate()
        second.origin_id = first
        self._publish(second)
        self.assertEqual((first.state, second.state), ("retired", "live"))

    def test_live_model_is_not_published_twice(self):
        with self.assertRaisesRegex(UserError, "live already"):
            self.scoring_model._publish()

    def test_broken_draft_is_refused(self):
        draft = self._draft()
        domain = "[('city', '=like', 'Gh\\\\')]"
        self._set_columns(draft.rule_ids, domain=domain)
        self.registry.clear_cache()
        for action in (draft._publish, draft.action_simulate):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(UserError, "«Ghent» of «Test» can't be applied"),
            ):
                action()
        self._set_columns(draft.rule_ids, domain="[('gone', '=', 1)]")
        with (
            mute_logger("odoo.addons.lead_scoring.models.scoring.lead_scoring_engine"),
            self.assertRaisesRegex(UserError, "«Ghent» of «Test» can't be applied"),
        ):
            draft._publish()
        self.registry.clear_cache()
        self._set_columns(draft.rule_ids, domain="[]", error="Marked by a pass")
        with self.assertRaisesRegex(UserError, "Marked by a pass"):
            draft._publish()
        self.assertEqual((draft.state, self.scoring_model.state), ("draft", "live"))

    def test_publishing_tries_a_draft_on_the_newest_leads_only(self):
        leads = [self._lead(city="Ghent") for _n in range(3)]
        with patch.object(lead_scoring_simulator_errors, "SOUND_LEADS", 2):
            self.env["lead.scoring.simulator"]._check_sound(self._draft())
        self.env.cr.execute("SELECT lead_id FROM lead_scoring_simulated_then")
        tried = {lead_id for (lead_id,) in self.env.cr.fetchall()}
        self.assertEqual(tried, {lead.id for lead in leads[1:]})

    def test_publishing_asks_for_a_pass_at_once(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self._draft()._publish()
        new = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        self.assertTrue(new - triggers)

    # ------------------------------------------------------------------
    # Silent or not
    # ------------------------------------------------------------------

    def _messages(self, lead):
        self._score()
        return len(lead.message_ids)

    def test_silent_publication_fires_nothing(self):
        before = self._messages(self.ghent)
        self._publish(self._draft())
        self.assertEqual(self.ghent.temperature, "hot")
        self.assertEqual(self.ghent.temperature_date, self.env.cr.now())
        self.assertEqual(self._messages(self.ghent), before)

    def test_publication_fires_on_request(self):
        before = self._messages(self.ghent)
        self._publish(self._draft(), fire=True)
        self.assertEqual(self.ghent.temperature, "hot")
        self.assertEqual(self._messages(self.ghent), before + 1)

    def test_firing_publication_after_a_silent_one(self):
        self._publish(self._draft())
        before = self._messages(self.ghent)
        draft = self.ghent.score_id.model_id.copy()
        draft.rule_ids.value = 1
        self._publish(draft, fire=True)
        self.assertEqual(self.ghent.temperature, "cold")
        self.assertEqual(self._messages(self.ghent), before + 1)

    def test_lead_that_crosses_by_itself_fires(self):
        """Before the lead's model changes, after it did, and when it is new."""
        draft = self._draft()
        draft._publish()
        self._score_later(self.ghent)
        before = self._messages(self.ghent)
        self.ghent.city = "Antwerp"
        self._score()
        self.assertEqual(self.ghent.temperature, "cold")
        self.assertGreater(self._messages(self.ghent), before)

    def _score_later(self, lead):
        """The publication's own rescoring, at any save of the lead."""
        before = self._messages(lead)
        lead._score_now()
        self.assertEqual(lead.temperature, "hot")
        self.assertEqual(self._messages(lead), before)

    def test_new_lead_fires_although_the_publication_was_silent(self):
        draft = self._draft()
        draft._publish()
        self._set_columns(draft, published_at="2000-01-01")
        lead = self._lead(city="Ghent")
        self._score()
        lead.flush_recordset()
        self.assertEqual(lead.temperature, "hot")
        history = self.env["lead.scoring.history"].search([("lead_id", "=", lead.id)])
        self.assertIn("crossing", history.mapped("reason"))

    def test_leads_of_other_models_fire_in_the_same_pass(self):
        """Only a change of model is silent."""
        other = self.env["lead.scoring.model"].create(
            {
                "name": "Bruges",
                "state": "live",
                "sequence": 1,
                "domain": "[('city', '=', 'Bruges')]",
            }
        )
        self._run_pass()
        before = self._messages(self.bruges)
        self._draft()._publish()
        self._rule(70, "[]", model_id=other.id)
        self._run_pass(full=False)
        self.assertEqual(self.bruges.temperature, "hot")
        self.assertEqual(self._messages(self.bruges), before + 1)

    def test_lead_that_leaves_a_retired_model_is_silent(self):
        self.env["lead.scoring.model"].create(
            {
                "name": "Last",
                "state": "live",
                "sequence": 99,
                "rule_ids": [
                    Command.create({"name": "Any", "value": 90, "domain": "[]"})
                ],
            }
        )
        self._run_pass()
        before = self._messages(self.bruges)
        draft = self._draft(domain="[('city', '=', 'Ghent')]")
        self._publish(draft)
        self.assertEqual(self.bruges.temperature, "hot")
        self.assertEqual(self._messages(self.bruges), before)

    def test_silence_ends_with_a_later_full_pass(self):
        draft = self._draft()
        self._publish(draft)
        self.assertTrue(draft.silent and self.scoring_model.silent)
        self._let_time_pass()
        self._run_pass()
        self.assertFalse(draft.silent or self.scoring_model.silent)

    # ------------------------------------------------------------------
    # What stays
    # ------------------------------------------------------------------

    def test_retired_model_keeps_its_history_and_can_not_be_deleted(self):
        rows = self.env["lead.scoring.history"].search(
            [("model_id", "=", self.scoring_model.id)]
        )
        self.assertTrue(rows)
        self._publish(self._draft())
        self.assertEqual(rows.model_id, self.scoring_model)
        with self.assertRaisesRegex(ValidationError, "Archive it"):
            self.scoring_model.unlink()
        self.scoring_model.active = False
        self.assertEqual(rows.model_id, self.scoring_model)

    def test_live_model_can_not_be_deleted(self):
        with self.assertRaisesRegex(ValidationError, "live model"):
            self.scoring_model.with_user(self.scoring_manager).unlink()

    def test_draft_can_be_deleted(self):
        draft = self._draft()
        draft.with_user(self.scoring_manager).unlink()
        self.assertFalse(draft.exists())

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_only_managers_publish(self):
        draft = self._draft()
        for user in (self.salesman, self.all_leads_salesman):
            with self.assertRaises(AccessError):
                draft.with_user(user)._publish()
            for action in ("action_simulate", "action_new_version"):
                with self.assertRaises(AccessError):
                    getattr(draft.with_user(user), action)()
            with self.assertRaises(AccessError):
                draft.with_user(user).read(["export_file"])

    def test_manager_of_another_company(self):
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self._user(
            "manager-b",
            "lead_scoring.group_scoring_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        draft = self._draft()
        (self.scoring_model + draft).company_id = self.env.company
        for action in ("action_simulate", "_publish", "action_new_version"):
            with self.assertRaises(AccessError):
                getattr(draft.with_user(stranger), action)()

    # ------------------------------------------------------------------
    # Samples
    # ------------------------------------------------------------------

    def test_sample_drafts_can_be_published_as_they_are(self):
        for name in ("returning", "small_business", "corporate"):
            sample = self.env.ref(f"lead_scoring.scoring_model_{name}")
            with self.subTest(sample.name):
                self.assertFalse(sample.origin_id)
                self.assertTrue(sample.rule_ids)
                fit = sum(r.value for r in sample.rule_ids if r.dimension == "fit")
                self.assertGreaterEqual(fit, sample.fit_floor)
                sample.state = "draft"
                sample.with_user(self.scoring_manager)._publish()

    def test_sample_drafts_fit_whom_they_are_for(self):
        leads = {
            "small_business": self._lead(function="Owner and founder"),
            "corporate": self._lead(
                function="Head of purchasing", partner_name="Large Ltd"
            ),
        }
        for name, lead in leads.items():
            sample = self.env.ref(f"lead_scoring.scoring_model_{name}")
            sample.state = "draft"
            sample._publish()
            self._run_pass(full=False)
            self.assertEqual(lead.score_id.model_id, sample)
            self.assertGreater(lead.score, 0)
