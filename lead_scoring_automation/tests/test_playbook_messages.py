from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import PlaybookCommon


@tagged("post_install", "-at_install")
class TestPlaybookMessages(PlaybookCommon):
    """To whom playbooks write, and how often."""

    def _import(self, *rows):
        """Import leads from a file as Odoo's import screen does; return them."""
        header = ["name", "type", "email_from", "phone", "city"]
        context = {"import_file": True, "tracking_disable": False}
        leads = self.env["crm.lead"].with_context(**context)
        result = leads.load(header, [["Imported", "lead", *row] for row in rows])
        self.assertFalse(result["messages"])
        self._score()
        return self.env["crm.lead"].browse(result["ids"])

    def _long_ago(self, **ago):
        """Let all that playbooks have sent be so long ago."""
        messages = self.env["lead.scoring.playbook.message"].search([])
        self._set_columns(messages, date=self.env.cr.now() - timedelta(**ago))

    def _age(self, lead, **ago):
        self._set_columns(lead, create_date=self.env.cr.now() - timedelta(**ago))

    # ------------------------------------------------------------------
    # Imports
    # ------------------------------------------------------------------

    def test_import_sends_and_plans_nothing(self):
        for name in ("hot", "interested", "warm"):
            self._switch_on(name)
        lead = self._import(["ann@customer.example", "+32470123456", "Ghent"])
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(self._mails(lead))
        self.assertFalse(lead.activity_ids)
        self.assertFalse(lead.tag_ids)

    def test_lead_scored_by_a_pass_after_its_import_is_left_alone_too(self):
        self._switch_on("hot")
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("lead_scoring.score_on_save", "no")
        lead = self._import(["ann@customer.example", "+32470123456", "Ghent"])
        self.assertEqual(lead.temperature, "cold")
        self._run_pass()
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(lead.activity_ids)

    def test_what_an_imported_lead_does_later_counts(self):
        self._switch_on("hot")
        lead = self._import(["ann@customer.example", "+32470123456", "Bruges"])
        self._set_columns(lead, imported_at=self.env.cr.now() - timedelta(days=2))
        lead.city = "Ghent"
        self._score()
        self.assertTrue(lead.activity_ids)

    def test_update_by_an_import_is_silent_too(self):
        self._switch_on("hot")
        lead = self._open_lead()
        lead.with_context(import_file=True).city = "Ghent"
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(lead.activity_ids)

    def test_playbook_acts_on_imports_when_asked(self):
        playbook = self._switch_on("interested")
        playbook.with_user(self.scoring_manager).on_import = True
        lead = self._import(["ann@customer.example", "+32470123456", "Ghent"])
        self.assertTrue(self._mails(lead))
        self.assertTrue(lead.tag_ids)

    # ------------------------------------------------------------------
    # Not too often
    # ------------------------------------------------------------------

    def test_same_playbook_writes_again_only_after_it_has_rested(self):
        self._switch_on("cold")
        lead = self._open_lead()
        for points in (40, 0, 40, 0, 40, 0):
            self._set_points(lead, points)
        self.assertEqual(len(self._mails(lead)), 1)
        self._long_ago(days=29)
        self._set_points(lead, 40)
        self._set_points(lead, 0)
        self.assertEqual(len(self._mails(lead)), 1)
        self._long_ago(days=31)
        self._set_points(lead, 40)
        self._set_points(lead, 0)
        self.assertEqual(len(self._mails(lead)), 2)

    def test_two_playbooks_do_not_write_within_a_day(self):
        self._switch_on("interested")
        self._switch_on("cold")
        lead = self._open_lead(city="Ghent")
        self.assertEqual(len(self._mails(lead)), 1)
        lead.city = "Bruges"
        self._score()
        self.assertEqual(lead.temperature, "cold")
        self.assertEqual(len(self._mails(lead)), 1)
        self._long_ago(hours=25)
        lead.city = "Ghent"
        self._score()
        lead.city = "Bruges"
        self._score()
        self.assertEqual(len(self._mails(lead)), 2)

    def test_two_leads_of_one_address_get_one_mail(self):
        self._switch_on("interested")
        first = self._open_lead(city="Ghent")
        second = self._open_lead(city="Ghent")
        self.assertEqual(len(self._mails(first)), 1)
        self.assertFalse(self._mails(second))
        self.assertTrue(second.tag_ids, "Only the message is left out.")

    def test_text_message_and_mail_are_not_sent_within_a_day(self):
        self._switch_on("warm")
        self._switch_on("cold")
        lead = self._open_lead()
        self._set_points(lead, 40)
        self.assertEqual(
            self.env["sms.sms"].search_count([("number", "=", lead.phone_sanitized)]), 1
        )
        self._set_points(lead, 0)
        self.assertFalse(self._mails(lead))

    # ------------------------------------------------------------------
    # New and cold
    # ------------------------------------------------------------------

    def _new_leads(self):
        self._rule(20, "[('city', '=', 'Bruges')]", dimension="fit")
        fits = self._open_lead(city="Bruges")
        other = self._open_lead(email_from="bob@customer.example")
        hot = self._open_lead(city="Ghent", email_from="cid@customer.example")
        return fits, other, hot

    def test_new_cold_lead_that_fits_gets_one_mail_after_an_hour(self):
        self._switch_on("new_cold")
        fits, other, hot = leads = self._new_leads()
        self._run_timed()
        self.assertFalse(any(self._mails(lead) for lead in leads))
        playbook = self._playbook("new_cold")
        for _time in range(2):
            playbook.automation_id.last_run = self.env.cr.now() - timedelta(hours=1)
            for lead in leads:
                self._age(lead, minutes=90)
            self._run_timed()
        self.assertEqual(self._mails(fits).subject, "A good place to start")
        self.assertFalse(self._mails(other) | self._mails(hot))

    def test_switching_it_on_writes_to_no_old_lead(self):
        fits, _other, _hot = self._new_leads()
        self._age(fits, days=3)
        playbook = self._switch_on("new_cold")
        self.assertFalse(playbook.today_count)
        self._run_timed()
        self.assertFalse(self._mails(fits))

    # ------------------------------------------------------------------
    # Switching on
    # ------------------------------------------------------------------

    def test_switching_on_what_sends_says_to_how_many(self):
        self._open_lead(city="Ghent")
        playbook = self._playbook("interested").with_user(self.scoring_manager)
        action = playbook.action_switch_on()
        switches = self.env[action["res_model"]].with_user(self.scoring_manager)
        with Form(switches.with_context(**action["context"])) as switch:
            self.assertEqual(switch.today_count, 1)
            self.assertFalse(switch.is_timed)
        self.assertFalse(playbook.enabled)
        switch.record.action_switch_on()
        self.assertTrue(playbook.enabled)
        timed = self._playbook("let_go").action_switch_on()
        with Form(switches.with_context(**timed["context"])) as switch:
            self.assertTrue(switch.is_timed)

    def test_salesperson_switches_nothing_on(self):
        switches = self.env["lead.scoring.playbook.switch"].with_user(self.salesman)
        with self.assertRaises(AccessError):
            switches.create({"playbook_id": self._playbook("cold").id})

    # ------------------------------------------------------------------
    # Getting started
    # ------------------------------------------------------------------

    def _found(self):
        obstacles = self.env["lead.scoring.obstacle"].with_user(self.scoring_manager)
        found = obstacles._find_all(self.scoring_model.with_user(self.scoring_manager))
        return {obstacle["name"] for obstacle in found}

    def test_missing_mail_server_is_told_where_a_playbook_writes(self):
        self.env["ir.mail_server"].search([]).active = False
        self._switch_on("hot")
        self.assertNotIn("mail_server", self._found())
        self._switch_on("cold")
        self.assertIn("mail_server", self._found())
        self.env["ir.mail_server"].create({"name": "Out", "smtp_host": "mail.example"})
        self.assertNotIn("mail_server", self._found())
