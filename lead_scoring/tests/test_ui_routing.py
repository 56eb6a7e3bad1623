from odoo.tests import HttpCase, tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestUiRouting(HttpCase, ConversionCommon):
    """What sales managers do about who gets which lead, in a real browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._user("tour-manager", "sales_team.group_sale_manager")
        cls.seller = cls._user("tour-seller", "sales_team.group_sale_salesman")
        cls.other_team.convert_by_score = False
        cls.member = cls.env["crm.team.member"].create(
            {
                "crm_team_id": cls.team.id,
                "user_id": cls.seller.id,
                "assignment_max": 1,
            }
        )

    def test_manager_applies_a_dry_run(self):
        best, good, low = (
            self._lead_of(points, name=name)
            for points, name in ((80, "Bakery"), (60, "Brewer"), (20, "Butcher"))
        )
        self.start_tour("/odoo", "lead_scoring_dry_run", login="tour-manager")
        self.env.invalidate_all()
        self.assertEqual((best.type, best.user_id), ("opportunity", self.seller))
        self.assertEqual((good.type, good.user_id.id), ("opportunity", False))
        self.assertEqual(low.type, "lead")

    def test_manager_makes_a_lead_again_of_an_opportunity(self):
        lead = self._lead_of(60, name="Bakery", user_id=self.seller.id)
        lead.convert_opportunity(False)
        self.start_tour("/odoo", "lead_scoring_back_to_lead", login="tour-manager")
        self.env.invalidate_all()
        self.assertEqual((lead.type, lead.user_id), ("lead", self.seller))
        self.assertEqual(lead.returned_until, 66)

    def test_manager_uses_the_minimum_that_is_proposed(self):
        self.member.assignment_max = 4
        leads = self._lead().union(*(self._lead() for _n in range(29)))
        # nothing is left to be scored when the browser comes
        self._score()
        self._set_columns(leads[:20].score_id, score=60)
        self._set_columns(leads[20:].score_id, score=80)
        url = f"/odoo/action-sales_team.crm_team_action_config/{self.team.id}"
        self.start_tour(url, "lead_scoring_minimum", login="tour-manager")
        self.env.invalidate_all()
        self.assertEqual(self.team.minimum_score, 61)
