from odoo.tests import Form, tagged

from odoo.addons.lead_scoring_automation.tests.common import PlaybookCommon

ADDRESS = "ann@customer.example"


@tagged("post_install", "-at_install")
class TestMailingList(PlaybookCommon):
    """Who is added to a mailing list, and who is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        module = "lead_scoring_automation_mass_mailing"
        cls.playbook = cls.env.ref(f"{module}.playbook_nurture")
        cls.mailing_list = cls.env.ref(f"{module}.mailing_list_nurture")
        cls._rule(70, "[('street', '=', 'Main Street')]", dimension="fit")
        cls._rule(5, "[('street', '=', 'Main Street')]", dimension="interest")

    def setUp(self):
        super().setUp()
        self.playbook.with_user(self.scoring_manager).enabled = True

    def _subscribe(self, address, mailing_list, opt_out):
        """Return a contact that knows the list."""
        subscription = {"list_id": mailing_list.id, "opt_out": opt_out}
        return self.env["mailing.contact"].create(
            {"email": address, "subscription_ids": [(0, 0, subscription)]}
        )

    def _nurtured(self, **vals):
        """Return a lead that a salesperson's change has let cross to nurture."""
        lead = self._open_lead(**vals)
        lead.with_user(self.salesman).street = "Main Street"
        self._score()
        self.assertEqual(lead.segment, "nurture")
        return lead

    def _listed(self):
        """Return the addresses of the list's subscriptions, opted out or not."""
        return self.mailing_list.subscription_ids.contact_id.mapped("email")

    def test_delivered_without_warning(self):
        self.assertFalse(self.playbook.automation_id.action_server_ids.warning)

    def test_name_and_warning_follow_the_list_in_a_form(self):
        actions = self.env["ir.actions.server"].with_context(
            default_model_id=self.env["ir.model"]._get_id("crm.lead"),
            default_state="mailing_list",
        )
        with Form(actions) as form:
            self.assertEqual(form.warning, "Choose a mailing list.")
            form.mailing_list_id = self.mailing_list
            self.assertEqual(form.name, "Add to Leads to nurture")
            self.assertFalse(form.warning)

    def test_list_can_be_deleted_and_the_playbook_says_what_it_misses(self):
        self.mailing_list.unlink()
        action = self.playbook.automation_id.action_server_ids
        self.assertEqual(action.warning, "Choose a mailing list.")
        self.assertFalse(self.playbook.error)
        with self.assertLogs("odoo.addons.lead_scoring_automation", "WARNING"):
            self._nurtured()
        self.assertIn(action.name, self.playbook.error)

    def test_lead_becomes_a_subscriber(self):
        self._nurtured(contact_name="Ann", partner_name="Acme")
        contact = self.mailing_list.subscription_ids.contact_id
        self.assertEqual(contact.email, ADDRESS)
        self.assertEqual((contact.name, contact.company_name), ("Ann", "Acme"))

    def test_same_address_is_added_once(self):
        self._nurtured()
        self._nurtured(email_from=f"Ann <{ADDRESS.upper()}>")
        self.assertEqual(self._listed(), [ADDRESS])
        found = self.env["mailing.contact"].search([("email_normalized", "=", ADDRESS)])
        self.assertEqual(len(found), 1)

    def test_known_contact_is_used(self):
        other = self.env["mailing.list"].create({"name": "Other"})
        contact = self._subscribe(ADDRESS, other, opt_out=False)
        self._nurtured()
        self.assertEqual(self.mailing_list.subscription_ids.contact_id, contact)

    def test_who_opted_out_of_the_list_is_not_added_again(self):
        other = self.env["mailing.list"].create({"name": "Other"})
        self._subscribe(ADDRESS, self.mailing_list, opt_out=True)
        # a second contact of the same address, who may be written to
        self._subscribe(ADDRESS, other, opt_out=False)
        self._nurtured()
        subscription = self.mailing_list.subscription_ids
        self.assertEqual(len(subscription), 1)
        self.assertTrue(subscription.opt_out)

    def test_who_opted_out_of_all_mailings_is_not_added(self):
        other = self.env["mailing.list"].create({"name": "Other"})
        self._subscribe(ADDRESS, other, opt_out=True)
        self._nurtured()
        self.assertFalse(self._listed())

    def test_who_is_on_the_blocklist_is_not_added(self):
        """Not even when somebody has deleted the condition."""
        self.playbook.automation_id.filter_domain = "[('segment', '=', 'nurture')]"
        self.env["mail.blacklist"]._add(ADDRESS)
        self._nurtured()
        self.assertFalse(self._listed())

    def test_who_opted_out_gets_no_mail_of_a_playbook(self):
        other = self.env["mailing.list"].create({"name": "Other"})
        self._subscribe(ADDRESS, other, opt_out=True)
        lead = self._open_lead()
        self.env.ref("lead_scoring_automation.playbook_cold").enabled = True
        self._set_points(lead, 40)
        self._set_points(lead, 0)
        self.assertEqual(lead.temperature, "cold")
        self.assertFalse(self._mails(lead))
