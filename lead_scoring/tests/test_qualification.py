from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.routing import crm_team_qualifying_calls

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestQualification(ConversionCommon):
    """The five questions before a lead goes to sales."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.leader = cls._user("leader", "sales_team.group_sale_salesman_all_leads")
        cls.team.user_id = cls.leader
        cls.scoring_model.required_answers = 2

    def _calls(self, lead):
        """Return the calls planned for a lead, done ones included."""
        calls = self.env["mail.activity"].with_context(active_test=False)
        kind = self.env.ref("mail.mail_activity_data_call")
        return calls.search(
            [
                ("res_model", "=", "crm.lead"),
                ("res_id", "=", lead.id),
                ("activity_type_id", "=", kind.id),
            ]
        )

    def test_only_yes_counts(self):
        lead = self._lead(
            qualified_need="yes", qualified_budget="no", qualified_timeline="yes"
        )
        self.assertEqual(lead.qualification_count, 2)
        lead.qualified_need = False
        self.assertEqual(lead.qualification_count, 1)
        found = self.env["crm.lead"].search([("qualification_count", ">=", 1)])
        self.assertEqual(found, lead)

    def test_rules_read_the_answers(self):
        self._rule(15, "[('qualification_count', '>=', 3)]")
        self._rule(-10, "[('qualified_budget', '=', 'no')]")
        good = {"qualified_need": "yes", "qualified_fit": "yes"}
        lead = self._lead(**good, qualified_authority="yes")
        poor = self._lead(qualified_budget="no")
        self._score()
        self.assertScores({lead: 15, poor: -10})

    def test_lead_without_the_answers_waits_and_says_so(self):
        lead = self._lead_of(60, qualified_need="yes", qualified_fit="no")
        self.assertEqual(self._convert(), 0)
        self.assertWaits(
            lead,
            "answers",
            "1 of the 5 questions are answered Yes. Test requires 2.",
        )
        lead.qualified_budget = "yes"
        self.assertEqual(self._convert(), 1)
        self.assertConverted(lead, self.team)

    def test_lead_that_lacks_but_answers_is_marketing_qualified(self):
        lead, low = self._lead_of(60), self._lead_of(10)
        self._convert()
        self.assertEqual(lead.score_id.waiting_reason, "answers")
        self.assertEqual(lead.marketing_qualified_date, self.env.cr.now())
        self.assertFalse(low.marketing_qualified_date)
        first = self.env.cr.now() - timedelta(days=9)
        self._set_columns(lead.score_id, qualified_at=first)
        lead.write({"qualified_need": "yes", "qualified_fit": "yes"})
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.score_id.qualified_at, first)
        history = self.env["lead.scoring.history"]
        rows = history.search([("lead_id", "=", lead.id), ("reason", "=", "qualified")])
        self.assertEqual(len(rows), 1)

    def test_lead_that_somebody_converts_without_answers_was_marketing_qualified(self):
        lead = self._lead_of(60)
        lead.convert_opportunity(self.env["res.partner"])
        self.assertTrue(lead.marketing_qualified_date)

    def test_below_the_minimum_the_score_is_the_reason(self):
        lead = self._lead_of(10)
        self._convert()
        self.assertWaits(
            lead,
            "below_minimum",
            "Direct requires 50, Inside requires 30; its last score was 10.",
        )
        self.assertFalse(self._calls(lead))

    def test_models_that_ask_nothing_convert_by_score_alone(self):
        self.scoring_model.required_answers = 0
        lead = self._lead_of(60)
        self._convert()
        self.assertConverted(lead, self.team)

    def test_team_form_counts_only_leads_with_the_answers(self):
        self._lead_of(60)
        self._lead_of(60, qualified_need="yes", qualified_fit="yes")
        self.assertEqual(self.team.convert_ready_count, 1)

    def test_a_model_can_ask_five_at_most(self):
        for count in (-1, 6):
            with (
                self.subTest(count),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.scoring_model.required_answers = count
                self.env.flush_all()

    # ------------------------------------------------------------------
    # Qualifying calls
    # ------------------------------------------------------------------

    def test_call_is_planned_once_for_the_leader_of_the_team(self):
        lead = self._lead_of(60)
        for _run in range(3):
            self._convert()
        call = self._calls(lead)
        self.assertEqual(len(call), 1)
        self.assertEqual(call.user_id, self.leader)
        self.assertEqual(call.date_deadline, fields.Date.today())

    def test_call_is_for_the_salesperson_of_the_lead(self):
        lead = self._lead_of(60, user_id=self.salesman.id, team_id=self.team.id)
        self._convert()
        self.assertEqual(self._calls(lead).user_id, self.salesman)

    def test_call_that_was_made_is_not_planned_again_for_thirty_days(self):
        lead = self._lead_of(60)
        self._convert()
        self._calls(lead).action_feedback("Nobody answered")
        self._convert()
        self.assertEqual(len(self._calls(lead)), 1)
        lead.qualifying_call_date -= timedelta(days=31)
        self._convert()
        self.assertEqual(len(self._calls(lead)), 2)

    def test_no_call_when_all_is_asked_or_somebody_is_on_it(self):
        asked = self._lead_of(
            60,
            qualified_need="no",
            qualified_fit="no",
            qualified_budget="no",
            qualified_authority="no",
            qualified_timeline="no",
        )
        busy = self._lead_of(60)
        busy.activity_schedule("mail.mail_activity_data_todo", user_id=self.salesman.id)
        self._convert()
        self.assertFalse(self._calls(asked) + self._calls(busy))

    def test_no_call_without_anybody_to_make_it(self):
        self.team.user_id = False
        lead = self._lead_of(60)
        self._convert()
        self.assertFalse(self._calls(lead))
        self.assertFalse(lead.qualifying_call_date)

    def test_one_bad_lead_keeps_no_other_from_its_call(self):
        good, bad = self._lead_of(60), self._lead_of(60)
        CrmLead = self.registry["crm.lead"]
        origin = CrmLead._plan_qualifying_call

        def plan(leads, user):
            origin(leads, user)
            if bad in leads:
                raise ValueError("a broken automation")

        self.patch(CrmLead, "_plan_qualifying_call", plan)
        with mute_logger(crm_team_qualifying_calls.__name__):
            self._convert()
        self.assertEqual(len(self._calls(good)), 1)
        self.assertFalse(self._calls(bad))

    def test_calls_are_planned_in_batches_that_commit(self):
        leads = self._lead(city="Ghent") + self._lead(city="Ghent")
        self._rule(60)
        self._run_pass()
        commits = []
        self.patch(crm_team_qualifying_calls, "CALLS_PER_TRANSACTION", 1)
        self.env["crm.team"]._convert_by_score(lambda: commits.append(1))
        self.assertEqual([len(self._calls(lead)) for lead in leads], [1, 1])
        self.assertGreaterEqual(len(commits), 2)
