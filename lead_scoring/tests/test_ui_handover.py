from odoo.tests import HttpCase, tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestUiHandover(HttpCase, ConversionCommon):
    """From the matrix to taking a lead, in a real browser."""

    def test_matrix_shows_leads_and_wins_and_opens_them(self):
        self._user("tour-manager", "sales_team.group_sale_manager")
        self._rule(40, "[('city', '=', 'Ghent')]")
        self._rule(20, "[('city', '=', 'Ghent')]", dimension="interest")
        won, lost, _open, _other = (
            self._scored_lead(name=name, city=city, type="opportunity")
            for name, city in [
                ("Bakery won", "Ghent"),
                ("Bakery lost", "Ghent"),
                ("Bakery", "Ghent"),
                ("Butcher", False),
            ]
        )
        won.action_set_won()
        lost.action_set_lost()
        self.start_tour("/odoo", "lead_scoring_matrix", login="tour-manager")

    def test_salesperson_answers_the_five_questions(self):
        salesman = self._user("tour-salesman", "sales_team.group_sale_salesman")
        self.scoring_model.required_answers = 3
        lead = self._lead_of(
            60, name="Bakery", user_id=salesman.id, team_id=self.team.id
        )
        self._convert()
        self.start_tour("/odoo", "lead_scoring_questions", login="tour-salesman")
        self.assertEqual(lead.qualification_count, 1)
        self.assertEqual(lead.qualified_budget, "no")

    def test_salesperson_takes_one_lead_and_sends_another_back(self):
        salesman = self._user("tour-salesman", "sales_team.group_sale_salesman")
        taken, returned = (self._lead_of(60, name=n) for n in ("Bakery", "Butcher"))
        self._convert()
        self.start_tour("/odoo/crm", "lead_scoring_take", login="tour-salesman")
        self.assertEqual((taken.user_id, taken.handover), (salesman, "accepted"))
        self.assertEqual((returned.type, returned.handover), ("lead", "returned"))
