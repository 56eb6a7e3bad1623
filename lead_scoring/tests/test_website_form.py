from odoo.tests import HttpCase, tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestWebsiteForm(HttpCase, ConversionCommon):
    """A stranger fills in the website's contact form."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # without a replica, as on most sites: on one, core tracks no page views
        cls.set_registry_readonly_mode(False)
        cls.website = cls.env["website"].search([], limit=1)
        cls.website.crm_default_team_id = cls.closed_team
        cls.website.crm_default_user_id = False
        cls._rule(35, "[('email_from', 'ilike', '@example.com')]")
        cls._page_view_rule(5, "[('url', 'ilike', '/contactus')]")

    def _post(self, **fields):
        """Post the form and return the lead."""
        self.authenticate(None, None)
        self.url_open("/contactus")
        before = self.env["crm.lead"].search([])
        form = {
            "contact_name": "Ann",
            "email_from": "ann@example.com",
            "name": "Question",
            "description": "How much is it?",
        }
        answer = self.url_open("/website/form/crm.lead", data={**form, **fields})
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        lead = self.env["crm.lead"].search([]) - before
        self.assertEqual(len(lead), 1, answer.text)
        return lead

    def test_form_makes_a_scored_lead(self):
        lead = self._post()
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.team_id, self.closed_team)
        self.assertEqual(lead.fit_score, 35, "Scored in the visitor's own request.")
        self.assertEqual(lead.temperature, "warm")
        self.assertEqual(lead.score_id.lead_id, lead)
        views = lead.score_pageview_ids
        self.assertTrue(any("/contactus" in url for url in views.mapped("url")))
        self.assertScores({lead: 40})

    def test_lead_of_the_form_is_converted(self):
        lead = self._post()
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertFalse(lead.user_id)
        self.assertEqual(lead.company_id, self.website.company_id)

    def test_lead_below_the_minimum_says_why_it_waits(self):
        lead = self._post(email_from="ann@free.example.org")
        self._convert()
        self.assertWaits(
            lead,
            "below_minimum",
            "Direct requires 50, Inside requires 30; its last score was 5.",
            team=self.closed_team,
        )

    def test_nobody_sends_a_score_along(self):
        foreign = self._lead()
        self._set_points(foreign, 90)
        lead = self._post(
            temperature="hot",
            segment="sales",
            score_id=str(foreign.score_id.id),
            score="99",
        )
        self.assertScores({lead: 40})
        self.assertEqual((lead.temperature, lead.segment), ("warm", "nurture"))
        self.assertEqual(lead.score_id.lead_id, lead)

    def test_form_asks_who_they_are(self):
        industry = self.env.ref("base.res_partner_industry_J")
        lead = self._post(
            industry_id=str(industry.id),
            employee_count="120",
            company_revenue="5000000",
            budget="20000",
            function="Director",
            country_id=str(self.belgium.id),
            city="Ghent",
            qualified_need="yes",
        )
        self.assertEqual((lead.function, lead.city), ("Director", "Ghent"))
        self.assertEqual(lead.country_id, self.belgium)
        self.assertEqual((lead.industry_id, lead.employee_count), (industry, 120))
        self.assertEqual((lead.company_revenue, lead.budget), (5_000_000, 20_000))
        self.assertFalse(lead.qualified_need, "Not a stranger's to answer.")

    def test_team_that_is_given_opportunities(self):
        """Somebody switched leads off for the team: it gets what it wants."""
        self.closed_team.use_leads = False
        lead = self._post()
        self.assertEqual(lead.type, "opportunity")
        self.assertScores({lead: 40})
