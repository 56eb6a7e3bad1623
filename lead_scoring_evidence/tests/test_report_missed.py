from datetime import timedelta

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestMissed(DecisionCommon):
    """Leads that the minimum scores miss, and those that nobody gets on with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.write({"convert_by_score": True, "minimum_score": 50})
        cls.other_team.write({"convert_by_score": True, "minimum_score": 30})
        cls._rule(30)
        # the median of what was won is 200
        for revenue in (100, 200, 900):
            cls._decided([60], "won", expected_revenue=revenue)

    def _missed(self, user=None):
        report = self.env["lead.scoring.report"]
        report = report.with_user(user or self.sales_manager)
        self.env.flush_all()
        action = self.env.ref("lead_scoring_evidence.lead_scoring_report_action_missed")
        return report.search(safe_eval(action.domain)).lead_id.sudo()

    def test_valuable_leads_below_every_minimum(self):
        valuable = self._scored_lead(expected_revenue=200)
        self._scored_lead(expected_revenue=199)
        self._scored_lead(expected_revenue=200, city="Ghent")
        self.assertEqual(self._missed(), valuable)

    def test_only_what_a_manager_can_act_on(self):
        """Not what was won or lost, nor what somebody works on already."""
        self._decided([29], "won", expected_revenue=5000)
        self._decided([29], "lost", expected_revenue=5000)
        self._scored_lead(expected_revenue=5000, user_id=self.salesman.id)
        self._scored_lead(expected_revenue=5000, type="opportunity")
        self._scored_lead(expected_revenue=5000, do_not_score_reason="competitor")
        gone = self._user("gone", "sales_team.group_sale_salesman")
        left = self._scored_lead(expected_revenue=5000, user_id=gone.id)
        gone.active = False
        self.assertEqual(self._missed(), left)

    def _rows(self, leads):
        self.env.flush_all()
        report = self.env["lead.scoring.report"].with_user(self.sales_manager)
        return report.browse(leads.ids)

    def test_why_each_is_good(self):
        leads = self._lead(expected_revenue=299) + self._lead(expected_revenue=500)
        leads += self._lead(expected_revenue=4000) + self._lead(expected_revenue=199)
        leads += self._lead(expected_revenue=4000, city="Ghent")
        self._score()
        self.assertEqual(
            self._rows(leads).mapped("why_good"),
            [
                "Worth as much as a typical won deal",
                "Worth 2.5 times a typical won deal",
                "Worth 20 times a typical won deal",
                False,
                False,
            ],
        )

    def test_list_begins_with_what_it_means(self):
        lead = self._scored_lead(expected_revenue=200)
        rows, listed = self._rows(lead), [("why_good", "!=", False)]
        [sentence] = rows.get_sentences(listed)
        self.assertIn("below 30 points", sentence)
        self.assertIn("a typical won deal (200) or more", sentence)
        self._decided([29, 29], "won", expected_revenue=1)
        self._decided([30], "won", expected_revenue=1)
        self.env.flush_all()
        self.assertIn("below when it was decided: 2.", rows.get_sentences(listed)[1])
        lead.user_id = self.salesman
        self.env.flush_all()
        self.assertEqual(rows.get_sentences(listed), [])

    def test_nothing_is_missed_without_a_minimum(self):
        self._scored_lead(expected_revenue=5000)
        (self.team + self.other_team).convert_by_score = False
        self.assertFalse(self._missed())

    def test_without_any_deal(self):
        self.env["lead.scoring.history"].search([]).unlink()
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        self._scored_lead()
        valuable = self._scored_lead(expected_revenue=1)
        self.assertEqual(self._missed(), valuable)
        self.assertIn("no deal is won yet", self._rows(valuable).why_good)

    def test_typical_is_one_of_the_deals_that_one_may_read(self):
        lead = self._scored_lead(expected_revenue=150)
        self._decided(
            [60] * 3, "won", expected_revenue=100, user_id=self.sales_manager.id
        )
        self.assertFalse(self._missed(self.salesman), "the typical deal is one of 200")
        self.assertEqual(self._missed(), lead, "the typical deal is one of 100")

    def test_minimum_of_another_company_does_not_count(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.other_team.company_id = company
        lead = self._scored_lead(expected_revenue=5000, city="Ghent")
        self.assertEqual(self._missed(), lead)

    def test_interested_leads_without_progress(self):
        self._rule(20, "[('city', '=', 'Ghent')]", dimension="interest")
        long_ago = self.env.cr.now() - timedelta(days=31)
        stuck, fresh, closed, bored = (
            self._scored_lead(city=city) for city in ("Ghent",) * 3 + (False,)
        )
        closed.action_set_lost()
        self._score()
        self._set_columns(stuck + closed + bored, date_last_stage_update=long_ago)
        action = self.env.ref("lead_scoring_evidence.crm_lead_action_stuck")
        search = self.env.ref("lead_scoring_evidence.crm_lead_view_search_stuck")
        (month,) = search._get_combined_arch().xpath("//filter[@name='month']")
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        interested = leads.search(safe_eval(action.domain))
        self.assertEqual(interested, stuck + fresh)
        self.assertEqual(
            interested.filtered_domain(safe_eval(month.get("domain"))), stuck
        )

    def test_last_signal(self):
        """Whatever the lead or its contact did last; what is to come is none yet."""
        page, quiet = self._lead(name="Page"), self._lead(name="Quiet")
        met = self._lead(name="Met")
        days_ago = {number: self.now - timedelta(days=number) for number in (3, 40)}
        self._visitor(page, pages=[("/prices", 3), ("/jobs", 40)])
        for start in (days_ago[40], self.now + timedelta(days=9)):
            self.env["calendar.event"].create(
                {
                    "name": "Meeting",
                    "opportunity_id": met.id,
                    "start": start,
                    "stop": start + timedelta(hours=1),
                }
            )
        leads = (page + quiet + met).with_user(self.sales_manager)
        self.assertEqual(
            leads.mapped("score_last_signal"), [days_ago[3], False, days_ago[40]]
        )
        for days, found in (("-2d", met), ("-30d", page + met)):
            domain = [("id", "in", leads.ids), ("score_last_signal", ">=", days)]
            self.assertEqual(leads.search(domain), found)
