from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import (
    LeadScoringSource,
    Source,
)
from odoo.addons.lead_scoring.models.website import website_visitor
from odoo.addons.lead_scoring.models.website.website_visitor import (
    ASK_AGAIN_AFTER,
    WebsiteVisitor,
)

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestSignals(LeadScoringCommon):
    """Streams of other records than page views, and what counts once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._scored_lead(email_from="ann@example.com")

    def assertPoints(self, points):
        """All ways of scoring give the lead so many points."""
        self.lead._score_now()
        self.assertEqual(self.lead.score, points)
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
            self._run_pass()
        self.assertEqual(self.lead.score, points)
        self.assertScores({self.lead: points})

    def _signal_rule(self, source, domain="[]", **vals):
        vals = {"source": source, "dimension": "interest", **vals}
        return self._rule(10, domain, **vals)

    # ------------------------------------------------------------------
    # Visits
    # ------------------------------------------------------------------

    def test_same_page_counts_once_within_a_visit(self):
        self._signal_rule("page_view", "[('url', 'ilike', 'price')]")
        start = self.env.cr.now().replace(minute=0, second=0) - timedelta(days=1)
        visitor = self._visitor(self.lead)
        for minutes, url in (
            (1, "/price"),
            (2, "/price?lang=vi"),
            (3, "/price/list"),
            (29, "/price"),
            (31, "/price"),
        ):
            visitor.website_track_ids.create(
                {
                    "visitor_id": visitor.id,
                    "url": url,
                    "visit_datetime": start + timedelta(minutes=minutes),
                }
            )
        self.assertPoints(30)

    def test_length_of_a_visit_is_a_setting(self):
        self._signal_rule("page_view")
        start = self.env.cr.now().replace(minute=0, second=0) - timedelta(days=1)
        visitor = self._visitor(self.lead)
        for minutes in (1, 31):
            visitor.website_track_ids.create(
                {
                    "visitor_id": visitor.id,
                    "url": "/price",
                    "visit_datetime": start + timedelta(minutes=minutes),
                }
            )
        self.assertPoints(20)
        self.env["ir.config_parameter"].set_param("lead_scoring.visit_minutes", 60)
        self.assertPoints(10)

    def test_visit_without_a_sensible_length_is_half_an_hour(self):
        self._signal_rule("page_view")
        self._visitor(self.lead, pages=["/price"])
        for value in ("0", "-5", "an hour", ""):
            self.env["ir.config_parameter"].set_param(
                "lead_scoring.visit_minutes", value
            )
            with self.subTest(value=value):
                self.assertPoints(10)

    def test_flood_of_views_stays_below_the_maximum(self):
        self._signal_rule("page_view", maximum=25)
        visitor = self._visitor(self.lead)
        self.env.cr.execute(
            """INSERT INTO website_track (visitor_id, url, visit_datetime)
               SELECT %s, '/page/' || n, now() at time zone 'UTC'
                 FROM generate_series(1, 10000) n""",
            [visitor.id],
        )
        self.assertPoints(25)

    # ------------------------------------------------------------------
    # Meetings and replies
    # ------------------------------------------------------------------

    def _meeting(self, days, **vals):
        start = self.env.cr.now() + timedelta(days=days)
        return self.env["calendar.event"].create(
            {
                "name": "Demo",
                "start": start,
                "stop": start + timedelta(hours=1),
                "opportunity_id": self.lead.id,
                **vals,
            }
        )

    def test_meeting_counts_and_a_coming_one_not_for_more(self):
        self._signal_rule("meeting", half_life=14)
        self._meeting(days=-14)
        self.assertPoints(5)
        self._meeting(days=28)
        self.assertPoints(15)

    def _weekly(self, start, count=52):
        """Return the meetings of a series that begins so many days from now."""
        begin = self.env.cr.now().replace(microsecond=0) + timedelta(days=start)
        return self._meeting(
            days=start,
            start=begin,
            stop=begin + timedelta(hours=1),
            event_tz="UTC",
            recurrency=True,
            rrule_type="weekly",
            end_type="count",
            count=count,
            **{
                day: True
                for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
                if day == f"{begin:%a}".lower()
            },
        ).recurrence_id.calendar_event_ids

    def test_weekly_meeting_counts_once(self):
        self._signal_rule("meeting")
        self.assertEqual(len(self._weekly(start=3)), 52)
        self.assertPoints(10)

    def test_weekly_meeting_fades_from_the_last_one_up_to_now(self):
        self._signal_rule("meeting", half_life=7)
        self._weekly(start=-14, count=2)
        self.assertPoints(5)

    def test_weekly_meeting_that_goes_on_fades_as_well(self):
        """The one to come is no signal once the series has begun."""
        self._signal_rule("meeting", half_life=3)
        self._weekly(start=-3, count=52)
        self.assertPoints(5)

    def test_all_single_meetings_to_come_count_as_one(self):
        self._signal_rule("meeting")
        for days in (1, 2, 9):
            self._meeting(days=days)
        self.assertPoints(10)
        self._meeting(days=-1)
        self._meeting(days=-2)
        self.assertPoints(30)

    def test_meeting_that_the_rule_does_not_mean_hides_no_other(self):
        self._signal_rule("meeting", "[('name', '=', 'Demo')]")
        self._meeting(days=1, name="Lunch")
        self._meeting(days=2)
        self.assertPoints(10)

    def test_cancelled_meeting_gives_its_points_back(self):
        self._signal_rule("meeting")
        meeting = self._meeting(days=1)
        self.assertPoints(10)
        meeting.active = False
        self.assertPoints(0)

    def _message(self, author, **vals):
        return self.env["mail.message"].create(
            {
                "model": "crm.lead",
                "res_id": self.lead.id,
                "author_id": author and author.id,
                "message_type": "email",
                "body": "Hello",
                **vals,
            }
        )

    def test_reply_of_the_customer_counts_and_a_colleagues_does_not(self):
        self._signal_rule("reply")
        customer = self.env["res.partner"].create({"name": "Ann"})
        self._message(customer)
        self._message(author=None, email_from="ann@example.com")
        self._message(self.env.user.partner_id)
        self._message(customer, message_type="comment")
        self.assertPoints(20)

    # ------------------------------------------------------------------
    # A source of a bridge
    # ------------------------------------------------------------------

    def test_bridge_adds_a_source_by_one_method(self):
        def activities(self):
            return Source(
                model="mail.activity",
                date="create_date",
                ties=SQL(
                    """SELECT res_id AS lead_id, id AS key FROM mail_activity
                        WHERE res_model = 'crm.lead'"""
                ),
            )

        field = self.env["lead.scoring.rule"]._fields["source"]
        selection = [*field.selection, ("activity", "To-dos")]
        with (
            patch.object(field, "selection", selection),
            patch.object(field, "_selection", dict(selection)),
            patch.object(
                LeadScoringSource, "_source_activity", activities, create=True
            ),
        ):
            self._signal_rule("activity", "[('summary', '=', 'Call')]")
            self.assertPoints(0)
            for summary in ("Call", "Call", "Mail"):
                self.lead.activity_schedule(
                    "mail.mail_activity_data_todo", summary=summary
                )
            self.assertPoints(20)

    def test_record_counts_once_by_what_the_source_says(self):
        page_view = LeadScoringSource._source_page_view
        once = SQL("website_track.visitor_id")

        with patch.object(
            LeadScoringSource,
            "_source_page_view",
            lambda self: replace(page_view(self), once=once),
        ):
            self._signal_rule("page_view")
            self._visitor(self.lead, pages=["/a", "/b"])
            self.assertPoints(10)

    # ------------------------------------------------------------------
    # Soon
    # ------------------------------------------------------------------

    def _triggers(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_signal_of_a_known_visitor_asks_for_a_pass_now_and_again(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        known, unknown = self._visitor(self.lead), self._visitor()
        unknown._trigger_scoring(unknown.id)
        self.assertEqual(self._triggers(), 0)
        known._trigger_scoring(known.id)
        known._trigger_scoring(known.id)
        self.assertEqual(self._triggers(), 2)

    def test_signals_of_a_won_lead_ask_for_no_pass(self):
        visitor = self._visitor(self.lead)
        self.lead.action_set_won()
        self.env.flush_all()
        self.env["ir.cron.trigger"].search([]).unlink()
        visitor._trigger_scoring(visitor.id)
        self.assertEqual(self._triggers(), 0)

    def test_signals_that_follow_within_seconds_cost_nothing_in_this_process(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        visitor = self._visitor(self.lead)
        start = datetime(2026, 3, 2, 10)
        with (
            patch.dict(website_visitor._COVERED_UNTIL, clear=True),
            patch.object(self.registry["ir.cron"], "_notifydb"),
        ):
            with freeze_time(start):
                visitor._trigger_scoring(visitor.id)
                self.env.cr.postcommit.run()
                with self.assertQueryCount(0):
                    visitor._trigger_scoring(visitor.id)
            with freeze_time(start + ASK_AGAIN_AFTER):
                visitor._trigger_scoring(visitor.id)
        triggers = self.env["ir.cron.trigger"].search([])
        self.assertEqual(
            sorted(triggers.mapped("call_at")),
            [
                start,
                start + ASK_AGAIN_AFTER,
                start + ASK_AGAIN_AFTER,
                start + 2 * ASK_AGAIN_AFTER,
            ],
        )

    def test_process_that_learns_of_a_request_of_another_one_need_not_ask(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        visitor = self._visitor(self.lead)
        start = datetime(2026, 3, 2, 10)
        later = start + ASK_AGAIN_AFTER / 4
        for moment in (start, later):
            with (
                patch.dict(website_visitor._COVERED_UNTIL, clear=True),
                patch.object(self.registry["ir.cron"], "_notifydb"),
                freeze_time(moment),
            ):
                visitor._trigger_scoring(visitor.id)
                self.env.cr.postcommit.run()
                with self.assertQueryCount(0):
                    visitor._trigger_scoring(visitor.id)
                until = website_visitor._COVERED_UNTIL[self.env.cr.dbname]
                self.assertEqual(until, start + ASK_AGAIN_AFTER / 2)
        self.assertEqual(self._triggers(), 2)

    def test_run_that_is_asked_for_much_later_covers_no_signal(self):
        """As one for points that expire in a month."""
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        self.env["ir.cron.trigger"].search([]).unlink()
        cron._trigger(at=self.env.cr.now() + timedelta(days=30))
        visitor = self._visitor(self.lead)
        with patch.dict(website_visitor._COVERED_UNTIL, clear=True):
            visitor._trigger_scoring(visitor.id)
        self.assertEqual(self._triggers(), 3)

    def test_page_view_of_a_stranger_costs_one_query(self):
        stranger = self._visitor()
        self.env.flush_all()
        with patch.dict(website_visitor._COVERED_UNTIL, clear=True):
            # the id of the scheduled action is read once
            stranger._trigger_scoring(stranger.id, anonymous=True)
            with (
                self.assertQueryCount(1),
                patch.object(WebsiteVisitor, "_is_scored_lead") as ask,
            ):
                stranger._trigger_scoring(stranger.id, anonymous=True)
        ask.assert_not_called()

    def test_scheduler_is_told_after_the_commit_and_not_by_the_visitor(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        visitor, told = self._visitor(self.lead), Event()
        with (
            patch.dict(website_visitor._COVERED_UNTIL, clear=True),
            patch.object(website_visitor, "NOTIFY_AFTER", 0.01),
            patch.object(
                self.registry["ir.cron"], "_notifydb", lambda _cron: told.set()
            ),
        ):
            visitor._trigger_scoring(visitor.id)
            self.assertFalse(told.wait(0.1))
            self.env.cr.postcommit.run()
            self.assertTrue(told.wait(10))

    def test_scheduled_action_that_is_off_is_not_asked_for(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        self.env.ref("lead_scoring.ir_cron_score_leads").active = False
        self.env.flush_all()
        visitor = self._visitor(self.lead)
        visitor._trigger_scoring(visitor.id)
        self.assertEqual(self._triggers(), 0)

    def test_signal_not_committed_covers_no_other(self):
        visitor = self._visitor(self.lead)
        with patch.dict(website_visitor._COVERED_UNTIL, clear=True):
            visitor._trigger_scoring(visitor.id)
            self.env.cr.postcommit.clear()
            self.assertFalse(website_visitor._COVERED_UNTIL)

    def test_visitor_known_as_a_contact_asks_for_a_pass_too(self):
        self.env["ir.cron.trigger"].search([]).unlink()
        partner = self.env["res.partner"].create({"name": "Ann"})
        visitor = self._visitor(partner=partner)
        visitor._trigger_scoring(visitor.id)
        self.assertEqual(self._triggers(), 0)
        self.lead.partner_id = partner
        self.env.flush_all()
        visitor._trigger_scoring(visitor.id)
        self.assertEqual(self._triggers(), 2)

    def test_lead_that_reaches_a_minimum_asks_for_its_conversion(self):
        self._rule(50, "[('city', '=', 'Ghent')]")
        self.env["ir.cron.trigger"].search([]).unlink()
        self.lead.city = "Ghent"
        self._score()
        self.assertEqual(self._triggers(), 0, "no team waits for it")
        self.team.write({"convert_by_score": True, "minimum_score": 60})
        self.lead.city = "Paris"
        self._score()
        self.lead.city = "Ghent"
        self._score()
        self.assertEqual(self._triggers(), 0, "it does not reach the minimum")
        self.team.minimum_score = 50
        self._set_columns(self.lead.score_id, scored_at=self.env.cr.now().date())
        self.lead.phone = "1"
        self._score()
        self.assertEqual(self._triggers(), 0, "its score has not changed")
        self.lead.city = "Paris"
        self._score()
        self.lead.city = "Ghent"
        self._score()
        self.assertEqual(self._triggers(), 1)


@tagged("post_install", "-at_install")
class TestVisits(LeadScoringCommon):
    """Numbers of visits, in rules and filters."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead, cls.other = cls._lead(name="A"), cls._lead(name="B")
        cls.start = cls.env.cr.now() - timedelta(days=10)
        visitor = cls._visitor(cls.lead)
        for minutes in (0, 10, 15, 60, 3000):
            cls.env["website.track"].create(
                {
                    "visitor_id": visitor.id,
                    "url": "/price",
                    "visit_datetime": cls.start + timedelta(minutes=minutes),
                }
            )
        cls._score()

    def assertFinds(self, domain, *leads):
        """Search, filter, and a rule find just these of the two leads."""
        both = self.lead | self.other
        found = both.search([("id", "in", both.ids), *domain])
        self.assertEqual(found.mapped("name"), [lead.name for lead in leads])
        self.assertEqual(both.filtered_domain(domain), both.browse(found.ids))
        rule = self._rule(7, repr(domain))
        both._score_now()
        for lead in both:
            self.assertEqual(lead.score, 7 if lead in leads else 0)
        rule.unlink()

    def test_visits_are_counted(self):
        self.assertEqual(self.lead.score_visit_count, 3)
        self.assertAlmostEqual(self.lead.score_pages_per_visit, 5 / 3)
        self.assertEqual(self.lead.score_time_on_site, 15)
        self.assertEqual(
            self.lead.score_last_visit, self.start + timedelta(minutes=3000)
        )
        self.assertEqual(self.other.score_visit_count, 0)
        self.assertEqual(self.other.score_pages_per_visit, 0)
        self.assertFalse(self.other.score_last_visit)

    def test_visits_can_be_searched(self):
        self.assertFinds([("score_visit_count", ">=", 3)], self.lead)
        self.assertFinds([("score_visit_count", "<", 3)], self.other)
        self.assertFinds([("score_visit_count", "=", 3)], self.lead)
        self.assertFinds([("score_visit_count", "!=", 3)], self.other)
        self.assertFinds([("score_time_on_site", ">", 14.5)], self.lead)
        self.assertFinds([("score_pages_per_visit", ">", 1.5)], self.lead)

    def test_last_visit_can_be_searched(self):
        self.assertFinds([("score_last_visit", ">=", "-9d")], self.lead)
        self.assertFinds([("score_last_visit", "<", "-9d")])
        self.assertFinds([("score_last_visit", "=", False)], self.other)
        self.assertFinds([("score_last_visit", "!=", False)], self.lead)


