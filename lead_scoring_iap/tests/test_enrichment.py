from odoo.tests import tagged

from odoo.addons.iap.tests.common import MockIAPEnrich
from odoo.addons.lead_scoring.tests.common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestEnrichment(MockIAPEnrich, LeadScoringCommon):
    """What the enrichment service says of a company is scored."""

    def _enrich(self, lead, **company):
        with self.mockIAPEnrichGateway(default_data=company):
            lead.iap_enrich()

    def test_service_fills_the_profile_and_rules_read_it(self):
        self._rule(12, "[('employee_count', '>=', 300)]")
        self.env.ref("base.USD").active = True
        lead = self._lead(email_from="ann@acme-example.com")
        self._enrich(
            lead,
            industry_code="J",
            employees=314,
            estimated_annual_revenue="10M USD",
        )
        self._score()
        self.assertEqual(lead.industry_id, self.env.ref("base.res_partner_industry_J"))
        self.assertEqual(lead.employee_count, 314)
        revenue = self.env.ref("base.USD")._convert(
            10_000_000, lead.company_currency, self.env.company
        )
        self.assertAlmostEqual(lead.company_revenue, revenue)
        self.assertScores({lead: 12})

    def test_what_is_known_stays(self):
        lead = self._lead(email_from="ann@acme-example.com", employee_count=7)
        self._enrich(lead, employees=3140)
        self.assertEqual(lead.employee_count, 7)
        self.assertEqual(lead.partner_name, "Simulator INC", "What core fills.")

    def test_numbers_of_employees(self):
        for number, count in {
            314: 314,
            3.14: 3,
            "51": 51,
            "51-200": 0,
            "NaN": 0,
            "inf": 0,
            -1: 0,
            10**12: 0,
            None: 0,
        }.items():
            with self.subTest(number):
                lead = self.env["crm.lead"]
                self.assertEqual(lead._employees_from_iap(number), count)

    def test_amounts(self):
        lead = self._lead()
        lead.company_id = self.env["res.company"].create(
            {"name": "US", "currency_id": self.env.ref("base.USD").id}
        )
        for text, amount in {
            "1000000": 1_000_000,
            "10M USD": 10_000_000,
            "$1.5B": 1_500_000_000,
            "250K": 250_000,
            "10M QQQ": 0,
            "$10M-$50M": 0,
            "a lot": 0,
            "": 0,
        }.items():
            with self.subTest(text):
                self.assertEqual(lead._revenue_from_iap(text), amount)

    def test_service_that_knows_nothing(self):
        lead = self._lead(email_from="ann@acme-example.com")
        lead._iap_enrich_from_response({str(lead.id): False})
        self.assertTrue(lead.iap_enrich_done)
        self.assertFalse(lead.employee_count)
