import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..tools.conditions import MIN_LEADS_OF_FEW, Column, design, propose

VALUES = {
    "category": st.sampled_from([None, "web", "fair", "phone"]),
    "boolean": st.booleans(),
    "number": st.one_of(st.just(float("nan")), st.integers(-5, 50).map(float)),
    "date": st.one_of(
        st.just(np.datetime64("NaT", "D")),
        st.integers(0, 3000).map(lambda days: np.datetime64("2020-01-01", "D") + days),
    ),
    "text": st.sampled_from([None, "", "Sales Director", "director", "Bakery & Co"]),
    "tags": st.frozensets(st.integers(1, 4)),
    "mail": st.sampled_from([None, "@example.com", "kim@gmail.com"]),
}
TYPES = {"number": float, "date": "datetime64[D]"}


def column(kind, values, field="field"):
    array = np.empty(len(values), dtype=TYPES.get(kind, object))
    for position, value in enumerate(values):
        array[position] = value
    return Column(field, kind, array)


class TestConditions(BaseCase):
    """What conditions the values of leads suggest."""

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_whatever_the_values_what_is_proposed_splits_the_leads(self, data):
        kind = data.draw(st.sampled_from(sorted(VALUES)))
        few = data.draw(st.lists(VALUES[kind], min_size=1, max_size=12))
        asked = column(kind, few * 10)
        conditions = propose(asked)
        self.assertEqual(len(conditions), len(set(conditions)))
        matrix = design(conditions, {"field": asked})
        self.assertEqual(matrix.shape, (len(few) * 10, len(conditions)))
        for met in matrix.T:
            self.assertGreaterEqual(met.sum(), MIN_LEADS_OF_FEW)
            self.assertGreaterEqual((~met).sum(), MIN_LEADS_OF_FEW)

    def said(self, kind, values):
        return [condition.domain() for condition in propose(column(kind, values))]

    def test_frequent_values_and_missing_ones_are_proposed(self):
        values = ["web"] * 60 + [None] * 40 + ["fair"] * 30 + ["phone"] * 5
        self.assertEqual(
            self.said("category", values),
            [
                [("field", "=", "web")],
                [("field", "=", False)],
                [("field", "=", "fair")],
            ],
        )

    def test_numbers_are_cut_where_leads_are(self):
        said = self.said("number", [float(n) for n in range(100)])
        self.assertIn([("field", ">=", 50)], said)
        self.assertEqual({domain[0][1] for domain in said}, {">="})

    def test_number_that_most_leads_have_is_told_from_larger_ones(self):
        self.assertEqual(
            self.said("number", [0.0] * 200 + [2.0] * 20 + [3.0] * 5),
            [[("field", ">=", 2)]],
        )

    def test_few_numbers_are_told_from_each_other(self):
        said = self.said("number", [1.0] * 900 + [2.0] * 25 + [3.5] * 25 + [9.0] * 50)
        self.assertEqual([domain[0][2] for domain in said], [2, 3.5, 9])

    def test_huge_numbers_are_written_short(self):
        said = self.said("number", [10.0**n for n in range(300)])
        self.assertLess(max(len(repr(domain)) for domain in said), 40)

    def test_dates_are_cut_by_days(self):
        days = [np.datetime64("2026-01-01") + n for n in range(100)]
        self.assertIn([("field", ">=", "2026-02-20")], self.said("date", days))

    def test_words_are_found_whatever_their_case(self):
        titles = ["Sales DIRECTOR"] * 30 + ["director of art"] * 20 + ["Clerk"] * 25
        said = self.said("text", [*titles, *[None] * 30])
        self.assertIn([("field", "ilike", "director")], said)
        self.assertIn([("field", "ilike", "clerk")], said)
        self.assertIn([("field", "!=", False)], said)
        self.assertNotIn([("field", "ilike", "art")], said)

    def test_values_that_many_leads_have_are_asked_once(self):
        asked = column("text", ["Director", None, "DIRECTOR", "Clerk"] * 30)
        distinct, which = asked.distinct
        self.assertEqual(distinct.tolist(), ["director", "", "clerk"])
        self.assertEqual(which.tolist(), [0, 1, 0, 2] * 30)
        self.assertEqual(asked.counts.tolist(), [60, 30, 30])

    def test_word_that_stands_within_others_counts_as_a_rule_counts_it(self):
        texts = ["manager"] * 30 + ["managers"] * 30 + ["clerk"] * 30
        asked = column("text", texts)
        [condition] = [c for c in propose(asked) if c.value == "manager"]
        self.assertEqual(condition.matches(asked).sum(), 60)

    def test_tags_are_asked_one_by_one(self):
        tags = [frozenset({1, 2})] * 25 + [frozenset({2})] * 25 + [frozenset()] * 30
        self.assertEqual(
            self.said("tags", tags), [[("field", "in", [2])], [("field", "in", [1])]]
        )

    def test_mail_addresses_are_of_a_company_or_free(self):
        mails = ["@example.com"] * 30 + ["kim@gmail.com"] * 30 + [None] * 30
        asked = column("mail", mails)
        company, free = propose(asked)
        self.assertEqual(company.matches(asked).nonzero()[0].max(), 29)
        self.assertEqual(free.matches(asked).nonzero()[0].min(), 30)
        self.assertEqual(free.matches(asked).nonzero()[0].max(), 59)

    def test_field_that_never_varies_suggests_nothing(self):
        for kind, value in (("category", "web"), ("number", 3.0), ("boolean", True)):
            self.assertEqual(propose(column(kind, [value] * 100)), [])
