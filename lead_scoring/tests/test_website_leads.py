from odoo.fields import Command
from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestWebsiteLeads(ConversionCommon):
    """Leads that the website gave to its default team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        website = cls.env["website"].search([], limit=1)
        website.crm_default_team_id = cls.closed_team
        cls.leader = cls._user("leader", "sales_team.group_sale_salesman")
        cls.closed_team.member_ids = cls.leader

    def _website_lead(self, points=60, **vals):
        born = {"team_id": self.closed_team.id, "user_id": self.leader.id}
        lead = self._lead_of(points, **{**born, **vals})
        self._visitor(lead)
        return lead

    def test_untouched_lead_is_routed(self):
        lead = self._website_lead()
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertFalse(lead.user_id, "The leader of the team it left has it no more.")

    def test_lead_below_waits(self):
        lead = self._website_lead(20)
        self._convert()
        self.assertWaits(lead, "below_minimum", team=self.closed_team)

    def test_left_alone_when_settings_say_so(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("lead_scoring.website_leads", "leave")
        lead = self._website_lead()
        self._convert()
        self.assertWaits(lead, False, team=self.closed_team)

    def test_lead_somebody_worked_on_stays(self):
        planned, called, met, wrote, mailed = (self._website_lead() for _n in range(5))
        planned.activity_schedule("mail.mail_activity_data_call")
        called.activity_schedule("mail.mail_activity_data_call")
        called.activity_ids.with_user(self.leader).action_feedback(feedback="Called")
        self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "opportunity_id": met.id,
                "start": "2026-01-01 10:00:00",
                "stop": "2026-01-01 11:00:00",
            }
        )
        by_leader = {"body": "Hello", "author_id": self.leader.partner_id.id}
        wrote.message_post(**by_leader, message_type="comment")
        mailed.message_post(**by_leader, message_type="email_outgoing")
        self._convert()
        for lead in (planned, called, met, wrote, mailed):
            self.assertWaits(lead, False, team=self.closed_team)

    def test_what_the_customer_or_odoo_writes_is_no_work(self):
        portal = self._user("customer", "base.group_portal")
        mailed, commented, logged = (self._website_lead() for _n in range(3))
        mailed.message_post(
            body="Hello?", message_type="email", author_id=self.partner.id
        )
        commented.message_post(
            body="Hello?", message_type="comment", author_id=portal.partner_id.id
        )
        logged.message_post(body="Note of a module", message_type="notification")
        self._convert()
        for lead in (mailed, commented, logged):
            self.assertConverted(lead, self.team)

    def test_lead_typed_in_for_the_default_team_stays(self):
        lead = self._lead_of(60, team_id=self.closed_team.id)
        self._convert()
        self.assertWaits(lead, False, team=self.closed_team)

    def test_default_team_that_converts_keeps_what_it_may(self):
        self.closed_team.write({"convert_by_score": True, "minimum_score": 40})
        mine, others = self._website_lead(45), self._website_lead(35)
        self._convert()
        self.assertConverted(mine, self.closed_team)
        self.assertConverted(others, self.other_team)

    def test_ready_count_as_a_sales_manager(self):
        """Without any right on the website."""
        manager = self._user("manager", "sales_team.group_sale_manager")
        self._website_lead()
        self.env.invalidate_all()
        self.assertEqual(self.team.with_user(manager).convert_ready_count, 1)
        team = self.team.with_user(manager).with_company(self.env.company)
        team.member_ids = [Command.link(manager.id)]
        self.assertEqual(team.convert_ready_count, 1)
