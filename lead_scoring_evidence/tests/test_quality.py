import random
from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.statistics import fit_logistic, sigmoid

from ..tools.metrics import auc_interval
from .common_decisions import DecisionCommon


def plain_auc(deals):
    """Pair by pair."""
    won = [score for score, is_won in deals if is_won]
    lost = [score for score, is_won in deals if not is_won]
    pairs = [(w > x) + (w == x) / 2 for w in won for x in lost]
    return sum(pairs) / len(pairs)


@tagged("post_install", "-at_install")
class TestQuality(DecisionCommon):
    """How well scores told winners from losers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Quality = cls.env["lead.scoring.quality"]

    def _judge(self, rows=(), **vals):
        self._deals(rows, **vals)
        return self._judge_again()

    def _judge_again(self, company=None):
        return self.Quality._judge(self.scoring_model, company or self.env.company)

    def _random(self, count=200, ties=5):
        generator = random.Random(count)
        rows = []
        for _number in range(count):
            score = generator.randrange(-20, 120) // ties * ties
            rows.append((score, generator.random() < sigmoid(score / 25 - 2)))
        return rows

    def _newest(self, rows):
        return rows[len(rows) * 4 // 5 :]

    # ------------------------------------------------------------------
    # Ranking
    # ------------------------------------------------------------------

    def test_auc_is_that_of_all_pairs_of_the_newest_fifth(self):
        rows = self._random()
        quality = self._judge(rows)
        ranking = quality._get_ranking(quality.result)
        self.assertAlmostEqual(ranking["score"]["auc"], plain_auc(self._newest(rows)))
        self.assertAlmostEqual(quality.auc, ranking["score"]["auc"], 2)
        self.assertAlmostEqual(ranking["all"]["auc"], plain_auc(rows))
        newest = self._newest(rows)
        by_date = [(number, won) for number, (_s, won) in enumerate(newest)]
        self.assertAlmostEqual(ranking["newest"]["auc"], plain_auc(by_date))
        won = sum(won for _score, won in newest)
        low, high = auc_interval(ranking["score"]["auc"], won, len(newest) - won)
        self.assertAlmostEqual(quality.auc_low, low, 2)
        self.assertAlmostEqual(quality.auc_high, high, 2)

    def test_perfect_reversed_and_constant_scores(self):
        rows = [(10 + number % 2, number % 2 == 1) for number in range(120)]
        quality = self._judge(rows)
        self.assertEqual((quality.auc, quality.auc_high), (1, 1))
        self.assertLess(quality.auc_low, 1, "few deals are not sure")
        self.assertEqual(quality.verdict, "ready")
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        quality = self._judge([(-score, won) for score, won in rows])
        self.assertEqual((quality.auc, quality.verdict), (0, "not_ready"))
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        quality = self._judge([(7, won) for _score, won in rows])
        self.assertEqual((quality.auc, quality.verdict), (0.5, "not_ready"))
        self.assertAlmostEqual(quality.slope, 0)

    def test_wrong_way_round_is_not_called_chance(self):
        rows = [(10 + number % 2, number % 2 == 1) for number in range(200)]
        quality = self._judge([(-score, won) for score, won in rows])
        self.assertIn("In 0 of 100 pairs", quality.details)
        self.assertIn(
            "higher scores than won ones. This is hardly chance", quality.summary
        )
        self.assertNotIn("may be chance", quality.summary)
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        quality = self._judge([(7, won) for _score, won in rows])
        self.assertIn("may be chance", quality.summary)

    def test_what_is_short_of_ready_does_not_read_as_if_it_were(self):
        quality = self._judge(self._random())
        quality.write({"auc": 0.698, "verdict": "fair"})
        self.assertIn("In 69 of 100 pairs", quality.details)
        quality.write({"auc": 0.7, "verdict": "not_ready"})
        self.assertIn("In 70 of 100 pairs", quality.details)

    def test_prediction_of_odoo_beside_it(self):
        leads = self._deals([(10, number % 2 == 1) for number in range(100)])
        rows = self.env["lead.scoring.history"].search([("lead_id", "in", leads.ids)])
        rows.automated_probability = 20
        quality = self._judge_again()
        self.assertEqual(quality._get_ranking(quality.result)["odoo"]["auc"], 0.5)
        self.assertNotIn("This sorts the newest leads better", quality.summary)
        for row in rows:
            row.automated_probability = 90 if row.lead_id.won_status == "won" else 5
        quality = self._judge_again()
        self.assertEqual(quality._get_ranking(quality.result)["odoo"]["auc"], 1)
        self.assertIn("This sorts the newest leads better", quality.summary)
        self.assertIn("predicted probability", quality.summary)

    def test_prediction_that_was_not_kept_is_not_known(self):
        quality = self._judge([(10, number % 2 == 1) for number in range(100)])
        self.assertIsNone(quality._get_ranking(quality.result)["odoo"]["auc"])
        self.assertIn("Not known", quality.details)

    def test_model_before_has_its_own_deals(self):
        self._deals([(number % 2, number % 2 == 1) for number in range(100)])
        version = self.env["lead.scoring.model"].create(
            {"name": "Version 2", "origin_id": self.scoring_model.id}
        )
        leads = self._deals([(1, number % 2 == 1) for number in range(100)])
        rows = self.env["lead.scoring.history"].search([("lead_id", "in", leads.ids)])
        rows.model_id = version
        quality = self.Quality._judge(version, self.env.company)
        ranking = quality._get_ranking(quality.result)
        self.assertEqual((ranking["score"]["auc"], ranking["origin"]["auc"]), (0.5, 1))
        self.assertIn("scored itself", quality.details)
        self.assertEqual(quality.won_count, 50)

    # ------------------------------------------------------------------
    # Calibration and thresholds
    # ------------------------------------------------------------------

    def test_calibration_on_deals_that_were_not_fitted(self):
        rows = self._random()
        quality = self._judge(rows)
        deals = [
            (sigmoid(quality.intercept + quality.slope * score), won)
            for score, won in self._newest(rows)
        ]
        brier = sum((p - won) ** 2 for p, won in deals) / len(deals)
        self.assertAlmostEqual(quality.result["brier"], brier)
        ece = 0
        for bin_ in range(10):
            part = [(p, won) for p, won in deals if bin_ / 10 <= p < (bin_ + 1) / 10]
            ece += abs(sum(p - won for p, won in part)) / len(deals)
        self.assertAlmostEqual(quality.result["ece"], ece)
        self.assertEqual(
            sum(row["count"] for row in quality.result["reliability"]), len(deals)
        )
        older = rows[: len(rows) * 4 // 5]
        intercept, slope = fit_logistic([(score, 1, won) for score, won in older])
        self.assertAlmostEqual(quality.intercept, intercept, 5)
        self.assertAlmostEqual(quality.slope, slope, 5)

    def test_precision_and_volume_at_each_threshold(self):
        self.team.write({"convert_by_score": True, "minimum_score": 33})
        rows = self._random()
        self._decided([90, 34], "pending", days=40)
        self._decided([90], "pending", days=100)
        quality = self._judge(rows)
        newest = self._newest(rows)
        thresholds = {row["score"]: row for row in quality.result["thresholds"]}
        self.assertLessEqual({33, 30, 60}, set(thresholds))
        for score, row in thresholds.items():
            found = [won for s, won in newest if s >= score]
            self.assertEqual((row["count"], row["wins"]), (len(found), sum(found)))
            if found:
                self.assertAlmostEqual(row["precision"], sum(found) / len(found))
            self.assertAlmostEqual(
                row["recall"], sum(found) / sum(won for _s, won in newest)
            )
            volume = sum(s >= score for s, _w in rows)
            volume += (score <= 90) + (score <= 34)
            self.assertAlmostEqual(row["volume"], volume / 3)
        self.assertIn("Direct", quality.details)

    def test_bands_of_scores_that_are_far_apart(self):
        quality = self._judge(
            [(number % 100 * 100 - 5000, number % 2 == 1) for number in range(200)]
        )
        self.assertLess(len(quality.result["thresholds"]), 20)

    # ------------------------------------------------------------------
    # Too little to judge
    # ------------------------------------------------------------------

    def test_no_deals(self):
        quality = self._judge()
        self.assertEqual(quality.verdict, "missing")
        self.assertIn("Still missing: 40 won and 40 lost ones", quality.summary)
        self.assertFalse(quality.symptom_ids)
        self.assertNotIn("svg", quality.details or "")

    def test_refuses_below_forty(self):
        rows = [(number, number % 2 == 1) for number in range(79)]
        quality = self._judge(rows)
        self.assertEqual((quality.won_count, quality.lost_count), (39, 40))
        self.assertEqual(quality.verdict, "missing")
        self.assertIn("Too few leads are closed to tell", quality.summary)
        self.assertIn("Still missing: 1 won and 0 lost ones", quality.summary)
        self.assertFalse(quality.auc)
        self._deals([(80, True)])
        quality = self._judge_again()
        self.assertNotEqual(quality.verdict, "missing")
        self.assertIn("only a few recent leads", quality.summary)

    def test_one_class_only(self):
        quality = self._judge([(number, True) for number in range(100)])
        self.assertEqual((quality.verdict, quality.lost_count), ("missing", 0))
        self.assertIn("Still missing: 0 won and 40 lost ones", quality.summary)

    def test_newest_deals_of_one_class(self):
        rows = [(number, number % 2 == 1) for number in range(200)]
        quality = self._judge(rows + [(5, True)] * 100)
        self.assertEqual(quality.verdict, "not_ready")
        self.assertIn("nothing to tell apart", quality.summary)
        self.assertIn("Not known", quality.details)

    def test_not_judged_leads_are_counted(self):
        self._deals([(number, number % 2 == 1) for number in range(100)])
        leads = self.env["crm.lead"].create([self._ended("won")] * 3)
        quality = self._judge_again()
        self.assertEqual(quality.result["counts"]["not_judged"], 3)
        self.assertIn("before they were won or lost: 3.", quality.summary)
        domain = quality.action_open_not_judged()["domain"]
        found = self.env["lead.scoring.report"].search(domain)
        self.assertEqual(found.lead_id, leads)

    def test_deals_of_other_models_do_not_count(self):
        self._deals([(number, number % 2 == 1) for number in range(100)])
        other = self.env["lead.scoring.model"].create({"name": "Other"})
        quality = self.Quality._judge(other, self.env.company)
        self.assertEqual((quality.won_count, quality.verdict), (0, "missing"))

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def test_first_sentence_says_what_scores_are_worth_and_what_to_do(self):
        rows = [(80, number % 10 > 0) for number in range(100)]
        rows += [(45, number % 2 == 0) for number in range(50)]
        rows += [(10, number % 25 == 0) for number in range(100)]
        random.Random(1).shuffle(rows)
        quality = self._judge(rows)
        self.assertEqual(
            quality.headline,
            "Of 100 hot leads, 90 are won; of 100 cold ones, 4. The score sorts well. "
            "Nothing to do.",
        )
        self.assertIn(quality.headline, quality.summary)
        for figure in ("AUC", "ECE", "Brier"):
            self.assertNotIn(figure, quality.summary)
            self.assertIn(figure, quality.details)

    def test_win_rates_of_few_leads_are_not_told(self):
        rows = [(80, True)] * 9 + [(40, True)] * 41 + [(10, False)] * 50
        random.Random(1).shuffle(rows)
        quality = self._judge(rows)
        self.assertIn("Too few hot or cold leads are closed", quality.headline)
        self.assertIn("hot 9, cold 50; it takes 10 of each.", quality.headline)
        self.assertNotIn("Of 100", quality.headline)

    def test_judgement_of_before_these_sentences_has_the_verdict(self):
        quality = self._judge([(n, n % 2 == 1) for n in range(100)])
        quality.result = {
            key: value for key, value in quality.result.items() if key != "temperatures"
        }
        self.assertIn("may be chance", quality.headline)
        self.assertNotIn("hot leads", quality.headline)
        self.assertTrue(quality.details)

    def test_figures_are_behind_a_page_that_is_not_the_first(self):
        view = self.Quality.get_view(
            self.env.ref("lead_scoring_evidence.lead_scoring_quality_view_form").id
        )
        arch = etree.fromstring(view["arch"])
        pages = arch.xpath("//notebook/page/@name")
        self.assertEqual(pages, ["changes", "details"])
        self.assertTrue(arch.xpath("//page[@name='details']//field[@name='details']"))

    # ------------------------------------------------------------------
    # Symptoms
    # ------------------------------------------------------------------

    def _symptoms(self, quality):
        return {symptom.kind: symptom for symptom in quality.symptom_ids}

    def _take(self, team, minimum, capacity):
        """Let a team take leads from a minimum score on."""
        team.write({"convert_by_score": True, "minimum_score": minimum})
        user = self._user(f"member-{team.id}", "sales_team.group_sale_salesman")
        self.env["crm.team.member"].create(
            {"crm_team_id": team.id, "user_id": user.id, "assignment_max": capacity}
        )

    def _leads_behind(self, symptom):
        report = self.env["lead.scoring.report"]
        return report.search(symptom.action_open_leads()["domain"]).lead_id

    def test_good_scores_have_no_symptoms(self):
        rows = [(80, number % 10 > 0) for number in range(100)]
        rows += [(10, number % 10 == 0) for number in range(100)]
        random.Random(1).shuffle(rows)
        quality = self._judge(rows)
        self.assertFalse(quality.symptom_ids)
        self.assertEqual(quality.verdict, "ready")

    def test_high_scores_that_are_lost(self):
        good, bad = self._rule(30, name="Good"), self._rule(40, name="Bad")
        rows = [(70, True, good)] * 15 + [(70, False, bad)] * 35
        rows += [(20, True, good)] * 25 + [(20, False, good)] * 5
        random.Random(1).shuffle(rows)
        leads = self._deals(rows)
        quality = self._judge_again()
        symptom = self._symptoms(quality)["high_lost"]
        self.assertEqual(symptom.rule_id, bad)
        self.assertIn("Of 50 hot leads (60 points or more)", symptom.name)
        self.assertIn("35 were lost", symptom.name)
        self.assertIn("30 % were won", symptom.name)
        self.assertIn("fewer than 40 points for «Bad»", symptom.suggestion)
        self.assertEqual(
            self._leads_behind(symptom),
            self._leads_behind(symptom).filtered(lambda lead: lead in leads),
        )
        self.assertEqual(len(self._leads_behind(symptom)), 35)
        bad.unlink()
        self.assertIn("No rule tells them apart", symptom.suggestion)
        quality = self._judge_again()
        self.assertFalse(self._symptoms(quality)["high_lost"].rule_id)

    def _find_among(self, *groups):
        """Return ``{kind: symptom}`` of made-up deals, so many that few are won.

        :param groups: ``(score, count, won)``
        """
        self.env.cr.execute(
            """CREATE TEMPORARY TABLE made_up_deal ON COMMIT DROP AS
               SELECT score, 1 AS closed, (number <= wins)::integer AS won,
                      NULL::integer AS decision_id
                 FROM unnest(%s::integer[], %s::integer[], %s::integer[])
                      AS part(score, count, wins),
                      generate_series(1, count) AS number""",
            [list(numbers) for numbers in zip(*groups, strict=True)],
        )
        deals = SQL.identifier("made_up_deal")
        finder = self.env["lead.scoring.symptom"]
        found = finder._find(deals, self.scoring_model, self.env.company)
        self.env.cr.execute("DROP TABLE made_up_deal")
        quality = self._judge_again()
        return {
            vals["kind"]: finder.create({**vals, "quality_id": quality.id})
            for vals in found
        }

    def test_high_scores_that_win_more_often_are_no_symptom(self):
        """16 of 26 may be chance; that they are lost it is not."""
        self.assertEqual(self._find_among((70, 26, 16), (40, 26, 10)), {})
        self.assertIn("high_lost", self._find_among((70, 26, 13), (40, 26, 13)))
        self.assertIn("high_lost", self._find_among((70, 26, 12), (40, 26, 14)))

    def test_low_scores_that_win_more_seldom_are_no_symptom(self):
        self.assertEqual(self._find_among((10, 26, 10), (40, 60, 33)), {})
        self.assertIn("low_won", self._find_among((10, 26, 14), (40, 50, 26)))
        much = self._find_among((10, 300, 20), (40, 50, 40))
        self.assertIn("20 of 60 won leads were cold", much["low_won"].name)

    def test_rates_below_one_percent_are_compared_as_they_are(self):
        symptoms = self._find_among((70, 1000, 2), (40, 9000, 38))
        self.assertEqual(list(symptoms), ["high_lost"])
        self.assertIn("0.20 % were won, and 0.40 % of all", symptoms["high_lost"].name)
        # 49 of 10,000 would be rounded to nothing, and the cold ones win less
        self.assertEqual(
            self._find_among((10, 9000, 10), (40, 500, 19), (70, 500, 20)), {}
        )

    def test_low_scores_that_win(self):
        rule = self._rule(2, name="Small shop")
        rows = [(10, True, rule)] * 30 + [(10, False)] * 30
        rows += [(50, True)] * 20 + [(50, False)] * 20
        random.Random(1).shuffle(rows)
        self._deals(rows)
        symptom = self._symptoms(self._judge_again())["low_won"]
        self.assertIn("30 of 50 won leads were cold", symptom.name)
        self.assertIn("more than 2 points for «Small shop»", symptom.suggestion)
        self.assertEqual(len(self._leads_behind(symptom)), 30)
        rule.active = False
        symptom = self._symptoms(self._judge_again())["low_won"]
        self.assertIn("warm from 10 points on", symptom.suggestion)

    def test_too_many_and_too_few_leads_for_a_team(self):
        self._take(self.team, 50, 15)
        self._take(self.other_team, 100, 60)
        self._deals([(n, n % 2 == 1) for n in range(100)], team_id=self.team.id)
        self._deals([(n, n % 2 == 1) for n in range(100)])
        symptoms = self._symptoms(self._judge_again())
        many, few = symptoms["many"], symptoms["few"]
        self.assertEqual(many.team_id, self.team)
        # of what the team is open to in 90 days, as its form and the table count it
        self.assertIn("from 50 points on, in 30 days: 33.", many.name)
        quality = many.quality_id
        rows = {row["name"]: row["volume"] for row in quality._get_team_rows()}
        self.assertEqual(rows, {"Direct": 33, "Inside": 0})
        proposal = self.team._propose_minimum()
        met = [count for score, count in proposal["scores"] if score >= 50]
        self.assertEqual(round(sum(met) / proposal["periods"]), 33)
        self.assertIn(
            "minimum score to 78. Leads from there on, in 30 days: 15.", many.suggestion
        )
        self.assertEqual(len(self._leads_behind(many)), 100)
        self.assertEqual(few.team_id, self.other_team)
        self.assertIn(
            "minimum score to 10. Leads from there on, in 30 days: 60.", few.suggestion
        )

    def test_no_minimum_would_do(self):
        self._take(self.team, 50, 15)
        self._take(self.other_team, 100, 500)
        self._deals([(50, n % 2 == 1) for n in range(100)], team_id=self.team.id)
        symptoms = self._symptoms(self._judge_again())
        many, few = symptoms["many"], symptoms["few"]
        self.assertIn("its best leads have one score", many.suggestion)
        self.assertIn("there are too few leads", few.suggestion)

    def test_one_month_of_many_leads_is_no_reason_yet(self):
        self._take(self.team, 50, 40)
        self._deals([(60, n % 2 == 1) for n in range(100)], team_id=self.team.id)
        self.assertNotIn("many", self._symptoms(self._judge_again()))
        self.assertEqual(self.team._propose_minimum()["verdict"], "all")

    # ------------------------------------------------------------------
    # Screens and access
    # ------------------------------------------------------------------

    def test_manager_opens_the_quality_of_a_model(self):
        self._deals([(number, number % 2 == 1) for number in range(100)])
        model = self.scoring_model.with_user(self.scoring_manager)
        action = model.action_quality()
        self.assertEqual(action["res_model"], "lead.scoring.quality")
        quality = self.Quality.with_user(self.scoring_manager).browse(action["res_id"])
        self.assertIn("pairs of a won and a lost lead", quality.details)
        self.assertIn("<svg", quality.details)
        self.assertEqual(model.quality_verdict, quality.verdict)
        self.assertEqual(model.action_quality()["res_id"], quality.id, "once a day")
        again = quality.action_judge()
        self.assertNotEqual(again["res_id"], quality.id)
        self._set_columns(self.Quality.search([]), date=self.now - timedelta(days=2))
        self.assertGreater(model.action_quality()["res_id"], again["res_id"])
        quality.action_judge_live()
        self.assertEqual(len(self.Quality.search([])), 4)

    def _read_graph(self, action):
        """Return ``{group: measure}`` of what a graph shows."""
        report = self.env["lead.scoring.report"]
        context = action["context"]
        rows = report._read_group(
            action["domain"],
            context["graph_groupbys"],
            [f"{context['graph_measure']}:avg"],
        )
        return {tuple(groups): value for *groups, value in rows}

    def test_graph_of_win_rates_by_score(self):
        rows = [(number % 2 * 50, number % 4 > 0) for number in range(200)]
        quality = self._judge(rows)
        self._decided([50], "pending")
        action = quality.action_open_win_rates()
        self.assertEqual(action["views"][0], (False, "graph"))
        self.assertEqual(self._read_graph(action), {("b01",): 0.5, ("b06",): 1})

    def test_graph_of_days_to_close_by_score(self):
        quality = self._judge(
            [(number % 2 * 50, number % 3 > 0) for number in range(180)]
        )
        days = self._read_graph(quality.action_open_days())
        groups = [(band, end) for band in ("b01", "b06") for end in ("won", "lost")]
        self.assertEqual(set(days), set(groups))
        for group in groups:
            self.assertAlmostEqual(days[group], 4)

    def test_manager_opens_only_leads_that_are_his_to_read(self):
        self._show_only_own_leads(self.scoring_manager)
        rows = [(70, number % 2 == 1) for number in range(100)]
        self._deals(rows, user_id=self.sales_manager.id)
        symptom = self._symptoms(self._judge_again())["high_lost"]
        action = symptom.with_user(self.scoring_manager).action_open_leads()
        report = self.env["lead.scoring.report"].with_user(self.scoring_manager)
        self.assertFalse(report.search(action["domain"]))
        graph = symptom.quality_id.with_user(self.scoring_manager)
        self.assertFalse(report.search(graph.action_open_win_rates()["domain"]))

    def test_salesman_sees_no_quality(self):
        quality = self._judge([(70, number % 2 == 1) for number in range(100)])
        for record in (quality, quality.symptom_ids):
            with self.assertRaises(AccessError):
                record.with_user(self.salesman).read(["display_name"])
        model = self.scoring_model.with_user(self.salesman)
        with self.assertRaises(AccessError):
            model.action_quality()
        with self.assertRaises(AccessError):
            model.read(["quality_verdict"])
        with self.assertRaises(AccessError):
            quality.with_user(self.salesman).action_judge()
        with self.assertRaises(AccessError):
            self.Quality.with_user(self.salesman).action_judge_live()
        with self.assertRaises(AccessError):
            quality.with_user(self.scoring_manager).write({"auc": 1})

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        rows = [(number, number % 2 == 1) for number in range(100)]
        self._deals(rows, company_id=self.env.company.id)
        self._deals(rows[:50], company_id=company.id)
        self._deals(rows[:10])
        here = self._judge_again()
        there = self._judge_again(company)
        self.assertEqual((here.won_count, there.won_count), (55, 30))
        visible = self.Quality.with_user(self.scoring_manager).search([])
        self.assertEqual(visible, here)
        with self.assertRaises(AccessError):
            there.with_user(self.scoring_manager).read(["auc"])

    def test_quality_goes_with_its_model(self):
        draft = self.env["lead.scoring.model"].create({"name": "Draft"})
        quality = self.Quality._judge(draft, self.env.company)
        draft.unlink()
        self.assertFalse(quality.exists())

    def test_printed_page(self):
        self.team.write({"convert_by_score": True, "minimum_score": 33})
        rows = [(70, number % 2 == 1) for number in range(100)]
        quality = self._judge(rows)
        report = self.env["ir.actions.report"].with_user(self.scoring_manager)
        html, _type = report._render_qweb_html(
            "lead_scoring_evidence.quality_page", quality.ids
        )
        page = html.decode()
        self.assertIn("Agreed minimum", page)
        self.assertIn(quality.symptom_ids[0].name, page)
        self.assertIn('name="reliability"', page)
        self.assertLess(page.index(quality.headline), page.index('name="reliability"'))

    # ------------------------------------------------------------------
    # Statistics
    # ------------------------------------------------------------------

    def test_auc_interval_covers(self):
        """Of many small samples of known distributions about 95 % hold the truth."""
        generator = random.Random(5)
        covered = 0
        for _sample in range(300):
            won = [(generator.gauss(1, 1), True) for _number in range(25)]
            lost = [(generator.gauss(0, 1), False) for _number in range(35)]
            low, high = auc_interval(plain_auc(won + lost), 25, 35)
            covered += low <= 0.7602 <= high  # of two normals one deviation apart
        self.assertGreater(covered / 300, 0.91)
        self.assertLess(covered / 300, 0.995)
