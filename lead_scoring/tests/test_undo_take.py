from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import clean_context

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestUndoTake(ConversionCommon):
    """Who took the wrong opportunity puts it back within a moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    def _take(self, lead):
        """Return the token to undo it."""
        action = lead.action_take()
        self.env.flush_all()
        return action["params"]["token"]

    def _undo(self, token, user=None):
        """Undo it as the notification does, a minute later."""
        leads = self.env["crm.lead"].with_user(user or self.salesman)
        with self._a_minute_later():
            leads.action_undo_take(token)
            self.env.flush_all()

    def _a_minute_later(self):
        later = self.env.cr.now() + timedelta(minutes=1)
        return patch.object(self.env.cr, "now", return_value=later)

    def _state(self, lead):
        self.env.invalidate_all()
        names = ["handover", "user_id", "team_id", "company_id", "stage_id", "type"]
        names += ["date_open", "sales_qualified_date", "message_partner_ids"]
        [values] = lead.sudo().read(names, load=None)
        return {**values, "activities": lead.sudo().activity_ids.ids}

    def assertNotUndone(self, token, text, user=None):
        with self.assertRaisesRegex(UserError, text):
            self._undo(token, user)

    def test_it_is_what_it_was(self):
        """Nobody's again, in its company, of its team, which is not the salesman's."""
        lead = self._offered(company_id=self.env.company.id)
        self.assertNotIn(self.salesman, self.team.member_ids)
        self.other_team.member_ids = self.salesman
        before = self._state(lead)
        token = self._take(lead)
        self.assertEqual((lead.user_id, lead.team_id), (self.salesman, self.other_team))
        self._undo(token)
        self.assertEqual(self._state(lead), before)
        self.assertIn("«Take It» was undone", lead.message_ids[0].body)
        # and again
        self._take(lead)
        self.assertEqual((lead.user_id, lead.handover), (self.salesman, "accepted"))

    def test_it_stays_with_the_salesperson_it_was_given_to(self):
        lead = self._offered(user_id=self.salesman.id, team_id=self.team.id)
        before = self._state(lead)
        self._undo(self._take(lead))
        self.assertEqual(self._state(lead), before)

    def test_who_followed_it_for_taking_it_follows_it_no_more(self):
        # as users do, whose changes are tracked
        lead = self._offered().with_context(clean_context(self.env.context))
        lead = lead.with_context(tracking_disable=False, mail_notrack=False)
        token = self._take(lead)
        self.assertIn(self.salesman.partner_id, lead.message_partner_ids)
        self._undo(token)
        self.env.invalidate_all()
        self.assertNotIn(self.salesman.partner_id, lead.message_partner_ids)

    def test_first_date_is_kept_when_it_was_taken_before(self):
        self.team.member_ids = self.salesman
        lead = self._offered(team_id=self.team.id, user_id=self.salesman.id)
        lead.action_take()
        first = lead.sudo().sales_qualified_date
        lead.with_user(self.sales_manager)._send_back("not_ready", keep_user=True)
        self._set_points(lead.sudo(), 66)
        self._convert()
        with self._a_minute_later():
            token = self._take(lead)
        self.assertGreater(lead.sudo().sales_qualified_date, first)
        with patch.object(type(lead), "_filtered_as_taken", lambda leads, _date: leads):
            self._undo(token)
        self.assertEqual(lead.sudo().sales_qualified_date, first)

    def test_only_who_took_it_undoes_it(self):
        lead = self._offered()
        token = self._take(lead)
        for user in (self.sales_manager, self.all_leads_salesman):
            self.assertNotUndone(token, "too late", user)
        self.assertEqual(lead.handover, "accepted")

    def test_forged_and_old_ones_are_refused(self):
        lead = self._offered()
        token = self._take(lead)
        for forged in ("", "x", token[:-4] + "AAAA", "é"):
            self.assertNotUndone(forged, "too late")
        with patch("odoo.tools.misc.datetime") as clock:
            clock.datetime.now.return_value = self.env.cr.now() + timedelta(hours=30)
            self.assertNotUndone(token, "too late")
        self.assertEqual(lead.handover, "accepted")

    def test_not_when_something_has_happened_since(self):
        def write(lead):
            lead.contact_name = "Ann"

        def post(lead):
            lead.message_post(body="Hello")

        def plan(lead):
            lead.activity_schedule("mail.mail_activity_data_call")

        def win(lead):
            lead.action_set_won()

        def send_back(lead):
            lead._send_back("not_ready", keep_user=True)

        for happen in (write, post, plan, win, send_back):
            with self.subTest(happen.__name__):
                lead = self._offered(name="Bakery")
                token = self._take(lead)
                with self._a_minute_later():
                    happen(lead)
                    self.env.flush_all()
                self.assertNotUndone(token, "something has happened.*\nBakery")

    def test_what_others_have_now_is_not_named(self):
        lead = self._offered(name="Bakery")
        token = self._take(lead)
        with self._a_minute_later():
            lead.sudo().user_id = self.sales_manager
            self.env.flush_all()
        with self.assertRaises(UserError) as caught:
            self._undo(token)
        self.assertNotIn("Bakery", str(caught.exception))
        self.assertEqual(lead.sudo().user_id, self.sales_manager)
        lead.sudo().unlink()
        self.assertNotUndone(token, "something has happened")

    def test_nobody_undoes_it_twice(self):
        lead = self._offered()
        token = self._take(lead)
        self._undo(token)
        self.assertNotUndone(token, "something has happened")
        with self._a_minute_later():
            self._take(lead)
        self.assertNotUndone(token, "something has happened")

    # ------------------------------------------------------------------
    # Sent back after it was taken
    # ------------------------------------------------------------------

    def test_salesperson_sends_back_what_they_took(self):
        lead = self._offered()
        lead.action_take()
        action = lead.action_send_back()
        wizard = lead.env[action["res_model"]].with_context(**action["context"])
        wizard.create({"reason": "unreachable"}).action_send_back()
        self.assertEqual((lead.type, lead.handover), ("lead", "returned"))
        self.assertTrue(lead.sudo().sales_qualified_date)

    def test_nobody_sends_back_what_a_colleague_took(self):
        lead = self._offered()
        lead.action_take()
        colleague = lead.with_user(self.all_leads_salesman)
        with self.assertRaisesRegex(UserError, "its salesperson is"):
            colleague.action_send_back()
        with self.assertRaisesRegex(UserError, "its salesperson is"):
            colleague._send_back("other")
        stranger = self._user("other-salesman", "sales_team.group_sale_salesman")
        with self.assertRaises(AccessError):
            lead.with_user(stranger).action_send_back()
        self.assertEqual(lead.sudo().type, "opportunity")
