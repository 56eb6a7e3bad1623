from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestHandover(ConversionCommon):
    """A salesperson takes what scoring has converted, or sends it back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    def _send_back(self, lead, reason="not_ready", note="In autumn"):
        action = lead.action_send_back()
        wizard = Form(lead.env[action["res_model"]].with_context(**action["context"]))
        wizard.reason = reason
        wizard.note = note
        wizard.save().action_send_back()

    # ------------------------------------------------------------------
    # Taking
    # ------------------------------------------------------------------

    def test_only_what_scoring_converts_is_to_be_taken(self):
        lead = self._lead()
        lead.convert_opportunity(False)
        self.assertFalse(lead.handover)
        with self.assertRaises(UserError):
            lead.with_user(self.sales_manager).action_take()

    def test_who_takes_it_gets_it_and_the_date_is_stamped_once(self):
        lead = self._offered()
        self.assertFalse(lead.sales_qualified_date)
        lead.action_take()
        self.assertEqual(lead.user_id, self.salesman)
        self.assertEqual(lead.handover, "accepted")
        self.assertEqual(lead.sales_qualified_date, self.env.cr.now())
        with self.assertRaisesRegex(UserError, "salesman"):
            lead.action_take()

    def test_lead_of_somebody_stays_theirs(self):
        lead = self._offered(user_id=self.salesman.id, team_id=self.team.id)
        lead.with_user(self.sales_manager).action_take()
        self.assertEqual(lead.user_id, self.salesman)

    def test_nobody_takes_or_returns_leads_of_others(self):
        lead = self._offered(user_id=self.sales_manager.id, team_id=self.team.id)
        with self.assertRaises(AccessError):
            lead.action_take()
        with self.assertRaises(AccessError):
            lead.action_send_back()
        wizard = lead.env["lead.scoring.send.back"]
        with self.assertRaises(AccessError):
            wizard.create({"lead_ids": [(6, 0, lead.ids)], "reason": "other"})
        with self.assertRaises(AccessError):
            lead._send_back("other")
        self.assertEqual(lead.sudo().handover, "offered")

    def test_who_comes_too_late_is_told_so(self):
        lead = self._offered()
        lead.sudo().user_id = self.sales_manager
        for late in (lead.action_take, lead.action_send_back):
            with self.assertRaisesRegex(
                AccessError, "a colleague may already have taken it"
            ):
                late()

    def test_nobody_writes_what_taking_stamps(self):
        lead = self._offered()
        for name, value in (
            ("handover", "accepted"),
            ("sales_qualified_date", "2026-01-01"),
            ("returned_until", 0),
            ("qualifying_call_date", "2026-01-01"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                lead.write({name: value})

    def test_closed_meanwhile_it_is_neither_taken_nor_sent_back(self):
        """A form still shows the buttons."""
        for close in ("action_set_won", "action_set_lost", "action_archive"):
            with self.subTest(close):
                lead = self._offered(user_id=self.salesman.id, team_id=self.team.id)
                wizard = lead.env["lead.scoring.send.back"].create(
                    {"lead_ids": [(6, 0, lead.ids)], "reason": "other"}
                )
                getattr(lead.sudo(), close)()
                self.env.flush_all()
                closed = (lead.type, lead.won_status, lead.active, lead.user_id)
                for act in (
                    lead.action_take,
                    lead.action_send_back,
                    wizard.action_send_back,
                ):
                    with self.assertRaisesRegex(UserError, "won, lost or archived"):
                        act()
                self.assertEqual(
                    (lead.type, lead.won_status, lead.active, lead.user_id), closed
                )

    # ------------------------------------------------------------------
    # Sending back
    # ------------------------------------------------------------------

    def test_sent_back_it_is_a_lead_of_nobody_and_the_chatter_says_why(self):
        lead = self._offered()
        self._send_back(lead)
        self.assertEqual((lead.type, lead.handover), ("lead", "returned"))
        self.assertFalse(lead.user_id)
        self.assertFalse(lead.date_conversion)
        self.assertEqual(lead.returned_reason, "not_ready")
        self.assertFalse(lead.sales_qualified_date)
        bodies = " ".join(lead.message_ids.mapped("body"))
        self.assertIn("Not ready to buy yet", bodies)
        self.assertIn("In autumn", bodies)

    def test_sent_back_it_stays_with_its_company(self):
        """Of a team of no company, too, where Odoo would forget it."""
        company = self.env.company
        lead = self._offered(company_id=company.id)
        self.assertFalse(self.team.company_id)
        lead.action_take()
        lead.with_user(self.sales_manager)._send_back("too_early")
        self.assertFalse(lead.sudo().user_id)
        self.assertEqual(lead.sudo().company_id, company)

    def test_note_is_text(self):
        lead = self._offered()
        self._send_back(lead, note="<script>alert(1)</script>")
        self.assertNotIn("<script>", " ".join(lead.message_ids.mapped("body")))

    def test_sent_back_it_waits_until_its_score_has_risen_by_the_margin(self):
        lead = self._offered().sudo()
        self._send_back(lead.with_user(self.salesman))
        self.assertEqual(lead.returned_until, 66)
        for points in (60, 65, 40):
            self._set_points(lead, points)
            self.assertEqual(self._convert(), 0)
            self.assertWaits(
                lead,
                "returned",
                "Sales sent it back. It is converted again from a score of 66 on.",
                team=self.team,
            )
        self._set_points(lead, 66)
        self.assertEqual(self._convert(), 1)
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.handover, "offered")

    def test_sent_back_it_can_be_converted_by_hand(self):
        lead = self._offered()
        self._send_back(lead)
        lead.convert_opportunity(False)
        self.assertEqual(lead.type, "opportunity")

    def test_reports_group_by_when_sales_took_it(self):
        lead = self._offered()
        lead.action_take()
        groups = lead._read_group([], ["sales_qualified_date:month"], ["__count"])
        self.assertEqual([count for _month, count in groups], [1])
