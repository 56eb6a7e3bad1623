import random

from odoo.tests import tagged

from .common_decisions import DecisionCommon

MIXIN = "odoo.addons.lead_scoring.models.rule.lead_scoring_code_only_mixin"
DAMAGED = ([1], ["a"], "text", 5, True, {"a": 1}, {"1": "b"}, {"1": [1]}, {"9" * 20: 1})
"""JSON that no code of ours writes."""


@tagged("post_install", "-at_install")
class TestDamaged(DecisionCommon):
    """What is stored as JSON is read with distrust: damaged, it is taken for empty."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good, cls.bad = cls._rule(30, name="Good"), cls._rule(40, name="Bad")
        rows = [(70, True, [cls.good])] * 15 + [(70, False, [cls.bad])] * 35
        rows += [(20, True, [cls.good])] * 25 + [(20, False, [cls.good])] * 5
        random.Random(1).shuffle(rows)
        cls.leads = cls._deals(rows)
        company = cls.env.company
        cls.quality = cls.env["lead.scoring.quality"]._judge(cls.scoring_model, company)

    def test_points_of_a_decision(self):
        report = self.env["lead.scoring.report"]
        rows = report.search([("lead_id", "in", self.leads.ids)])
        row = rows.filtered(lambda row: row.decided_rule_ids == self.good)[0]
        evidence = self.env["lead.scoring.rule.evidence"]
        for damaged in DAMAGED:
            row.decision_id.rules = damaged
            self.env.flush_all()
            self.env.invalidate_all()
            with self.subTest(damaged):
                self.assertNotIn(self.good, row.decided_rule_ids)
                evidence._judge(self.scoring_model, self.env.company)
                found = evidence.search([("rule_id", "=", self.good.id)], limit=1)
                self.assertEqual(found.matches, 44, "all others still count")
                self.quality._judge(self.scoring_model, self.env.company)
                self.assertFalse(
                    report.search(
                        [("decided_rule_ids", "in", self.good.ids)]
                        + [("lead_id", "=", row.lead_id.id)]
                    )
                )

    def test_result_of_a_judgement(self):
        self.assertIn("Evaluated on", self.quality.summary)
        for damaged in DAMAGED:
            self.quality.result = damaged
            with self.subTest(damaged), self.assertLogs(MIXIN, "WARNING"):
                self.assertFalse(self.quality.summary)
                self.assertFalse(self.quality.details)
                self.assertIsInstance(self.quality._get_team_rows(), list)
                self.scoring_model._check_drift(self.env.company)

    def test_ranking_that_lacks_its_numbers(self):
        self.quality.result = {"ranking": [{"key": "all", "auc": "high"}]}
        with self.assertLogs(MIXIN, "WARNING"):
            self.assertIsNone(self.quality._get_auc_of_all())

    def test_numbers_of_a_symptom(self):
        symptom = self.quality.symptom_ids[:1]
        self.assertTrue(symptom.name)
        for damaged in (*DAMAGED, {"score": "a"}):
            symptom.numbers = damaged
            with self.subTest(damaged), self.assertLogs(MIXIN, "WARNING"):
                self.assertFalse(symptom.name)
                self.assertFalse(symptom.suggestion)
                domain = symptom.action_open_leads()["domain"]
                self.assertFalse(self.env["lead.scoring.report"].search(domain))
