import base64

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common_default_way import DefaultWayCommon


@tagged("post_install", "-at_install")
class TestDefaultWay(DefaultWayCommon):
    """From a stranger to a salesperson, by what is installed."""

    # ------------------------------------------------------------------
    # Visitor, and salesperson with own documents only
    # ------------------------------------------------------------------

    def test_visitor_becomes_a_hot_lead_of_one_person_who_is_told_once(self):
        team = self._set_up()
        self._visit()
        answer = self._submit_contact_page()
        lead = self.env["crm.lead"].browse(answer["id"])
        self.assertEqual((lead.type, lead.temperature), ("lead", "hot"))
        self.assertEqual(
            self._points(lead),
            {
                "form": 20,
                "pricing_page": 10,
                "download": 8,
                "video": 6,
                "contact_page": 5,
                "any_page": 2,
                "company_name": 10,
                "professional_email": 10,
                "phone": 5,
            },
        )
        self._run_scheduled_action()
        self.assertEqual((lead.type, lead.team_id), ("opportunity", team))
        self.assertEqual(lead.user_id, self.salesperson)
        told = [("res_partner_id", "=", self.salesperson.partner_id.id)]
        self._run_scheduled_action()
        messages = self.env["mail.notification"].search(told).mail_message_id
        self.assertEqual(
            messages.mapped("subject"), [f"You got 1 hot lead: {lead.name}"]
        )

    def test_salesperson_sees_the_score_and_its_reasons(self):
        self._set_up()
        self._visit()
        lead = self.env["crm.lead"].browse(self._submit_contact_page()["id"])
        self._run_scheduled_action()
        own = lead.with_user(self.salesperson)
        self.assertGreaterEqual(own.score, 60)
        self.assertEqual(own.score_explanation["score"], own.score)
        own.action_take()
        self.assertEqual(lead.handover, "accepted")

    def test_visitor_who_only_looks_is_no_lead(self):
        self._set_up()
        self._visit()
        self.assertFalse(self.env["crm.lead"].search([]))

    def test_without_prices_and_demo_a_form_alone_is_not_hot(self):
        self._set_up()
        lead = self.env["crm.lead"].browse(self._submit_contact_page()["id"])
        self.assertEqual(lead.temperature, "warm")
        self._run_scheduled_action()
        self.assertEqual(lead.type, "lead")
        self.assertTrue(lead.routing_note)

    # ------------------------------------------------------------------
    # Portal
    # ------------------------------------------------------------------

    def test_portal_user_becomes_a_lead_of_its_contact_and_sees_no_score(self):
        self._set_up()
        self.authenticate("way-portal", "way-portal")
        self._visit()
        partner = self.portal.partner_id
        answer = self._submit_contact_page(email_from=self.portal.email, phone="")
        lead = self.env["crm.lead"].browse(answer["id"])
        self.assertEqual(lead.partner_id, partner)
        self.assertIn("pricing_page", self._points(lead))
        for name in ("score", "temperature", "score_explanation"):
            with self.assertRaises(AccessError):
                lead.with_user(self.portal).read([name])

    # ------------------------------------------------------------------
    # Marketing: Scoring Manager alone
    # ------------------------------------------------------------------

    def test_marketing_writes_a_rule_and_publishes_it(self):
        self._set_up()
        self._submit_contact_page()
        lead = self.env["crm.lead"].search([])
        self.assertNotEqual(lead.user_id, self.marketing)
        env = self.env(user=self.marketing)
        with Form(env["lead.scoring.rule"]) as form:
            form.name = "Asks about desks"
            form.value = 7
            form.domain = "[('name', 'ilike', 'desk')]"
        rule = form.record
        self.assertEqual(rule.model_id, self.scoring_model)
        self._run_scheduled_action()
        self.env["lead.scoring.pass"]._start(True)._run(float("inf"), lambda: None)
        self.env.invalidate_all()
        self.assertEqual(rule.match_count, 1)
        action = rule.action_view_leads()
        self.assertEqual(env["crm.lead"].search(action["domain"]), lead)
        model = self.scoring_model.with_user(self.marketing)
        draft = env["lead.scoring.model"].browse(model.action_new_version()["res_id"])
        draft.hot_score = 40
        action = draft.action_simulate()
        simulation = env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(simulation.result)
        draft._publish()
        self.assertEqual((draft.state, model.state), ("live", "retired"))

    def test_marketing_reads_all_leads_and_changes_none_of_others(self):
        lead = self.env["crm.lead"].create(
            {"name": "Of a colleague", "user_id": self.salesperson.id}
        )
        own = lead.with_user(self.marketing)
        self.assertEqual(own.name, "Of a colleague")
        with self.assertRaises(AccessError):
            own.name = "Mine"

    # ------------------------------------------------------------------
    # Sales manager: Sales Administrator alone
    # ------------------------------------------------------------------

    def test_sales_manager_sets_a_minimum_previews_and_makes_a_version(self):
        team = self._set_up()
        self._visit()
        lead = self.env["crm.lead"].browse(self._submit_contact_page()["id"])
        env = self.env(user=self.sales_manager)
        with Form(env["crm.team"].browse(team.id)) as form:
            form.minimum_score = 50
        action = env["lead.scoring.dry.run"].action_plan()
        preview = env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(preview.result["total"], 1)
        self.assertEqual(lead.type, "lead")
        model = self.scoring_model.with_user(self.sales_manager)
        self.assertTrue(model.action_new_version()["res_id"])

    # ------------------------------------------------------------------
    # Copies of what comes with all add-ons
    # ------------------------------------------------------------------

    def test_each_manager_copies_takes_over_and_imports_what_is_installed(self):
        for user in (self.marketing, self.sales_manager):
            model = self.scoring_model.with_user(user)
            rules = model.with_context(active_test=False).rule_ids
            self.assertGreater(len(rules), 15)
            with self.subTest(user.login):
                draft = model.browse(model.action_new_version()["res_id"])
                self.assertEqual(len(draft.rule_ids), len(model.rule_ids))
                self.assertEqual(len(model.copy().rule_ids), len(model.rule_ids))
                draft.unlink()
                draft = model._take_over(dict.fromkeys(rules, 9))
                self.assertEqual(set(draft.rule_ids.mapped("value")), {9})
                imported = model._from_file(base64.b64decode(model.export_file))
                self.assertEqual(len(imported.rule_ids), len(model.rule_ids))
