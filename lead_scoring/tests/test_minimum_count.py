from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.temp_table_streams import TempTableStreams
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestMinimumCount(LeadScoringCommon):
    """Points come only from the n-th record on."""

    def _lead_seen(self, *days):
        """Return a lead whose visitor saw the prices so many days ago."""
        lead = self._lead()
        self._visitor(lead, pages=[(f"/price/{day}", day) for day in days])
        return lead

    def _scores(self, leads):
        """Return the scores that saving, a pass and the explanation say alike."""
        self._score()
        saved = [lead.score for lead in leads]
        self._run_pass()
        self.assertScores(dict(zip(leads, saved, strict=True)))
        return saved

    def test_points_come_from_the_nth_record_on(self):
        self._page_view_rule(10, minimum_count=3)
        leads = [self._lead_seen(*range(count)) for count in range(6)]
        self.assertEqual(self._scores(leads), [0, 0, 0, 10, 20, 30])

    def test_one_means_that_all_count(self):
        rule = self._page_view_rule(10)
        self.assertEqual(rule.minimum_count, 1)
        self.assertEqual(self._scores([self._lead_seen(0, 1)]), [20])

    def test_oldest_are_left_out_and_the_others_fade(self):
        self._page_view_rule(16, half_life=1, minimum_count=2)
        # of 3, 2 and 1 days ago the second and third count
        self.assertEqual(self._scores([self._lead_seen(2, 1, 3)]), [4 + 8])

    def test_maximum_bounds_what_counts(self):
        self._page_view_rule(10, maximum=15, minimum_count=2)
        self._page_view_rule(-1, minimum_count=3)
        self.assertEqual(self._scores([self._lead_seen(0, 1, 2, 3)]), [15 - 2])

    def test_only_records_that_meet_the_condition_are_counted(self):
        week = "[('url', 'ilike', '/price'), ('visit_datetime', '>', '-7d')]"
        self._page_view_rule(10, week, minimum_count=2)
        lead = self._lead_seen(0, 1, 30)
        other = self._lead_seen(0, 30)
        self._visitor(other, pages=["/contactus"])
        self.assertEqual(self._scores([lead, other]), [10, 0])

    def test_page_seen_twice_within_a_visit_is_one(self):
        self._page_view_rule(10, minimum_count=2)
        lead = self._lead()
        self._visitor(lead, pages=["/price", "/price"])
        self.assertEqual(self._scores([lead]), [0])

    def test_many_leads_give_the_same(self):
        """In temporary tables as in subqueries."""
        self._page_view_rule(10, minimum_count=2, half_life=3)
        leads = [self._lead_seen(*range(1 + number % 4)) for number in range(8)]
        self._score()
        saved = [lead.score for lead in leads]
        self.patch(self.env.registry["lead.scoring.pass"], "_new_streams", _temp_tables)
        for lead in leads:
            self._set_columns(lead.score_id, interest=0)
        self._run_pass()
        self.assertEqual([lead.score for lead in leads], saved)

    def test_explanation_says_from_which_on_and_sums(self):
        self._page_view_rule(16, half_life=1, maximum=10, minimum_count=2)
        lead = self._lead_seen(1, 2, 3)
        self._score()
        [line] = lead.score_explanation["rules"]
        self.assertEqual((line["count"], line["counts_from"]), (3, 2))
        self.assertEqual(line["points"], 10)
        # two count: 8 and 4 are left of 32
        self.assertEqual(line["lost_to_decay"], 20)
        self.assertEqual(line["lost_to_maximum"], 2)
        self.assertIn("counts from no. 2 on", lead.score_explanation_text)

    def test_week_counts_what_counted_then(self):
        self._page_view_rule(10, minimum_count=2)
        lead = self._lead_seen(10, 9, 1)
        self._set_columns(lead, create_date=self.env.cr.now() - timedelta(days=30))
        self._score()
        self.assertEqual(lead.score, 20)
        self.assertEqual(lead.score_explanation["week"]["points"], 10)

    def test_one_more_makes_hot_only_where_it_would_count(self):
        self.scoring_model.write({"warm_score": 5, "hot_score": 10})
        rule = self._page_view_rule(10, minimum_count=3)
        far, near = self._lead_seen(), self._lead_seen(0, 1)
        self._score()
        self.assertFalse(far.score_explanation["missing"]["rules"])
        [way] = near.score_explanation["missing"]["rules"]
        self.assertEqual((way["rule_id"], way["points"]), (rule.id, 10))

    def test_file_of_a_model_keeps_it(self):
        self._page_view_rule(10, minimum_count=4)
        data = self.scoring_model._to_file()
        [rule] = data["rules"]
        self.assertEqual(rule["minimum_count"], 4)

    def test_change_rescores_all_leads(self):
        rule = self._page_view_rule(10)
        lead = self._lead_seen(0, 1, 2)
        self._run_pass()
        self.assertScores({lead: 30})
        self._let_time_pass()
        rule.minimum_count = 3
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    def test_simulation_counts_alike(self):
        self._page_view_rule(10, minimum_count=2)
        lead = self._lead_seen(0, 1, 2)
        self._run_pass()
        draft = self.scoring_model.copy()
        self.assertEqual(draft.rule_ids.minimum_count, 2)
        self.assertEqual(
            self.env["lead.scoring.simulator"]._simulate(draft)["moved_count"], 0
        )
        self.assertScores({lead: 20})

    def test_views_that_only_make_others_count_are_kept(self):
        self._page_view_rule(10, half_life=1, minimum_count=2)
        retention = self.env["lead.scoring.retention"]
        views = self.env["website.track"].sudo()
        [source] = [self.env["lead.scoring.source"]._get("page_view")]
        kept = retention._domains_kept(
            self.scoring_model.rule_ids, views, {"page_view": source}
        )
        self.assertTrue(kept)

    @mute_logger("odoo.sql_db")
    def test_less_than_one_is_refused(self):
        for count in (0, -1, 10_001):
            with self.assertRaises(CheckViolation), self.env.cr.savepoint():
                self._page_view_rule(10, minimum_count=count)
                self.env.flush_all()


def _temp_tables(self, counts, touched=None):
    return TempTableStreams(self.env["crm.lead"].sudo())
