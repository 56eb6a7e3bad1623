from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, Form, tagged

from ..tools.minimum import lowest_fitting_minimum
from .common import ConversionCommon


def met(counts, minimum):
    """Return how many leads meet a minimum."""
    return sum(count for score, count in counts.items() if score >= minimum)


@tagged("post_install", "-at_install")
class TestLowestFittingMinimum(BaseCase):
    # a busy machine is no fault
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.dictionaries(st.integers(-50, 150), st.integers(1, 40), min_size=1),
        st.integers(0, 500),
    )
    def test_it_fits_and_no_lower_one_does(self, counts, places):
        minimum = lowest_fitting_minimum(counts, places)
        self.assertLessEqual(met(counts, minimum), places)
        self.assertTrue(min(counts) <= minimum <= max(counts) + 1)
        if minimum > min(counts):
            self.assertGreater(met(counts, minimum - 1), places)


@tagged("post_install", "-at_install")
class TestMinimumProposal(ConversionCommon):
    """The minimum score that the form of a team proposes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.team.minimum_score = 20
        cls.other_team.convert_by_score = False
        cls.member = cls.env["crm.team.member"].create(
            {
                "crm_team_id": cls.team.id,
                "user_id": cls.salesman.id,
                "assignment_max": 4,
            }
        )

    def _leads_of(self, points, count, **vals):
        leads = self.env["crm.lead"].concat(
            *(self._lead(**vals) for _n in range(count))
        )
        self._set_columns(leads.score_id, score=points)
        return leads

    def _proposal(self, team=None):
        team = (team or self.team).with_user(self.sales_manager)
        team.invalidate_recordset()
        return team.minimum_proposal

    def test_a_third_of_the_last_90_days_fits_the_capacity_of_30(self):
        self._leads_of(10, 20)
        self._leads_of(60, 8)
        self._leads_of(80, 4)
        proposal = self._proposal()
        self.assertEqual(proposal["scores"], [[10, 20], [60, 8], [80, 4]])
        self.assertEqual((proposal["verdict"], proposal["capacity"]), ("fits", 4))
        self.assertEqual(proposal["minimum"], 11)
        self.member.assignment_max = 3
        self.assertEqual(self._proposal()["minimum"], 61)

    def test_says_why_nothing_is_proposed(self):
        self._leads_of(60, 19)
        self.assertEqual(self._proposal()["verdict"], "few")
        self._leads_of(60, 1)
        self.assertEqual(self._proposal()["verdict"], "tie")
        self.member.assignment_max = 7
        self.assertEqual(self._proposal()["verdict"], "all")
        for vals in ({"assignment_optout": True}, {"assignment_max": 0}):
            with self.subTest(vals):
                self.member.write({"assignment_optout": False, "assignment_max": 7})
                self.member.write(vals)
                self.assertEqual(self._proposal()["verdict"], "nobody")
        self.team.convert_by_score = False
        self.assertFalse(self._proposal())

    def test_of_what_was_converted_counts_the_score_it_had_then(self):
        converted = self._lead_of(70)
        self._convert()
        self.assertEqual(converted.type, "opportunity")
        converted.action_set_lost()
        self._set_columns(converted.score_id, score=5)
        self._lead(type="opportunity")
        self.assertEqual(self._proposal()["scores"], [[70, 1]])

    def test_only_leads_the_team_is_open_to_of_90_days(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.team.company_id = self.env.company
        self.team.assignment_domain = "[('city', '=', 'Ghent')]"
        self.team.write({"take_nurture": False, "take_sales": True})
        here = {"city": "Ghent", "company_id": self.env.company.id}
        self._leads_of(30, 1, **here)
        self._leads_of(31, 1, **here | {"city": "Antwerp"})
        self._leads_of(32, 1, **here | {"company_id": company.id})
        old = self._leads_of(33, 1, **here)
        nurture = self._leads_of(34, 1, **here)
        self._set_columns(old, create_date=self.env.cr.now() - timedelta(days=91))
        self._set_columns(nurture, segment="nurture")
        self.assertEqual(self._proposal()["scores"], [[30, 1]])

    def test_without_what_a_more_demanding_team_gets(self):
        self.other_team.write({"convert_by_score": True, "minimum_score": 50})
        self._leads_of(60, 1)
        self._leads_of(40, 1)
        self._leads_of(70, 1, team_id=self.team.id)
        self.assertEqual(self._proposal()["scores"], [[40, 1], [70, 1]])
        self.assertEqual(
            self._proposal(self.other_team)["scores"], [[40, 1], [60, 1], [70, 1]]
        )

    def test_form_shows_the_values_being_typed(self):
        self._leads_of(10, 20)
        self._leads_of(60, 12)
        with Form(self.team.with_user(self.sales_manager)) as form:
            self.assertEqual(form.minimum_proposal["minimum"], 11)
            form.assignment_domain = "[('city', '=', 'Nowhere')]"
            self.assertEqual(form.minimum_proposal["verdict"], "few")
            form.assignment_domain = "[]"
            form.minimum_score = form.minimum_proposal["minimum"]
        self.assertEqual(self.team.minimum_score, 11)

    def test_broken_domain_lets_the_form_open(self):
        self._set_columns(self.team, assignment_domain="[('gone', '=', 1)]")
        with self.assertLogs("odoo.addons.lead_scoring", "WARNING"):
            self.assertFalse(self._proposal())

    def test_lists_of_teams_do_not_count(self):
        for view in (
            "sales_team.crm_team_view_tree",
            "crm.crm_team_view_kanban_dashboard",
        ):
            self.assertNotIn("minimum_proposal", self.env.ref(view).get_combined_arch())
