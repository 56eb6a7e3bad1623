from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestRoutingSample(ConversionCommon):
    """A random slice of the leads below every minimum."""

    def _set_percent(self, percent):
        self.env["res.config.settings"].create(
            {"lead_scoring_sample_percent": percent}
        ).execute()
        parameters = self.env["ir.config_parameter"].sudo()
        since = parameters.get_param("lead_scoring.sample_since")
        self.assertEqual(bool(since), bool(percent))
        if since:
            # what is created within the test was created since then
            moment = self.env.cr.now() - timedelta(days=5)
            parameters.set_param("lead_scoring.sample_since", str(moment)[:19])

    def _old_lead(self, points=12, **vals):
        lead = self._lead_of(points, **vals)
        self._set_columns(lead, create_date=self.env.cr.now() - timedelta(days=2))
        return lead

    def test_everything_below_at_100_percent(self):
        lead = self._old_lead()
        self._convert()
        self.assertWaits(lead, "below_minimum")
        self._set_percent(100)
        note = "The next run converts it, whatever its score: it was chosen at random."
        self.env.invalidate_all()
        self.assertEqual(lead.routing_note, note)
        self.assertEqual(self._convert(), 1)
        self.assertConverted(lead, self.other_team)
        self.assertTrue(lead.routing_sample)
        self.assertFalse(lead.marketing_qualified_date)
        found = self.env["crm.lead"].search([("routing_sample", "=", True)])
        self.assertEqual(found, lead)

    def test_who_meets_a_minimum_is_no_sample(self):
        self._set_percent(100)
        lead = self._old_lead(30)
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertFalse(lead.routing_sample)

    def test_team_that_asks_least_or_its_own(self):
        self._set_percent(100)
        own, any_team = self._old_lead(team_id=self.team.id), self._old_lead()
        self._convert()
        self.assertConverted(own, self.team)
        self.assertConverted(any_team, self.other_team)

    def test_only_teams_otherwise_open_to_it(self):
        self._set_percent(100)
        self.other_team.assignment_domain = "[('city', '=', 'Ghent')]"
        self.team.take_discard = False
        lead, fits = self._old_lead(), self._old_lead(21)
        self.assertEqual((lead.segment, fits.segment), ("discard", "remarket"))
        self._convert()
        self.assertWaits(lead, "below_minimum")
        self.assertNotIn("at random", lead.routing_note)
        self.assertConverted(fits, self.team)

    def test_neither_new_ones_nor_those_from_before(self):
        self._set_percent(100)
        new, before = self._lead_of(12), self._old_lead()
        self._set_columns(before, create_date=self.env.cr.now() - timedelta(days=6))
        self.assertEqual(self._convert(), 0)
        self.env["ir.config_parameter"].set_param("lead_scoring.created_delay", "0")
        self.assertEqual(self._convert(), 1)
        self.assertConverted(new, self.other_team)

    def test_without_the_answers_that_sales_asks(self):
        self._set_percent(100)
        self.scoring_model.required_answers = 1
        lead = self._old_lead()
        self.assertEqual(self._convert(), 0)
        lead.qualified_need = "yes"
        self.assertEqual(self._convert(), 1)

    def test_slice_is_the_same_each_time_and_grows(self):
        leads = self.env["crm.lead"].create(
            [{"name": "Lead", "type": "lead", "user_id": False}] * 400
        )
        self._score()
        self._set_columns(leads, create_date=self.env.cr.now() - timedelta(days=2))

        def chosen(percent):
            self._set_percent(percent)
            return {planned.lead_id for planned in self.env["crm.team"]._route()}

        self.assertEqual(chosen(0), set())
        few, more = chosen(10), chosen(25)
        self.assertEqual(chosen(10), few)
        self.assertLess(few, more)
        self.assertTrue(15 <= len(few) <= 70, len(few))
        self.assertTrue(65 <= len(more) <= 140, len(more))
        self.assertEqual(chosen(100), set(leads.ids))

    def test_plan_is_confirmed_until_the_score_changes(self):
        self._set_percent(100)
        lead = self._old_lead()
        Team = self.env["crm.team"]
        planned = Team._route()
        self.assertEqual([p.sampled for p in planned], [True])
        self.assertEqual(Team._confirm(planned), (planned, {}))
        self._set_points(lead, 35)
        self.assertEqual(Team._confirm(planned)[0], [])
        self._convert()
        self.assertFalse(lead.routing_sample)

    def test_nobody_marks_by_hand(self):
        salesman = self._user("seller", "sales_team.group_sale_salesman_all_leads")
        lead = self._old_lead().with_user(salesman)
        with self.assertRaises(AccessError):
            lead.routing_sample = True

    def test_percent_makes_sense(self):
        for percent in (-1, 100.5):
            with self.subTest(percent), self.assertRaises(ValidationError):
                self._set_percent(percent)
        self._set_percent(2.5)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.lead_scoring_sample_percent, 2.5)
        self._set_percent(0)
