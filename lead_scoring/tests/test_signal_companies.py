from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.website.lead_scoring_event import LeadScoringEvent

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestSignalCompanies(LeadScoringCommon):
    """What somebody does on the website of one company is no other company's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.env.company
        cls.theirs = cls.env["res.company"].create({"name": "Theirs"})
        cls.our_website = cls.env["website"].search([], limit=1)
        cls.our_website.company_id = cls.ours
        cls.their_website = cls.env["website"].create(
            {"name": "Theirs", "company_id": cls.theirs.id}
        )
        cls._page_view_rule(10, "[]")
        cls._rule(3, "[]", source="event", dimension="interest")
        cls.contact = cls.env["res.partner"].create({"name": "Ann"})
        cls.our_lead = cls._lead(partner_id=cls.contact.id, company_id=cls.ours.id)
        cls.their_lead = cls._lead(partner_id=cls.contact.id, company_id=cls.theirs.id)
        cls.nobodys_lead = cls._lead(partner_id=cls.contact.id)
        cls.leads = cls.our_lead + cls.their_lead + cls.nobodys_lead

    def assertPoints(self, ours, theirs, nobodys):
        points = dict(zip(self.leads, (ours, theirs, nobodys), strict=True))
        self.leads._score_now()
        self.assertScores(points)
        self._run_pass()
        self.assertScores(points)

    def test_page_views_of_the_contact(self):
        self._visitor(partner=self.contact, pages=["/a"]).website_id = self.our_website
        self.assertPoints(10, 0, 10)

    def test_page_views_of_a_visitor_that_is_tied_to_all(self):
        self._visitor(self.leads, pages=["/a"]).website_id = self.their_website
        self.assertPoints(0, 10, 10)

    def test_visitor_of_no_website(self):
        self._visitor(self.leads, pages=["/a"]).website_id = False
        self.assertPoints(10, 10, 10)

    def test_events_of_one_visitor_on_both_websites(self):
        """Who is logged in is one visitor; each event knows whom it was told."""
        visitor = self._visitor(partner=self.contact)
        visitor.website_id = self.our_website
        for company in (self.ours, self.theirs, self.theirs):
            with patch.object(
                LeadScoringEvent, "_current_company_id", lambda self, c=company: c.id
            ):
                self.env["lead.scoring.event"]._add_for_visitor(visitor, "A", "/")
        self.assertPoints(3, 6, 9)

    def test_websites_of_one_company(self):
        self.their_website.company_id = self.ours
        self._visitor(self.leads, pages=["/a"]).website_id = self.their_website
        self.assertFalse(self.env["website"]._serve_several_companies())
        self.assertPoints(10, 10, 10)
