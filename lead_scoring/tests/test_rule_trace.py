from odoo.tests import tagged
from odoo.tools import html2plaintext

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRuleTrace(LeadScoringCommon):
    """The chatter of a live model tells who changed its rules, and how."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.phone = cls._rule(5, name="Phone")
        cls.prices = cls._page_view_rule(10, name="Prices")
        cls.draft = cls.env["lead.scoring.model"].create({"name": "Draft"})
        cls.rules = cls.env["lead.scoring.rule"].with_user(cls.scoring_manager)
        cls.mine = cls.rules.browse((cls.phone + cls.prices).ids)

    def _saved(self):
        """Save; return the new notes on the live model."""
        before = self.scoring_model.message_ids
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.scoring_model.invalidate_recordset(["message_ids"])
        return self.scoring_model.message_ids - before

    def assertTold(self, *sentences):
        note = self._saved()
        self.assertEqual(len(note), 1)
        self.assertEqual(note.author_id, self.scoring_manager.partner_id)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(note.notification_ids)
        text = html2plaintext(note.body)
        for sentence in sentences:
            self.assertIn(sentence, text)

    def test_each_kind_of_change_is_told(self):
        phone, prices = self.mine
        phone.active = False
        self.assertTold("Paused: «Phone»")
        phone.active = True
        self.assertTold("Resumed: «Phone»")
        prices.write({"value": 15, "maximum": 30, "half_life": 7, "minimum_count": 2})
        self.assertTold(
            "«Prices»: Points 10 → 15, Maximum 0 → 30, Half-life (days) 0 → 7, "
            "Count From No. 1 → 2"
        )
        phone.domain = "[('phone', '!=', False)]"
        self.assertTold("«Phone»: another condition")
        phone.dimension = "interest"
        self.assertTold("«Phone»: counts as Interest")
        phone.name = "Telephone"
        self.assertTold("«Phone» is now called «Telephone»")
        phone.model_id = self.draft
        self.assertTold("Moved to another model: «Telephone»")
        phone.model_id = self.scoring_model
        self.assertTold("Moved here: «Telephone» (+5)")
        vals = {"name": "Belgium", "value": -5, "model_id": self.scoring_model.id}
        belgium = self.rules.create(vals)
        self.assertTold("Added: «Belgium» (-5)")
        belgium.unlink()
        self.assertTold("Removed: «Belgium»")

    def test_what_is_saved_at_once_is_one_note(self):
        phone, prices = self.mine
        self.scoring_model.with_user(self.scoring_manager).rule_ids = [
            (1, phone.id, {"domain": "[('phone', '!=', False)]"}),
            (1, prices.id, {"active": False}),
            (0, 0, {"name": "Belgium", "value": 5}),
        ]
        self.assertTold(
            "another condition", "Paused: «Prices»", "Added: «Belgium» (+5)"
        )

    def test_of_many_rules_the_first_are_named(self):
        vals = {"value": 1, "model_id": self.scoring_model.id}
        self.rules.create([{"name": f"Rule {i}", **vals} for i in range(30)])
        self.assertTold("«Rule 0» (+1)", "10 more")

    def test_what_comes_to_nothing_is_not_told(self):
        self.mine.value = 7
        self.phone.value, self.prices.value = 5, 10
        self.mine.sequence = 3
        self.rules.create(
            {"name": "Short", "value": 1, "model_id": self.scoring_model.id}
        ).unlink()
        self.assertFalse(self._saved())

    def test_asking_for_the_effect_tells_nothing(self):
        self.mine[0].get_effect({"active": False})
        self.assertFalse(self._saved())

    def test_drafts_and_the_superuser_leave_no_trace(self):
        self.phone.active = False
        rule = self.rules.create(
            {"name": "Draft rule", "value": 1, "model_id": self.draft.id}
        )
        rule.value = 2
        before = self.draft.message_ids
        self.assertFalse(self._saved())
        self.draft.invalidate_recordset(["message_ids"])
        self.assertEqual(self.draft.message_ids, before)
