from odoo.tests import tagged
from odoo.tools import html2plaintext

from odoo.addons.lead_scoring.tools.allocation import Assignment

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
        cls.ann = cls._user("ann", salesman, name="Ann", **inbox)
        cls.bob = cls._user("bob", salesman, name="Bob", **inbox)
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
        self.assertEqual(message.subject, "You got 3 leads, 1 hot: Cobbler")
        for text in ("Cobbler", "score 95, Hot", "Butcher", "score 55, Warm"):
            self.assertIn(text, message.body)
        message = self._told(self.bob)
        self.assertEqual(len(message), 1)
        self.assertEqual(message.subject, "You got 1 hot lead: Bakery")
        self.assertEqual(message.model, "crm.lead")
        self._run()
        self.assertEqual(len(self._told(self.ann)), 1)

    def test_in_the_language_of_the_reader_and_nothing_hot(self):
        self._lead_of(55, name="Butcher")
        self._run()
        self.assertEqual(self._told(self.ann).subject, "You got 1 lead: Butcher")

    def test_crossing_because_of_the_handover_is_not_told_once_more(self):
        self._rule(20, "[('type', '=', 'opportunity')]")
        lead = self._lead_of(50)
        self._run()
        self.env.cr.flush()
        self.assertEqual((lead.temperature, lead.user_id), ("hot", self.ann))
        self.assertEqual(
            self._told(self.ann).mapped("subject"), ["You got 1 hot lead: Lead"]
        )

    def test_with_a_team_leader_the_new_salesperson_is_told_too(self):
        self.team.user_id = self.leader
        self._lead_of(90, team_id=self.team.id, name="Bakery")
        self._run()
        self.assertEqual(
            self._told(self.leader).mapped("subject"), ["Bakery became hot"]
        )
        self.assertEqual(
            self._told(self.ann).mapped("subject"), ["You got 1 hot lead: Bakery"]
        )

    def test_whose_lead_is_merged_is_told_of_no_assignment_as_well(self):
        mine = {"user_id": self.ann.id, "team_id": self.team.id}
        self._lead_of(55, email_from="ann@customer.example", name="First")
        self._lead_of(54, email_from="ann@customer.example", name="Second", **mine)
        before = self._told(self.ann)
        self._run()
        self.assertEqual(
            (self._told(self.ann) - before).mapped("subject"),
            ["«Second» merged into «First»"],
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
            self._told(self.bob).filtered(lambda m: "You got" in (m.subject or ""))
        )

    # ------------------------------------------------------------------
    # The chatter of the lead
    # ------------------------------------------------------------------

    def _said(self, lead):
        """Return what the chatter says beside the fields that changed, newest first."""
        self.env.cr.flush()
        tracked = lead.message_ids.filtered("tracking_value_ids")
        return [str(html2plaintext(body)) for body in tracked.mapped("body") if body]

    def test_chatter_says_why_it_was_converted_and_how_many_its_person_has(self):
        first, second = self._lead_of(90), self._lead_of(80)
        own = self._lead_of(70, user_id=self.bob.id, team_id=self.team.id)
        # their shares are equal, so the first of the team comes first
        self._convert()
        self.assertEqual(
            self._said(first),
            ["Score 90 reached the 50 of Direct. Given to Ann: 1 of 9 in 30 days."],
        )
        self.assertIn(
            self._said(second),
            (
                ["Score 80 reached the 50 of Direct. Given to Ann: 2 of 9 in 30 days."],
                ["Score 80 reached the 50 of Direct. Given to Bob: 2 of 3 in 30 days."],
            ),
        )
        self.assertEqual(
            self._said(own), ["Score 70 reached the 50 of Direct. It stays with Bob."]
        )
        changed = first.message_ids.tracking_value_ids.field_id.mapped("name")
        self.assertIn("user_id", changed)
        self.assertNotIn("handover", changed)

    def test_chatter_says_that_nobody_gets_it_and_who_does_later(self):
        members = self.team.crm_team_member_ids
        members.assignment_optout = True
        lead = self._lead_of(90)
        self._convert()
        refused = "Nobody in the team can be given it now."
        self.assertEqual(
            self._said(lead), [f"Score 90 reached the 50 of Direct. {refused}"]
        )
        members[0].assignment_optout = False
        self._convert()
        self.assertEqual(self._said(lead)[0], "Given to Ann: 1 of 9 in 30 days.")

    def test_chatter_says_that_nobody_gets_it_where_the_team_has_no_members(self):
        self.team.crm_team_member_ids.unlink()
        lead = self._lead_of(90)
        self._convert()
        self.assertEqual(lead.handover, "offered")
        self.assertIn("Nobody in the team can be given it now.", self._said(lead)[0])

    def test_chatter_says_that_chance_chose_it(self):
        lead = self._lead_of(5)
        assignment = Assignment(lead.id, self.team.id, None, sampled=True)
        lead._assign_by_score([assignment])
        self.assertIn("Chosen at random for Direct", self._said(lead)[0])

    def test_chatter_is_in_the_language_of_the_salesperson(self):
        self.env["res.lang"]._activate_lang("vi_VN")
        lead = self._lead_of(90)
        said = []
        for lang in ("vi_VN", "en_US"):
            self.ann.lang = lang
            assignment = Assignment(lead.id, self.team.id, self.ann.id)
            lead._log_assignment(assignment)
            key = "mail.tracking.message.crm.lead"
            said.append(self.env.cr.precommit.data[key][lead.id])
        self.assertNotEqual(*said)

    def test_chatter_says_that_it_was_taken(self):
        lead = self._lead_of(90)
        self._convert()
        lead.with_user(lead.user_id).action_take()
        self.assertIn("Taken by sales", lead.message_ids[0].body)

    # ------------------------------------------------------------------
    # Failures
    # ------------------------------------------------------------------

    def test_mail_to_a_converting_team_goes_to_members_and_not_to_its_leader(self):
        mail = {"subject": "Desks", "from": "kim@firm.example", "author_id": False}
        for converts in (True, False):
            self.team.write({"user_id": self.leader.id, "convert_by_score": converts})
            vals = {"type": "lead", "team_id": self.team.id}
            lead = self.env["crm.lead"].message_new({**mail}, custom_values=vals)
            if not converts:
                self.assertEqual(lead.user_id, self.leader, "as in Odoo")
                continue
            self.assertFalse(lead.user_id)
            self._set_points(lead, 90)
            self._convert()
            self.assertIn(lead.user_id, self.ann + self.bob)

    def test_that_somebody_can_not_be_told_undoes_nothing(self):
        lead = self._lead_of(55)
        self.ann.partner_id.email = False
        self._run()
        self.assertEqual(lead.user_id, self.ann)
