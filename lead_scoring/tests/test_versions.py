from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestVersions(LeadScoringCommon):
    """Versions have a number, an author, a date, and say what they changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.first = cls.scoring_model
        cls.ghent = cls._rule(10, name="Ghent")
        cls.phone = cls._rule(5, "[('phone', '!=', False)]", name="Phone")
        cls.prices = cls._page_view_rule(10, name="Prices", maximum=30)

    def _new_version(self, scoring_model=None):
        manager = (scoring_model or self.first).with_user(self.scoring_manager)
        return self.first.browse(manager.action_new_version()["res_id"])

    def _publish(self, draft):
        draft.with_user(self.scoring_manager)._publish()

    def _copy_of(self, rule, draft):
        rules = draft.with_context(active_test=False).rule_ids
        return rules.filtered(lambda copy: copy.origin_id == rule)

    def test_versions_are_numbered_when_they_are_published(self):
        second = self._new_version()
        abandoned = self._new_version()
        self.assertEqual((self.first.version, second.version), (1, 0))
        self._publish(second)
        third = self._new_version(second)
        self._publish(third)
        self.assertEqual((second.version, third.version), (2, 3))
        self.assertEqual(abandoned.version, 0)
        self.assertEqual(third.published_by_id, self.scoring_manager)
        self.assertTrue(third.published_at)

    def test_number_stays_when_a_version_is_brought_back(self):
        second = self._new_version()
        self._publish(second)
        self._publish(self.first)
        self.assertEqual((self.first.version, self.first.state), (1, "live"))
        third = self._new_version()
        self._publish(third)
        self.assertEqual(third.version, 3)
        self.assertEqual(second.version_ids, third + second + self.first)
        self.assertEqual(self.first.version_ids, third + second + self.first)

    def test_another_model_begins_with_one(self):
        other = self.first.create({"name": "Other", "state": "live"})
        self.assertEqual(other.version, 1)
        self.assertEqual(other.version_ids, other)

    def test_version_says_what_it_changed(self):
        draft = self._new_version()
        self.assertEqual(draft.change_note, "Nothing changed.")
        self._copy_of(self.ghent, draft).write({"value": 15, "name": "Town"})
        self._copy_of(self.phone, draft).unlink()
        self._copy_of(self.prices, draft).write(
            {"domain": "[('url', '=', '/prices')]", "maximum": 40}
        )
        self._rule(7, "[('city', '=', 'Bruges')]", name="Bruges", model_id=draft.id)
        draft.hot_score = 70
        self.assertEqual(
            draft.change_note,
            "Hot Score: 60 → 70. Added: «Bruges». Removed: «Phone». «Town»: Points "
            "10 → 15. «Prices»: Maximum 30 → 40, another condition.",
        )
        self.assertFalse(self.first.change_note)

    def test_paused_and_resumed_rules_are_told(self):
        self.phone.active = False
        draft = self._new_version()
        self._copy_of(self.phone, draft).active = True
        self._copy_of(self.ghent, draft).active = False
        self.assertEqual(draft.change_note, "Paused: «Ghent». Resumed: «Phone».")

    def test_many_added_rules_are_counted(self):
        draft = self._new_version()
        for number in range(7):
            self._rule(number + 1, name=f"R{number}", model_id=draft.id)
        self.assertEqual(
            draft.change_note, "Added: «R0», «R1», «R2», «R3», «R4», and 2 more."
        )

    def test_nobody_sets_number_and_author(self):
        draft = self._new_version()
        self.assertTrue(draft._is_code_only("version"))
        self.assertTrue(draft._is_code_only("published_by_id"))
