from odoo.tests import HttpCase, tagged

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestUiQuality(HttpCase, DecisionCommon):
    """What managers do with evidence, in a real browser."""

    def test_manager_sees_whether_scores_tell_winners_from_losers(self):
        self._user("tour-scoring", "sales_team.group_sale_manager")
        self._deals([(70, number % 2 == 1) for number in range(100)])
        self.start_tour("/odoo", "lead_scoring_quality", login="tour-scoring")
        self.assertEqual(self.scoring_model.quality_verdict, "not_ready")
