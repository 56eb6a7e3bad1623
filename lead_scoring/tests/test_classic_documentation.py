from odoo.tests import tagged

from .common import LeadScoringCommon

SHOP = "https://shop.example.com"


@tagged("post_install", "-at_install")
class TestClassicDocumentation(LeadScoringCommon):
    """What the documentation of Odoo 8 and 9 promised, as it was typed there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.write(
            {"name": "Direct Sales", "convert_by_score": True, "minimum_score": 50}
        )
        cls.campaign = cls.env["utm.campaign"].create({"title": "Trade fair"})
        cls.stage = cls.env["crm.stage"].create({"name": "Interviewed"})
        cls._rule(8, "[['country_id', '=', 'Belgium']]", name="Belgium")
        cls._rule(100, "[('city', '=', 'San Francisco')]", name="San Francisco")
        cls._rule(20, "[('city', '=', 'New York')]", name="New York")
        cls._rule(-30, "[('country_id', '=', 'China')]", name="Too far away")
        cls._rule(12, "[('email_from', 'not ilike', '@gmail.com')]", name="At work")
        cls._rule(15, "[('campaign_id', '=', 'Trade fair')]", name="Met us at the fair")
        cls._rule(25, "[('stage_id', '=', 'Interviewed')]", name="We have talked")
        cls._rule(
            30, "[('score_pageview_ids.url', 'ilike', '/pricing')]", name="Saw prices"
        )

    def _documented_lead(self, **vals):
        """Return a lead of the documentation: without points, if ``vals`` give none."""
        return self._lead(**{"email_from": "someone@gmail.com", **vals})

    def test_belgium_gives_8(self):
        belgian = self._documented_lead(country_id=self.belgium.id)
        dutch = self._documented_lead(country_id=self.env.ref("base.nl").id)
        self._score()
        self.assertScores({belgian: 8, dutch: 0})
        self.assertEqual(belgian.score_explanation["rules"][0]["name"], "Belgium")

    def test_californian_business(self):
        """San Francisco first, New York next, and points taken from far away."""
        leads = {
            self._documented_lead(city="San Francisco"): 100,
            self._documented_lead(city="New York"): 20,
            self._documented_lead(city="Boston"): 0,
            self._documented_lead(country_id=self.env.ref("base.cn").id): -30,
        }
        self._score()
        self.assertScores(leads)
        found = self.env["crm.lead"].search(
            [("id", "in", [lead.id for lead in leads])], order="score desc"
        )
        self.assertEqual(found.ids, [lead.id for lead in leads])

    def test_tips_for_criteria(self):
        """Professional addresses, campaign, stage and pages seen."""
        visited = self._documented_lead()
        self._visitor(visited, pages=[f"{SHOP}/pricing?page=2", f"{SHOP}/pricing"])
        leads = {
            self._documented_lead(email_from="someone@company.com"): 12,
            self._documented_lead(campaign_id=self.campaign.id): 15,
            self._documented_lead(stage_id=self.stage.id): 25,
            visited: 30,
        }
        self._score()
        self.assertScores(leads)

    def test_two_teams_with_different_minimums(self):
        self.other_team.write(
            {"name": "Inside Sales", "convert_by_score": True, "minimum_score": 30}
        )
        # leads of one address would be merged
        above = self._documented_lead(
            city="San Francisco", email_from="another@gmail.com"
        )
        # at Direct Sales' minimum: 8 + 12 + 15 + 25 - 10
        self._rule(-10, "[('city', '=', 'Ostend')]")
        at_minimum = self._documented_lead(
            email_from="someone@company.be",
            country_id=self.belgium.id,
            city="Ostend",
            campaign_id=self.campaign.id,
            stage_id=self.stage.id,
        )
        inside = self._documented_lead(
            city="New York", email_from="someone@company.com"
        )
        below = self._documented_lead(country_id=self.belgium.id)
        self._score()
        self.assertEqual(at_minimum.score, 50)

        self.assertEqual(self._convert(), 3)

        self.assertEqual((above | at_minimum).team_id, self.team)
        self.assertEqual(inside.team_id, self.other_team)
        self.assertEqual(
            set((above | at_minimum | inside).mapped("type")), {"opportunity"}
        )
        self.assertEqual((below.type, below.team_id.id), ("lead", False))
        self.assertEqual(
            below.routing_note,
            "Direct Sales requires 50, Inside Sales requires 30; its last score was 8.",
        )

    def test_below_the_only_minimum_a_lead_stays_a_lead(self):
        lead = self._documented_lead(city="New York", campaign_id=self.campaign.id)
        self._score()
        self.assertEqual(self._convert(), 0)
        self.assertEqual(lead.type, "lead")
        self.assertEqual(
            lead.routing_note, "Direct Sales requires 50; its last score was 35."
        )
