from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestBackToLead(ConversionCommon):
    """A sales manager makes leads again of what was converted too early."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    def _opportunity(self, points=60, **vals):
        """Return an opportunity that somebody converted by hand, for the manager."""
        lead = self._lead_of(points, **vals)
        lead.convert_opportunity(False)
        return lead.with_user(self.sales_manager)

    def _wizard(self, leads):
        action = leads.action_back_to_lead()
        model = leads.env[action["res_model"]]
        return Form(model.with_context(**action["context"]))

    def _act(self, leads, user):
        """Do what the entry in the menu Actions does."""
        action = self.env.ref("lead_scoring.crm_lead_action_back_to_lead")
        context = {"active_model": "crm.lead", "active_ids": leads.ids}
        return action.with_user(user).with_context(**context).run()

    def test_many_at_once_each_from_its_own_score(self):
        low = self._opportunity(60, user_id=self.salesman.id)
        high = self._opportunity(80)
        kept = low.message_ids
        wizard = self._wizard(low + high)
        self.assertEqual(wizard.reason, "too_early")
        self.assertEqual(wizard.lead_count, 2)
        wizard.note = "No budget before spring"
        wizard.save().action_send_back()
        for lead, score, until in ((low, 60, 66), (high, 80, 86)):
            self.assertEqual((lead.type, lead.handover), ("lead", "returned"))
            self.assertEqual((lead.score, lead.returned_until), (score, until))
            self.assertFalse(lead.user_id)
            self.assertIn("No budget before spring", lead.message_ids[0].body)
            self.assertEqual(lead.message_ids[0].author_id, lead.env.user.partner_id)
        self.assertLess(kept, low.message_ids)

    def test_next_run_does_not_convert_it_at_once(self):
        lead = self._opportunity(60)
        self._wizard(lead).save().action_send_back()
        self.assertEqual(self._convert(), 0)
        self.assertEqual(lead.waiting_reason, "returned")
        self._set_points(lead.sudo(), 66)
        self.assertEqual(self._convert(), 1)
        self.assertEqual(lead.type, "opportunity")

    def test_salesperson_is_kept_if_asked(self):
        lead = self._opportunity(user_id=self.salesman.id)
        wizard = self._wizard(lead)
        self.assertEqual(wizard.user_ids[:], self.salesman)
        wizard.keep_user = True
        wizard.save().action_send_back()
        self.assertEqual((lead.type, lead.user_id), ("lead", self.salesman))

    def test_wizard_says_when_one_is_converted_again(self):
        wizard = self._wizard(self._opportunity(60))
        self.assertIn("60", wizard.consequence)
        self.assertIn("66", wizard.consequence)

    def test_closed_ones_and_leads_are_refused_by_name(self):
        won, lost, archived = (
            self._opportunity(name=name) for name in ("Bakery", "Butcher", "Brewer")
        )
        won.action_set_won()
        lost.action_set_lost()
        archived.active = False
        lead = self._lead(name="Baker").with_user(self.sales_manager)
        fine = self._opportunity(name="Cobbler")
        for refused in (won, lost, archived, lead):
            with self.subTest(refused.name):
                with self.assertRaisesRegex(UserError, refused.name) as caught:
                    self._act(refused + fine, self.sales_manager)
                self.assertNotIn("Cobbler", str(caught.exception))
                with self.assertRaisesRegex(UserError, refused.name):
                    (refused + fine)._send_back("too_early")
        self.assertEqual(fine.type, "opportunity")

    def test_what_the_manager_may_not_write_is_refused_by_name(self):
        self.env["ir.rule"].create(
            {
                "name": "Nobody writes key accounts",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": "[('name', '!=', 'Key account')]",
                "perm_read": False,
            }
        )
        lead = self._opportunity(name="Key account")
        with self.assertRaisesRegex(UserError, "Key account"):
            self._act(lead, self.sales_manager)
        self.assertEqual(lead.type, "opportunity")

    def test_other_company_is_not_even_named(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        lead = self._lead(name="Secret", type="opportunity", company_id=company.id)
        with self.assertRaises(AccessError) as caught:
            self._act(lead, self.sales_manager)
        self.assertNotIn("Secret", str(caught.exception))

    def test_only_sales_managers_send_back_what_was_taken(self):
        lead = self._opportunity(user_id=self.salesman.id)
        for user in (self.salesman, self.scoring_manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self._act(lead, user)
        with self.assertRaises(UserError):
            lead.with_user(self.salesman).action_back_to_lead()
        with self.assertRaises(UserError):
            lead.with_user(self.salesman)._send_back("too_early", keep_user=True)
