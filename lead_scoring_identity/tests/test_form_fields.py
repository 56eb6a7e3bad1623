from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestFormFields(TransactionCase):
    def test_forms_may_fill_in_what_odoo_allows(self):
        """We describe fewer fields to find that out; nothing else is different."""
        team = self.env["crm.team"].create(
            {
                "name": "Website",
                "lead_properties_definition": [
                    {"name": "plan", "string": "Plan", "type": "char"}
                ],
            }
        )
        forms = self.env["ir.model"]._get("crm.lead")
        origins = {"team_id": str(team.id)}
        allowed = self.env["ir.model.fields"].search(
            [("model_id", "=", forms.id), ("website_form_blacklisted", "=", False)]
        )
        names = {*allowed.mapped("name"), "plan"}
        for given in (None, origins):
            described = forms.get_authorized_fields("crm.lead", given)
            expected = {n: v for n, v in described.items() if n in names}
            self.assertEqual("plan" in expected, bool(given))
            self.assertEqual(forms._get_form_writable_fields(given), expected)
        # the definitions are read from the team, whether forms may set it or not
        field = allowed.filtered(lambda field: field.name == "team_id")
        self.env.cr.execute(
            "UPDATE ir_model_fields SET website_form_blacklisted = TRUE WHERE id = %s",
            [field.id],
        )
        field.invalidate_recordset()
        writable = forms._get_form_writable_fields(origins)
        self.assertIn("plan", writable)
        self.assertNotIn("team_id", writable)
