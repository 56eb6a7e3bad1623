from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestUi(HttpCase, LeadScoringCommon):
    """What one does with the mouse, in a real browser."""

    def test_manager_writes_a_rule_and_finds_the_opportunity(self):
        self._user("tour-manager", "sales_team.group_sale_manager,base.group_system")
        team = self._team("Tour Team")
        lead = self._scored_lead(name="Bakery in Ghent", country_id=self.belgium.id)
        self.start_tour("/odoo", "lead_scoring_manager", login="tour-manager")
        self.env.invalidate_all()
        rule = self.scoring_model.rule_ids
        self.assertEqual((rule.name, rule.value), ("Business in Belgium", 60))
        self.assertEqual((team.convert_by_score, team.minimum_score), (True, 50))
        self.assertScores({lead: 60})
        self.assertEqual((lead.type, lead.team_id), ("opportunity", team))

    def test_condition_on_page_views_begins_with_the_address(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        self.start_tour("/odoo", "lead_scoring_condition", login="tour-scoring")
        rule = self.scoring_model.rule_ids
        self.assertEqual(
            (rule.source, rule.domain), ("page_view", '[("url", "ilike", "/prices")]')
        )

    def test_manager_sees_what_a_change_of_a_rule_moves(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        rule = self._rule(40, name="Ghent")
        self._rule(3, name="Town")
        self._rule(20, "[('phone', '!=', False)]", name="Phone")
        for name, vals in (
            ("Butcher", {"city": "Bruges"}),
            ("Baker", {"city": "Ghent", "phone": "1"}),
            ("Bakery", {"city": "Ghent"}),
        ):
            self._lead(name=name, **vals)
        self._score()
        self._run_pass()
        url = f"/odoo/lead.scoring.rule/{rule.id}"
        self.start_tour(url, "lead_scoring_rule_form", login="tour-scoring")
        self.env.invalidate_all()
        self.assertEqual((rule.value, rule.active), (40, False))

    def test_list_of_rules_asks_before_it_pauses_one(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        rule = self._rule(40, name="Ghent")
        self._lead(name="Bakery", city="Ghent")
        self._score()
        self._run_pass()
        url = "/odoo/action-lead_scoring.lead_scoring_rule_action"
        self.start_tour(url, "lead_scoring_rule_list", login="tour-scoring")
        self.env.invalidate_all()
        self.assertFalse(rule.active)

    def test_condition_on_a_field_that_is_not_offered_shows_well(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        rule = self._rule(40, "[('email_domain_criterion', '=', '@example.com')]")
        url = f"/odoo/lead.scoring.rule/{rule.id}"
        self.start_tour(url, "lead_scoring_hidden_field", login="tour-scoring")

    def test_manager_sees_what_versions_changed(self):
        manager = self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        self._rule(40, name="Business in Ghent")
        draft = self.scoring_model.copy()
        draft.rule_ids.value = 55
        draft.with_user(manager)._publish()
        url = f"/odoo/lead.scoring.model/{draft.id}"
        self.start_tour(url, "lead_scoring_versions", login="tour-scoring")

    def test_salesperson_sees_why_a_lead_is_hot(self):
        salesman = self._user("tour-salesman", "sales_team.group_sale_salesman")
        self._rule(60, name="Business in Ghent")
        self._page_view_rule(9, name="Looked at prices", maximum=20)
        lead, cold = (
            self._lead(name=name, city=city, user_id=salesman.id)
            for name, city in (("Bakery", "Ghent"), ("Butcher", False))
        )
        self._visitor(lead, pages=["/prices", "/prices/2", "/prices/3"])
        self._score()
        self.assertScores({lead: 80, cold: 0})
        self.start_tour("/odoo", "lead_scoring_salesperson", login="tour-salesman")
        url = f"/odoo/crm.lead/{cold.id}"
        self.start_tour(url, "lead_scoring_to_ask", login="tour-salesman")

    def test_card_explains_its_score_when_one_points_at_it(self):
        """And asks for no other: a pipeline of many cards explains none of them."""
        salesman = self._user("tour-salesman", "sales_team.group_sale_salesman")
        self._rule(60, name="Business in Ghent")
        vals = {"user_id": salesman.id, "type": "opportunity"}
        lead = self._lead(name="Bakery", city="Ghent", **vals)
        self._lead(name="Butcher", city="Ghent", **vals)
        self._score()
        explained = []
        explain = self.registry["lead.scoring.explain"]
        original = explain._explain

        def spy(model, lead):
            explained.append(lead.id)
            return original(model, lead)

        with (
            patch.object(explain, "_explain", spy),
            patch.object(explain, "_details") as details,
        ):
            self.start_tour("/odoo/crm", "lead_scoring_kanban", login="tour-salesman")
        self.assertEqual(set(explained), {lead.id})
        # a card has no place for it
        details.assert_not_called()

    def test_manager_leads_a_model_through_its_life(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        self._rule(40, name="Business in Ghent")
        lead = self._scored_lead(name="Bakery in Ghent", city="Ghent")
        self.start_tour("/odoo", "lead_scoring_model_life", login="tour-scoring")
        self.env.invalidate_all()
        versions = self.env["lead.scoring.model"].search([("name", "=", "Test")])
        self.assertEqual(
            versions.sorted("id").mapped("state"), ["live", "retired"], "reverted"
        )
        self._run_pass()
        self.assertScores({lead: 40})
