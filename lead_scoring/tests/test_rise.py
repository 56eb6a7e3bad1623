from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRise(LeadScoringCommon):
    """Points gained in seven days, as a number to see, to filter and to sort by."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._rule(30)
        cls._page_view_rule(12)
        cls.new = cls._scored_lead(city="Ghent", name="New")
        cls.steady = cls._scored_lead(city="Ghent", name="Steady")
        cls.rising = cls._scored_lead(city="Ghent", name="Rising")
        cls.falling = cls._scored_lead(city="Ghent", name="Falling")
        for lead, scores in (
            (cls.steady, {30: 30}),
            (cls.rising, {60: 5, 8: 30, 2: 36}),
            (cls.falling, {10: 42}),
        ):
            cls.env["lead.scoring.history"].search([("lead_id", "=", lead.id)]).unlink()
            cls.env["lead.scoring.history"].create(
                [
                    {
                        "lead_id": lead.id,
                        "score": score,
                        "date": cls.env.cr.now() - timedelta(days=days),
                        "reason": "move",
                    }
                    for days, score in scores.items()
                ]
            )
        cls._visitor(cls.rising, pages=["/price"])
        cls._run_pass(full=False)
        cls.leads = cls.new + cls.steady + cls.rising + cls.falling
        cls.leads.invalidate_recordset(["score_rise"])

    def test_it_is_what_was_gained_since_the_last_score_before_the_week(self):
        self.assertEqual(self.rising.score, 42)
        self.assertEqual(self.leads.mapped("score_rise"), [0, 0, 12, -12])

    def test_leads_are_found_and_sorted_by_it(self):
        ours = [("id", "in", self.leads.ids)]
        find = self.env["crm.lead"].with_user(self.all_leads_salesman).search
        self.assertEqual(find([*ours, ("score_rise", ">=", 10)]), self.rising)
        self.assertEqual(find([*ours, ("score_rise", "<", 0)]), self.falling)
        self.assertEqual(find([*ours, ("score_rise", "=", 0)]), self.new + self.steady)
        found = find(ours, order="score_rise desc, id")
        self.assertEqual(found.mapped("name"), ["Rising", "New", "Steady", "Falling"])

    def test_who_may_not_read_scores_finds_nothing_by_it(self):
        leads = self.env["crm.lead"].with_user(self.stranger)
        for search in (
            lambda: leads.search([("score_rise", ">", 0)]),
            lambda: leads.search([], order="score_rise"),
        ):
            with self.assertRaises(AccessError):
                search()

    def test_no_rule_may_ask_for_it(self):
        with self.assertRaises(ValidationError):
            self._rule(5, "[('score_rise', '>', 0)]")
