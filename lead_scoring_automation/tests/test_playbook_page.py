from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PlaybookCommon


@tagged("post_install", "-at_install")
class TestPlaybookPage(PlaybookCommon):
    """Who sees and switches playbooks, and what the page counts."""

    def test_delivered_switched_off(self):
        module = "lead_scoring_automation"
        playbooks = self.env["lead.scoring.playbook"].search([])
        xml_ids = playbooks.get_external_id()
        playbooks = playbooks.filtered(
            lambda line: xml_ids[line.id].startswith(f"{module}.")
        )
        self.assertEqual(len(playbooks), 10)
        self.assertTrue(all(playbook.summary for playbook in playbooks))
        for playbook in playbooks:
            self.assertTrue(playbook.automation_id.action_server_ids)
            warnings = playbook.automation_id.action_server_ids.filtered("warning")
            self.assertFalse(warnings, playbook.name)

    def test_counts_who_fits_and_who_crossed_today(self):
        playbook = self._playbook("hot")
        leads = [self._open_lead(city="Ghent") for _n in range(2)]
        self._open_lead()
        yesterday = "2020-01-01 00:00:00"
        self._set_columns(leads[0], temperature_date=yesterday)
        playbook.invalidate_recordset()
        self.assertEqual((playbook.lead_count, playbook.today_count), (2, 1))
        action = playbook.action_open_leads()
        found = self.env["crm.lead"].search(action["domain"])
        self.assertEqual(found, leads[0] | leads[1])

    def test_counts_who_waited_long_enough(self):
        playbook = self._playbook("discard")
        lead = self._open_lead()
        self._set_points(lead, 70)
        self._set_points(lead, 0)
        playbook.invalidate_recordset()
        self.assertEqual((playbook.lead_count, playbook.today_count), (1, 0))
        past = "2020-01-01 00:00:00"
        self._set_columns(lead, segment_date=past, create_date=past)
        self._set_columns(lead.message_ids, date=past)
        playbook.invalidate_recordset()
        self.assertEqual((playbook.lead_count, playbook.today_count), (1, 1))

    def test_counts_leads_the_user_may_read(self):
        self._show_only_own_leads(self.scoring_manager)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._open_lead(city="Ghent", company_id=company.id, user_id=False)
        self._open_lead(city="Ghent", user_id=self.scoring_manager.id)
        self._open_lead(city="Ghent")
        hot = self._playbook("hot")
        self.assertEqual(hot.with_user(self.sales_manager).lead_count, 2)
        self.assertEqual(hot.with_user(self.scoring_manager).lead_count, 1)

    def test_broken_conditions_are_shown_on_their_line(self):
        broken, sound = self._playbook("hot"), self._playbook("cooled")
        self._open_lead(city="Ghent")
        for domain in ("[('tempera", "[('no_such_field', '=', 1)]", "[(nobody, 1)]"):
            self._set_columns(broken.automation_id, filter_domain=domain)
            (broken | sound).invalidate_recordset()
            self.assertTrue(broken.problem, domain)
            self.assertEqual((broken.lead_count, broken.today_count), (0, 0))
            self.assertFalse(sound.problem)
            with self.assertRaises(UserError):
                broken.with_user(self.scoring_manager).action_open_leads()

    def test_scoring_manager_switches_but_changes_no_automation(self):
        playbook = self._switch_on("hot").with_user(self.scoring_manager)
        self.assertTrue(playbook.automation_id.sudo().active)
        with self.assertRaises(AccessError):
            playbook.automation_id.filter_domain = "[]"
        other = self.env["base.automation"].create(
            {
                "name": "Other",
                "model_id": self.env.ref("base.model_res_partner").id,
                "trigger": "on_create",
                "active": False,
            }
        )
        with self.assertRaises(AccessError):
            playbook.automation_id = other

    def test_only_who_acts_in_all_companies_switches(self):
        """A playbook acts on leads of every company."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        playbook = self._playbook("hot").with_user(self.scoring_manager)
        for enabled in (True, False):
            with self.assertRaisesRegex(AccessError, "all companies"):
                playbook.enabled = enabled
        self.assertFalse(playbook.automation_id.sudo().active)
        self.scoring_manager.company_ids += company
        playbook.enabled = True
        self.assertTrue(playbook.automation_id.sudo().active)
        self.scoring_manager.company_ids -= company
        admin = self._user("playbook-admin", "base.group_system")
        playbook.with_user(admin).enabled = False
        self.assertFalse(playbook.automation_id.sudo().active)

    def test_salesperson_sees_no_playbooks(self):
        with self.assertRaises(AccessError):
            self._playbook("hot").with_user(self.salesman).enabled = True
        with self.assertRaises(AccessError):
            self._playbook("hot").with_user(self.salesman).read(["name"])

    def test_text_is_opened_and_reset(self):
        playbook = self._playbook("cold")
        action = playbook.action_open_texts()
        template = self.env[action["res_model"]].browse(action["res_id"])
        delivered = template.subject
        template.subject = "Changed"
        playbook.action_reset_texts()
        self.assertEqual(template.subject, delivered)
        self.assertFalse(self._playbook("hot").has_text)
