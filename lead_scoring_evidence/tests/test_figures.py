from odoo.tests import tagged

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestFigures(DecisionCommon):
    """The same deals, whichever screen counts them: all count rows of one view."""

    def test_every_screen_counts_the_same_deals(self):
        rule = self._rule(30, "[('function', '=', 'Director')]", name="Director")
        sellers = (self.salesman, self.sales_manager)
        rows = []
        for number in range(240):
            score = number * 37 % 100
            won = number * 53 % 100 < score
            rows.append((score, won, rule if number % 3 else rule.browse()))
        for number, seller in enumerate(sellers):
            self._deals(rows[number::2], user_id=seller.id)
        matched = [won for _score, won, given in rows if given]
        expected = (len(rows), sum(won for _score, won, _rules in rows))
        company = self.env.company
        report = self.env["lead.scoring.report"]
        [analysis] = report._read_group(
            [("model_id", "=", self.scoring_model.id), ("closed", "=", 1)],
            aggregates=["closed:sum", "won:sum"],
        )
        self.assertEqual(analysis, expected)
        evidence = self.env["lead.scoring.rule.evidence"]
        evidence._judge(self.scoring_model, company)
        line = evidence.search([("rule_id", "=", rule.id)])
        self.assertEqual((line.deals, line.matches), (expected[0], len(matched)))
        self.assertAlmostEqual(line.rate_with, sum(matched) / len(matched))
        quality = self.env["lead.scoring.quality"]._judge(self.scoring_model, company)
        self.assertEqual(
            (quality.won_count + quality.lost_count, quality.won_count), expected
        )
        people = self.env["lead.scoring.seller"].search(
            [("period", "=", "3_all"), ("user_id", "in", [s.id for s in sellers])]
        )
        self.assertEqual(
            (sum(people.mapped("closed")), sum(people.mapped("won"))), expected
        )
