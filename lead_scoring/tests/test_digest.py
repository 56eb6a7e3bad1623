from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestDigest(ConversionCommon):
    """What the digest counts for each company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.sales_manager.company_ids += cls.company
        # without one, it counts what the company of its reader has
        vals = {"name": "Digest", "company_id": False}
        cls.digest = cls.env["digest.digest"].create(vals)

    def _value(self, name, user=None, company=None, end_in=1):
        """Return a figure of the digest.

        :param end_in: hours from now in which the period of a day ends
        """
        end = self.env.cr.now() + timedelta(hours=end_in)
        digest = (
            self.digest.with_user(user or self.sales_manager)
            .with_company(company or self.env.company)
            .with_context(start_datetime=end - timedelta(days=1), end_datetime=end)
        )
        digest.invalidate_recordset(flush=False)
        return digest[f"kpi_lead_scoring_{name}_value"]

    def test_new_hot_leads_of_the_company(self):
        self.team.convert_by_score = self.other_team.convert_by_score = False
        for points, company in ((70, self.env.company), (70, self.company), (40, None)):
            company = company or self.env.company
            lead = self._lead(company_id=company.id)
            self._set_points(lead, points)
        self.assertEqual(self._value("hot"), 1)
        self.assertEqual(self._value("hot", company=self.company), 1)
        self.assertEqual(self._value("hot", end_in=-1), 0)

    def test_hot_lead_that_cooled_down_or_was_won_counts(self):
        lead = self._lead(company_id=self.env.company.id)
        for points in (70, 0, 70, 0):
            self._set_points(lead, points)
        lead.action_set_lost()
        self.assertEqual(self._value("hot"), 1)

    def test_converted_by_score_only(self):
        leads = [self._lead(company_id=self.env.company.id) for _n in range(2)]
        self._set_points(leads[0], 55)
        self._convert()
        self.assertEqual(leads[0].type, "opportunity")
        leads[1].convert_opportunity(self.env["res.partner"])
        self.assertEqual(leads[1].type, "opportunity")
        self.assertEqual(self._value("converted"), 1)
        self.assertEqual(self._value("converted", end_in=-1), 0)

    def test_waiting_over_a_day(self):
        lead = self._lead(company_id=self.env.company.id)
        self._set_points(lead, 10)
        self._convert()
        self.assertEqual(lead.score_id.waiting_reason, "below_minimum")
        self.assertEqual(self._value("waiting"), 0)
        past = self.env.cr.now() - timedelta(days=2)
        self._set_columns(lead.score_id, waiting_since=past)
        self.assertEqual(self._value("waiting"), 1)
        self.assertEqual(self._value("waiting", company=self.company), 0)

    def test_read_without_a_period(self):
        lead = self._lead(company_id=self.env.company.id)
        self._convert()
        past = self.env.cr.now() - timedelta(days=2)
        self._set_columns(lead.score_id, waiting_since=past)
        digest = self.digest.with_user(self.sales_manager)
        self.assertEqual(digest.kpi_lead_scoring_waiting_value, 1)
        self.assertEqual(digest.kpi_lead_scoring_hot_value, 0)
        self.assertEqual(digest.kpi_lead_scoring_converted_value, 0)

    def test_not_for_who_is_no_salesperson(self):
        with self.assertRaises(AccessError):
            self._value("hot", user=self.stranger)

    def test_default_digest_sends_them(self):
        digest = self.env.ref("digest.digest_digest_default")
        self.assertTrue(digest.kpi_lead_scoring_hot)
        self.assertTrue(digest.kpi_lead_scoring_converted)
        self.assertTrue(digest.kpi_lead_scoring_waiting)
