import time
from unittest.mock import patch

from psycopg2.errors import QueryCanceled

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_scoring.models.routing.crm_team_eligibility import CrmTeam
from odoo.addons.lead_scoring.models.scoring import (
    lead_scoring_engine_leads,
    lead_scoring_pass_mixin,
)
from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import (
    LeadScoringSource,
    Source,
)
from odoo.addons.lead_scoring.models.scoring_model import lead_scoring_simulator_errors
from odoo.addons.lead_scoring.tools.parameters import statement_seconds

from .common import ConversionCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.sql_db")


def _slow_meetings(_self, seconds=2):
    """Meetings, that take PostgreSQL so long to read."""
    ties = SQL(
        """SELECT opportunity_id AS lead_id, id AS key FROM calendar_event
            WHERE opportunity_id IS NOT NULL AND (SELECT pg_sleep(%s) IS NOT NULL)""",
        seconds,
    )
    return Source(model="calendar.event", date="start", ties=ties)


@tagged("post_install", "-at_install")
class TestSlowRules(ConversionCommon):
    """A rule that takes too long is skipped like one that is broken."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._rule(60)
        cls.slow = cls._rule(5, "[]", source="meeting", dimension="interest")
        cls.lead = cls._lead()
        cls.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": cls.env.cr.now(),
                "stop": cls.env.cr.now(),
                "opportunity_id": cls.lead.id,
            }
        )
        cls._score()
        cls.parameters = cls.env["ir.config_parameter"].sudo()
        cls.parameters.set_param("lead_scoring.statement_seconds", "1")

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*LOGS))
        self.enterContext(
            patch.object(LeadScoringSource, "_source_meeting", _slow_meetings)
        )
        started = time.monotonic()
        self.addCleanup(lambda: self.assertLess(time.monotonic() - started, 15))

    def test_pass_goes_on_without_it(self):
        self._set_columns(self.lead, city="Ghent")
        for number in (0, 500):
            self.slow.error = False
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                self._run_pass()
            self.assertIn("takes too long", self.slow.error)
            self.assertFalse(self.good.error)
            self.assertEqual(self.lead.score, 60)

    def test_of_rules_that_are_slow_together_the_slowest_is_skipped(self):
        """Each keeps to its share of the time."""
        engine = type(self.env["lead.scoring.engine"])
        tried = engine._try

        def take_time(engine, record, *args, **kwargs):
            time.sleep(0.2 if record == self.slow else 0)
            with patch.object(
                LeadScoringSource, "_source_meeting", LeadScoringSource._source_reply
            ):
                return tried(engine, record, *args, **kwargs)

        with patch.object(engine, "_try", take_time):
            self._run_pass()
        self.assertIn("takes too long", self.slow.error)
        self.assertFalse(self.good.error)

    def test_rules_need_not_be_fast_where_their_source_is_slow_to_read(self):
        """Of two sources that take longer than the share of a rule, that one is found
        which takes longer than a statement may.
        """
        self.parameters.set_param("lead_scoring.statement_seconds", "2")
        quick = self._rule(5, "[]", source="reply", dimension="interest")
        scoring_pass = self.env["lead.scoring.pass"]._start(full=True)
        where = self.env["lead.scoring.engine"]._open_sql()

        def slow_replies(source):
            return _slow_meetings(source, 0.3)

        for number in (0, 500):
            self.slow.error = False
            with (
                patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number),
                patch.object(LeadScoringSource, "_source_reply", slow_replies),
            ):
                unmarked = [("error", "=", False)]
                scoring_pass._try_domains(unmarked, where, lambda: None, slow=True)
            self.assertIn("takes too long", self.slow.error)
            self.assertFalse(quick.error)

    def test_saving_a_lead_leaves_it_to_the_next_pass(self):
        with patch.object(lead_scoring_engine_leads, "SECONDS_ON_SAVE", 0.2):
            started = time.monotonic()
            self.lead.city = "Ghent"
            self._score()
            self.assertLess(time.monotonic() - started, 1.5)
        self.assertEqual((self.lead.city, self.lead.fit_score), ("Ghent", 0))
        self._run_pass()
        self.assertEqual(self.lead.score, 60)

    def test_explanation_does_not_wait_for_it(self):
        self._set_columns(self.lead, city="Ghent")
        with patch.object(lead_scoring_engine_leads, "SECONDS_ON_REQUEST", 0.5):
            points = self.env["lead.scoring.engine"]._points(self.lead)
        self.assertEqual(points[self.lead.id], {self.good.id: 60})

    def test_simulation_names_it(self):
        draft = self.scoring_model.copy()
        with (
            patch.object(lead_scoring_simulator_errors, "STATEMENT_SECONDS", 1),
            self.assertRaisesRegex(UserError, "takes too long"),
            self.env.cr.savepoint(),
        ):
            draft._publish()

    def test_why_it_is_slow(self):
        rules = self._rule(1, "[('message_ids.body', 'ilike', 'price')]")
        rules += self._rule(1, "[('name', 'ilike', 'price')]")
        engine = self.env["lead.scoring.engine"]
        texts = [str(engine._too_slow(rule)) for rule in rules]
        self.assertRegex(texts[0], "«Contents» of «Message».* no index")
        self.assertNotIn("no index", texts[1])

    def test_slow_filter_of_a_team_keeps_no_other_from_its_leads(self):
        fitting = CrmTeam._fitting_leads
        slow = Domain.custom(to_sql=lambda *_args: SQL("pg_sleep(2) IS NOT NULL"))

        def fit(team):
            return fitting(team) & (slow if team == self.other_team else Domain.TRUE)

        self.slow.active = False
        lead = self._lead(city="Ghent")
        self._run_pass()
        with patch.object(CrmTeam, "_fitting_leads", fit):
            self._convert()
        self.assertEqual((lead.type, lead.team_id), ("opportunity", self.team))

    def test_where_a_filter_raises_a_slow_one_of_another_team_still_counts(self):
        seconds = {self.team: 0.5, self.other_team: 0.0}
        self.env.flush_all()
        self.patch(
            type(self.team),
            "_fails_on_leads",
            lambda team, most: team == self.other_team or seconds[team] > most,
        )
        for error, left in (
            (ZeroDivisionError, self.team),
            (QueryCanceled, self.env["crm.team"]),
        ):

            def read(teams, error=error):
                if self.other_team in teams._converting_teams():
                    raise error
                return teams._converting_teams()

            teams, _model = self.env["crm.team"]._without_failing(read)
            self.assertEqual(teams, left)

    # ------------------------------------------------------------------
    # The setting
    # ------------------------------------------------------------------

    def test_setting(self):
        for seconds in (0, 20):
            with Form(self.env["res.config.settings"]) as form:
                form.lead_scoring_statement_seconds = seconds
            form.record.execute()
            self.assertEqual(statement_seconds(self.env), seconds)
            form = Form(self.env["res.config.settings"])
            self.assertEqual(form.lead_scoring_statement_seconds, seconds)

    def test_no_more_than_half_of_what_the_worker_has(self):
        self.parameters.set_param("lead_scoring.statement_seconds", "300")
        worker = "odoo.addons.lead_scoring.tools.parameters.worker_seconds"
        for limit, seconds in ((120, 60), (1200, 300)):
            with patch(worker, return_value=limit):
                self.assertEqual(statement_seconds(self.env), seconds)
