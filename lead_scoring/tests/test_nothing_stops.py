import itertools
import random
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import (
    LeadScoringSource,
    Source,
)
from odoo.addons.lead_scoring.tools.temp_table_streams import TempTableStream

from .common import ConversionCommon

LOGS = ("odoo.addons.lead_scoring", "odoo.sql_db", "odoo.domains", "odoo.schema")

FIELDS = (
    # a field of each type, and paths to other records
    ["name", "description", "priority", "expected_revenue", "probability", "color"]
    + ["create_date", "date_deadline", "active", "partner_id", "tag_ids", "message_ids"]
    + ["id", "activity_state", "partner_id.activity_state", "message_ids.body"]
    + ["score_pageview_ids.url", "score_channel_count", "lead_properties", "x_gone"]
    + ["create_date.day_of_week", "partner_id.country_id.name", "display_name"]
)
OPERATORS = ["=", "!=", "in", "not in", "ilike", "=like", ">", "<=", "child_of", "any"]
VALUES = [False, None, True, "", "\\", "a\\", "%", "a\0b", "some day", "9999-12-31"]
VALUES += [0, -1, 2**31, 2**63, 10**30, 1e308, float("inf"), float("nan"), 1.5]
VALUES += [[], [False], [None, 1], [2**40], ["\\"], [[1]], (), [("x_gone", "=", 1)]]

TABLE = [
    "[('activity_state', '=', False)]",
    "[('partner_id.activity_state', '=', False)]",
    "[('activity_state', 'in', ['overdue', False])]",
    "[('city', '=like', 'Gh\\\\')]",
    "[('x_gone', '=', 1)]",
    "[('name'",
    "[('create_date', '>=', 'some day')]",
    "[('id', '=', 99999999999999999999)]",
    "[('color', '>', 1e400)]",
    "[('expected_revenue', '=', 'many')]",
    "[('message_ids.body', 'ilike', 'a')]",
    "[('message_ids.x_gone', '=', 1)]",
    "[('score_pageview_ids.url', '=like', '%\\\\')]",
    "[('score_channel_count', '>', 99999999999999999999)]",
    "[('score_channel_count', 'ilike', 'x')]",
    "[('lead_properties.x', '=', 1)]",
    "[('partner_id', 'child_of', 'nobody')]",
    "[('partner_id', 'any', [('x_gone', '=', 1)])]",
    "[('create_date.day_of_week', '=', 'monday')]",
    "not a domain",
    "[1, 2, 3]",
    "['&', ('name', '=', 'x')]",
    "",
]


