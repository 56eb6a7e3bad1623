from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.parameters import get_number
from .common import LeadScoringCommon

LOGGER = "odoo.addons.lead_scoring.tools.parameters"
NO_NUMBERS = ("abc", "-1", "999999999999", "")


@tagged("post_install", "-at_install")
class TestParameters(LeadScoringCommon):
    """Whatever somebody types as a system parameter, scoring goes on."""

    def setUp(self):
        super().setUp()
        self.parameters = self.env["ir.config_parameter"]
        history = self.env["lead.scoring.history"]
        retention = self.env["lead.scoring.retention"]
        source = self.env["lead.scoring.source"]
        self.readers = {
            "lead_scoring.created_delay": history._created_delay,
            "lead_scoring.event_days": retention._gc_events,
            "lead_scoring.move_days": retention._gc_moves,
            "lead_scoring.page_view_days": retention._gc_page_views,
            "lead_scoring.sample_percent": self._sampled_leads,
            "lead_scoring.visit_minutes": source._visit_minutes,
        }

    def _sampled_leads(self):
        self.parameters.set_param("lead_scoring.sample_since", "2026-01-01 00:00:00")
        domain = self.env["crm.team"]._sampled_leads()
        return self.env["crm.lead"].search(domain)

    def test_what_is_no_number_counts_as_not_set(self):
        for name, read in self.readers.items():
            self.parameters.set_param(name, False)
            expected = read()
            for text in NO_NUMBERS:
                with self.subTest(name, text=text), mute_logger(LOGGER):
                    self.parameters.set_param(name, text)
                    self.assertEqual(read(), expected)

    def test_sample_since_no_date_is_no_sample(self):
        self.parameters.set_param("lead_scoring.sample_percent", "100")
        team = self.env["crm.team"]
        for text in ("yesterday", "5", "2026-13-01 00:00:00", "\u0665"):
            self.parameters.set_param("lead_scoring.sample_since", text)
            with self.subTest(text), self.assertLogs(LOGGER, "WARNING"):
                self.assertTrue(team._sampled_leads().is_false())

    def test_settings_open_whatever_a_choice_is(self):
        settings = self.env["res.config.settings"]
        for name, field in settings._fields.items():
            parameter = getattr(field, "config_parameter", None) or ""
            if field.type != "selection" or not parameter.startswith("lead_scoring"):
                continue
            self.parameters.set_param(parameter, "48")
            with self.subTest(name):
                self.assertEqual(settings.create({})[name], field.default(settings))

    def test_visit_may_be_longer_than_a_day(self):
        self.parameters.set_param("lead_scoring.visit_minutes", "2880")
        self.assertEqual(self.env["lead.scoring.source"]._visit_minutes(), 2880)

    def test_warning_names_the_parameter(self):
        for text in ("abc", "-1", "61", "1.5"):
            self.parameters.set_param("lead_scoring.test", text)
            with self.subTest(text), self.assertLogs(LOGGER, "WARNING") as logs:
                number = get_number(self.env, "lead_scoring.test", 30, 0, 60)
            self.assertEqual(number, 30)
            self.assertIn("lead_scoring.test", logs.output[0])

    def test_bounds_are_allowed(self):
        for text, default, number in (("0", 30, 0), ("60", 30, 60), ("1.5", 0.0, 1.5)):
            self.parameters.set_param("lead_scoring.test", text)
            with self.subTest(text), self.assertNoLogs(LOGGER, "WARNING"):
                self.assertEqual(
                    get_number(self.env, "lead_scoring.test", default, 0, 60), number
                )
