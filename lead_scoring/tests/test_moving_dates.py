from datetime import date, datetime

from freezegun import freeze_time

from odoo.tests import tagged
from odoo.tools import SQL
from odoo.tools.date_utils import parse_date

from ..tools.moving_dates import MovingDay, to_day, to_moment
from ..tools.streams import comparable
from .common import LeadScoringCommon

ZONES = ("Asia/Ho_Chi_Minh", "Europe/Kyiv", "America/New_York", "Asia/Tokyo")
MONDAY, SUNDAY, SATURDAY = "fr_FR", "en_US", "fa_IR"
"""Languages whose weeks begin on these days."""
THIS_MONTH = "[('date_deadline', '>=', '=1d'), ('date_deadline', '<', '=1d +1m')]"


@tagged("post_install", "-at_install")
class TestMovingDates(LeadScoringCommon):
    """A date that moves is that of the author's zone, in the author's week."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for code in (MONDAY, SATURDAY):
            cls.env["res.lang"]._activate_lang(code)
        weeks = {MONDAY: "1", SUNDAY: "7", SATURDAY: "6"}
        for code, first in weeks.items():
            cls.env["res.lang"]._lang_get(code).week_start = first

    def _by(self, lang="en_US", tz="UTC"):
        """Return the environment of an author."""
        return self.env(context={"lang": lang, "tz": tz})

    def _rule_by(self, lang, tz, domain, **vals):
        rule = self._rule(domain=domain, **vals)
        rule.write({"lang": lang, "tz": tz})
        return rule

    def _deadlines(self, *days):
        return [self._lead(name=day, date_deadline=day) for day in days]

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    def test_texts_that_mean_the_same_day_today_are_told_apart(self):
        env = self._by()
        today = to_day("today", env)
        other = MovingDay.of(today, "=monday", env)
        self.assertNotEqual(comparable(SQL("%s", today)), comparable(SQL("%s", other)))

    def test_this_month_is_this_month_in_every_zone(self):
        """18 November; in UTC a zone's first of November began in October."""
        for tz in (*ZONES, "Europe/Brussels"):
            with self.subTest(tz=tz), freeze_time("2026-11-18 12:00:00"):
                self.scoring_model.rule_ids.unlink()
                self._rule_by("en_US", tz, THIS_MONTH)
                leads = self._deadlines("2026-10-31", "2026-11-01", "2026-11-30")
                leads += self._deadlines("2026-12-01")
                self._score()
                self.assertEqual([lead.score for lead in leads], [0, 10, 10, 0])

    def test_day_of_a_date_field_is_the_authors_around_midnight(self):
        for tz, moment, today, week_ago in (
            # three at night in Ho Chi Minh City is yesterday in Greenwich
            ("Asia/Ho_Chi_Minh", "2026-11-17 20:00", "2026-11-18", "2026-11-11"),
            ("Asia/Tokyo", "2026-11-17 15:00", "2026-11-18", "2026-11-11"),
            ("Europe/Kyiv", "2026-11-17 21:59", "2026-11-17", "2026-11-10"),
            ("Europe/Kyiv", "2026-11-17 22:00", "2026-11-18", "2026-11-11"),
            # an evening in New York is tomorrow in Greenwich
            ("America/New_York", "2026-11-18 04:59", "2026-11-17", "2026-11-10"),
            ("America/New_York", "2026-11-18 05:00", "2026-11-18", "2026-11-11"),
        ):
            with self.subTest(tz=tz, moment=moment), freeze_time(moment):
                env = self._by(tz=tz)
                for text in ("now", "today", "=0H", "+0d"):
                    self.assertEqual(str(to_day(text, env)), today, text)
                for text in ("-7d", "now -7d", "today -7d", "-1w"):
                    self.assertEqual(str(to_day(text, env)), week_ago, text)

    def test_day_of_a_date_field_does_not_move_with_the_clocks(self):
        """Half past midnight, a week after clocks in Kyiv went an hour on."""
        with freeze_time("2026-04-01 21:30:00"):
            self.assertEqual(
                to_day("-7d", self._by(tz="Europe/Kyiv")), date(2026, 3, 26)
            )
        with freeze_time("2026-11-01 04:30:00"):
            env = self._by(tz="America/New_York")
            self.assertEqual(to_day("-1d", env), date(2026, 10, 31))
            self.assertEqual(to_day("-1H", env), date(2026, 10, 31))

    def test_moment_is_that_of_the_clocks_of_then(self):
        """In Kyiv clocks went back on 25 October."""
        env = self._by(tz="Europe/Kyiv")
        with freeze_time("2026-11-18 12:00:00"):
            for text, moment in (
                ("=1d -1m", datetime(2026, 9, 30, 21)),
                ("today =1d -1m", datetime(2026, 9, 30, 21)),
                ("=1d", datetime(2026, 10, 31, 22)),
                ("today +3H", datetime(2026, 11, 18, 1)),
                ("-720H", datetime(2026, 10, 19, 12)),
            ):
                self.assertEqual(to_moment(text, env), moment, text)

    def test_same_as_odoo_where_neither_zone_nor_week_matter(self):
        texts = [
            "now",
            "today",
            "-7d",
            "+2w -1m",
            "=1d",
            "=2m =1d",
            "=3H",
            "-90M",
            "+1y",
        ]
        texts += ["today =1d -1m", "today +2w", "=monday", "+friday", "-sunday"]
        texts += ["=week_start -1w", "today =tuesday", "-5S", "=2020y"]
        env = self._by()
        for moment in ("2026-02-28 23:59:59", "2026-11-15 00:00:00"):
            for text in texts:
                with self.subTest(text=text), freeze_time(moment):
                    expected = parse_date(text, env)
                    if not isinstance(expected, datetime):
                        expected = datetime.combine(expected, datetime.min.time())
                    self.assertEqual(to_moment(text, env), expected)

    # ------------------------------------------------------------------
    # Weeks
    # ------------------------------------------------------------------

    def test_weeks_are_the_authors(self):
        """On Sunday 15 November 2026."""
        for lang, start, monday in (
            (MONDAY, "2026-11-09", "2026-11-09"),
            (SUNDAY, "2026-11-15", "2026-11-16"),
            (SATURDAY, "2026-11-14", "2026-11-16"),
        ):
            for tz in ZONES:
                with self.subTest(lang=lang, tz=tz), freeze_time("2026-11-15 06:00:00"):
                    env = self._by(lang, tz)
                    self.assertEqual(str(to_day("=week_start", env)), start)
                    self.assertEqual(str(to_day("today =week_start", env)), start)
                    self.assertEqual(str(to_day("=monday", env)), monday)

    def test_week_of_a_rule_is_its_authors_whoever_runs_the_pass(self):
        with freeze_time("2026-11-15 06:00:00"):
            domain = "[('date_deadline', '>=', '=week_start')]"
            rules = [
                self._rule_by(lang, "Asia/Tokyo", domain, value=value)
                for lang, value in ((MONDAY, 1), (SUNDAY, 20), (SATURDAY, 300))
            ]
            leads = self._deadlines(
                "2026-11-08", "2026-11-09", "2026-11-14", "2026-11-15"
            )
            self._run_pass()
            self.assertEqual([lead.score for lead in leads], [0, 1, 301, 321])
            for rule in rules:
                self.assertFalse(rule.error)

    # ------------------------------------------------------------------
    # Where domains are
    # ------------------------------------------------------------------

    def test_scope_of_a_model_is_read_in_its_authors_zone(self):
        with freeze_time("2026-11-17 20:00:00"):
            self.scoring_model.domain = "[('date_deadline', '=', 'now')]"
            self._rule(domain="[]")
            for tz, scores in (("Asia/Ho_Chi_Minh", [0, 10]), ("UTC", [10, 0])):
                with self.subTest(tz=tz):
                    self.scoring_model.tz = tz
                    leads = self._deadlines("2026-11-17", "2026-11-18")
                    self._score()
                    self.assertEqual([lead.score for lead in leads], scores)

    def test_dates_within_any_are_the_authors_too(self):
        with freeze_time("2026-11-17 20:00:00"):
            self._rule_by(
                "en_US",
                "Asia/Tokyo",
                "[('activity_ids', 'any', [('date_deadline', '=', '-1d')])]",
            )
            self._rule_by(
                "en_US", "Asia/Tokyo", "[('activity_ids.date_deadline', '=', '+1d')]"
            )
            leads = [self._lead(), self._lead(), self._lead()]
            for lead, day in zip(leads, (17, 18, 19), strict=True):
                lead.activity_schedule(date_deadline=date(2026, 11, day))
            self._run_pass()
            self.assertEqual([lead.score for lead in leads], [10, 0, 10])

    def test_streams_are_read_in_the_authors_week(self):
        with freeze_time("2026-11-15 06:00:00"):
            lead = self._lead()
            self._visitor(lead, pages=["/price"])
            self.env["website.track"].search([]).visit_datetime = "2026-11-13 12:00:00"
            for lang, points in ((MONDAY, 1), (SUNDAY, 20), (SATURDAY, 300)):
                self._page_view_rule(
                    points, "[('visit_datetime', '>=', 'today =week_start')]"
                ).write({"lang": lang, "tz": "Asia/Tokyo"})
            self._run_pass()
            self.assertScores({lead: 1})

    # ------------------------------------------------------------------
    # What is planned
    # ------------------------------------------------------------------

    def test_qualifying_call_is_due_on_the_day_of_who_calls(self):
        user = self._user(
            "caller", "sales_team.group_sale_salesman", tz="Asia/Ho_Chi_Minh"
        )
        lead = self._lead(user_id=user.id)
        with freeze_time("2026-11-17 20:00:00"):
            lead.with_context(tz=False)._plan_qualifying_call(user)
        self.assertEqual(lead.activity_ids.date_deadline, date(2026, 11, 18))
        self.assertEqual(lead.qualifying_call_date, date(2026, 11, 18))
