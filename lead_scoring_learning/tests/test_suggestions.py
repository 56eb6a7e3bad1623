from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestSuggestions(LearningCommon):
    """The rules that are suggested, and how much better they are."""

    def test_nothing_is_chosen_by_the_leads_it_is_tried_on(self):
        """Of the leads decided last those from Ghent were won; before, nobody could
        have known.
        """
        cities = ["Ghent", "Bruges"]
        for number in range(200):
            is_last = number >= 160
            won = bool(number % 2 if is_last else number % 4 // 2)
            lead = self._closed(1, won, city=cities[number % 2 == 0])
            self._born(lead, days=400 - number)
        discovery = self._discover()
        self.assertEqual(discovery.test_count, 40)
        self.assertAlmostEqual(discovery.hot_rate_after, 0.5, delta=0.15)
        self.assertAlmostEqual(discovery.auc_after, 0.5, delta=0.1)
        if discovery.hot_rate_after <= discovery.hot_rate_before:
            self.assertFalse(any(discovery.candidate_ids.mapped("use")))
            self.assertIn("Keep the points as they are", discovery.next_step)

    def test_today_and_learned_points_are_compared_on_as_many_leads(self):
        leads = self._directors_win()
        for number, lead in enumerate(leads.sorted("id")):
            # winners and losers spread over time
            self._born(lead, days=30 + number * 37 % 200)
        self._rule(90, "[('function', 'ilike', 'assistant')]", name="Wrong")
        discovery = self._discover()
        self.assertEqual((discovery.test_count, discovery.won_count), (40, 90))
        self.assertEqual(discovery.hot_count, 8, "a fifth: more than half are hot")
        self.assertLess(discovery.hot_rate_before, 0.4)
        self.assertGreater(discovery.hot_rate_after, 0.5)
        self.assertGreater(discovery.auc_after, discovery.auc_before + 0.3)
        self.assertTrue(discovery.candidate_ids[0].use)
        after, before = discovery.hot_rate_after, discovery.hot_rate_before
        self.assertIn(
            f"{round(100 * after)} are won instead of {round(100 * before)}",
            discovery.benefit,
        )

    def test_suggested_changes_are_taken_one_by_one(self):
        self._directors_win(city="Ghent")
        wrong = self._rule(30, "[('function', 'ilike', 'assistant')]", name="Wrong")
        kept = self._rule(4, "[('city', '=', 'Nowhere')]", name="Never met")
        discovery = self._discover()
        self.assertFalse(self._found(discovery, rule_id=kept))
        change = self._found(discovery, rule_id=wrong)
        self.assertTrue(change.use)
        change.use = False
        discovery.candidate_ids.use = False
        new = self.env["lead.scoring.discovery.candidate"].create(
            {
                "discovery_id": discovery.id,
                "name": "From Ghent",
                "source": "lead",
                "domain": "[('city', '=', 'Ghent')]",
                "value": 3,
                "use": True,
            }
        )
        action = discovery.action_simulate()
        self.assertEqual(action["res_model"], "lead.scoring.simulation")
        rules = discovery.draft_id.with_context(active_test=False).rule_ids
        found = {rule.name: rule.value for rule in rules}
        self.assertEqual(found, {"Wrong": 30, "Never met": 4, "From Ghent": 3})
        draft = discovery.draft_id
        rule = rules.filtered(lambda r: r.name == "Wrong")
        change.use, new.use = True, False
        discovery.action_add_rules()
        self.assertEqual(rule.value, change.value)
        self.assertEqual(rule.active, bool(change.value))
        self.assertNotIn("From Ghent", draft.rule_ids.mapped("name"), "unticked again")
        change.use, new.use = False, True
        discovery.action_add_rules()
        self.assertEqual((rule.value, rule.active), (30, True), "unticked again")
        self.assertIn("From Ghent", draft.rule_ids.mapped("name"))
        self.assertEqual(wrong.value, 30, "the live model stays as it is")

    def test_page_views_and_who_one_is_make_a_pair(self):
        groups = {}
        for function in ("Director", "Clerk"):
            for looks in (True, False):
                both = function == "Director" and looks
                won, lost = (180, 20) if both else (40, 160)
                leads = self._closed(won, True, function=function)
                leads |= self._closed(lost, False, function=function)
                groups[function, looks] = leads
        looking = groups["Director", True] | groups["Clerk", True]
        self._set_columns(looking, date_conversion=self.env.cr.now())
        self._visitor(looking, pages=[("/prices", 10)])
        discovery = self._discover()
        [pair, *_others] = discovery.candidate_ids.filtered(
            lambda c: "score_pageview_ids" in c.domain and "function" in c.domain
        )
        self.assertTrue(pair.use)
        self.assertIn(", and ", pair.name)
        pair.use = False
        discovery.candidate_ids.use = False
        pair.use = True
        discovery.action_add_rules()
        [rule] = discovery.draft_id.rule_ids
        self.assertEqual(rule.dimension, "interest")
        everyone = self.env["crm.lead"].concat(*groups.values())
        given = self.env["lead.scoring.engine"]._points(everyone, rule, closed=True)
        met = [lead for lead in everyone if given[lead.id]]
        self.assertEqual(len(met), pair.support)

    def test_paused_rules_count_nowhere_and_are_resumed_when_suggested(self):
        self._directors_win()
        rule = self._rule(30, "[('function', 'ilike', 'director')]", active=False)
        discovery = self._discover()
        [line] = self._found(discovery, domain=rule.domain)
        self.assertFalse(line.rule_id, "it gives no points today")
        self.assertEqual(discovery.auc_before, 0.5)
        line.use = True
        discovery.action_add_rules()
        rules = discovery.draft_id.with_context(active_test=False).rule_ids
        self.assertEqual((rules.value, rules.active), (line.value, True))

    def test_rules_that_keep_their_points_count_on_both_sides(self):
        leads = self._directors_win()
        for number, lead in enumerate(leads.sorted("id")):
            self._born(lead, days=30 + number * 37 % 200)
        rare = leads.filtered(lambda lead: lead.won_status == "won")[:12]
        rare.with_context(active_test=False).city = "Nowhere"
        self._rule(500, "[('city', '=', 'Nowhere')]", name="Rare")
        discovery = self._discover()
        best = [discovery.hot_rate_before, discovery.hot_rate_after]
        self.assertGreater(min(best), 0.4, best)
        self.assertFalse(discovery.candidate_ids.filtered("rule_id"))

    def test_rules_that_ask_the_same_from_another_record_on_keep_their_points(self):
        leads = self._directors_win()
        self._visitor(leads[:60], pages=[("/prices", 10), ("/prices", 11)])
        self._set_columns(leads, date_conversion=self.env.cr.now())
        self._page_view_rule(5, "[]", name="Any")
        self._page_view_rule(10, "[]", name="Many", minimum_count=5)
        self._rule(3, "[('function', 'ilike', 'director')]", name="Director")
        self._rule(4, "[('function', 'ilike', 'director')]", name="Again")
        discovery = self._discover()
        changed = discovery.candidate_ids.rule_id.mapped("name")
        self.assertEqual(sorted(changed), sorted(set(changed)))
        self.assertNotIn("Many", changed)
        self.assertNotIn("Again", changed)

    def test_today_is_learned_anew_where_it_was_learned_from_the_same_leads(self):
        leads = self._directors_win()
        for number, lead in enumerate(leads.sorted("id")):
            self._born(lead, days=30 + number * 37 % 200)
        self._rule(-50, "[('function', 'ilike', 'director')]", name="Upside down")
        before = self._discover().auc_before
        self.scoring_model.learned_note = "From the same leads"
        again = self._discover().auc_before
        self.assertLess(before, 0.4)
        self.assertGreater(again, 0.6)

    def test_revenue_can_be_the_goal(self):
        """Small deals are won more often, large ones bring the money."""
        for city, won, lost, revenue in (
            ("Ghent", 60, 40, 100),
            ("Bruges", 40, 60, 5000),
        ):
            leads = self._closed(won, True, city=city, expected_revenue=revenue)
            leads |= self._closed(lost, False, city=city)
            for number, lead in enumerate(leads):
                self._born(lead, days=30 + number * 37 % 200)
        points = {}
        for goal in ("won", "revenue"):
            discovery = self._discover(goal=goal)
            self.assertEqual(discovery.job_state, "done", discovery.message)
            points[goal] = {c.domain: c.value for c in discovery.candidate_ids}
        ghent, bruges = "[('city', '=', 'Ghent')]", "[('city', '=', 'Bruges')]"
        prefers = {g: p.get(ghent, 0) - p.get(bruges, 0) for g, p in points.items()}
        self.assertGreater(prefers["won"], 0)
        self.assertLess(prefers["revenue"], 0)
        self.assertIn("of the revenue", discovery.benefit)
        self.assertTrue(0 < discovery.revenue_share_after <= 1)

    def test_without_revenues_they_cannot_be_the_goal(self):
        self._directors_win()
        discovery = self._discover(goal="revenue")
        self.assertEqual(discovery.job_state, "failed")
        self.assertIn("No won lead says what it brought", discovery.message)

    def test_words_that_leads_write_are_found(self):
        leads = self._directors_win()
        won = leads.filtered(lambda lead: lead.won_status == "won")
        for number, lead in enumerate(leads - won):
            lead.name = "Price of a van" if number % 2 else "Long list of wishes"
        for lead in won:
            lead.description = "<p style='margin:0'>Please send a Price&nbsp;List</p>"
            lead.name = "The price list for a van" if lead.id % 2 else "A price list"
        self._set_columns(leads, date_conversion=self.env.cr.now())
        customer = self.env["res.partner"].create({"name": "Kim"})
        for number, lead in enumerate(won[:60]):
            lead.message_post(
                body="When can you deliver?" if number % 2 else "Thank you",
                message_type="email",
                author_id=customer.id,
            )
        self._set_columns(leads.message_ids, date=self.env.cr.now() - timedelta(days=9))
        self._set_columns(leads, create_date=self.env.cr.now() - timedelta(days=20))
        self._set_columns(leads, date_closed=self.env.cr.now())
        discovery = self._discover()
        domains = set(discovery.candidate_ids.mapped("domain"))
        self.assertIn("[('name', 'ilike', 'price list')]", domains)
        self.assertNotIn("description", self._fields_found(discovery))
        words = self._found(discovery, source="reply").mapped("domain")
        self.assertTrue(any("deliver" in domain for domain in words), words)
        line = discovery.field_ids.filtered(lambda line: line.name == "description")
        self.assertIn("message of a contact form", line.reason)
        line.use = True
        discovery.action_discover()
        self._run_job(discovery)
        self.assertIn("description", self._fields_found(discovery))
        domains = str(discovery.candidate_ids.mapped("domain"))
        self.assertNotIn("margin", domains, "only what is read counts")

    def test_number_of_rules_has_bounds(self):
        for number in (0, 101):
            with self.assertRaisesRegex(ValidationError, "between 1 and 100"):
                self.env["lead.scoring.discovery"].create({"max_rules": number})
