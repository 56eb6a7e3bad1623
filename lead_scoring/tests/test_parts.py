import math
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.tools.temp_table_streams import (
    TempTableStream,
    TempTableStreams,
)

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestParts(LeadScoringCommon):
    """A pass over very many leads reads their signals part by part: one statement for
    all of them would take too long.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.env["crm.lead"]
        for number in range(7):
            lead = cls._lead(city="Ghent" if number % 2 else "Rome")
            cls._visitor(lead, pages=["/price"] * (number % 3 > 0))
            cls.leads += lead
        cls.city_rule = cls._rule(10, "[('city', '=', 'Ghent')]")
        cls.page_rule = cls._page_view_rule(20)
        cls.tied_rule = cls._rule(3, "[('score_pageview_ids.url', 'ilike', 'price')]")
        cls.expected = [10 * (n % 2) + 23 * (n % 3 > 0) for n in range(7)]

    def _run_in_parts(self, per_stream, full=True, deadline=math.inf):
        """Run a pass, and return of how many leads it read the signals each time."""
        fills = []
        fill = TempTableStreams.fill

        def noted(streams, cr):
            fill(streams, cr)
            cr.execute("SELECT count(*) FROM lead_scoring_stream_page_view_tie")
            fills.append(cr.fetchone()[0])

        with (
            patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0),
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 1),
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_STREAM", per_stream),
            patch.object(TempTableStreams, "fill", noted),
        ):
            scoring_pass = self.env["lead.scoring.pass"]._start(full)
            done = scoring_pass._run(deadline, lambda: None)
        self.env.invalidate_all()
        return done, fills

    def test_parts_evaluate_all_addresses_where_these_are_few(self):
        read = []
        create = TempTableStream._create_values

        def noted(stream, cr):
            create(stream, cr)
            read.append("_tie" in str(stream._values_query.from_clause))

        for number, of_these_leads in ((1, True), (50, False)):
            self._visitor(pages=["/price"] * number)
            self.env.flush_all()
            self.env.cr.execute("ANALYZE website_track")
            self._unscore()
            with (
                self.subTest(views=number),
                patch.object(TempTableStream, "_create_values", noted),
            ):
                self._run_in_parts(3)
                self.assertEqual(set(read[-3:]), {of_these_leads})
                self.assertEqual(self.leads.mapped("score"), self.expected)

    def _unscore(self):
        self._set_columns(self.leads.score_id, fit=-99, interest=0, score=-99)

    def test_parts_give_the_same_as_the_whole(self):
        for per_stream in (1, 2, 3, 100):
            with self.subTest(per_stream=per_stream):
                self._unscore()
                done, fills = self._run_in_parts(per_stream)
                self.assertTrue(done)
                self.assertEqual(self.leads.mapped("score"), self.expected)
                self.assertEqual(self.city_rule.match_total, 3)
                self.assertEqual(self.page_rule.match_total, 4)
                self.assertEqual(self.tied_rule.match_total, 4)
                if per_stream == 2:
                    self.assertGreaterEqual(len(fills), 4)
                    self.assertLessEqual(max(fills), 2)
                if per_stream == 100:
                    self.assertEqual(len(fills), 1)

    def test_pass_that_goes_on_reads_the_signals_of_what_is_left(self):
        self._run_in_parts(100)
        self._unscore()
        read = []
        done = False
        while not done:
            done, fills = self._run_in_parts(100, deadline=-math.inf)
            read += fills
        self.assertEqual(self.leads.mapped("score"), self.expected)
        self.assertEqual(read, sorted(read, reverse=True))
        self.assertLess(read[-1], read[0])

    def test_incremental_pass_reads_the_signals_of_its_leads_once(self):
        self._run_in_parts(100)
        self._let_time_pass(hours=1)
        some = self.leads[2:6]
        self._unscore()
        self._note_written(some)
        done, fills = self._run_in_parts(2, full=False)
        self.assertTrue(done)
        self.assertEqual(some.mapped("score"), self.expected[2:6])
        self.assertEqual(fills, [4])

    def test_rules_that_change_between_parts_end_the_run(self):
        self._run_in_parts(2)
        self.city_rule.value = 11
        passes = self.env.registry["lead.scoring.pass"]
        scoring_pass = self.env["lead.scoring.pass"]._start(True)
        later = self.env.cr.now() + timedelta(minutes=1)
        with (
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 1),
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_STREAM", 2),
            patch.object(passes, "_last_change", lambda _pass: later),
        ):
            self.assertFalse(scoring_pass._run(math.inf, lambda: None))
        self.assertFalse(scoring_pass.date_end)
        self.assertGreater(scoring_pass.last_lead_id, 0)

    def test_broken_rule_of_a_part_is_found_by_reading_the_part(self):
        broken = self._rule(5, "[('city', '=', 'Ghent')]")
        self._set_columns(broken, domain="[('expected_revenue', '>', 'much')]")
        self.env.registry.clear_cache()
        with mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"):
            done, fills = self._run_in_parts(2)
        self.assertTrue(done)
        self.assertTrue(broken.error)
        self.assertEqual(self.leads.mapped("score"), self.expected)
        self.assertLessEqual(max(fills), 2)

    def test_statements_get_memory_but_never_less_than_they_have(self):
        for before, after in (("4MB", "32MB"), ("64MB", "64MB"), ("1GB", "1GB")):
            with self.subTest(before=before):
                self.env.cr.execute("SET LOCAL work_mem = %s", [before])
                self.env["lead.scoring.pass"]._tune_statements()
                self.env.cr.execute("SHOW work_mem")
                self.assertEqual(self.env.cr.fetchone(), (after,))
