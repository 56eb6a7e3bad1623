from datetime import timedelta

import numpy as np

from odoo.tests import tagged

from ..models.lead_scoring_sample import Asked
from ..tools import conditions
from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestSample(LearningCommon):
    """Closed leads as they were when they were decided about."""

    def _matrix(self, *asked, model=None):
        sample = self.env["lead.scoring.sample"]
        with sample._open(model or self.scoring_model, self.env.company):
            return sample._matrix([Asked("", *pair) for pair in asked])

    def _met(self, source, domain):
        """Return how many closed leads meet the condition."""
        return int(self._matrix((source, domain)).sum())

    def test_closed_leads_only_with_their_outcome(self):
        self._closed(3, True, city="Ghent")
        self._closed(2, False)
        self._lead(name="Open", city="Ghent")
        sample = self.env["lead.scoring.sample"]
        with sample._open(self.scoring_model, self.env.company):
            won = sample._won()
        self.assertEqual(sorted(won.tolist()), [False, False, True, True, True])
        self.assertEqual(self._met("lead", "[('city', '=', 'Ghent')]"), 3)

    def test_what_a_rule_asks_and_what_was_proposed_agree(self):
        self._directors_win(city="Ghent", employee_count=50)
        self._closed(30, True, city="Bruges", email_from="a@example.com")
        self._closed(30, False, email_from="a@gmail.com", employee_count=3)
        user = self.env.user
        sample = self.env["lead.scoring.sample"]
        proposal = self.env["lead.scoring.proposal"]
        kinds, _left_out = self.env["lead.scoring.learnable"]._fields_to_learn(user)
        with sample._open(self.scoring_model, self.env.company):
            columns = {c.field: c for c in proposal._columns(kinds, 10_000)}
            found = [
                c for column in columns.values() for c in conditions.propose(column)
            ]
            asked = [Asked("", "lead", repr(c.domain())) for c in found]
            matrix = sample._matrix(asked)
        expected = conditions.design(found, columns)
        self.assertGreater(len(found), 8)
        for position, condition in enumerate(found):
            self.assertEqual(
                matrix[:, position].tolist(), expected[:, position].tolist(), condition
            )

    def test_rank_and_department_of_job_titles_are_learned(self):
        self._closed(30, True, function="Sales Director")
        self._closed(30, False, function="Student")
        learnable = self.env["lead.scoring.learnable"]
        kinds, _left_out = learnable._fields_to_learn(self.env.user)
        names = ["title_department", "title_rank"]
        proposal = self.env["lead.scoring.proposal"]
        with self.env["lead.scoring.sample"]._open(
            self.scoring_model, self.env.company
        ):
            columns = proposal._columns({name: kinds[name] for name in names}, 10_000)
            found = [c for column in columns for c in conditions.propose(column)]
        named = {name: c.domain() for c, name in proposal._named(found)}
        self.assertEqual(
            named["Rank: Director or Head"], [("title_rank", "=", "director")]
        )
        self.assertEqual(
            named["Department: Sales"], [("title_department", "=", "sales")]
        )

    def test_field_is_what_it_was_at_the_decision(self):
        lead = self._closed(1, True, phone="+32 1")
        self._born(lead)
        self.env.flush_all()
        lead.write({"phone": "+32 2", "contact_name": "Kim"})
        self.env.cr.flush()
        self.assertTrue(lead.message_ids.tracking_value_ids)
        self.assertEqual(self._met("lead", "[('phone', '=', '+32 1')]"), 1)
        self.assertEqual(self._met("lead", "[('phone', '=', '+32 2')]"), 0)
        self.assertEqual(self._met("lead", "[('contact_name', '=', False)]"), 1)
        self.assertEqual(lead.phone, "+32 2", "nothing is changed")

    def test_what_leads_did_counts_up_to_the_decision(self):
        before, after = self._closed(2, True)
        self._born(before | after, days=30)
        self._visitor(before, pages=[("/prices", 35), ("/prices", 36)])
        self._visitor(after, pages=[("/prices", 5)])
        asked = ("page_view", "[('url', 'ilike', '/prices')]")
        self.assertEqual(self._matrix(asked).sum(), 1)

    def test_conversion_is_the_decision(self):
        lead = self._closed(1, True)
        self._born(lead, days=30)
        self._visitor(lead, pages=[("/prices", 5)])
        asked = ("page_view", "[('url', 'ilike', '/prices')]")
        self.assertEqual(self._met(*asked), 0)
        now = self.env.cr.now()
        self._set_columns(lead, date_conversion=now - timedelta(days=3))
        self.assertEqual(self._met(*asked), 1)

    def test_points_are_those_of_the_decision_streams_counted_as_they_count(self):
        first, second = self._closed(2, True, city="Ghent")
        self._visitor(first, pages=[("/prices", 40), ("/prices", 35), ("/prices", 1)])
        now = self.env.cr.now()
        self._set_columns(first | second, create_date=now - timedelta(days=50))
        self._set_columns(first, date_conversion=now - timedelta(days=10))
        rules = self._rule(7, "[('city', '=', 'Ghent')]")
        # 30 and 25 days old at the decision, and the last one came after it
        rules |= self._page_view_rule(16, "[('url', '=', '/prices')]", half_life=30)
        rules |= self._page_view_rule(5, "[]", minimum_count=2)
        rules |= self._page_view_rule(-9, "[]", maximum=10)
        faded = round(16 * (0.5 + 0.5 ** (25 / 30)))
        sample = self.env["lead.scoring.sample"]
        with sample._open(self.scoring_model, self.env.company):
            scores = sample._scores(rules).tolist()
            self.assertEqual(sample._scores(rules.browse()).tolist(), [0, 0])
        self.assertEqual(sorted(scores), sorted([7 + faded + 5 - 10, 7]))

    def test_leads_of_other_models_and_companies_are_left_out(self):
        self._closed(2, True, city="Ghent")
        other = self.env["lead.scoring.model"].create(
            {
                "name": "Bruges",
                "state": "live",
                "sequence": 0,
                "domain": "[('city', '=', 'Bruges')]",
            }
        )
        self._closed(3, True, city="Bruges")
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._closed(4, True, city="Ghent", company_id=company.id)
        everything = Asked("", "lead", "[]")
        sample = self.env["lead.scoring.sample"]
        for model, companies, count in (
            (self.scoring_model, self.env.company | company, 6),
            (self.scoring_model, self.env.company, 2),
            (self.scoring_model, company.browse(), 2),
            (other, self.env.company, 3),
        ):
            with sample._open(model, companies):
                self.assertEqual(len(sample._matrix([everything])), count)

    def test_lead_that_was_decided_on_first_comes_first(self):
        late, early = self._closed(2, True)
        now = self.env.cr.now()
        # whichever was closed first
        for days_late, days_early in ((0, 9), (9, 0)):
            for lead, city, created, closed in (
                (late, "Late", 20, days_late),
                (early, "Early", 30, days_early),
            ):
                self._set_columns(
                    lead,
                    city=city,
                    create_date=now - timedelta(days=created),
                    date_closed=now - timedelta(days=closed),
                )
            matrix = self._matrix(("lead", "[('city', '=', 'Early')]"))
            self.assertEqual(matrix[:, 0].tolist(), [True, False])

    def test_nothing_is_left_behind_even_after_an_error(self):
        self._closed(1, True)
        sample = self.env["lead.scoring.sample"]
        with self.assertRaises(ZeroDivisionError):
            with sample._open(self.scoring_model, self.env.company):
                raise ZeroDivisionError
        self.env.cr.execute("SELECT to_regclass('pg_temp.crm_lead')")
        self.assertIsNone(self.env.cr.fetchone()[0])

    def test_leads_that_are_not_to_be_scored_are_left_out(self):
        self._closed(1, True).do_not_score_reason = "other"
        self.assertEqual(self._matrix(("lead", "[]")).tolist(), [])

    def test_without_conditions_the_matrix_is_empty(self):
        self._closed(2, True)
        self.assertEqual(np.shape(self._matrix()), (2, 0))
