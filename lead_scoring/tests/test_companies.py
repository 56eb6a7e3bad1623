from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestCompanies(ConversionCommon):
    """What belongs to one company stays there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a = cls.env.company
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.env.user.company_ids += cls.company_b
        cls.model_a = cls.env["lead.scoring.model"].create(
            {
                "name": "A",
                "state": "live",
                "sequence": 1,
                "company_id": cls.company_a.id,
            }
        )
        cls.rule_a = cls._rule(7, "[]", model_id=cls.model_a.id)
        cls.rule = cls._rule(3, "[]")
        cls.manager_a = cls._user(
            "manager-a",
            "sales_team.group_sale_manager",
            company_id=cls.company_a.id,
            company_ids=cls.company_a.ids,
        )
        cls.manager_b = cls._user(
            "manager-b",
            "sales_team.group_sale_manager",
            company_id=cls.company_b.id,
            company_ids=cls.company_b.ids,
        )
        cls.lead_a = cls._lead(company_id=cls.company_a.id)
        cls.lead_b = cls._lead(company_id=cls.company_b.id)
        cls.lead_none = cls._lead()
        cls._score()

    # ------------------------------------------------------------------
    # Rules and models
    # ------------------------------------------------------------------

    def test_rules_of_a_company_score_its_leads_only(self):
        expected = {self.lead_a: 7, self.lead_b: 3, self.lead_none: 3}
        self.assertScores(expected)
        self._run_pass()
        self.assertScores(expected)
        self.assertEqual(self.rule_a.company_id, self.company_a)

    def test_model_of_another_company_after_the_first(self):
        model_b = self.env["lead.scoring.model"].create(
            {"name": "B", "state": "live", "sequence": 2}
        )
        model_b.company_id = self.company_b
        self._rule(50, "[]", model_id=model_b.id)
        self._run_pass()
        self.assertScores({self.lead_a: 7, self.lead_b: 50, self.lead_none: 3})

    def test_lead_that_changes_company(self):
        self.lead_b.company_id = self.company_a
        self.lead_a.company_id = False
        self._score()
        self.assertScores({self.lead_a: 3, self.lead_b: 7})

    def test_counts_and_leads_of_a_rule(self):
        self._run_pass()
        counts = [self.rule_a.match_count, self.rule.match_count]
        Lead = self.env["crm.lead"]
        opened = [
            Lead.search_count(rule.action_view_leads()["domain"])
            for rule in (self.rule_a, self.rule)
        ]
        self.assertEqual(opened, counts)

    def test_number_of_leads_is_shown_to_who_may_see_all_of_them(self):
        self._run_pass()
        every = self.env["res.company"].with_context(active_test=False).search([])
        both = self._user(
            "manager-both", "sales_team.group_sale_manager", company_ids=every.ids
        )
        for user, rule, count in (
            (self.manager_a, self.rule_a, 1),
            (self.manager_a, self.rule, None),
            (self.manager_b, self.rule, None),
            (both, self.rule, 2),
        ):
            with self.subTest(user=user.login, rule=rule.name):
                rule = rule.with_user(user)
                self.assertEqual(rule.match_count, count or 0)
                self.assertEqual(rule.has_match_count, count is not None)
                with self.assertRaises(AccessError):
                    rule.read(["match_total"])

    def test_numbers_of_leads_leave_out_those_of_other_companies(self):
        model = self.rule.model_id
        numbers = [
            model.with_user(user).setup_lead_count
            for user in (self.manager_a, self.manager_b)
        ]
        # model A has the lead of A; the lead without company is everybody's
        self.assertEqual(numbers, [1, 2])

    def test_trying_a_rule_on_a_lead_of_another_company(self):
        Test = self.env["lead.scoring.rule.test"]
        test = Test.create({"rule_id": self.rule_a.id, "lead_id": self.lead_b.id})
        self.assertEqual((test.score_without, test.score_with), (3, 3))
        self.assertFalse(test.counts)

    def test_trying_a_rule_of_another_company(self):
        """It would say what the rule gives, and so what it is about."""
        test = self.env["lead.scoring.rule.test"].with_user(self.manager_b)
        vals = {"rule_id": self.rule_a.id, "lead_id": self.lead_none.id}
        with self.assertRaises(AccessError):
            test.create(vals).read(["points"])
        with self.assertRaises(AccessError):
            test.new(vals).mapped("points")

    def test_company_dependent_field(self):
        """It means the value of the lead's company, whoever runs the pass."""
        field = self.env["ir.model.fields"].create(
            {
                "name": "x_rating",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "ttype": "char",
                "state": "manual",
                "company_dependent": True,
            }
        )
        self.assertTrue(field)
        for company, value in ((self.company_a, "good"), (self.company_b, "bad")):
            self.partner.with_company(company).x_rating = value
        leads = self.lead_a + self.lead_b
        leads.partner_id = self.partner
        self.lead_a.company_id = self.company_a
        self.lead_b.company_id = self.company_b
        self.assertEqual(leads.company_id, self.company_a + self.company_b)
        for rule, value in ((self.rule_a, "good"), (self.rule, "bad")):
            rule.domain = f"[('partner_id.x_rating', '=', '{value}')]"
        for company in (self.company_a, self.company_b):
            with self.subTest(company.name):
                leads.with_company(company)._score_now()
                self.assertScores({self.lead_a: 7, self.lead_b: 3})
                self.env["lead.scoring.pass"].with_company(company)._start(True)
                self._run_pass()
                self.assertScores({self.lead_a: 7, self.lead_b: 3})

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_users_see_the_rules_and_models_of_their_companies(self):
        ours = self.rule_a + self.rule
        for user, rules in ((self.manager_a, ours), (self.manager_b, self.rule)):
            found = self.env["lead.scoring.rule"].with_user(user).search([])
            self.assertEqual(found & ours, rules)
            models = self.env["lead.scoring.model"].with_user(user).search([])
            self.assertEqual(models & ours.model_id, rules.model_id)
        for record in (self.rule_a, self.model_a):
            with self.assertRaises(AccessError):
                record.with_user(self.manager_b).name = "Mine now"

    def test_users_see_the_scores_of_their_companies(self):
        leads = self.lead_a + self.lead_b + self.lead_none
        Score = self.env["lead.scoring.score"]
        for user, own in ((self.manager_a, self.lead_a), (self.manager_b, self.lead_b)):
            found = Score.with_user(user).search([("lead_id", "in", leads.ids)])
            self.assertEqual(found.lead_id, own + self.lead_none)

    def test_explanation_names_a_rule_that_the_reader_may_not_read(self):
        """A lead that moved company while its reader stayed."""
        self.env.invalidate_all()
        lead = self.lead_none.with_user(self.manager_b)
        self.assertEqual(lead.score_explanation["score"], 3)
        lead.action_score_now()

    # ------------------------------------------------------------------
    # Models for all companies
    # ------------------------------------------------------------------

    def _changes_for_all(self, user):
        """Return what changes the scores of all companies' leads, as functions."""
        shared = self.scoring_model.with_user(user)
        rule = self.rule.with_user(user)
        rules = rule.browse()
        own = self.env["lead.scoring.model"].create(
            {"name": "Own", "state": "live", "company_id": user.company_id.id}
        )
        moving = self._rule(9, "[]", model_id=own.id).with_user(user)
        vals = {"name": "New", "value": 5, "domain": "[]", "model_id": shared.id}
        draft = shared.copy({"name": "Draft"})
        return [
            lambda: shared.write({"hot_score": 99}),
            lambda: shared.write({"active": False}),
            lambda: shared.update_field_translations("name", {"en_US": "Renamed"}),
            lambda: shared.write({"rule_ids": [Command.delete(rule.id)]}),
            lambda: own.with_user(user).write({"company_id": False}),
            lambda: draft._publish(),
            lambda: rules.create(vals),
            lambda: rule.write({"value": 4}),
            lambda: rule.write({"active": False}),
            lambda: rule.unlink(),
            lambda: moving.write({"model_id": shared.id}),
        ]

    def test_who_acts_in_one_company_does_not_change_what_scores_all(self):
        for number, change in enumerate(self._changes_for_all(self.manager_b)):
            with self.subTest(number):
                with self.assertRaises(AccessError) as refused:
                    change()
                    self.env.flush_all()
                self.assertIn("leads of all companies", str(refused.exception))
        self.assertEqual((self.scoring_model.state, self.rule.value), ("live", 3))

    def test_who_acts_in_all_companies_changes_what_scores_all(self):
        self.manager_b.company_ids = self.env["res.company"].search([])
        self._do_each(self._changes_for_all(self.manager_b))

    def test_administrator_changes_what_scores_all(self):
        self.manager_b.group_ids += self.env.ref("base.group_system")
        self._do_each(self._changes_for_all(self.manager_b))

    def test_archived_companies_do_not_count(self):
        self.manager_b.company_ids = self.env["res.company"].search([])
        gone = self.env["res.company"].create({"name": "Gone"})
        gone.active = False
        self.assertNotIn(gone, self.manager_b.company_ids)
        self._do_each(self._changes_for_all(self.manager_b))

    def _do_each(self, changes):
        for number, change in enumerate(changes):
            with self.subTest(number):
                savepoint = self.env.cr.savepoint()
                change()
                self.env.flush_all()
                savepoint.close(rollback=True)

    def test_model_of_the_own_company_is_not_for_all(self):
        draft = self.scoring_model.with_user(self.manager_b).copy()
        draft.write({"company_id": self.company_b.id, "hot_score": 99})
        draft.rule_ids.value = 8
        draft.origin_id = False
        draft._publish()
        self.assertEqual(draft.state, "live")
        draft.rule_ids.value = 9

    def test_draft_for_all_companies_is_anybodys_until_it_is_published(self):
        draft = self.scoring_model.with_user(self.manager_b).copy()
        self.assertFalse(draft.company_id)
        draft.hot_score = 99
        draft.rule_ids.value = 8

    def test_review_of_a_model_for_all_companies_is_anybodys(self):
        shared = self.scoring_model.with_user(self.manager_b)
        shared.action_plan_review()
        self.assertTrue(shared.next_review)

    # ------------------------------------------------------------------
    # Teams
    # ------------------------------------------------------------------

    def test_team_of_a_company_takes_its_leads_only(self):
        (self.team + self.other_team).convert_by_score = False
        team_a = self._team("Of A", convert_by_score=True, minimum_score=1)
        team_a.company_id = self.company_a
        self._convert()
        self.assertConverted(self.lead_a, team_a)
        self.assertEqual(self.lead_a.company_id, self.company_a)
        self.assertWaits(self.lead_b, "no_team")

    def test_lead_without_company_takes_the_company_of_the_team_that_gets_it(self):
        (self.team + self.other_team).convert_by_score = False
        team_b = self._team("Of B", convert_by_score=True, minimum_score=1)
        team_b.company_id = self.company_b
        Member = self.env["crm.team.member"]
        seat = Member.create({"crm_team_id": team_b.id, "user_id": self.manager_b.id})
        seat.assignment_max = 5
        contact = self.env["res.partner"].create({"name": "Ann"})
        self.lead_none.partner_id = contact
        self._score()
        self.assertFalse(self.lead_none.company_id)
        self._convert()
        self.assertConverted(self.lead_none, team_b)
        self.assertEqual(self.lead_none.company_id, self.company_b)
        self.assertEqual(self.lead_none.user_id, self.manager_b)
        self.assertEqual(self.lead_none.partner_id, contact)

    def test_lead_without_company_is_scored_by_what_is_for_all_else_by_the_main(self):
        self.assertEqual(self.lead_none.score_id.model_id, self.scoring_model)
        self.scoring_model.domain = "[('city', '=', 'Ghent')]"
        model_b = self.env["lead.scoring.model"].create(
            {"name": "B", "state": "live", "sequence": 0}
        )
        model_b.company_id = self.company_b
        self._rule(50, "[]", model_id=model_b.id)
        self._run_pass()
        self.assertScores({self.lead_none: 7, self.lead_a: 7, self.lead_b: 50})
        self.assertEqual(self.lead_none.score_id.model_id, self.model_a)
        self.lead_none.city = "Ghent"
        self._score()
        self.assertScores({self.lead_none: 3})

    def test_team_of_no_company_serves_all(self):
        self.other_team.minimum_score = 1
        leads = self.lead_a + self.lead_b + self.lead_none
        companies = leads.mapped("company_id.name")
        self._convert()
        for lead in leads:
            self.assertConverted(lead, self.other_team)
        self.assertEqual(leads.mapped("company_id.name"), companies)
        self.assertFalse(self.lead_none.company_id)

    def test_ready_count_of_a_manager_of_one_company(self):
        self.other_team.minimum_score = 1
        self.env.invalidate_all()
        team = self.other_team.with_user(self.manager_a)
        # of what the next run converts, what is of company A or of none
        self.assertEqual(team.convert_ready_count, 2)
