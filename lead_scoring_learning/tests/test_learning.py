import json

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import LearningCommon

DIRECTOR = "[('function', 'ilike', 'director')]"


@tagged("post_install", "-at_install")
class TestLearning(LearningCommon):
    """Points learned from closed leads, into a draft."""

    def _learn(self, *tick, **vals):
        """Return a finished search, with points learned for what is ticked."""
        discovery = self._discover(**vals)
        for candidate in discovery.candidate_ids:
            candidate.use = candidate.domain in tick
        discovery.action_learn()
        self._run_job(discovery)
        return discovery

    def _points(self, draft):
        rules = draft.with_context(active_test=False).rule_ids
        return {rule.name: rule.value for rule in rules}

    def test_points_of_rules_are_learned_into_a_draft(self):
        self._directors_win()
        good = self._rule(1, DIRECTOR, name="Director")
        discovery = self._learn()
        draft = discovery.draft_id
        self.assertEqual(discovery.job_state, "done", discovery.message)
        self.assertEqual((draft.state, draft.origin_id), ("draft", self.scoring_model))
        self.assertGreaterEqual(self._points(draft)["Director"], 20)
        self.assertLessEqual(self._points(draft)["Director"], draft.hot_score)
        self.assertEqual(good.value, 1, "the live model stays as it is")
        self.assertIn("200 closed leads", draft.learned_note)
        self.assertIn("90 of them", draft.learned_note)
        self.assertIn("The learned points are not better", discovery.benefit)
        self.assertIn("Open the draft", discovery.next_step)

    def test_without_new_conditions_the_form_leads_to_the_draft_too(self):
        view = self.env["lead.scoring.discovery"].get_view(view_type="form")
        button = "//div[@name='told']//button[@name='action_view_draft']"
        [told] = etree.fromstring(view["arch"]).xpath(f"{button}/ancestor::div[@name]")
        values = {"candidate_count": 0, "draft_id": 1, "job_state": "done"}
        self.assertFalse(safe_eval(told.get("invisible"), values))
        self.assertTrue(safe_eval(told.get("invisible"), {**values, "draft_id": False}))

    def test_ticked_conditions_are_learned_with_the_rules(self):
        self._directors_win()
        discovery = self._learn(DIRECTOR)
        [rule] = discovery.draft_id.rule_ids
        self.assertEqual(rule.domain, DIRECTOR)
        self.assertGreaterEqual(rule.value, 20)

    def test_bad_sign_gets_negative_points(self):
        self._directors_win()
        self._rule(50, "[('function', '=', 'Assistant')]", name="Assistant")
        self.assertLess(self._points(self._learn().draft_id)["Assistant"], -10)

    def test_rule_that_says_nothing_is_paused(self):
        leads = self._directors_win()
        for number, lead in enumerate(leads.sorted("id")):
            lead.city = "Ghent" if number % 2 else "Bruges"
        self._rule(5, DIRECTOR, name="Director")
        self._rule(50, "[('city', '=', 'Ghent')]", name="Ghent")
        draft = self._learn().draft_id
        points = self._points(draft)
        self.assertLess(abs(points["Ghent"]), points["Director"] / 4)
        for rule in draft.with_context(active_test=False).rule_ids:
            self.assertEqual(rule.active, bool(rule.value))

    def test_rules_that_know_the_outcome_keep_their_points(self):
        self._directors_win()
        self._rule(7, DIRECTOR, name="Director")
        self._rule(33, "[('stage_id.is_won', '=', True)]", name="Far along")
        self._rule(11, "[('city', '=', 'Nowhere')]", name="Never met")
        draft = self._learn().draft_id
        points = self._points(draft)
        self.assertEqual((points["Far along"], points["Never met"]), (33, 11))
        self.assertIn("Far along", draft.learned_note)
        self.assertIn("Never met", draft.learned_note)

    def test_stream_counts_once_and_goes_on_fading(self):
        leads = self._directors_win()
        directors = leads.filtered(lambda lead: lead.function == "Director")
        self._visitor(directors, pages=[("/prices", 1), ("/prices/2", 2)])
        self._set_columns(leads, date_conversion=self.env.cr.now())
        self._page_view_rule(3, "[('url', 'ilike', '/prices')]", half_life=30)
        [rule] = self._learn().draft_id.rule_ids
        self.assertGreaterEqual(rule.value, 20)
        self.assertEqual((rule.maximum, rule.half_life), (rule.value, 30))

    def test_pair_that_matters_only_together_becomes_one_rule(self):
        for function, city, won, lost in (
            ("Director", "Ghent", 180, 20),
            ("Director", "Bruges", 40, 160),
            ("Clerk", "Ghent", 40, 160),
            ("Clerk", "Bruges", 40, 160),
        ):
            self._closed(won, True, function=function, city=city)
            self._closed(lost, False, function=function, city=city)
        self._rule(5, DIRECTOR, name="Director")
        self._rule(5, "[('city', '=', 'Ghent')]", name="Ghent")
        draft = self._learn().draft_id
        pair = draft.rule_ids.filtered(lambda rule: "and" in rule.name)
        self.assertEqual(pair.name, "Director, and Ghent")
        self.assertGreater(pair.value, 10)
        both = self._closed(1, True, function="Director", city="Ghent")
        given = self.env["lead.scoring.engine"]._points(both, rules=pair, closed=True)
        self.assertEqual(given[both.id], {pair.id: pair.value})
        other = self._closed(1, True, function="Director", city="Bruges")
        given = self.env["lead.scoring.engine"]._points(other, rules=pair, closed=True)
        self.assertFalse(given[other.id])

    def test_learning_again_goes_into_the_same_draft_until_it_is_published(self):
        self._directors_win()
        discovery = self._learn(DIRECTOR)
        first = discovery.draft_id
        discovery.action_learn()
        self._run_job(discovery)
        self.assertEqual(discovery.draft_id, first)
        self.assertEqual(len(first.rule_ids), 1)
        first._publish()
        discovery.action_learn()
        self.assertNotEqual(discovery.draft_id, first)

    def test_learned_draft_is_simulated_published_and_reverted(self):
        self._directors_win()
        lead = self._scored_lead(function="Managing Director")
        draft = self._learn(DIRECTOR).draft_id
        action = draft.action_simulate()
        result = self.env[action["res_model"]].browse(action["res_id"]).result
        self.assertEqual(result["moved_count"], 1, json.dumps(result))
        draft._publish()
        self._run_pass()
        self.assertScores({lead: draft.rule_ids.value})
        self.scoring_model._publish()
        self._run_pass()
        self.assertScores({lead: 0})

    def test_model_without_rules_that_tell_says_what_to_do(self):
        self._directors_win()
        discovery = self._learn()
        self.assertEqual(discovery.job_state, "failed")
        self.assertIn("tick", discovery.message)

    def test_managers_learn_where_rules_count_what_they_may_not_read(self):
        """Rules of other add-ons, such as on mailings, are copied into the draft."""
        self._create_users()
        self._directors_win()
        self._rule(1, DIRECTOR, name="Director")
        sources = self.env["lead.scoring.rule"]._fields["source"].get_values(self.env)
        for source in sources:
            if source != "lead":
                self._rule(3, "[]", source=source, dimension="interest", name=source)
        for user in (self.scoring_manager, self.sales_manager):
            with self.subTest(user.login):
                discovery = self.env["lead.scoring.discovery"].with_user(user)
                discovery = discovery.create({"model_id": self.scoring_model.id})
                discovery.action_discover()
                self._run_job(discovery)
                discovery.action_learn()
                self._run_job(discovery)
                self.assertEqual(discovery.job_state, "done", discovery.message)
                rules = discovery.draft_id.with_context(active_test=False).rule_ids
                self.assertEqual(len(rules), len(sources))
