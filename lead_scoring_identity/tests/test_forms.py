from datetime import timedelta

from markupsafe import Markup

from odoo import fields
from odoo.http import Request
from odoo.tests import tagged

from odoo.addons.lead_scoring.tests.common_website import WebsiteCommon

SCRIPT = "<script>alert(1)</script>"


@tagged("post_install", "-at_install")
class TestFormsOfTheSamePerson(WebsiteCommon):
    """The second and third form of somebody who has an open lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Event = cls.env["lead.scoring.event"]
        cls.salesman = cls._user(
            "salesman", "sales_team.group_sale_salesman", notification_type="inbox"
        )
        cls._page_view_rule(7, "[('url', 'ilike', '/signals-')]")
        cls._rule(5, "[]", source="form", dimension="interest")

    def _lead_of(self, lead_id):
        return self.env["crm.lead"].browse(lead_id)

    def _submit_as_ann(self, **values):
        values = {"email_from": "ann@customer.example", **values}
        return self._lead_of(self._submit(**values))

    def _forms(self, lead):
        return self.Event.search([("lead_id", "=", lead.id)], order="id")

    def _message(self, lead):
        """Return the newest message about another form."""
        messages = lead.message_ids.sorted("id")
        return messages.filtered(lambda message: "Submitted" in message.body)[-1:]

    def _note(self, lead):
        return self._message(lead).body

    def test_second_and_third_form_fill_gaps(self):
        lead = self._submit_as_ann(contact_name="Ann", phone="+32 470 12 34 56")
        second = self._submit_as_ann(
            email_from="Ann <ANN@Customer.example>",
            contact_name="Ann",
            partner_name="Customer Ltd",
        )
        third = self._submit_as_ann(
            contact_name="Anna", partner_name="Other Ltd", description="Call me"
        )
        self.assertEqual((second, third), (lead, lead))
        self.assertEqual(lead.partner_name, "Customer Ltd")
        self.assertEqual(lead.contact_name, "Ann")
        self.assertEqual(lead.phone, "+32 470 12 34 56")
        self.assertIn("Call me", lead.description)
        self.assertEqual(len(self._forms(lead)), 1, "Within one visit.")
        lead._score_now()
        self.assertEqual(lead.score, 5)

    def test_what_differs_is_noted(self):
        lead = self._submit_as_ann(contact_name="Ann", description="First")
        self._submit_as_ann(
            name="Another question",
            contact_name="Anna",
            description="Second, longer",
            Budget="1000",
        )
        note = self._note(lead)
        for text in (
            "Another question",
            "Contact Name: Anna",
            "Notes: Second, longer",
            "Budget : 1000",
        ):
            self.assertIn(text, note)
        self.assertNotIn("ann@customer.example", note, "The same is not noted.")
        self.assertEqual((lead.contact_name, lead.name), ("Ann", "Question"))
        self.assertIn("First", lead.description)
        self.assertNotIn("Second", lead.description)

    def test_references_are_noted_by_name(self):
        lead = self._submit_as_ann()
        lead.country_id = self.env.ref("base.fr")
        belgium = self.env.ref("base.be")
        lead._fill_from_form({"country_id": belgium.id, "city": "Ghent"}, "")
        self.assertEqual((lead.country_id.code, lead.city), ("FR", "Ghent"))
        self.assertIn("Country: Belgium", self._note(lead))

    def _let_the_visit_end(self, lead):
        """All that was done so far lies two hours back."""
        before = fields.Datetime.now() - timedelta(hours=2)
        self._set_columns(lead, create_date=before)
        self._set_columns(self._forms(lead), date=before)
        self._set_columns(lead.message_ids, date=before)

    def test_button_pressed_five_times(self):
        """One lead, one form, and no note beside the new lead itself."""
        values = {"contact_name": "Ann", "description": "Call", "Budget": "1000"}
        lead = self._submit_as_ann(**values)
        for _press in range(4):
            self.assertEqual(self._submit_as_ann(**values), lead)
        self.assertEqual(len(self._forms(lead)), 1)
        self.assertFalse(self._message(lead))
        lead._score_now()
        self.assertEqual(lead.score, 5)

    def test_button_pressed_five_times_in_a_later_visit(self):
        """One more form and one note."""
        lead = self._submit_as_ann(contact_name="Ann")
        self._let_the_visit_end(lead)
        for _press in range(5):
            self._submit_as_ann(contact_name="Anna", phone="+32 470 12 34 56")
        self.assertEqual(len(self._forms(lead)), 2)
        notes = lead.message_ids.filtered(lambda note: "Submitted" in note.body)
        self.assertEqual(len(notes), 1)
        lead._score_now()
        self.assertEqual(lead.score, 10)

    def test_simultaneous_presses(self):
        self.assertTrue(self._submit_as_ann())
        lead = self.env["crm.lead"].search([], limit=1)
        visitor = lead.visitor_ids
        again = self.Event._add_for_visitor(
            visitor, self.page.url, self.page.url, kind="form", lead=lead
        )
        self.assertFalse(again)

    def test_nothing_differs(self):
        lead = self._submit_as_ann(contact_name="Ann")
        self._let_the_visit_end(lead)
        self._submit_as_ann(contact_name="Ann")
        self.assertNotIn("<li>", self._note(lead))

    def test_website_of_another_company(self):
        """What is told to one company never lands in the lead of another."""
        other = self.env["res.company"].create({"name": "Other"})
        lead = self._submit_as_ann(contact_name="Ann")
        self.assertEqual(lead.company_id, self.website.company_id)
        lead.write({"company_id": other.id, "team_id": False, "user_id": False})
        self.env.flush_all()
        second = self._submit_as_ann(phone="+32 470 12 34 56", description="Secret")
        self.assertNotEqual(second, lead)
        self.assertEqual(second.company_id, self.website.company_id)
        self.assertFalse(lead.phone)
        self.assertFalse(self._message(lead))

    def test_lead_of_no_company_is_of_each(self):
        lead = self._submit_as_ann(contact_name="Ann")
        lead.company_id = False
        self.env.flush_all()
        self.assertEqual(self._submit_as_ann(phone="+32 470 12 34 56"), lead)

    def test_salesperson_is_told(self):
        lead = self._submit_as_ann()
        lead.user_id = self.salesman
        self._submit_as_ann(partner_name="Ltd")
        message = self._message(lead)
        self.assertEqual(message.notified_partner_ids, self.salesman.partner_id)
        self.assertTrue(message.is_internal or message.subtype_id.internal)
        self.assertNotIn(self.env.ref("base.public_partner"), message.author_id)

    def test_script_is_text_in_the_chatter(self):
        lead = self._submit_as_ann(contact_name="Ann", description="First")
        self._submit_as_ann(
            contact_name=SCRIPT, description=SCRIPT, **{f"Field {SCRIPT}": SCRIPT}
        )
        note = self._note(lead)
        self.assertIsInstance(note, Markup)
        self.assertNotIn("<script", note)
        self.assertEqual(note.count("&lt;script&gt;"), 4)

    def test_strange_values(self):
        lead = self._submit_as_ann(contact_name="Ann")
        again = self._submit_as_ann(
            contact_name="\x1b[31m\u202e" + "x" * 100_000, Note="a\x08b"
        )
        self.assertEqual(again, lead)
        self.assertEqual(lead.contact_name, "Ann")

    def test_two_people_on_one_computer(self):
        ann = self._submit_as_ann(contact_name="Ann")
        bob = self._lead_of(self._submit(email_from="bob@customer.example"))
        self.assertNotEqual(ann, bob)
        self.assertEqual(len(self._forms(ann)), 1)
        self.assertEqual(len(self._forms(bob)), 1)
        self.assertEqual(self._submit_as_ann(partner_name="Ltd"), ann)
        self.assertFalse(bob.partner_name)

    def test_same_address_elsewhere_is_not_trusted(self):
        """Anybody can type an address: another browser does not fill Ann's lead."""
        lead = self._submit_as_ann()
        self._use_browser()
        self.assertNotEqual(self._submit_as_ann(partner_name="Ltd"), lead)
        self.assertFalse(lead.partner_name)

    def test_closed_lead_is_left_alone(self):
        lead = self._submit_as_ann()
        lead.action_set_lost()
        self.assertNotEqual(self._submit_as_ann(), lead)

    def test_contact_who_is_logged_in(self):
        user = self._user("portal", "base.group_portal", email="ann@customer.example")
        lead = self._lead(partner_id=user.partner_id.id)
        self.authenticate("portal", "portal")
        again = self.url_open(
            "/website/form/crm.lead",
            data={
                "name": "A",
                "email_from": "ann@customer.example",
                "csrf_token": Request.csrf_token(self),
            },
        )
        self.assertEqual(again.json()["id"], lead.id)

    def test_attachments_of_a_second_form(self):
        lead = self._submit_as_ann()
        self._submit(
            email_from="ann@customer.example",
            files=[("file", ("plan.txt", b"Plan", "text/plain"))],
        )
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)]
        )
        self.assertEqual((attachment.name, attachment.raw), ("plan.txt", b"Plan"))

    def test_properties(self):
        lead = self._submit_as_ann()
        lead.team_id.lead_properties_definition = [
            {"name": "size", "string": "Size", "type": "char"},
            {"name": "floor", "string": "Floor", "type": "char"},
        ]
        lead.lead_properties = {"size": "10", "floor": False}
        given = [
            {"name": "size", "string": "Size", "type": "char", "value": "20"},
            {"name": "floor", "string": "Floor", "type": "char", "value": "3"},
        ]
        lead._fill_from_form({"lead_properties": given}, "")
        self.assertEqual(dict(lead.lead_properties), {"size": "10", "floor": "3"})
        self.assertIn("Size: 20", self._note(lead))
