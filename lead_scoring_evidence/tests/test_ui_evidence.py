from datetime import timedelta

from odoo.tests import HttpCase, tagged

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestUiEvidence(HttpCase, DecisionCommon):
    """What managers do with evidence, in a real browser."""

    def test_manager_sees_whether_scores_tell_winners_from_losers(self):
        self._user("tour-scoring", "sales_team.group_sale_manager")
        self._deals([(70, number % 2 == 1) for number in range(100)])
        published = self.now - timedelta(hours=50)
        self._set_columns(self.scoring_model, published_at=published)
        self.start_tour("/odoo", "lead_scoring_quality", login="tour-scoring")
        self.assertEqual(self.scoring_model.quality_verdict, "not_ready")

    def test_manager_tries_the_suggested_points_of_a_rule_that_hurts(self):
        self._user("tour-scoring", "sales_team.group_sale_manager")
        good = self._rule(10, name="In Ghent")
        bad = self._rule(1, "[('city', '=', 'Rome')]", name="In Rome")
        self._deals(
            [(10, True, [good])] * 90
            + [(10, False, [good])] * 10
            + [(1, True, [bad])] * 10
            + [(1, False, [bad])] * 90
        )
        self.start_tour("/odoo", "lead_scoring_rules_judged", login="tour-scoring")
        self.env.invalidate_all()
        draft = self.env["lead.scoring.model"].search(
            [("origin_id", "=", self.scoring_model.id)]
        )
        values = {rule.origin_id: rule.value for rule in draft.rule_ids}
        self.assertLess(values[bad], 0)
        self.assertEqual(values[good], 10, "only the one that was asked for")
        self.assertEqual(bad.value, 1, "a live rule stays as it is")

    def test_manager_tells_a_salesperson_from_poor_leads(self):
        self._user("tour-manager", "sales_team.group_sale_manager")
        poor, rich, other = (
            self._user(login, "sales_team.group_sale_salesman", name=login)
            for login in ("tour-poor", "tour-rich", "tour-other")
        )
        for user, score, won, lost in (
            (poor, -2, 2, 18),
            (rich, 2, 5, 15),
            (other, -2, 2, 18),
            (other, 2, 18, 2),
        ):
            self._decided([score] * won, "won", user_id=user.id)
            self._decided([score] * lost, "lost", user_id=user.id)
        self.start_tour("/odoo", "lead_scoring_sellers", login="tour-manager")

    def test_salesperson_says_why_and_the_manager_sees_it_beside_the_rule(self):
        salesman = self._user(
            "tour-salesman", "sales_team.group_sale_salesman", name="tour-salesman"
        )
        self._user("tour-manager", "sales_team.group_sale_manager")
        rule = self._rule(40, name="In Ghent")
        lead = self._scored_lead(city="Ghent", user_id=salesman.id)
        self.start_tour(
            f"/odoo/crm.lead/{lead.id}",
            "lead_scoring_feedback_said",
            login="tour-salesman",
        )
        self.env.invalidate_all()
        feedback = lead.score_feedback_ids
        self.assertEqual(
            (feedback.user_id, feedback.verdict, feedback.why, feedback.rule_ids),
            (salesman, "too_high", "A student who writes a thesis", rule),
        )
        self.start_tour("/odoo", "lead_scoring_feedback_seen", login="tour-manager")
        self.env.invalidate_all()
        self.assertFalse(feedback.active)