@tagged("post_install", "-at_install")
class TestPageCheck(LeadScoringCommon):
    """Rules on page views that can't match say so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = cls.env["website.page"].create(
            {
                "name": "Prices",
                "url": "/our-prices",
                "type": "qweb",
                "arch": "<t t-name='prices'><div/></t>",
                "key": "lead_scoring.test_prices",
                "is_published": True,
            }
        )

    def test_rule_on_a_page_that_is_not_tracked_says_so_and_offers_to_track_it(self):
        for source, domain in (
            ("page_view", "[('url', 'ilike', '/our-prices')]"),
            ("lead", "[('score_pageview_ids.url', 'ilike', '/our-prices')]"),
            ("lead", "[('score_pageview_ids.url', '=like', '%/our-prices')]"),
            ("page_view", "[('url', '=', 'https://example.com/our-prices')]"),
        ):
            self.page.track = False
            rule = self._rule(5, domain, source=source)
            with self.subTest(domain=domain):
                self.assertIn("/our-prices", rule.page_note)
                self.assertTrue(rule.has_untracked_pages)
                rule.action_track_pages()
                self.assertTrue(self.page.track)
                rule.invalidate_recordset()
                self.assertFalse(rule.page_note)

    def test_rule_that_fits_no_page_and_no_view_says_so(self):
        rule = self._rule(5, "[('url', 'ilike', '/prices-of-old')]", source="page_view")
        self.assertIn("No page", rule.page_note)
        self._visitor(pages=["https://example.com/prices-of-old"])
        rule.invalidate_recordset()
        self.assertFalse(rule.page_note)

    def test_rules_on_no_particular_page_have_no_note(self):
        for source, domain in (
            ("page_view", "[]"),
            ("lead", "[('city', '=', 'Ghent')]"),
            ("page_view", "[('url', 'not ilike', '/our-prices')]"),
            ("meeting", "[]"),
        ):
            with self.subTest(domain=domain):
                self.assertFalse(self._rule(5, domain, source=source).page_note)
