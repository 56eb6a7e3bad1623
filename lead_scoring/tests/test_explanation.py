from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import LeadScoringCommon

MODEL = {"warm_score": 30, "hot_score": 60, "fit_floor": 20, "interest_floor": 20}


@tagged("post_install", "-at_install")
class TestExplanation(LeadScoringCommon):
    """What the explanation says beside the points of each rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.now = cls.env.cr.now()

    def _old_lead(self, days=60, **vals):
        """Return a lead that was created that many days ago, without history."""
        lead = self._scored_lead(**vals)
        self.env["lead.scoring.history"].search([("lead_id", "=", lead.id)]).unlink()
        self._set_columns(lead, create_date=self.now - timedelta(days=days))
        return lead

    def _history(self, lead, **scores):
        """Add history rows: ``days_<number> = score``."""
        for name, score in scores.items():
            days = int(name.removeprefix("days_"))
            row = {"lead_id": lead.id, "fit": score, "score": score, "reason": "move"}
            date = self.now - timedelta(days=days)
            self.env["lead.scoring.history"].create({**row, "date": date})

    def _changes(self, lead):
        self.env.invalidate_all()
        week = lead.score_explanation["week"]
        changes = {change["name"]: change["points"] for change in week["rules"]}
        self.assertEqual(week["points"], sum(changes.values()))
        return changes

    def _ways(self, lead):
        """Return points missing, whether one rule is enough, and ``{name: points}``."""
        missing = lead.score_explanation["missing"]
        ways = {rule["name"]: rule["points"] for rule in missing["rules"]}
        return missing["points"], missing["alone"], ways

    # ------------------------------------------------------------------
    # Thresholds and history
    # ------------------------------------------------------------------

    def test_thresholds_are_those_of_the_model(self):
        lead = self._scored_lead()
        self.assertEqual(lead.score_explanation["thresholds"], MODEL)
        self.scoring_model.hot_score = 90
        self.env.invalidate_all()
        self.assertEqual(lead.score_explanation["thresholds"]["hot_score"], 90)

    def test_lead_of_no_model(self):
        self.scoring_model.state = "retired"
        explanation = self._scored_lead().score_explanation
        for name in ("thresholds", "week", "missing", "model"):
            self.assertFalse(explanation[name], name)
        self.assertEqual(explanation["score"], 0)

    def test_last_score_is_what_lists_show(self):
        rule = self._rule(5, "[]")
        lead = self._scored_lead()
        rule.value = 9
        explanation = lead.score_explanation
        self.assertEqual((explanation["score"], explanation["last_score"]), (9, 5))

    def test_history_is_oldest_first(self):
        lead = self._old_lead()
        self._history(lead, days_2=50, days_40=10, days_9=30)
        other = self._old_lead()
        self._history(other, days_3=99)
        scores = [point["score"] for point in lead.score_explanation["history"]]
        self.assertEqual(scores, [10, 30, 50])

    # ------------------------------------------------------------------
    # Week
    # ------------------------------------------------------------------

    def test_new_signals_of_the_week(self):
        self._page_view_rule(10, name="Prices")
        self._page_view_rule(1, "[('url', 'ilike', '/blog')]", name="Blog")
        lead = self._old_lead()
        self._visitor(lead, pages=[("/price", 20), ("/price/2", 3), ("/blog", 20)])
        self._score()
        self.assertEqual(self._changes(lead), {"Prices": 10})
        self.assertFalse(lead.score_explanation["week"]["is_new"])

    def test_fading_of_the_week(self):
        """What gives no points any more has changed as well."""
        self._page_view_rule(40, name="Prices", half_life=7)
        self._page_view_rule(
            1, "[('url', 'ilike', '/price')]", name="Gone", half_life=7
        )
        lead = self._old_lead()
        self._visitor(lead, pages=[("/price", 14)])
        self._score()
        self.assertEqual(lead.score_explanation["score"], 10)
        self.assertEqual(self._changes(lead), {"Prices": -10, "Gone": -1})

    def test_maximum_counts_in_both_weeks(self):
        self._page_view_rule(10, name="Prices", maximum=15)
        lead = self._old_lead()
        pages = [("/price", 20), ("/price/2", 20), ("/price/3", 1)]
        self._visitor(lead, pages=pages)
        self._score()
        self.assertEqual(self._changes(lead), {})

    def test_meeting_to_come_is_not_news_each_week(self):
        self._rule(10, "[]", source="meeting", dimension="interest", name="Meeting")
        lead = self._old_lead()
        start = self.now + timedelta(days=30)
        self.env["calendar.event"].create(
            {
                "name": "Demo",
                "start": start,
                "stop": start + timedelta(hours=1),
                "opportunity_id": lead.id,
            }
        )
        self._score()
        self.assertEqual(lead.score_explanation["score"], 10)
        self.assertEqual(self._changes(lead), {})

    def test_what_else_changed_is_known_from_the_history(self):
        self._rule(30)
        self._page_view_rule(10, name="Prices")
        lead = self._old_lead(city="Ghent")
        self._visitor(lead, pages=[("/price", 1)])
        self._history(lead, days_30=2, days_8=10, days_1=40)
        self._score()
        rest = {"The lead itself, or the rules": 20}
        self.assertEqual(self._changes(lead), {"Prices": 10, **rest})

    def test_less_than_the_precision_of_the_history_is_not_told(self):
        self._rule(30)
        lead = self._old_lead(city="Ghent")
        self._history(lead, days_8=26)
        self.assertEqual(self._changes(lead), {})

    def test_all_of_a_new_lead_is_new(self):
        self._rule(30, name="Ghent")
        self._page_view_rule(10, name="Prices")
        lead = self._lead(city="Ghent")
        self._visitor(lead, pages=[("/price", 1)])
        self._score()
        self.assertEqual(self._changes(lead), {"Ghent": 30, "Prices": 10})
        self.assertTrue(lead.score_explanation["week"]["is_new"])

    # ------------------------------------------------------------------
    # What would make it hot
    # ------------------------------------------------------------------

    def test_rules_that_are_enough_alone_nearest_first(self):
        self._rule(40)
        self._rule(70, "[('partner_name', '!=', False)]", name="Far")
        self._rule(20, "[('function', '!=', False)]", name="Function")
        self._page_view_rule(20, name="Prices")
        self._rule(19, "[('phone', '!=', False)]", name="Phone")
        self._rule(-50, "[('phone', '=', '1')]", name="Wrong")
        lead = self._scored_lead(city="Ghent")
        points, alone, ways = self._ways(lead)
        self.assertEqual((points, alone), (20, True))
        # the lead can still look at prices
        self.assertEqual(list(ways), ["Prices", "Function", "Far"])

    def test_as_few_rules_as_possible_together(self):
        for value in (5, 25, 15, 30):
            self._rule(value, f"[('city', '=', 'City {value}')]", name=f"{value}")
        lead = self._scored_lead()
        points, alone, ways = self._ways(lead)
        self.assertEqual((points, alone), (60, False))
        self.assertEqual(ways, {"30": 30, "25": 25, "15": 15})
        self.assertTrue(lead.score_explanation["missing"]["enough"])

    def test_all_that_is_left_is_not_enough(self):
        self._rule(5, "[('city', '=', 'Bruges')]", name="Bruges")
        lead = self._scored_lead()
        self.assertEqual(self._ways(lead), (60, False, {"Bruges": 5}))
        self.assertFalse(lead.score_explanation["missing"]["enough"])
        self.assertIn("not enough", lead.score_explanation_text)

    def test_no_rule_is_left(self):
        self._rule(5)
        lead = self._scored_lead(city="Ghent")
        self.assertEqual(self._ways(lead), (55, False, {}))
        self.assertIn("neither you nor the lead", lead.score_explanation_text)

    def _asked(self, lead):
        """Return ``{rule: fields to ask for}``."""
        self.env.invalidate_all()
        rules = lead.score_explanation["missing"]["rules"]
        return {rule["name"]: rule["ask"] for rule in rules}

    def test_what_is_known_to_be_otherwise_is_not_offered(self):
        self._rule(1, "[('city', '=', 'San Francisco')]", name="San Francisco")
        self._rule(1, "[('title_rank', 'in', ['owner', 'director'])]", name="Decides")
        self._rule(1, "[('employee_count', '>=', 50)]", name="Large")
        self._rule(1, "[('qualified_budget', '=', 'yes')]", name="Can pay")
        self._rule(1, "[('email_domain_criterion', '=like', '@%')]", name="Mail")
        self._rule(1, "[('country_id.code', '=', 'BE')]", name="Belgium")
        unknown = self._scored_lead()
        self.assertEqual(
            self._asked(unknown),
            {
                "San Francisco": "City",
                "Decides": "Job Position",
                "Large": "Employees",
                "Can pay": "Has Budget",
                "Mail": "Email",
                "Belgium": "Country",
            },
        )
        known = self._scored_lead(
            city="Ghent",
            function="Student",
            employee_count=3,
            qualified_budget="no",
            email_from="kim@gmail.com",
            country_id=self.env.ref("base.fr").id,
        )
        self.assertEqual(self._asked(known), {})

    def test_what_nobody_asks_a_lead_for_is_not_offered(self):
        campaign = self.env["utm.campaign"].create({"name": "Spring"})
        for value, domain in enumerate(
            [
                [("campaign_id", "=", campaign.id)],
                [("user_id", "!=", False)],
                [("tag_ids.name", "=", "VIP")],
                [("score_won_count", ">", 0)],
                [("active", "=", False)],
            ],
            start=1,
        ):
            self._rule(value, str(domain), dimension="interest")
        self.assertEqual(self._asked(self._scored_lead()), {})

    def test_what_the_lead_does_is_offered_however_the_rule_reads_it(self):
        prices = "[('score_pageview_ids.url', 'ilike', '/price')]"
        self._rule(4, prices, name="Prices")
        self._rule(3, "[('score_visit_count', '>=', 3)]", name="Comes back")
        self._rule(2, "[('calendar_event_ids', '!=', False)]", name="Meeting")
        self._rule(
            1,
            "[('score_pageview_ids', 'not any', [('url', 'ilike', '/job')])]",
            name="Stays",
        )
        lead = self._lead()
        self._visitor(lead, pages=["/jobs"])
        self._score()
        self.assertEqual(
            self._asked(lead), {"Prices": "", "Comes back": "", "Meeting": ""}
        )

    def test_all_else_of_a_condition_has_to_be_met(self):
        both = "[('phone', '!=', False), ('city', '=', 'Ghent')]"
        self._rule(2, both, name="Both")
        self._rule(1, both.replace("[(", "['|', (", 1), name="Either")
        self.assertEqual(
            self._asked(self._scored_lead(city="Ghent")), {"Both": "Phone"}
        )
        elsewhere = self._scored_lead(city="Bruges")
        self.assertEqual(self._asked(elsewhere), {"Either": "Phone"})

    def test_what_an_empty_field_meets_already_is_not_asked_for(self):
        company = (
            "[('function', 'not ilike', 'student'), ('partner_name', '!=', False)]"
        )
        self._rule(1, company, name="Company")
        self.assertEqual(self._asked(self._scored_lead()), {"Company": "Company Name"})

    def test_what_to_ask_for_is_said(self):
        self._rule(60, "[('phone', '!=', False)]", name="Reachable")
        lead = self._scored_lead()
        self.assertIn(
            "this is enough: +60 Reachable (ask for: Phone)",
            lead.score_explanation_text,
        )

    def test_rule_that_breaks_hides_only_what_is_to_be_asked(self):
        self._page_view_rule(10, name="Prices")
        broken = self._rule(20, "[('phone', '!=', False)]", name="Broken")
        lead = self._scored_lead()
        self._set_columns(broken, domain="[('no_such_field', '=', 1)]")
        self.env.registry.clear_cache()
        with self.assertLogs("odoo.addons.lead_scoring"):
            self.assertEqual(self._asked(lead), {"Prices": ""})

    def test_signal_once_more_gives_up_to_the_maximum(self):
        self._page_view_rule(10, name="Prices", maximum=25)
        self._page_view_rule(10, name="Full", maximum=20)
        lead = self._lead()
        self._visitor(lead, pages=["/price", "/price/2"])
        self._score()
        self.assertEqual(self._ways(lead)[2], {"Prices": 5})
        [way] = lead.score_explanation["missing"]["rules"]
        self.assertTrue(way["again"])

    def test_paused_and_broken_rules_are_no_way(self):
        self._rule(60, "[('city', '=', 'Bruges')]", active=False)
        self._rule(60, "[('city', '=', 'Antwerp')]").sudo().error = "Broken"
        lead = self._scored_lead()
        self.assertFalse(self._ways(lead)[2])

    def test_hot_and_closed_leads_miss_nothing(self):
        self._rule(60, name="Ghent")
        hot = self._scored_lead(city="Ghent")
        self.assertFalse(hot.score_explanation["missing"])
        won = self._scored_lead()
        self.assertTrue(won.score_explanation["missing"])
        won.action_set_won()
        self._score()
        self.assertFalse(won.score_explanation["missing"])
        self.assertFalse(won.score_explanation["week"])

    def test_broken_stream_rule_hides_nothing_else(self):
        """One that the next pass will find does not stop the explanation."""
        self._page_view_rule(10, name="Prices")
        broken = self._page_view_rule(20, name="Broken")
        lead = self._lead()
        self._visitor(lead, pages=["/price"])
        self._score()
        self._set_columns(broken, domain="[('no_such_field', '=', 1)]")
        self.env.registry.clear_cache()
        with self.assertLogs("odoo.addons.lead_scoring", "WARNING"):
            explanation = lead.score_explanation
        self.assertEqual([r["name"] for r in explanation["rules"]], ["Prices"])
        self.assertEqual(explanation["score"], 10)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_salesperson_reads_all_of_it_on_own_leads_only(self):
        self._rule(40, name="Ghent")
        self._rule(20, "[('phone', '!=', False)]", name="Phone")
        own = self._scored_lead(city="Ghent", user_id=self.salesman.id)
        foreign = self._scored_lead(city="Ghent", user_id=self.sales_manager.id)
        names = ["score_explanation", "score_explanation_text"]
        self.env.invalidate_all()
        [values] = own.with_user(self.salesman).read(names)
        explanation = values["score_explanation"]
        self.assertEqual(explanation["thresholds"], MODEL)
        self.assertTrue(explanation["history"])
        self.assertEqual(explanation["missing"]["rules"][0]["name"], "Phone")
        self.assertIn("Phone", values["score_explanation_text"])
        for name in names:
            with self.assertRaises(AccessError):
                foreign.with_user(self.salesman).read([name])
            with self.assertRaises(AccessError):
                own.with_user(self.stranger).read([name])

    def test_rules_of_a_company_of_others_are_not_told(self):
        """What the lead has not earned says nothing about its own score."""
        other = self.env["res.company"].create({"name": "Other"})
        self._rule(20, "[('phone', '!=', False)]", name="Phone")
        lead = self._scored_lead(user_id=self.salesman.id)
        self.assertEqual(self._ways(lead.with_user(self.salesman))[2], {"Phone": 20})
        self.scoring_model.company_id = other
        self.env.flush_all()
        self.env.invalidate_all()
        ways = self._ways(lead.with_user(self.salesman))[2]
        self.assertEqual(ways, {})

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def test_text_says_it_all(self):
        self.env.user.tz = "UTC"
        self._rule(8, name="Ghent")
        self._page_view_rule(20, name="Prices", half_life=7, maximum=24)
        self._rule(40, "[('phone', '!=', False)]", name="Phone")
        self._rule(30, "[('function', '!=', False)]", name="Function")
        lead = self._old_lead(city="Ghent")
        last = self.now - timedelta(days=7, hours=1)
        visitor = self._visitor(lead, pages=["/price", "/price/2", "/price/3"])
        self._set_columns(visitor.website_track_ids, visit_datetime=last)
        self._score()
        date = f"{last.month:02}/{last.day:02}/{last.year}"
        self.assertEqual(
            lead.score_explanation_text.splitlines(),
            [
                "Score 32: Warm, Remarket",
                "Fit 8 of 20, interest 24 of 20",
                f"+24 Prices (3 times, last on {date}, -30 faded, -6 over the maximum)",
                "+8 Ghent",
                "28 points to hot, any of these is enough: "
                "+30 Function (ask for: Job Position) or +40 Phone (ask for: Phone)",
            ],
        )

    def test_text_of_a_lead_without_points(self):
        text = self._scored_lead().score_explanation_text
        self.assertTrue(text.startswith("Score 0: Cold, Discard\n"))

    def test_text_of_several_leads(self):
        self._rule(8, name="Ghent")
        leads = self._lead(city="Ghent") + self._lead()
        self._score()
        texts = leads.mapped("score_explanation_text")
        self.assertEqual(["\n+8 Ghent" in text for text in texts], [True, False])
