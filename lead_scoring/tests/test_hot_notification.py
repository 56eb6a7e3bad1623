from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.scoring import lead_scoring_transition

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestHotNotification(LeadScoringCommon):
    """One is told when a lead becomes hot: whom, how, and when not."""

    @classmethod
    def default_env_context(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        salesman = "sales_team.group_sale_salesman"
        inbox = {"notification_type": "inbox"}
        cls.salesman = cls._user("salesman", salesman, **inbox)
        cls.leader = cls._user("leader", "sales_team.group_sale_manager", **inbox)
        cls.colleague = cls._user("colleague", salesman, **inbox)
        cls.team.user_id = cls.leader
        cls.rule = cls._rule(64)

    def _lead_of(self, user, **vals):
        lead = self._lead(user_id=user.id, team_id=self.team.id, **vals)
        self._score()
        return lead

    def _heat(self, lead):
        lead.city = "Ghent"
        self._score()

    def _told(self, user):
        """Return what ``user`` was told of hot leads, newest first."""
        return self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("subject", "ilike", "hot"),
                ("notified_partner_ids", "in", user.partner_id.ids),
            ]
        )

    def assertTold(self, *users):
        """Exactly these of our users were told, once each."""
        everybody = self.salesman | self.leader | self.colleague
        self.assertEqual(
            {user: len(self._told(user)) for user in everybody},
            {user: int(user in users) for user in everybody},
        )

    def test_salesperson_is_told_score_and_threshold(self):
        lead = self._lead_of(self.salesman, name="Bakery")
        lead.message_subscribe(partner_ids=self.colleague.partner_id.ids)
        self._heat(lead)
        self.assertTold(self.salesman)
        message = self._told(self.salesman)
        self.assertEqual(message.subject, "Bakery became hot")
        self.assertIn("Score 64: hot from 60 on", message.body)
        self.assertEqual((message.model, message.res_id), ("crm.lead", lead.id))
        self.assertEqual(message.author_id, self.env.ref("base.partner_root"))
        self.assertEqual(message.notification_ids.notification_type, "inbox")

    def test_team_leader_is_told_where_nobody_is_assigned(self):
        self._heat(self._lead_of(self.env["res.users"]))
        self.assertTold(self.leader)

    def test_team_leader_is_told_where_the_salesperson_left(self):
        lead = self._lead_of(self.salesman)
        self.salesman.active = False
        self._heat(lead)
        self.assertTold(self.leader)

    def test_nobody_is_told_without_salesperson_and_leader(self):
        self.team.user_id = False
        self._heat(self._lead_of(self.env["res.users"]))
        self.assertTold()

    def test_warm_and_cold_are_for_the_chatter_only(self):
        self.rule.value = 40
        lead = self._lead_of(self.salesman)
        self._heat(lead)
        self.assertEqual(lead.temperature, "warm")
        lead.city = "Paris"
        self._score()
        self.assertEqual(lead.temperature, "cold")
        self.assertTold()

    def test_replay_tells_nobody_again(self):
        lead = self._lead_of(self.salesman)
        self._heat(lead)
        for _time in range(2):
            self._run_pass()
            lead.name = "Other"
            self._score()
        self.assertTold(self.salesman)

    def test_silent_pass_tells_nobody(self):
        self.rule.active = False
        lead = self._lead_of(self.salesman, city="Ghent")
        self.rule.active = True
        self._run_pass(silent=True)
        self._run_pass()
        self.assertEqual(lead.temperature, "hot")
        self.assertTold()

    def test_import_without_tracking_tells_nobody(self):
        Lead = self.env["crm.lead"].with_context(tracking_disable=True)
        vals = {"name": "Imported", "city": "Ghent", "user_id": self.salesman.id}
        lead = Lead.create(vals)
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertTold()

    def test_user_switches_it_off(self):
        self.salesman.with_user(self.salesman).notify_hot_leads = False
        self._heat(self._lead_of(self.salesman))
        self.assertTold()

    def test_by_email_for_who_wants_emails(self):
        self.salesman.notification_type = "email"
        self._heat(self._lead_of(self.salesman))
        notification = self._told(self.salesman).notification_ids
        self.assertEqual(notification.notification_type, "email")

    def test_in_the_language_of_who_reads_it(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.salesman.lang = "fr_FR"
        lead = self._lead_of(self.salesman, name="Bakery")
        languages = []
        notify = type(lead).message_notify

        def message_notify(records, **kwargs):
            languages.append(records.env.lang)
            return notify(records, **kwargs)

        with patch.object(type(lead), "message_notify", message_notify):
            self._heat(lead)
        self.assertEqual(languages, ["fr_FR"])

    def test_leads_that_become_hot_together_are_one_notification(self):
        self.rule.active = False
        leads = [
            self._lead_of(user, name=f"Lead {number}", city="Ghent")
            for number, user in enumerate([self.salesman] * 3 + [self.colleague])
        ]
        self.rule.active = True
        self._run_pass()
        self.assertTold(self.salesman, self.colleague)
        message = self._told(self.salesman)
        self.assertEqual(message.subject, "3 leads became hot")
        self.assertFalse(message.model)
        for lead in leads[:3]:
            self.assertIn(f"{lead.name}</a>: Score 64: hot from 60 on", message.body)
        self.assertNotIn(leads[3].name, message.body)

    def test_leads_of_several_segments_are_one_notification(self):
        self._rule(30, "[('referred', '=', 'Ann')]", dimension="interest")
        self.rule.active = False
        for referred in ("Ann", "Ann", False):
            self._lead_of(self.salesman, city="Ghent", referred=referred)
        self.rule.active = True
        self._run_pass()
        segments = self.env["crm.lead"].search([]).mapped("segment")
        self.assertEqual(sorted(segments), ["remarket", "sales", "sales"])
        self.assertTold(self.salesman)
        self.assertEqual(self._told(self.salesman).subject, "3 leads became hot")

    def test_each_batch_tells_of_its_own_leads(self):
        self.rule.active = False
        for _number in range(3):
            self._lead_of(self.salesman, city="Ghent")
        self.rule.active = True
        with patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 2):
            self._run_pass()
        subjects = self._told(self.salesman).mapped("subject")
        self.assertEqual(sorted(subjects), ["2 leads became hot", "Lead became hot"])

    def test_nobody_is_told_of_a_lead_of_a_foreign_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        lead = self._lead_of(self.env["res.users"], company_id=company.id)
        self.assertEqual(lead.responsible_id, self.leader)
        self._heat(lead)
        self.assertEqual(lead.temperature, "hot")
        self.assertTold()
