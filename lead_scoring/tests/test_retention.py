from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..models.website import lead_scoring_retention
from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRetention(LeadScoringCommon):
    """Old page views and events go, but none that still gives points."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["website.track"].search([]).unlink()
        cls.env["lead.scoring.event"].search([]).unlink()
        cls.Retention = cls.env["lead.scoring.retention"]
        cls.lead = cls._lead()

    def _keep(self, days, what="page_view"):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param(f"lead_scoring.{what}_days", days)

    def _see(self, *pages, lead=None):
        """Add page views, ``(address, days ago)``, of a new visitor."""
        return self._visitor(lead or self.lead, pages=pages).website_track_ids

    def _event(self, days, kind="event", **vals):
        date = self.env.cr.now() - timedelta(days=days)
        vals = {"name": "Webinar", "lead_id": self.lead.id, "kind": kind, **vals}
        return self.env["lead.scoring.event"].create({"date": date, **vals})

    def _clean(self):
        """Clean as the daily job does; return how many records went."""
        deleted = 0
        for method in (self.Retention._gc_page_views, self.Retention._gc_events):
            remaining = True
            while remaining:
                done, remaining = method()
                deleted += done
        return deleted

    def _score_of(self, lead):
        lead._score_now()
        return lead.score

    def test_kept_for_ever_by_default(self):
        views = self._see(("/price", 10_000))
        event = self._event(10_000)
        self.assertEqual(self._clean(), 0)
        self.assertTrue(views.exists() and event.exists())

    def test_settings(self):
        settings = self.env["res.config.settings"]
        names = ("lead_scoring_page_view_days", "lead_scoring_event_days")
        self.assertEqual([settings.create({})[name] for name in names], [0, 0])
        settings.create(dict.fromkeys(names, 30)).execute()
        self._see(("/price", 31))
        self._event(31)
        self.assertEqual(self._clean(), 2)
        settings.create(dict.fromkeys(names, 0)).execute()
        self._see(("/price", 31))
        self.assertEqual(self._clean(), 0)

    def test_older_ones_go(self):
        self._keep(30)
        self._keep(60, "event")
        old, new = self._see(("/price", 31)), self._see(("/price", 29))
        old_event, new_event = self._event(61), self._event(59)
        old_form = self._event(61, "form")
        self.assertEqual(self._clean(), 3)
        self.assertFalse((old_event + old_form).exists() or old.exists())
        self.assertTrue(new.exists() and new_event.exists())

    def test_nonsense_keeps_all(self):
        self._see(("/price", 10_000))
        for days in (0, -5):
            self._keep(days)
            self.assertEqual(self._clean(), 0)

    def test_views_of_unknown_visitors_go_too(self):
        self._keep(30)
        views = self._visitor(pages=[("/price", 31)]).website_track_ids
        self._clean()
        self.assertFalse(views.exists())

    def test_in_batches(self):
        self._keep(30)
        self._see(*[("/price", 100)] * 5)
        with patch.object(lead_scoring_retention, "RECORDS_PER_RUN", 2):
            self.assertEqual(self.Retention._gc_page_views(), (2, 1))
            self.assertEqual(self.Retention._gc_page_views(), (2, 1))
            self.assertEqual(self.Retention._gc_page_views(), (1, 0))
            self.assertEqual(self.Retention._gc_page_views(), (0, 0))

    def test_scheduled(self):
        self._keep(30)
        views = self._see(("/price", 31))
        # tests that run in parallel share a folder of files: of those that another one
        # has written this database knows nothing, and would delete them
        attachments = self.env.registry["ir.attachment"]
        self.patch(attachments, "_gc_file_store", lambda _self: None)
        with self.enter_registry_test_mode():
            self.env.ref("base.autovacuum_job").method_direct_trigger()
        self.assertFalse(views.exists())

    # ------------------------------------------------------------------
    # Rules whose points fade
    # ------------------------------------------------------------------

    def test_view_is_kept_until_it_has_faded(self):
        """10 points with a half-life of 14 days: half a point after 61 days."""
        self._keep(1)
        self._page_view_rule(10, half_life=14)
        faded, fading = self._see(("/price", 95)), self._see(("/price", 59))
        self.assertEqual(self._score_of(self.lead), 1)
        self.assertEqual(self._clean(), 1)
        self.assertFalse(faded.exists())
        self.assertTrue(fading.exists())
        self.assertEqual(self._score_of(self.lead), 1)

    def test_many_old_views_are_worth_something_together(self):
        self._keep(1)
        self._page_view_rule(10, half_life=14)
        # each alone is worth 0.3 points
        views = self._see(*[(f"/price/{number}", 70) for number in range(40)])
        score = self._score_of(self.lead)
        self.assertEqual(score, 13)
        self.assertEqual(self._clean(), 0)
        self.assertEqual(self._score_of(self.lead), score)
        self._set_columns(
            views, visit_datetime=self.env.cr.now() - timedelta(days=14 * 10)
        )
        self.assertEqual(self._clean(), 40)
        self.assertEqual(self._score_of(self.lead), 0)

    def test_points_move_by_no_more_than_rounding(self):
        """Clean every day for a year: the score is that of leaving all as it is."""
        self._keep(1)
        self._page_view_rule(10, half_life=7)
        self._page_view_rule(-3, "[('url', 'ilike', '/jobs')]", half_life=14)
        pages = [
            page
            for day in range(2, 150, 3)
            for page in ((f"/price/{day}", day), (f"/jobs/{day}", day))
        ]
        views = self._see(*pages)
        untouched = self._score_of(self.lead)
        self.assertGreater(self._clean(), 10)
        self.assertLess(len(views.exists()), len(views))
        self.assertAlmostEqual(self._score_of(self.lead), untouched, delta=2)

    def test_longest_rule_decides(self):
        self._keep(1)
        self._page_view_rule(10, half_life=1)
        self._page_view_rule(-10, half_life=100)
        views = self._see(("/price", 300))
        self.assertEqual(self._clean(), 0)
        self.assertTrue(views.exists())

    def test_setting_longer_than_fading(self):
        self._keep(365)
        self._page_view_rule(10, half_life=14)
        self._see(("/price", 300))
        self.assertEqual(self._clean(), 0)

    def test_rules_that_do_not_count(self):
        """Paused rules, and those of a model that was retired, give no points."""
        self._keep(30)
        self._page_view_rule(10).active = False
        retired = self.env["lead.scoring.model"].create(
            {"name": "Old", "state": "retired"}
        )
        self._page_view_rule(10, model_id=retired.id)
        self._page_view_rule(0)
        self._see(("/price", 31))
        self.assertEqual(self._clean(), 1)

    def test_rule_that_cannot_be_read_gives_no_points(self):
        self._keep(30)
        rule = self._page_view_rule(10)
        self._set_columns(rule, domain="[('nothing', '=', 1)]")
        self._see(("/price", 31))
        self.assertEqual(self._clean(), 1)

    # ------------------------------------------------------------------
    # Rules whose points do not
    # ------------------------------------------------------------------

    def test_rule_without_half_life_keeps_what_it_counts(self):
        self._keep(30)
        self._page_view_rule(10)
        counted, other = self._see(("/price", 5000)), self._see(("/about", 5000))
        score = self._score_of(self.lead)
        self.assertEqual(self._clean(), 1)
        self.assertTrue(counted.exists())
        self.assertFalse(other.exists())
        self.assertEqual((score, self._score_of(self.lead)), (10, 10))

    def test_lead_rules_keep_what_they_read(self):
        self._keep(30)
        self._rule(10, "[('score_pageview_ids.url', 'ilike', '/price')]")
        self._rule(
            5,
            "[('score_pageview_ids', 'not any', [('url', 'ilike', '/jobs')])]",
        )
        self._rule(3, "[('score_pageview_ids.visit_datetime', '>', '-7d')]")
        self._see(("/price", 5000), ("/jobs", 5000), ("/about", 5000))
        score = self._score_of(self.lead)
        self.assertEqual(score, 10)
        self.assertEqual(self._clean(), 1)
        self.assertEqual(self._score_of(self.lead), score)

    def test_rules_through_others_keep_what_they_read(self):
        self._keep(30)
        self._rule(
            10,
            "[('visitor_ids.website_track_ids.url', 'ilike', '/price')]",
        )
        self._see(("/price", 5000), ("/about", 5000))
        score = self._score_of(self.lead)
        self.assertEqual(self._clean(), 1)
        self.assertEqual((score, self._score_of(self.lead)), (10, 10))

    def test_rules_on_visits_keep_all(self):
        self._keep(30)
        self._see(("/price", 5000), ("/about", 4000))
        for domain in (
            "[('score_visit_count', '>', 1)]",
            "[('score_last_visit', '<', '-30d')]",
            "[('score_pageview_ids', '!=', False)]",
        ):
            rule = self._rule(10, domain)
            with self.subTest(domain=domain):
                self.assertEqual(self._score_of(self.lead), 10)
                self.assertEqual(self._clean(), 0)
            rule.unlink()
        self.assertEqual(self._clean(), 2)

    def test_scope_of_a_model_keeps_what_it_reads(self):
        self._keep(30)
        self.scoring_model.domain = "[('score_pageview_ids.url', 'ilike', '/price')]"
        self._see(("/price", 5000), ("/about", 5000))
        self.assertEqual(self._clean(), 1)

    def test_rules_on_something_else_keep_nothing(self):
        self._keep(30)
        self._keep(30, "event")
        self._rule(10)
        self._rule(10, "[('name', '=', 'Never')]", source="event")
        self._rule(10, "[]", source="meeting")
        self._see(("/price", 31))
        self._event(31)
        self.assertEqual(self._clean(), 2)

    def test_events_that_a_rule_counts_stay(self):
        self._keep(30, "event")
        self._rule(10, "[('name', '=', 'Webinar')]", source="event")
        counted, other = self._event(5000), self._event(5000, name="Call")
        self.assertEqual(self._clean(), 1)
        self.assertTrue(counted.exists())
        self.assertFalse(other.exists())

    def test_starter_rules_keep_nothing_for_ever(self):
        """Out of the box the settings do what they say within a few years."""
        self.env.ref("lead_scoring.scoring_model_standard").state = "live"
        self._keep(30)
        self._see(("/pricing", 3000), ("/contactus", 3000), ("/jobs", 3000))
        self.assertEqual(self._clean(), 3)
