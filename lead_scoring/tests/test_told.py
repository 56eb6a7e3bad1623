from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestTold(ConversionCommon):
    """Whom a run of the scheduled action tells what: each once."""

    @classmethod
    def default_env_context(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        inbox = {"notification_type": "inbox"}
        salesman = "sales_team.group_sale_salesman"
        cls.ann = cls._user("ann", salesman, **inbox)
        cls.bob = cls._user("bob", salesman, **inbox)
        cls.leader = cls._user("leader", "sales_team.group_sale_manager", **inbox)
        for user, capacity in ((cls.ann, 9), (cls.bob, 3)):
            cls.env["crm.team.member"].create(
                {
                    "crm_team_id": cls.team.id,
                    "user_id": user.id,
                    "assignment_max": capacity,
                }
            )

    def _told(self, user):
        """Return all that ``user`` was notified of."""
        return self.env["mail.message"].search(
            [("notified_partner_ids", "in", user.partner_id.ids)]
        )

    def _run(self):
        """Score and convert, as the scheduled action does."""
        self._run_pass(full=False)
        self._convert()
        self.env.cr.flush()

    def test_who_is_given_leads_is_told_once_with_the_hot_ones_named(self):
        for points, name in ((90, "Bakery"), (55, "Butcher"), (54, "Brewer")):
            self._lead_of(points, name=name)
        # hot from a second lead on
        self._lead_of(95, name="Cobbler")
        self.assertFalse(self._told(self.ann + self.bob))
        self._run()
        message = self._told(self.ann)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "3 leads are yours now, 1 hot: Cobbler")
        for text in ("Cobbler", "score 95, Hot", "Butcher", "score 55, Warm"):
            self.assertIn(text, message.body)
        message = self._told(self.bob)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "1 hot lead is yours now: Bakery")
        self.assertEqual(message.model, "crm.lead")
        self._run()
        self.assertEqual(len(self._told(self.ann)), 1)

    def test_in_the_language_of_the_reader_and_nothing_hot(self):
        self._lead_of(55, name="Butcher")
        self._run()
        self.assertEqual(self._told(self.ann).subject, "1 lead is yours now: Butcher")

    def test_crossing_because_of_the_handover_is_not_told_once_more(self):
        self._rule(20, "[('type', '=', 'opportunity')]")
        lead = self._lead_of(50)
        self._run()
        self.env.cr.flush()
        self.assertEqual((lead.temperature, lead.user_id), ("hot", self.ann))
        self.assertEqual(
            self._told(self.ann).mapped("subject"), ["1 hot lead is yours now: Lead"]
        )

    def test_with_a_team_leader_the_new_salesperson_is_told_too(self):
        self.team.user_id = self.leader
        self._lead_of(90, team_id=self.team.id, name="Bakery")
        self._run()
        self.assertEqual(
            self._told(self.leader).mapped("subject"), ["Bakery became hot"]
        )
        self.assertEqual(
            self._told(self.ann).mapped("subject"), ["1 hot lead is yours now: Bakery"]
        )

    def test_who_keeps_a_lead_is_not_told_that_it_is_theirs(self):
        self._lead_of(55, user_id=self.ann.id, team_id=self.team.id)
        before = self._told(self.ann)
        self._run()
        self.assertEqual(self._told(self.ann), before)

    def test_who_hands_over_by_hand_is_not_told_by_us(self):
        lead = self._lead_of(55)
        planned = self.env["crm.team"]._route()
        as_ann = self.env["crm.team"].with_user(self.ann).sudo()
        outcome = as_ann._apply_assignments(planned, None)
        self.assertEqual(outcome["given"], {lead.id: self.ann.id})
        self.assertFalse(self._told(self.ann))
        lead.convert_opportunity(False, user_ids=self.bob.ids)
        self.assertFalse(
            self._told(self.bob).filtered(lambda m: "yours now" in (m.subject or ""))
        )

    def test_that_somebody_can_not_be_told_undoes_nothing(self):
        lead = self._lead_of(55)
        self.ann.partner_id.email = False
        self._run()
        self.assertEqual(lead.user_id, self.ann)
