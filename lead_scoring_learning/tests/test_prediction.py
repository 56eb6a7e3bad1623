from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_cron import IrCron

from ..models.lead_scoring_prediction import LeadScoringPrediction
from .common import LearningCommon

PREDICTION = "odoo.addons.lead_scoring_learning.models.lead_scoring_prediction"
MIXIN = "odoo.addons.lead_scoring.models.rule.lead_scoring_code_only_mixin"


@tagged("post_install", "-at_install")
class TestPrediction(LearningCommon):
    """The learned probability of open leads, and its versions."""

    def _train(self):
        """Return a version that was just learned."""
        version = self.env["lead.scoring.prediction"].create(
            {"model_id": self.scoring_model.id}
        )
        version.action_train()
        self._run_job(version)
        return version

    def _predict(self, full=False):
        self.env.flush_all()
        versions = self.env["lead.scoring.prediction"].search(
            [("state", "=", "current")]
        )
        versions._forget(versions)
        for version in versions:
            version._predict(lambda: None, full)
        self.env.invalidate_all()

    def test_probability_of_open_leads_is_the_share_of_those_like_them(self):
        self._directors_win()
        director = self._scored_lead(function="Director")
        other = self._scored_lead(function="Assistant")
        version = self._train()
        self.assertEqual(version.state, "current", version.message)
        self._predict()
        self.assertAlmostEqual(director.win_probability, 0.75, delta=0.06)
        self.assertAlmostEqual(other.win_probability, 0.25, delta=0.06)

    def test_reasons_are_told_in_sentences_and_with_the_same_number(self):
        self._directors_win()
        lead = self._scored_lead(function="Director")
        self._train()
        self._predict()
        text = lead.prediction_text
        self.assertIn(f"about {round(100 * lead.win_probability)} are won", text)
        self.assertIn("For it: Job Position has «director»", text)
        self.assertIn("200 closed leads, 90 of them won", text)
        self.assertFalse(self._lead().with_context(a=1).prediction_text)

    def test_salesperson_reads_the_probability_of_their_leads(self):
        self._create_users()
        self._directors_win()
        lead = self._scored_lead(function="Director", user_id=self.salesman.id)
        self._train()
        self._predict()
        own = lead.with_user(self.salesman)
        self.assertGreater(own.win_probability, 0.5)
        self.assertIn("For it", own.prediction_text)
        with self.assertRaises(AccessError):
            self.env["lead.scoring.prediction"].with_user(self.salesman).search([])

    def test_explanation_tells_it_apart_from_the_score(self):
        """Of open leads that are scored; the reasons are a click away."""
        self._create_users()
        lead = self._scored_lead(user_id=self.salesman.id, type="opportunity")
        self._set_columns(lead.score_id, win_probability=0.45)

        def prediction():
            self.env.invalidate_all()
            numbers = lead.with_user(self.salesman).score_details["numbers"]
            return [part for part in numbers if part["label"] == "Win Prediction"]

        [part] = prediction()
        self.assertIn("45 %", part["value"])
        self.assertEqual(part["action"], "action_explain_prediction")
        lead.do_not_score = True
        self.assertFalse(prediction())
        lead.do_not_score = False
        lead.action_set_won()
        self._set_columns(lead.score_id, win_probability=0.45)
        self.assertFalse(prediction())

    def test_changed_lead_is_predicted_again_others_are_left_alone(self):
        self._directors_win()
        changed, same = (self._lead(function="Assistant") for _number in range(2))
        self._rule(10)
        self._score()
        self._train()
        self._predict()
        self._let_time_pass()
        self._set_columns(same.score_id, win_probability=0.9)
        self._set_columns(
            (changed | same).score_id, computed_at="2020-01-01", scored_at="2020-01-01"
        )
        changed.write({"function": "Director"})
        self._score()
        self._predict()
        self.assertGreater(changed.win_probability, 0.6)
        self.assertAlmostEqual(same.win_probability, 0.9)
        self._predict(full=True)
        self.assertLess(same.win_probability, 0.4)

    def test_worse_version_is_kept_but_not_used(self):
        self._directors_win()
        first = self._train()
        self.assertGreater(first.auc, 0.6)
        # from now on chance decides, but for what nobody can read
        training = self.env.registry["lead.scoring.prediction"]
        self.patch(training, "_telling", lambda self, a, m, w: ([], m[:, :0]))
        second = self._train()
        self.assertEqual((first.state, second.state), ("current", "rejected"))
        self.assertIn("worse", second.message)
        self.assertIn("not used: the version in use sorts better", second.summary)
        before, after = round(100 * second.auc_before), round(100 * second.auc)
        self.assertIn(
            f"puts {after} of 100 pairs of a won and a lost lead in the right order; "
            f"the previous version: {before}.",
            second.summary,
        )
        self.assertIn("Nothing to do: a new version is learned", first.summary)
        first.auc = 0
        self.assertIn("Too few leads are closed to tell", first.summary)
        self.assertLess(second.auc, 0.95 * second.auc_before)

    def test_new_version_takes_over_and_the_old_one_can_come_back(self):
        self._directors_win()
        lead = self._scored_lead(function="Director")
        first, second = self._train(), self._train()
        self.assertEqual((first.state, second.state), ("retired", "current"))
        first.conditions = []
        first.intercept = 0.0
        with self.assertRaises(UserError):
            first.action_use()
        first.conditions = [
            {"asked": ["All", "lead", "[]", "en_US", "UTC"], "weight": 2.0}
        ]
        first.action_use()
        self.assertEqual((first.state, second.state), ("current", "retired"))
        self._predict()
        self.assertAlmostEqual(lead.win_probability, 0.881, places=3)

    def test_probability_goes_with_its_version(self):
        self._directors_win()
        lead = self._scored_lead(function="Director")
        version = self._train()
        self._predict()
        self.assertTrue(lead.win_probability)
        version.unlink()
        self.env["lead.scoring.prediction"]._forget(version.browse())
        self.assertFalse(lead.win_probability)

    def test_damaged_conditions_are_taken_for_none(self):
        self._directors_win()
        lead = self._scored_lead(function="Director")
        version = self._train()
        self._predict()
        sound = version.conditions
        sentence = ["All", "lead", "[]"]
        for damaged in (
            *([1], ["asked"], "text", 5, True, {"asked": []}, [[]], [None], [{}]),
            [{"asked": sentence}],
            [{"asked": 7, "weight": 1}],
            [{"asked": ["too short"], "weight": 1}],
            [{"asked": sentence, "weight": "much"}],
            [{"asked": sentence, "weight": "nan"}],
            [{"asked": sentence, "weight": 1e300}],
            [{"asked": sentence, "weight": [1]}],
        ):
            version.conditions = sound
            self._cron_predict()
            self.assertTrue(lead.win_probability)
            self.assertTrue(lead.prediction_text)
            version.conditions = damaged
            with self.subTest(damaged), self.assertLogs(MIXIN, "WARNING"):
                self._cron_predict()
                self.assertFalse(lead.win_probability)
                self.assertFalse(lead.prediction_text)

    def test_one_version_that_fails_leaves_the_others_alone(self):
        other_model = self.scoring_model.copy({"name": "Other"})
        other_model.sudo().state = "live"
        versions = self.env["lead.scoring.prediction"].create(
            [{"model_id": self.scoring_model.id}, {"model_id": other_model.id}]
        )
        condition = {"asked": ["All", "lead", "[]"], "weight": 1}
        versions.write({"state": "current", "conditions": [condition]})
        tried = []

        def predict(version, *_args):
            tried.append(version)
            raise ValueError

        with (
            patch.object(LeadScoringPrediction, "_predict", predict),
            patch.object(self.env.cr, "rollback"),
            mute_logger(PREDICTION),
        ):
            self._cron_predict()
        self.assertEqual(len(tried), 2)

    def _cron_predict(self):
        with patch.object(IrCron, "_commit_progress"):
            self.env["lead.scoring.prediction"]._cron_predict(full=True)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_manager_can_not_have_secrets_asked(self):
        """Conditions are compiled as superuser, and the text says which are met."""
        self._create_users()
        self._directors_win()
        version = self._train().with_user(self.scoring_manager)
        domain = "[('message_ids.mail_server_id.smtp_pass', '=like', 'T%')]"
        forged = [{"asked": ["HIT", "lead", domain], "weight": 5}]
        before = version.conditions
        with self.assertRaises(AccessError):
            version.conditions = forged
        with self.assertRaises(AccessError):
            version.create({"model_id": version.model_id.id, "conditions": forged})
        with self.assertRaises(AccessError):
            version.copy({"conditions": forged})
        self.assertEqual(version.sudo().conditions, before)
        self.assertFalse(version.copy().conditions)

    def test_manager_uses_a_version_that_was_learned(self):
        self._create_users()
        self._directors_win()
        old, new = self._train(), self._train()
        self.assertEqual((old.state, new.state), ("retired", "current"))
        old.with_user(self.scoring_manager).action_use()
        self.assertEqual((old.state, new.state), ("current", "retired"))

    def test_nothing_is_learned_for_a_model_that_one_may_not_change(self):
        self._create_users()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.env["lead.scoring.model"].create(
            {"name": "Theirs", "company_id": company.id}
        )
        for name in ("lead.scoring.discovery", "lead.scoring.prediction"):
            jobs = self.env[name].with_user(self.scoring_manager)
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    jobs.create({"model_id": theirs.id})
                job = jobs.create({"model_id": self.scoring_model.id})
                with self.assertRaises(AccessError):
                    job.model_id = theirs

    def test_weekly_action_queues_a_new_version_where_one_is_in_use(self):
        self._directors_win()
        version = self._train()
        versions = self.env["lead.scoring.prediction"]
        versions._cron_train()
        versions._cron_train()
        new = versions.search([("model_id", "=", self.scoring_model.id)]) - version
        self.assertEqual(len(new), 1)
        self._run_job(new)
        self.assertEqual(new.state, "current")

    def test_too_few_leads_are_refused(self):
        self._closed(39, True)
        self._closed(60, False)
        version = self._train()
        self.assertEqual((version.state, version.job_state), ("new", "failed"))
        self.assertIn("39 won", version.message)

    def test_suspicious_conditions_are_left_out(self):
        self._closed(60, True, referred="Signed at once")
        self._closed(60, False)
        version = self._train()
        self.assertNotIn("Signed", repr(version.conditions))

    def test_rule_can_not_read_the_probability(self):
        with self.assertRaisesRegex(UserError, "is computed by scoring"):
            self._rule(5, "[('win_probability', '>', 0.5)]")

    def _elsewhere(self):
        """Return another company, with deals, and a scoring manager of it alone."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._directors_win(company_id=company.id)
        self._closed(30, True, company_id=company.id, city="Secretville")
        manager = self._user(
            "elsewhere",
            "lead_scoring.group_scoring_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        return company, manager

    def _train_as(self, user):
        versions = self.env["lead.scoring.prediction"].with_user(user)
        version = versions.create({"model_id": self.scoring_model.id})
        version.action_train()
        self._run_job(version)
        return version.sudo()

    def test_shared_model_is_learned_from_deals_that_one_may_use(self):
        company, manager = self._elsewhere()
        here = self._user(
            "here",
            "lead_scoring.group_scoring_manager",
            company_ids=self.env.company.ids,
        )
        self.assertIn("0 won and 0 lost", self._train_as(here).message)
        self._directors_win(company_id=self.env.company.id)
        self._directors_win()
        version = self._train_as(here)
        self.assertEqual(version.lead_count, 400)
        self.assertEqual(version.company_ids, self.env.company)
        self.assertNotIn("secretville", repr(version.conditions).lower())
        there = self._train_as(manager)
        self.assertEqual(there.lead_count, 430)
        self.assertIn("secretville", repr(there.conditions).lower())
        # each is used for the leads of its company
        self.assertEqual((version.state, there.state), ("current", "current"))
        self.assertIsNone(there.auc_before or None)
        for user, seen in ((here, version), (manager, there)):
            visible = version.with_user(user).search([("state", "=", "current")])
            self.assertEqual(visible.sudo(), seen)

    def test_version_predicts_leads_of_its_companies_only(self):
        company, manager = self._elsewhere()
        there = self._scored_lead(function="Director", company_id=company.id)
        here = self._scored_lead(function="Director", company_id=self.env.company.id)
        version = self._train_as(manager)
        self._predict()
        self.assertGreater(there.win_probability, 0.5)
        self.assertFalse(here.win_probability)
        self.assertFalse(here.prediction_text)
        # moved to another company, it is no longer a lead of this version
        there.company_id = self.env.company
        self._score()
        self._predict()
        self.assertFalse(there.win_probability)
        self.assertEqual(version.state, "current")

    def test_what_was_learned_elsewhere_is_not_told(self):
        company, manager = self._elsewhere()
        self._create_users()
        lead = self._scored_lead(function="Director", user_id=self.salesman.id)
        self._train_as(manager)
        self._predict()
        lines = lead.with_user(self.salesman).prediction_text.splitlines()
        self.assertEqual(len(lines), 1)
        self.assertIn("are won", lines[0])
        self.assertGreater(len(lead.with_user(manager).prediction_text.split("\n")), 2)

    def test_weekly_action_learns_from_the_companies_of_the_start(self):
        company, manager = self._elsewhere()
        version = self._train_as(manager)
        manager.company_ids += self.env.company
        versions = self.env["lead.scoring.prediction"]
        versions._cron_train()
        new = versions.search([("model_id", "=", self.scoring_model.id)]) - version
        self.assertEqual(new.company_ids, company)
        self._run_job(new)
        self.assertEqual((version.state, new.state), ("retired", "current"))

    def test_versions_of_other_companies_are_not_seen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.scoring_model.company_id = self.env.company
        version = self.env["lead.scoring.prediction"].create(
            {"model_id": self.scoring_model.id}
        )
        manager = self._user(
            "elsewhere",
            "lead_scoring.group_scoring_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertNotIn(version, version.with_user(manager).search([]))
