from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestSettledDomain(LeadScoringCommon):
    """One meaning of the same words, wherever they are."""

    # ------------------------------------------------------------------
    # To have something
    # ------------------------------------------------------------------

    def _meeting(self, lead, **vals):
        meeting = {"name": "Demo", "opportunity_id": lead.id}
        meeting |= {"start": "2026-11-02 10:00:00", "stop": "2026-11-02 11:00:00"}
        return self.env["calendar.event"].create({**meeting, **vals})

    def test_archived_meeting_is_no_meeting(self):
        for value, domain in (
            (1, "[('calendar_event_ids', '!=', False)]"),
            (20, "[('calendar_event_ids', 'any', [])]"),
            (300, "['!', ('calendar_event_ids', '=', False)]"),
            (4000, "[('calendar_event_ids', '=', False)]"),
        ):
            self._rule(value, domain)
        self._rule(5, "[]", source="meeting", dimension="interest")
        lead, archived, without = self._lead(), self._lead(), self._lead()
        self._meeting(lead)
        self._meeting(archived, active=False)
        self._score()
        expected = {lead: 326, archived: 4000, without: 4000}
        self.assertScores(expected)
        self._run_pass()
        self.assertScores(expected)

    def test_activity_that_is_done_is_no_activity(self):
        self._rule(10, "[('activity_ids', '!=', False)]")
        lead, done = self._lead(), self._lead()
        for each in (lead, done):
            each.activity_schedule("mail.mail_activity_data_call")
        done.activity_ids.action_feedback()
        self._run_pass()
        self.assertScores({lead: 10, done: 0})

    def test_archived_category_of_the_contact_is_none(self):
        self._rule(10, "[('partner_id.category_id', '!=', False)]")
        partners = self.env["res.partner"].create([{"name": "A"}, {"name": "B"}])
        categories = self.env["res.partner.category"].create(
            [{"name": "Kept"}, {"name": "Gone", "active": False}]
        )
        leads = []
        for partner, category in zip(partners, categories, strict=True):
            partner.category_id = category
            leads.append(self._lead(partner_id=partner.id))
        self._run_pass()
        self.assertEqual([lead.score for lead in leads], [10, 0])

    def test_archived_contact_is_still_the_contact(self):
        """A form shows it: only lists leave it out."""
        self._rule(10, "[('partner_id', '!=', False)]")
        partner = self.env["res.partner"].create({"name": "Gone", "active": False})
        lead = self._lead(partner_id=partner.id)
        self._run_pass()
        self.assertScores({lead: 10})

    # ------------------------------------------------------------------
    # Channels
    # ------------------------------------------------------------------

    def test_numbered_source_is_the_same_channel(self):
        sources = self.env["utm.source"].create(
            [{"name": "Letter"} for _number in "123"]
        )
        self.assertEqual(sources.mapped("name"), ["Letter", "Letter [2]", "Letter [3]"])
        other = self.env["utm.source"].create({"name": "Letter [x]"})
        for value, domain in (
            (1, "[('source_id', '=', 'Letter')]"),
            (20, f"[('source_id', 'in', [{sources[0].id}])]"),
            (300, "[('source_id.name', '=', 'Letter')]"),
            (4000, "[('source_id', '!=', 'Letter')]"),
            (-5000, f"[('source_id', '!=', {sources[0].id})]"),
        ):
            self._rule(value, domain)
        leads = [self._lead(source_id=source.id) for source in sources]
        others = [self._lead(source_id=other.id), self._lead()]
        self._score()
        expected = {lead: 321 for lead in leads} | {lead: -1000 for lead in others}
        self.assertScores(expected)
        self._run_pass()
        self.assertScores(expected)

    def test_source_with_a_number_is_that_one_alone(self):
        first, second = self.env["utm.source"].create(
            [{"name": "Letter"} for _n in "12"]
        )
        self._rule(1, "[('source_id', '=', 'Letter [2]')]")
        self._rule(20, f"[('source_id', '=', {second.id})]")
        leads = [self._lead(source_id=first.id), self._lead(source_id=second.id)]
        self._run_pass()
        self.assertEqual([lead.score for lead in leads], [0, 21])

    def test_numbered_source_that_comes_later_counts_too(self):
        """What is compiled is kept, and must not keep the sources of then."""
        source = self.env["utm.source"].create({"name": "Letter"})
        self._rule(10, "[('source_id', '=', 'Letter')]")
        self._run_pass()
        later = self.env["utm.source"].create({"name": "Letter"})
        leads = [self._lead(source_id=each.id) for each in source + later]
        self._score()
        self.assertEqual([lead.score for lead in leads], [10, 10])

    def test_numbered_campaign_is_one_channel_with_the_other(self):
        campaigns = self.env["utm.campaign"].create([{"name": "Spring"} for _n in "12"])
        self._rule(10, f"[('campaign_id', '=', {campaigns[0].id})]")
        lead = self._lead(campaign_id=campaigns[1].id)
        self._visitor(
            lead, pages=["/?utm_campaign=Spring", "/?utm_campaign=spring+%5B3%5D"]
        )
        self._run_pass()
        self.assertScores({lead: 10})
        self.assertEqual(lead.score_channel_count, 1)
