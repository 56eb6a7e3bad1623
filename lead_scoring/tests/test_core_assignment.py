from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestCoreAssignment(ConversionCommon):
    """Odoo's rule-based assignment beside conversion by score."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.config_parameter"].set_param("crm.lead.auto.assignment", True)
        cls.seller = cls._user("seller", "sales_team.group_sale_salesman")
        cls.closer = cls._user("closer", "sales_team.group_sale_salesman")
        for team, user in ((cls.team, cls.seller), (cls.closed_team, cls.closer)):
            cls.env["crm.team.member"].create(
                {"crm_team_id": team.id, "user_id": user.id, "assignment_max": 3000}
            )
        cls.teams = cls.team + cls.closed_team

    def _assign(self):
        self.teams._action_assign_leads(force_quota=True, creation_delta_days=0)

    def test_lead_below_the_minimum_is_kept_from_the_people_of_its_team(self):
        below = self._lead_of(49, team_id=self.team.id)
        above = self._lead_of(50, team_id=self.team.id)
        self._assign()
        self.assertEqual((below.type, below.user_id.id), ("lead", False))
        self.assertEqual((above.type, above.user_id), ("opportunity", self.seller))

    def test_opportunity_that_nobody_has_is_given_whatever_its_score(self):
        deal = self._lead_of(1, type="opportunity", team_id=self.team.id)
        self._assign()
        self.assertEqual(deal.user_id, self.seller)

    def test_team_that_converts_by_score_takes_no_lead_of_no_team(self):
        self.closed_team.assignment_domain = "[('city', '=', 'Ghent')]"
        below, above = self._lead_of(10), self._lead_of(60)
        self._assign()
        self.assertFalse((below + above).team_id)
        self._convert()
        self.assertConverted(above, self.team)

    def test_team_that_does_not_convert_by_score_is_served_as_ever(self):
        lead = self._lead_of(10)
        own = self._lead_of(0, team_id=self.closed_team.id)
        self._assign()
        for record in (lead, own):
            self.assertEqual(record.type, "opportunity")
            self.assertEqual(record.user_id, self.closer)

    def test_what_one_has_assigned_the_other_leaves(self):
        lead = self._lead_of(60, team_id=self.team.id)
        self._convert()
        self.assertEqual(lead.user_id, self.seller)
        date = lead.date_open
        self._assign()
        self.assertEqual((lead.user_id, lead.date_open), (self.seller, date))
        other = self._lead_of(60, team_id=self.team.id)
        self._assign()
        self.assertEqual(self._convert(), 0)
        self.assertEqual(other.user_id, self.seller)

    def test_button_of_a_manager(self):
        manager = self._user("manager", "sales_team.group_sale_manager")
        lead = self._lead_of(60, team_id=self.team.id)
        self.team.with_user(manager).action_assign_leads()
        self.assertEqual(lead.user_id, self.seller)
