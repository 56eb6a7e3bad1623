from odoo.tests import tagged

from .common import ConversionCommon


class RoutingCommon(ConversionCommon):
    """Two salespeople in the first team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls._user("ann", "sales_team.group_sale_salesman")
        cls.bob = cls._user("bob", "sales_team.group_sale_salesman")
        cls.seat_of_ann = cls._member(cls.ann, assignment_max=4)
        cls.seat_of_bob = cls._member(cls.bob, assignment_max=2)

    @classmethod
    def _member(cls, user, team=None, **vals):
        team = team or cls.team
        vals |= {"user_id": user.id, "crm_team_id": team.id}
        return cls.env["crm.team.member"].create(vals)

    def _owners(self, leads):
        return [lead.user_id for lead in leads]


@tagged("post_install", "-at_install")
class TestRouting(RoutingCommon):
    """Which person of a team gets a lead."""

    def test_best_leads_first_by_share_of_capacity(self):
        leads = [self._lead_of(points) for points in (91, 92, 93)]
        self._convert()
        self.assertEqual(self._owners(leads), [self.ann, self.bob, self.ann])
        self.assertEqual(leads[0].date_open, self.env.cr.now())

    def test_unassigned_beyond_capacity_until_there_is_some(self):
        leads = [self._lead_of(90 - n) for n in range(7)]
        self._convert()
        nobody = self.env["res.users"]
        self.assertEqual(self._owners(leads)[-1], nobody)
        self.assertNotIn(nobody, self._owners(leads)[:-1])
        self.assertConverted(leads[-1], self.team)
        self.assertEqual(self.env["crm.team"]._route(), [])
        self.seat_of_bob.assignment_max = 3
        planned = self.env["crm.team"]._route()
        self.assertEqual([p.lead_id for p in planned], leads[-1].ids)
        self._convert()
        self.assertEqual(leads[-1].user_id, self.bob)

    def test_what_is_planned_is_confirmed_until_it_changes(self):
        lead, other = self._lead_of(90), self._lead_of(80)
        Team = self.env["crm.team"]
        planned = Team._route()
        self.assertEqual(Team._confirm(planned), (planned, {}))
        self.seat_of_ann.assignment_optout = True
        right, changed = Team._confirm(planned)
        self.assertEqual([p.lead_id for p in right], other.ids)
        self.assertIn("ann", changed[lead.id])
        self.seat_of_ann.assignment_optout = False
        lead.user_id = self.bob
        other.unlink()
        right, changed = Team._confirm(planned)
        self.assertEqual(right, [])
        self.assertEqual(changed[lead.id], f"It belongs to {self.bob.name} now.")
        self.assertIn("deleted", changed[other.id])
