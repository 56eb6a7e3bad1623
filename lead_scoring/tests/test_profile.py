from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestProfile(LeadScoringCommon):
    """Industry, employees, revenue and budget: where they come from and go to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.industry = cls.env.ref("base.res_partner_industry_J")
        cls.profile = {
            "industry_id": cls.industry.id,
            "employee_count": 120,
            "company_revenue": 5_000_000,
        }

    def _profile(self, record):
        names = ("industry_id", "employee_count", "company_revenue")
        return tuple(record[name] for name in names)

    def test_rules_read_them(self):
        self._rule(4, f"[('industry_id', '=', '{self.industry.name}')]")
        self._rule(10, "[('employee_count', '>=', 100)]")
        self._rule(5, "[('budget', '>', 1000), ('company_revenue', '>', 0)]")
        lead = self._scored_lead(**self.profile, budget=20_000)
        self.assertScores({lead: 19})

    def test_company_made_from_a_lead_takes_them_over(self):
        lead = self._lead(**self.profile, partner_name="Acme", contact_name="Ann")
        contact = lead._create_customer()
        self.assertEqual(
            self._profile(contact.parent_id), (self.industry, 120, 5_000_000)
        )
        self.assertEqual(
            contact.parent_id.company_revenue_currency_id, lead.company_currency
        )

    def test_contact_without_company_takes_them_over(self):
        lead = self._lead(**self.profile, contact_name="Ann")
        self.assertEqual(
            self._profile(lead._create_customer()), (self.industry, 120, 5_000_000)
        )

    def test_lead_of_a_contact_takes_over_what_is_known_of_its_company(self):
        company = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, **self.profile}
        )
        contact = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": company.id}
        )
        lead = self._lead(partner_id=contact.id)
        self.assertEqual(self._profile(lead), (self.industry, 120, 5_000_000))

    def test_contact_that_knows_nothing_takes_nothing_away(self):
        lead = self._lead(**self.profile)
        lead.partner_id = self.env["res.partner"].create({"name": "Ann"})
        self.assertEqual(self._profile(lead), (self.industry, 120, 5_000_000))

    def test_revenue_is_converted_to_the_currency_of_the_lead(self):
        own = self.env.company.currency_id
        foreign = self.env["res.currency"].create({"name": "XQX", "symbol": "Q"})
        self.env["res.currency.rate"].create(
            {"currency_id": foreign.id, "name": "2020-01-01", "rate": 4}
        )
        company = self.env["res.partner"].create(
            {
                "name": "Acme",
                "is_company": True,
                "company_revenue": 1000,
                "company_revenue_currency_id": foreign.id,
            }
        )
        lead = self._lead(partner_id=company.id)
        self.assertEqual(lead.company_currency, own)
        self.assertAlmostEqual(
            lead.company_revenue,
            foreign._convert(1000, own, self.env.company),
        )
        self.assertNotAlmostEqual(lead.company_revenue, 1000)

    def test_import_fills_them(self):
        names = ["name", "industry_id", "employee_count", "company_revenue", "budget"]
        row = ["Imported", self.industry.name, "120", "5000000", "20000"]
        result = self.env["crm.lead"].load(names, [row])
        self.assertFalse(result["messages"])
        lead = self.env["crm.lead"].browse(result["ids"])
        self.assertEqual(self._profile(lead), (self.industry, 120, 5_000_000))
        self.assertEqual(lead.budget, 20_000)

    def test_form_of_the_website_may_ask_for_them(self):
        allowed = self.env["ir.model"].get_authorized_fields("crm.lead", {})
        names = {"budget", "company_revenue", "employee_count", "industry_id"}
        self.assertLessEqual(names, set(allowed))

    def test_merging_keeps_them(self):
        poor = self._lead(email_from="ann@example.com", type="opportunity")
        rich = self._lead(
            **self.profile,
            budget=20_000,
            qualified_need="yes",
            email_from="ann@example.com",
        )
        kept = (poor + rich).merge_opportunity()
        self.assertEqual(kept, poor)
        self.assertEqual(self._profile(kept), (self.industry, 120, 5_000_000))
        self.assertEqual((kept.budget, kept.qualified_need), (20_000, "yes"))

    def test_what_a_contact_learns_scores_its_leads_again(self):
        self._rule(7, "[('partner_id.employee_count', '>', 10)]")
        contact = self.env["res.partner"].create({"name": "Acme", "is_company": True})
        lead = self._scored_lead(partner_id=contact.id)
        self.assertScores({lead: 0})
        contact.employee_count = 50
        self._score()
        self.assertScores({lead: 7})
