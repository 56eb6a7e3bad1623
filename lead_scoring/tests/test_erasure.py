from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestErasure(LeadScoringCommon):
    """What an erased lead or contact did is erased."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["lead.scoring.event"]

    def _visitor_with_event(self, *args, **kwargs):
        visitor = self._visitor(*args, pages=["/price"], **kwargs)
        self.Event._add_for_visitor(visitor, "Price list", "/")
        return (
            visitor,
            visitor.website_track_ids,
            self.Event.search([("visitor_id", "=", visitor.id)]),
        )

    def test_lead(self):
        lead = self._lead()
        _visitor, views, events = self._visitor_with_event(lead)
        events += self.Event.create({"name": "Webinar", "lead_id": lead.id})
        lead.unlink()
        self.assertFalse(views.exists())
        self.assertFalse(events.exists())

    def test_visitor_known_otherwise_stays(self):
        lead, lost, contact = self._lead(), self._lead(), self.partner
        lost.action_set_lost()
        shared, *_signals = self._visitor_with_event(lead + lost)
        known, *_signals = self._visitor_with_event(lead, contact)
        lead.unlink()
        self.assertTrue(shared.exists())
        self.assertTrue(known.exists())

    def test_contact(self):
        contact = self.env["res.partner"].create({"name": "Ann"})
        visitor, views, events = self._visitor_with_event(partner=contact)
        contact.unlink()
        self.assertFalse(visitor.exists())
        self.assertFalse(views.exists())
        self.assertFalse(events.exists())

    def test_visitor_of_a_contact_that_is_known_by_a_lead_stays(self):
        contact = self.env["res.partner"].create({"name": "Ann"})
        lead = self._lead(partner_id=contact.id)
        visitor, views, events = self._visitor_with_event(lead, contact)
        contact.unlink()
        self.assertEqual(visitor.exists().lead_ids, lead)
        self.assertFalse(visitor.partner_id)
        self.assertNotEqual(visitor.access_token, str(contact.id))
        self.assertTrue(views.exists())
        self.assertTrue(events.exists())
        self.assertEqual(lead.score_pageview_count, 1)

    def test_events_kept_by_the_address_of_a_contact(self):
        contact = self.env["res.partner"].create(
            {"name": "Ann", "email": "ann+news@example.com"}
        )
        kept = self.Event.create([{"name": "A", "email": "ann@example.com"}])
        other = self.Event.create([{"name": "A", "email": "bob@example.com"}])
        contact.unlink()
        self.assertFalse(kept.exists())
        self.assertTrue(other.exists())

    def test_merged_leads_keep_theirs(self):
        leads = self._lead(email_from="a@b.example") + self._lead(
            email_from="a@b.example"
        )
        _visitor, views, events = self._visitor_with_event(leads[0])
        _visitor, other_views, other_events = self._visitor_with_event(leads[1])
        survivor = leads.merge_opportunity()
        self.assertEqual((views + other_views).exists(), views + other_views)
        self.assertEqual((events + other_events).exists(), events + other_events)
        self.assertEqual(survivor.score_pageview_count, 2)

    def test_merged_contacts_keep_theirs(self):
        ann, double = self.env["res.partner"].create([{"name": "Ann"}, {"name": "Ann"}])
        visitor, views, events = self._visitor_with_event(partner=double)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((ann + double).ids, ann)
        self.assertEqual(visitor.partner_id, ann)
        self.assertTrue(views.exists())
        self.assertTrue(events.exists())

    def test_visitors_merged_on_login_keep_theirs(self):
        contact = self.env["res.partner"].create({"name": "Ann"})
        anonymous, views, events = self._visitor_with_event(self._lead())
        target = self._visitor(partner=contact)
        anonymous._merge_visitor(target)
        self.assertFalse(anonymous.exists())
        self.assertEqual(views.visitor_id, target)
        self.assertEqual(events.visitor_id, target)
