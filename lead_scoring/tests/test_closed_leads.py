from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.website import website_visitor

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestClosedLeads(LeadScoringCommon):
    """Won and lost deals ask for no pass, and follow no contact."""

    def _asks_for_a_pass(self, lead):
        """Whether a page view of the lead's visitor does."""
        visitor = self._visitor(lead)
        self.env.flush_all()
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        self.env.flush_all()
        with patch.object(website_visitor, "_COVERED_UNTIL", {}):
            self.env["website.visitor"]._trigger_scoring(visitor.id)
        return bool(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        )

    def test_open_lead(self):
        self.assertTrue(self._asks_for_a_pass(self._lead()))

    def test_won_and_lost_leads(self):
        won = self._lead(type="opportunity")
        won.action_set_won()
        self.assertTrue(won.active)
        self.assertFalse(self._asks_for_a_pass(won))
        lost = self._lead()
        lost.action_set_lost()
        self.assertFalse(self._asks_for_a_pass(lost))

    def test_contact_far_below_a_company(self):
        """What is written on a company is copied to all contacts below it."""
        company = self.env["res.partner"].create({"name": "C", "is_company": True})
        office = company.create({"name": "Office", "parent_id": company.id})
        person = company.create({"name": "Ann", "parent_id": office.id})
        lead = self._scored_lead(partner_id=person.id)
        self._rule(10, "[('partner_id.parent_id.parent_id.city', '=', 'Ghent')]")
        lead._score_now()
        self.assertScores({lead: 0})
        company.city = "Ghent"
        self._score()
        self.assertScores({lead: 10})