@tagged("post_install", "-at_install")
class TestNothingStops(ConversionCommon):
    """Whatever is wrong with one rule, scope, filter or number, all others count, and
    leads are converted in the same run.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._rule(60)
        cls.bad = cls._rule(5, "[('city', 'ilike', 'g')]")
        cls.partner = cls.env["res.partner"].create({"name": "Customer"})

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*LOGS))

    def _give(self, rule, **vals):
        """Give a rule values as a user does, or past the ORM if they are refused.

        :return: whether they were accepted
        """
        try:
            with self.env.cr.savepoint():
                rule.write(vals)
                rule.flush_recordset()
            return True
        except (ValidationError, ValueError, TypeError):
            self._set_columns(rule, error=None, **vals)
            self.env.registry.clear_cache()
            return False

    def _ready_lead(self):
        lead = self._lead(city="Ghent", name="Lead", partner_id=self.partner.id)
        self._visitor(lead, pages=["/price"])
        return lead

    def assertGoesOn(self, harmless=False):
        """Check that a full and an incremental pass score, and conversion follows."""
        for number, full in itertools.product((0, 500), (True, False)):
            if not full:
                self._let_time_pass()
            lead = self._ready_lead()
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                self._run_pass(full)
            points = self.env["lead.scoring.engine"]._points(lead)[lead.id]
            self.assertEqual(points.get(self.good.id), 60)
            self.assertFalse(self.good.error)
            self.assertEqual(lead.score, sum(points.values()))
            self.assertEqual(lead.score_explanation["score"], lead.score)
            if harmless:
                self.assertFalse(self.bad.error)
            self._convert()
            self.assertEqual((lead.type, lead.team_id), ("opportunity", self.team))

    # ------------------------------------------------------------------
    # Domains
    # ------------------------------------------------------------------

    def test_each_odd_domain(self):
        for domain in TABLE:
            with self.subTest(domain):
                self.bad.error = False
                accepted = self._give(self.bad, domain=domain)
                self.assertGoesOn(harmless=accepted)

    def test_each_odd_scope(self):
        special = self.env["lead.scoring.model"].create(
            {"name": "Special", "state": "live", "sequence": 1}
        )
        for domain in TABLE:
            with self.subTest(domain):
                special.error = False
                self._give(special, domain=domain)
                lead = self._ready_lead()
                self._run_pass()
                if special.error:
                    self.assertEqual(lead.score_id.model_id, self.scoring_model)
                self.assertEqual(
                    lead.score, 65 if lead.score_id.model_id != special else 0
                )

    def test_each_odd_filter_of_a_team(self):
        other = self._team("Odd", convert_by_score=True, minimum_score=55)
        for domain in TABLE:
            with self.subTest(domain):
                self._set_columns(other, assignment_domain=domain)
                lead = self._ready_lead()
                self._run_pass()
                self._convert()
                self.assertEqual(lead.type, "opportunity")

    def test_all_kinds_of_fields_operators_and_values(self):
        """Many at once: each is marked, or harmless, and the good rule counts."""
        kinds = list(itertools.product(FIELDS, OPERATORS, VALUES))
        chosen = random.Random(19).sample(kinds, 150)
        rules = self.bad.concat(*(self.bad.copy() for _kind in chosen))
        accepted = self.bad.browse()
        for rule, kind in zip(rules[1:], chosen, strict=True):
            if self._give(rule, domain=repr([kind])):
                accepted += rule
        lead = self._ready_lead()
        for number in (0, 500):
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                self._run_pass()
            self.assertEqual(
                [(rule.domain, rule.error) for rule in accepted if rule.error], []
            )
            points = self.env["lead.scoring.engine"]._points(lead)[lead.id]
            self.assertEqual(points.get(self.good.id), 60)
            self.assertEqual(lead.score, sum(points.values()))
        self._convert()
        self.assertEqual(lead.type, "opportunity")

    def test_saving_a_rule_rehearses_a_full_pass(self):
        """What only the statements of a pass over many leads would find."""
        compiled = TempTableStream.condition

        def break_condition(stream, model, domain):
            compiled(stream, model, domain)
            return SQL("x_no_such_column")

        with (
            patch.object(TempTableStream, "condition", break_condition),
            self.assertRaisesRegex(ValidationError, "x_no_such_column"),
        ):
            self._page_view_rule(5)

    # ------------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------------

    def test_source_that_raises(self):
        def raising(_self):
            raise RuntimeError("This source is gone")

        self.bad = self._rule(5, "[]", source="meeting", dimension="interest")
        with patch.object(LeadScoringSource, "_source_meeting", raising):
            self.assertGoesOn()
            self.assertIn("This source is gone", self.bad.error)

    def test_source_that_postgresql_refuses(self):
        def refused(_self):
            return Source(
                model="calendar.event",
                date="start",
                ties=SQL("SELECT x_gone AS lead_id, id AS key FROM calendar_event"),
            )

        self.bad = self._rule(5, "[]", source="meeting", dimension="interest")
        with patch.object(LeadScoringSource, "_source_meeting", refused):
            self.assertGoesOn()
            self.assertIn("x_gone", self.bad.error)

    def test_source_that_fails_on_data(self):
        # without a meeting, PostgreSQL need not compute what fails
        yesterday = datetime.now() - timedelta(days=1)
        self.env["calendar.event"].create(
            {"name": "Demo", "start": yesterday, "stop": yesterday}
        )

        def failing(_self):
            return Source(
                model="calendar.event",
                date="start",
                ties=SQL("SELECT id AS lead_id, 1 / (id - id) AS key FROM crm_lead"),
            )

        self.bad = self._rule(5, "[]", source="meeting", dimension="interest")
        with patch.object(LeadScoringSource, "_source_meeting", failing):
            self.assertGoesOn()
            self.assertIn("division by zero", self.bad.error)

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def test_numbers_out_of_bounds_are_refused(self):
        adjustment = self.env["lead.scoring.adjustment"].create(
            {"name": "Known", "points": 1, "lead_id": self._ready_lead().id}
        )
        for record, name, values in (
            (self.scoring_model, "fit_floor", [-(2**31), 1_100_000_000]),
            (self.scoring_model, "interest_floor", [-(2**30) - 1, 2**30]),
            (self.scoring_model, "warm_score", [-(2**31)]),
            (self.scoring_model, "hot_score", [2**31 - 1]),
            (self.scoring_model, "margin", [-1, 2**31 - 1]),
            (self.scoring_model, "required_answers", [-1, 6]),
            (self.team, "minimum_score", [-(2**31), 2**31 - 1]),
            (self.bad, "half_life", [-1, float("nan"), float("inf"), 1e-9, 1e9]),
            (self.bad, "value", [-10_001, 10_001]),
            (self.bad, "maximum", [-1, 2**31 - 1]),
            (adjustment, "expiry_date", ["9999-12-31 23:59:59"]),
        ):
            for value in values:
                with self.subTest(name, value=value):
                    with self.assertRaises(Exception) as caught, self.cr.savepoint():
                        record.write({name: value})
                        record.flush_recordset()
                    self.assertRegex(
                        str(caught.exception), "check constraint|before 2200"
                    )

    def test_numbers_of_before_the_bounds_stop_nobody(self):
        """Rows that an update did not mend."""
        self.env.cr.execute(
            """ALTER TABLE lead_scoring_model
                 DROP CONSTRAINT lead_scoring_model_threshold_bounds,
                 DROP CONSTRAINT lead_scoring_model_margin_bounds;
               ALTER TABLE lead_scoring_rule
                 DROP CONSTRAINT lead_scoring_rule_half_life_bounds"""
        )
        self.bad = self._page_view_rule(5, half_life=1)
        lowest, highest = -(2**31), 2**31 - 1
        for floor, half_life in (
            (lowest, 1e-300),
            (highest, float("nan")),
            (1_100_000_000, float("inf")),
            (-(2**30) - 1, 1e300),
        ):
            with self.subTest(floor, half_life=half_life):
                self._set_columns(
                    self.scoring_model,
                    fit_floor=floor,
                    interest_floor=floor,
                    margin=highest,
                )
                self._set_columns(self.bad, half_life=half_life)
                self.assertGoesOn(harmless=True)
        self._set_columns(self.scoring_model, warm_score=lowest, hot_score=highest)
        lead = self._ready_lead()
        self._run_pass()
        self.assertEqual((lead.score >= 60, lead.temperature), (True, "warm"))

    def test_so_many_points_that_they_fit_no_integer(self):
        lead = self._ready_lead()
        self.env["lead.scoring.event"].create(
            [{"name": "Event", "lead_id": lead.id, "kind": "event"}] * 1100
        )
        for sign in (1, -1):
            vals = {"source": "event", "dimension": "interest", "domain": "[]"}
            rules = self.env["lead.scoring.rule"].create(
                [
                    {
                        "name": f"Rule {number}",
                        "model_id": self.scoring_model.id,
                        "value": sign * 10_000,
                        **vals,
                    }
                    for number in range(220)
                ]
            )
            for number in (0, 500):
                with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                    self._run_pass()
                self.assertEqual(lead.interest_score, sign * 500_000_000)
                self.assertEqual(lead.fit_score, 65)
            lead._score_now()
            self.assertEqual(lead.interest_score, sign * 500_000_000)
            self.assertFalse(any(rules.mapped("error")))
            rules.active = False

    # ------------------------------------------------------------------
    # What somebody has deleted
    # ------------------------------------------------------------------

    def test_deleted_scheduled_actions_are_told(self):
        self.env.ref("lead_scoring.ir_cron_score_leads").unlink()
        draft = self.scoring_model.copy()
        with patch.object(type(self.env.user), "_bus_send") as send:
            draft._publish()
        self.assertEqual(draft.state, "live")
        [message] = [c.args[1]["message"] for c in send.call_args_list]
        self.assertIn("scheduled action", message)

    # ------------------------------------------------------------------
    # The scheduled action
    # ------------------------------------------------------------------

    def test_leads_are_converted_though_scoring_fails(self):
        lead = self._ready_lead()
        self._score()
        scoring_pass = type(self.env["lead.scoring.pass"])
        with (
            patch.object(scoring_pass, "_run", side_effect=RuntimeError("Boom")),
            patch.object(type(self.env["ir.cron"]), "_commit_progress"),
            patch.object(self.env.cr, "rollback"),
            self.assertRaisesRegex(RuntimeError, "Boom"),
        ):
            self.env["crm.lead"]._cron_score_and_convert()
        self.assertEqual(lead.type, "opportunity")
