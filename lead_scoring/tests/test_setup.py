from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from .common import LeadScoringCommon

REVIEW = "lead_scoring.mail_activity_type_review"
MENU_ACTION = "lead_scoring.lead_scoring_model_action_open_setup"
PAGE = "lead_scoring.lead_scoring_model_view_form_setup"


@tagged("post_install", "-at_install")
class TestSetup(LeadScoringCommon):
    """The five steps of setting lead scoring up, and the reviews."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.review_type = cls.env.ref(REVIEW)
        cls.today = fields.Date.context_today(cls.scoring_model)
        cls.page_model = cls.scoring_model.with_user(cls.scoring_manager)

    def _done(self, scoring_model=None):
        """Return the steps that are done."""
        scoring_model = scoring_model or self.page_model
        scoring_model.invalidate_recordset()
        steps = {
            step
            for step in ("rules", "sales", "review", "data", "axes")
            if scoring_model[f"setup_{step}_done"]
        }
        self.assertEqual(scoring_model.setup_done_count, len(steps))
        return steps

    def _closed_leads(self, won, lost, **vals):
        nobodys = {"name": "Closed", "user_id": False, "company_id": False, **vals}
        leads = self.env["crm.lead"].create([nobodys for _number in range(won + lost)])
        leads[:won].action_set_won()
        leads[won:].action_set_lost()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def test_nothing_is_done_at_first(self):
        self.env["website.page"].search([]).track = False
        self.assertEqual(self._done(), set())
        with Form(self.page_model, view=PAGE) as page:
            self.assertEqual(page.setup_done_count, 0)
            self.assertFalse(page.next_review)

    def test_rules_are_done_when_they_give_points(self):
        rule = self._rule(10)
        self._scored_lead(city="Antwerp")
        self.assertEqual(self._done(), set())
        lead = self._scored_lead(city="Ghent", user_id=self.sales_manager.id)
        self.assertEqual(self._done(), {"rules"})
        self.assertEqual(self.page_model.setup_lead_count, 1)
        rule.active = False
        self.assertEqual(self._done(), set())
        rule.active = True
        lead.action_set_lost()
        self.assertEqual(self._done(), set(), "closed leads don't count")

    def test_broken_rules_do_not_count(self):
        self._scored_lead(city="Ghent")
        rule = self._rule(10)
        self._run_pass()
        self.assertEqual(self._done(), {"rules"})
        rule._set_error(ValueError("gone"))
        self.assertEqual(self._done(), set())
        self.assertEqual(self.page_model.setup_fit_count, 0)

    def test_sales_are_asked_when_a_person_says_so_and_a_team_has_a_minimum(self):
        with Form(self.page_model, view=PAGE) as page:
            page.sales_agreed = True
            self.assertFalse(page.setup_sales_done)
        self.assertEqual(self._done(), set())
        self.team.convert_by_score = True
        self.assertEqual(self._done(), {"sales"})
        self.page_model.sales_agreed = False
        self.assertEqual(self._done(), set())

    def test_who_ticked_is_noted_in_the_chatter(self):
        tracked = self.page_model.with_context(
            tracking_disable=False, mail_notrack=False
        )
        self._score()
        tracked.sales_agreed = True
        self._score()
        message = self.scoring_model.message_ids[0]
        self.assertEqual(message.author_id, self.scoring_manager.partner_id)
        self.assertEqual(message.tracking_value_ids.field_id.name, "sales_agreed")

    def test_data_is_enough_with_forty_won_and_forty_lost(self):
        self._closed_leads(won=40, lost=39)
        self.assertEqual(self._done(), set())
        self._closed_leads(won=0, lost=1)
        self.assertEqual(self._done(), {"data"})
        self.assertEqual(self.page_model.setup_won_count, 40)
        self.assertEqual(self.page_model.setup_lost_count, 40)

    def test_both_axes_and_a_tracked_page(self):
        pages = self.env["website.page"].search([])
        pages.track = False
        self._rule(10)
        self.assertEqual(self._done(), set())
        interest = self._page_view_rule(5)
        self.assertEqual(self._done(), set())
        pages[0].track = True
        self.assertEqual(self._done(), {"axes"})
        self.assertEqual(self.page_model.setup_page_count, 1)
        interest.active = False
        self.assertEqual(self._done(), set())

    # ------------------------------------------------------------------
    # Reviews
    # ------------------------------------------------------------------

    def test_review_is_planned_once(self):
        self.page_model.action_plan_review()
        self.page_model.action_plan_review()
        review = self.scoring_model.activity_ids
        self.assertEqual(len(review), 1)
        self.assertEqual(review.activity_type_id, self.review_type)
        self.assertEqual(review.user_id, self.scoring_manager)
        self.assertEqual(review.date_deadline, self.today + timedelta(days=90))
        self.assertEqual(self._done(), {"review"})

    def test_date_and_person_move_the_review_that_is_planned(self):
        self.page_model.action_plan_review()
        review = self.scoring_model.activity_ids
        day = self.today + timedelta(days=7)
        with Form(self.page_model, view=PAGE) as page:
            page.next_review = day
        self.assertEqual(self.scoring_model.activity_ids, review)
        self.assertEqual(review.date_deadline, day)
        self.assertEqual(review.user_id, self.scoring_manager)
        with Form(self.page_model, view=PAGE) as page:
            page.review_user_id = self.sales_manager
        self.assertEqual(self.scoring_model.activity_ids, review)
        self.assertEqual(review.date_deadline, day)
        self.assertEqual(review.user_id, self.sales_manager)
        self.page_model.next_review = False
        self.assertFalse(review.exists())
        self.assertFalse(self.page_model.review_user_id)

    def test_next_review_is_planned_when_one_is_done(self):
        self.page_model.next_review = self.today
        first = self.scoring_model.activity_ids
        self.page_model.with_user(self.sales_manager).action_review_done()
        self.page_model.invalidate_recordset()
        self.assertFalse(first.active)
        second = self.scoring_model.activity_ids
        self.assertEqual(len(second), 1)
        self.assertNotEqual(second, first)
        self.assertEqual(second.user_id, self.scoring_manager, "not who has done it")
        self.assertEqual(self.page_model.last_review, self.today)
        self.assertEqual(self.page_model.next_review, self.today + timedelta(days=90))
        # from the activity menu it is the same
        second.with_user(self.scoring_manager).action_done()
        self.assertEqual(len(self.scoring_model.activity_ids), 1)
        self.assertNotEqual(self.scoring_model.activity_ids, second)

    def test_overdue_or_long_ago_is_not_current(self):
        self.page_model.next_review = self.today
        self.assertEqual(self._done(), {"review"})
        self.page_model.next_review = self.today - timedelta(days=1)
        self.assertEqual(self._done(), set())
        self.page_model.next_review = self.today + timedelta(days=1)
        self._set_columns(
            self.scoring_model, create_date=self.env.cr.now() - timedelta(days=95)
        )
        self.assertEqual(self._done(), set(), "putting it off is no review")
        self.page_model.action_review_done()
        self.assertEqual(self._done(), {"review"})
        done = self.env["mail.activity"].search(
            [("activity_type_id", "=", self.review_type.id), ("active", "=", False)]
        )
        self._set_columns(done, date_done=self.today - timedelta(days=95))
        self.assertEqual(self._done(), set())

    def test_other_activities_are_no_reviews(self):
        self.scoring_model.activity_schedule("mail.mail_activity_data_todo")
        self.assertFalse(self.page_model.next_review)
        self.scoring_model.activity_ids.action_done()
        self.assertFalse(self.page_model.last_review)

    def test_new_version_takes_over_the_review_but_not_the_agreement(self):
        self.page_model.action_plan_review()
        self.page_model.sales_agreed = True
        review = self.scoring_model.activity_ids
        draft = self.page_model.copy()
        self.assertFalse(draft.next_review)
        draft._publish()
        self.env.invalidate_all()
        self.assertEqual(draft.activity_ids, review)
        self.assertFalse(self.page_model.next_review)
        self.assertFalse(draft.sales_agreed)
        newest = draft.copy()
        newest._publish()
        self.page_model._publish()
        self.env.invalidate_all()
        self.assertEqual(self.page_model.activity_ids, review, "reverted")
        self.assertTrue(self.page_model.sales_agreed)

    def test_review_type_can_not_be_deleted(self):
        with self.assertRaises(UserError):
            self.review_type.unlink()

    # ------------------------------------------------------------------
    # Who and what
    # ------------------------------------------------------------------

    def test_salesperson_has_no_such_page(self):
        model = self.scoring_model.with_user(self.salesman)
        server_action = self.env.ref(MENU_ACTION)
        with self.assertRaises(AccessError):
            server_action.with_user(self.salesman).run()
        for method in ("action_plan_review", "action_review_done"):
            with self.subTest(method=method), self.assertRaises(AccessError):
                getattr(model, method)()
        for name in ("setup_won_count", "setup_done_count", "next_review"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                model.read([name])
        with self.assertRaises(AccessError):
            model.sales_agreed = True
        view = model.get_view(self.env.ref(PAGE).id)
        self.assertNotIn("setup_won_count", view["arch"])

    def test_button_to_the_website_is_for_who_may_edit_it(self):
        editors = {
            self.scoring_manager: False,
            self._user(
                "editor",
                "lead_scoring.group_scoring_manager,website.group_website_designer",
            ): True,
        }
        pages = self.env.ref("website.action_website_pages_list")
        for user, expected in editors.items():
            with self.subTest(user=user.login):
                view = self.scoring_model.with_user(user).get_view(
                    self.env.ref(PAGE).id
                )
                buttons = etree.fromstring(view["arch"]).iter("button")
                names = {button.get("name") for button in buttons}
                self.assertEqual(str(pages.id) in names, expected)

    def test_menu_opens_the_page_or_a_list_to_choose_from(self):
        server_action = self.env.ref(MENU_ACTION)
        server_action = server_action.with_user(self.scoring_manager)
        action = server_action.run()
        self.assertEqual(action["res_id"], self.scoring_model.id)
        self.assertEqual([kind for _id, kind in action["views"]], ["form"])
        other = self.scoring_model.create({"name": "Other", "state": "live"})
        action = server_action.run()
        self.assertFalse(action.get("res_id"))
        self.assertEqual([kind for _id, kind in action["views"]], ["list", "form"])
        context = {"active_model": other._name, "active_ids": other.ids}
        action = server_action.with_context(**context, active_id=other.id).run()
        self.assertEqual(action["res_id"], other.id)
        (other + self.scoring_model).state = "retired"
        action = server_action.run()
        self.assertEqual([kind for _id, kind in action["views"]], ["list", "form"])

    def test_two_companies(self):
        company_b = self.env["res.company"].create({"name": "Company B"})
        model_b = self.scoring_model.create(
            {"name": "B", "state": "live", "company_id": company_b.id}
        )
        manager_b = self._user(
            "manager-b",
            "lead_scoring.group_scoring_manager",
            company_id=company_b.id,
            company_ids=company_b.ids,
        )
        # company A, no company
        self._closed_leads(won=2, lost=3, company_id=self.env.company.id)
        self._closed_leads(won=1, lost=1)
        self.team.convert_by_score = True
        self.other_team.write(
            {"convert_by_score": True, "company_id": self.env.company.id}
        )
        own = model_b.with_user(manager_b)
        self.assertEqual((own.setup_won_count, own.setup_lost_count), (1, 1))
        self.assertEqual(own.setup_team_count, 1)
        self.assertEqual(self.page_model.setup_won_count, 3)
        self.assertEqual(self.page_model.setup_team_count, 2)
        common = self.scoring_model.with_user(manager_b)
        self.assertEqual(common.setup_won_count, 1)
        with self.assertRaises(AccessError):
            _hidden = model_b.with_user(self.scoring_manager).setup_won_count
        with self.assertRaises(AccessError):
            model_b.with_user(self.scoring_manager).action_plan_review()
        own.action_plan_review()
        self.assertEqual(model_b.activity_ids.user_id, manager_b)


@tagged("post_install", "-at_install")
class TestUiSetup(HttpCase, LeadScoringCommon):
    """The page in a real browser."""

    def test_manager_walks_the_steps(self):
        manager = self._user("tour-manager", "lead_scoring.group_scoring_manager")
        self._rule(10, name="Business in Ghent")
        retired = self.scoring_model.create({"name": "Former"})
        self._rule(10, name="Rule of another", model_id=retired.id)
        self._scored_lead(city="Ghent")
        self.team.convert_by_score = True
        self.start_tour("/odoo", "lead_scoring_setup", login="tour-manager")
        self.env.invalidate_all()
        review = self.scoring_model.activity_ids
        self.assertEqual(len(review), 1)
        self.assertEqual(review.user_id, manager)
        self.assertTrue(self.scoring_model.last_review)
