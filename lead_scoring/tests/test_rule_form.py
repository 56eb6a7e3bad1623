from odoo.tests import Form, tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRuleForm(LeadScoringCommon):
    """What the rule form notices, and which fields its conditions offer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    # ------------------------------------------------------------------
    # Rules that ask for the same
    # ------------------------------------------------------------------

    def test_rule_that_asks_for_the_same_is_named(self):
        first = self._rule(5, "[('city', '=', 'Ghent'), ('phone', '!=', False)]")
        second = self._rule(
            8, "['&', ('phone', '!=', False), ('city', 'in', ['Ghent'])]"
        )
        self.assertEqual(second.duplicate_id, first)
        self.assertEqual(first.duplicate_id, second)

    def test_rule_is_named_while_one_writes_the_same(self):
        first = self._rule()
        form = Form(self.env["lead.scoring.rule"].with_user(self.scoring_manager))
        form.model_id = self.scoring_model
        form.domain = "[('city', '=', 'Bruges')]"
        self.assertFalse(form.duplicate_id)
        form.domain = first.domain
        self.assertEqual(form.duplicate_id, first)
        form.domain = "[('city', '"
        self.assertFalse(form.duplicate_id)

    def test_rules_that_ask_for_something_else_are_not_named(self):
        rule = self._rule()
        other_model = self.env["lead.scoring.model"].create({"name": "Other"})
        self._rule(model_id=other_model.id)
        self._rule(active=False)
        self._rule(domain="[('city', '=', 'Bruges')]")
        views = self._page_view_rule()
        self._page_view_rule(minimum_count=3)
        self.assertFalse(rule.duplicate_id)
        self.assertFalse(views.duplicate_id)

    # ------------------------------------------------------------------
    # Fields of conditions
    # ------------------------------------------------------------------

    def _offered(self, source="lead"):
        rule = self.env["lead.scoring.rule"].new({"source": source})
        return rule.condition_fields

    def test_technical_fields_are_not_offered(self):
        offered = self._offered()
        self.assertEqual(offered["model"], "crm.lead")
        expected = {"score_id", "score", "email_domain_criterion", "temperature"}
        expected |= {"activity_ids", "message_ids", "lead_properties", "write_uid"}
        self.assertLessEqual(expected, set(offered["hidden"]))

    def test_fields_that_people_ask_for_are_offered_first(self):
        for source in ("lead", "page_view", "event", "meeting", "reply"):
            offered = self._offered(source)
            known = self.env[offered["model"]]._fields
            self.assertTrue(offered["first"], source)
            self.assertLessEqual(set(offered["first"]), set(known), source)
            self.assertFalse(set(offered["first"]) & set(offered["hidden"]), source)

    def test_fields_of_starter_rules_are_offered(self):
        """But for one that Odoo keeps to find duplicates by."""
        rules = self.env["lead.scoring.rule"].with_context(active_test=False)
        check = self.env["lead.scoring.rule.check"]
        for rule in rules.search([]):
            hidden = set(rule.condition_fields["hidden"])
            used = {
                condition.field_expr.split(".")[0]
                for condition in check._read(rule.domain).iter_conditions()
            }
            self.assertLessEqual(used & hidden, {"email_domain_criterion"}, rule.name)
