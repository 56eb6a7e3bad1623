from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..models.lead import crm_lead_do_not_score
from ..models.website import website_visitor
from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestDoNotScore(ConversionCommon):
    """Leads that are not to be scored."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._rule(70)
        cls._page_view_rule(15)
        cls.company_contact = cls.env["res.partner"].create(
            {"name": "Rival", "is_company": True, "city": "Ghent"}
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ann", "parent_id": cls.company_contact.id}
        )
        cls.lead = cls._scored_lead(city="Ghent", user_id=cls.salesman.id)

    def _lead_of(self, contact, **vals):
        return self._scored_lead(partner_id=contact.id, city="Ghent", **vals)

    def _history(self, lead):
        return self.env["lead.scoring.history"].search([("lead_id", "=", lead.id)])

    def assertUnscored(self, lead):
        self.assertTrue(lead.do_not_score)
        self.assertScores({lead: 0})
        self.assertFalse(lead.score_id.model_id)
        self.assertEqual((lead.temperature, lead.segment), ("cold", "discard"))
        self.assertEqual(lead.score_explanation["rules"], [])

    def assertScored(self, lead, score=70):
        self.assertFalse(lead.do_not_score)
        self.assertScores({lead: score})
        self.assertEqual(lead.score_id.model_id, self.scoring_model)

    # ------------------------------------------------------------------
    # On the lead
    # ------------------------------------------------------------------

    def test_all_that_is_said_is_why_it_is_not_scored(self):
        """Nothing of rules, of what sales did, of chances."""
        lead = self.lead.with_user(self.salesman)
        lead.sudo().write({"type": "opportunity", "handover": "offered"})
        lead._send_back("not_ready", keep_user=True)
        lead.do_not_score_reason = "competitor"
        self._score()
        note = "Not scored: Competitor."
        self.assertEqual(lead.routing_note, note)
        self.assertEqual(lead.score_explanation["not_scored"], note)
        self.assertEqual(lead.score_explanation_text, f"Score 0: Cold, Discard\n{note}")
        lead.do_not_score_reason = False
        self.assertFalse(lead.score_explanation["not_scored"])

    def test_lead_itself(self):
        self.assertScored(self.lead)
        self.lead.with_user(self.salesman).do_not_score_reason = "competitor"
        self._score()
        self.assertUnscored(self.lead)
        self.lead.with_user(self.salesman).do_not_score_reason = False
        self._score()
        self.assertScored(self.lead)
        self.assertEqual(self.lead.temperature, "hot")

    def test_by_the_boolean_alone(self):
        self.lead.do_not_score = True
        self._score()
        self.assertUnscored(self.lead)
        self.assertEqual(self.lead.do_not_score_reason, "other")
        self.lead.do_not_score = False
        self._score()
        self.assertScored(self.lead)
        self.assertFalse(self.lead.do_not_score_reason)

    def test_from_the_start(self):
        lead = self._scored_lead(city="Ghent", do_not_score_reason="objection")
        self.assertUnscored(lead)
        self.assertFalse(self._history(lead))

    def test_pass_finds_them_too(self):
        self._set_columns(self.lead, do_not_score=True)
        self._run_pass()
        self.assertUnscored(self.lead)
        versions = self._versions(self.lead)
        self._run_pass()
        self.assertEqual(self._versions(self.lead), versions)
        self._set_columns(self.lead, do_not_score=False)
        self._run_pass()
        self.assertScored(self.lead)

    def test_adjustments_do_not_count_either(self):
        self.env["lead.scoring.adjustment"].create(
            {"lead_id": self.lead.id, "name": "Called", "points": 9}
        )
        self.lead.do_not_score_reason = "competitor"
        self._score()
        self.assertUnscored(self.lead)
        self._run_pass()
        self.assertUnscored(self.lead)
        self.lead.do_not_score_reason = False
        self._score()
        self.assertScored(self.lead, 79)

    def test_closed_lead_keeps_its_score(self):
        self.lead.action_set_lost()
        self.lead.do_not_score_reason = "objection"
        self._score()
        self._run_pass()
        self.assertEqual(self.lead.score, 70)

    # ------------------------------------------------------------------
    # Through the contact
    # ------------------------------------------------------------------

    def test_contact(self):
        lead = self._lead_of(self.contact)
        self.contact.do_not_score_reason = "objection"
        self._score()
        self.assertUnscored(lead)
        self.assertScored(self.lead)
        self.contact.do_not_score_reason = False
        self._score()
        self.assertScored(lead)

    def test_company_of_the_contact(self):
        lead = self._lead_of(self.contact)
        below = self.env["res.partner"].create(
            {"name": "Bob", "parent_id": self.contact.id}
        )
        deep = self._lead_of(below)
        self.company_contact.do_not_score_reason = "competitor"
        self._score()
        self.assertUnscored(lead)
        self.assertUnscored(deep)
        self.assertFalse(lead.do_not_score_reason)

    def test_objection_of_one_is_not_that_of_the_company(self):
        colleague = self.env["res.partner"].create(
            {"name": "Bob", "parent_id": self.company_contact.id}
        )
        lead = self._lead_of(colleague)
        self.contact.do_not_score_reason = "objection"
        self._score()
        self.assertScored(lead)

    def test_lead_gets_and_loses_such_a_contact(self):
        self.contact.do_not_score_reason = "objection"
        self.lead.partner_id = self.contact
        self._score()
        self.assertUnscored(self.lead)
        self.lead.partner_id = False
        self.lead.city = "Ghent"
        self._score()
        self.assertScored(self.lead)

    def test_contact_gets_such_a_company(self):
        person = self.env["res.partner"].create({"name": "Bob", "city": "Ghent"})
        lead = self._lead_of(person)
        self.company_contact.do_not_score_reason = "competitor"
        person.parent_id = self.company_contact
        self._score()
        self.assertUnscored(lead)

    def test_lead_can_not_contradict_its_contact(self):
        lead = self._lead_of(self.contact)
        self.company_contact.do_not_score_reason = "competitor"
        with self.assertRaisesRegex(UserError, "Rival"):
            lead.do_not_score = False

    def test_many_leads_are_reset_at_once_and_followed_by_a_pass(self):
        leads = self.lead.browse()
        for _number in range(4):
            leads += self._lead_of(self.contact)
        self._let_time_pass()
        self._run_pass()
        self._let_time_pass(hours=1)
        with patch.object(crm_lead_do_not_score, "LEADS_PER_TRANSACTION", 3):
            self.contact.do_not_score_reason = "objection"
            self._score()
            self.assertEqual(leads.mapped("score"), [0] * 4)
            self._run_pass(full=False)
            for lead in leads:
                self.assertUnscored(lead)
            self._let_time_pass(hours=1)
            self.contact.do_not_score_reason = False
            self._score()
            self._run_pass(full=False)
        for lead in leads:
            self.assertScored(lead)

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def test_never_converted_by_score(self):
        self.lead.user_id = False
        self.lead.do_not_score_reason = "competitor"
        self._score()
        self._set_columns(self.lead.score_id, score=99)
        self._convert()
        self.assertWaits(self.lead, "do_not_score", "Not scored: Competitor.")
        self.lead.do_not_score_reason = False
        self._score()
        self._convert()
        self.assertConverted(self.lead, self.team)

    def test_note_names_the_contact(self):
        lead = self._lead_of(self.contact)
        self.company_contact.do_not_score_reason = "competitor"
        self._score()
        note = "Not scored, because of Rival: Competitor."
        self.assertEqual(lead.routing_note, note)
        self.assertEqual(lead.do_not_score_note, note)
        self.env["crm.team"].search([]).convert_by_score = False
        lead.invalidate_recordset(["routing_note"])
        self.assertEqual(lead.routing_note, note)

    def test_nothing_is_kept_in_the_history(self):
        self.lead.do_not_score_reason = "competitor"
        before = self._history(self.lead)
        self._score()
        self._run_pass()
        self.lead.convert_opportunity(self.env["res.partner"])
        self._score()
        self.assertEqual(self._history(self.lead), before)

    def test_signals_ask_for_no_pass(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"]
        self.startPatcher(patch.dict(website_visitor._COVERED_UNTIL, clear=True))
        visitor = self._visitor(self.lead)
        self.lead.do_not_score_reason = "competitor"
        self._score()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        visitor._trigger_scoring(visitor.id)
        self.assertFalse(triggers.search([("cron_id", "=", cron.id)]))
        self.lead.do_not_score_reason = False
        self._score()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        visitor._trigger_scoring(visitor.id)
        self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))

    def test_merge_keeps_the_objection(self):
        other = self._scored_lead(city="Ghent", do_not_score_reason="objection")
        merged = (self.lead + other).merge_opportunity()
        self._score()
        self.assertUnscored(merged)

    # ------------------------------------------------------------------
    # Screens and access
    # ------------------------------------------------------------------

    def test_salesman_finds_them(self):
        self.lead.do_not_score_reason = "competitor"
        leads = self.lead.with_user(self.salesman)
        self.assertEqual(leads.search([("do_not_score", "=", True)]), self.lead)

    def test_another_salesmans_lead(self):
        foreign = self._scored_lead(user_id=self.sales_manager.id)
        with self.assertRaises(AccessError):
            foreign.with_user(self.salesman).do_not_score_reason = "competitor"

    def test_stranger_sees_no_reason(self):
        self.contact.do_not_score_reason = "objection"
        with self.assertRaises(AccessError):
            self.contact.with_user(self.stranger).read(["do_not_score_reason"])

    def test_forms(self):
        self.salesman.group_ids = [Command.link(self.env.ref("crm.group_use_lead").id)]
        lead = self.lead.with_user(self.salesman)
        with Form(lead, "crm.crm_lead_view_form") as form:
            form.do_not_score_reason = "competitor"
        self._score()
        self.assertUnscored(self.lead)
        with Form(self.contact.with_user(self.sales_manager)) as form:
            form.do_not_score_reason = "objection"
        self.assertTrue(self.contact.do_not_score)
