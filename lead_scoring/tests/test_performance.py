from odoo.tests import tagged

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestPerformance(LeadScoringCommon):
    """Ceilings of queries, at two sizes: what grows with the leads shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for city in ("Ghent", "Bruges", "Antwerp"):
            cls._rule(7, f"[('city', '=', '{city}')]")
        cls._page_view_rule(half_life=14, maximum=30)
        cls.team.write({"convert_by_score": True, "minimum_score": 50})
        cls.few, cls.many = (
            cls.env["crm.lead"].concat(*(cls._lead() for _number in range(count)))
            for count in (2, 40)
        )
        for lead in cls.few | cls.many:
            cls._visitor(lead, pages=["/price"])
        cls._score()
        cls._run_pass()

    def _queries(self, function, *args):
        """Return how many queries a call takes, everything else done before."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(*args)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_scoring_of_many_leads_takes_the_queries_of_few(self):
        self._queries(self.few._score_now)
        few = self._queries(self.few._score_now)
        many = self._queries(self.many._score_now)
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, 25)

    def test_full_pass_over_more_leads_takes_no_more_queries(self):
        self._queries(self._run_pass)
        before = self._queries(self._run_pass)
        more = self.env["crm.lead"].concat(*(self._lead() for _number in range(40)))
        self._score()
        after = self._queries(self._run_pass)
        self.assertTrue(more)
        self.assertLessEqual(after, before)
        self.assertLessEqual(before, 60)

    def test_explanations_take_the_same_queries_for_each_lead(self):
        self.assertTrue(self.few[0].score_explanation, "this fills the caches")
        first, second = (
            self._queries(lambda lead=lead: lead.score_explanation) for lead in self.few
        )
        self.assertEqual(first, second)
        self.assertLessEqual(first, 32)

    def test_routing_notes_of_many_leads_take_the_queries_of_few(self):
        few = self._queries(self.few.mapped, "routing_note")
        many = self._queries(self.many.mapped, "routing_note")
        self.assertLessEqual(many, few + 1)
        self.assertLessEqual(few, 25)
