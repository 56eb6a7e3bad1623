from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.fields import Domain
from odoo.orm.domains import CONDITION_OPERATORS, INTERNAL_CONDITION_OPERATORS
from odoo.tests import BaseCase, tagged

from ..tools.domain_text import (
    MAX_DEPTH,
    MAX_LENGTH,
    OPERATORS,
    DomainTextError,
    parse_domain,
)

# what texts that are nearly domains are made of
FRAGMENTS = (
    list("[](),'\"&|!=<>{}.:-+#\\\n \t0aé«»“”‘’\x00\u00a0\u200b\ud800")
    + ["'name'", "'ilike'", "name", "ilike", "not in", "any", "true", "None", "9" * 20]
    + [
        "('a', '=', 1)",
        "context_today()",
        "relativedelta(days=1)",
        "lambda: 0",
        "1e999",
    ]
    + ["datetime.now()", ".strftime('%Y-%m-%d')", "uid", "0xffff", "f'{a}'", "*a", "or"]
)
nearly_domains = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**31), 2**31),
    st.floats(-1e15, 1e15),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20),
)
names = st.from_regex(r"[a-z_]+(\.[a-z_]+)?", fullmatch=True)
simple_conditions = st.tuples(
    names,
    st.sampled_from(sorted(OPERATORS - {"any", "not any"})),
    scalars | st.lists(scalars, max_size=4),
)
conditions = st.recursive(
    simple_conditions,
    lambda inner: st.tuples(
        names, st.sampled_from(["any", "not any"]), st.lists(inner, max_size=3)
    ),
    max_leaves=5,
)
LEAF = "('a', '=', 1), "

reproducible = settings(derandomize=True, max_examples=100, deadline=None)


@tagged("post_install", "-at_install")
class TestDomainText(BaseCase):
    def check_refused(self, text, problem, suggestion=None, where=None):
        """Check what is said of ``text``, and that what is suggested is a domain."""
        with (
            self.subTest(text=text[:100]),
            self.assertRaises(DomainTextError) as caught,
        ):
            parse_domain(text)
        error = caught.exception
        self.assertEqual((error.problem, error.suggestion), (problem, suggestion))
        if where is not None:
            self.assertEqual(error.where, where)
        if suggestion is not None:
            parse_domain(suggestion)

    def check_accepted(self, text, domain):
        with self.subTest(text=text[:100]):
            self.assertEqual(parse_domain(text), domain)

    # ------------------------------------------------------------------
    # What is a domain
    # ------------------------------------------------------------------

    def test_nothing_is_the_empty_domain(self):
        for text in ("", "  \n\t", "[]", " [ ] "):
            self.check_accepted(text, [])

    def test_conditions_are_tuples_or_lists(self):
        self.check_accepted("[('a', '=', 'b')]", [("a", "=", "b")])
        self.check_accepted("[['a','=','b'],]", [["a", "=", "b"]])
        self.check_accepted("[('a', 'in', ('b', -1))]", [("a", "in", ("b", -1))])

    def test_lines_may_end_in_any_way_and_have_comments(self):
        text = "[('a', '=', 1),%s # why%s ('b', '=', 2)]"
        for end in ("\n", "\r\n", "\r"):
            self.check_accepted(text % (end, end), [("a", "=", 1), ("b", "=", 2)])

    def test_json_constants_are_read(self):
        self.check_accepted(
            "[('a', '=', true), ('b', 'in', [false, null])]",
            [("a", "=", True), ("b", "in", [False, None])],
        )

    def test_all_and_none_of_the_domain_editor_are_read(self):
        self.check_accepted("[(1, '=', 1)]", [(1, "=", 1)])
        self.check_accepted("[(0, '=', 1)]", [(0, "=", 1)])
        self.check_refused("[(2, '=', 1)]", "field_name", where="2")

    def test_typographic_characters_in_texts_are_kept(self):
        self.check_accepted("[('a', 'ilike', 'l’eau')]", [("a", "ilike", "l’eau")])

    def test_operators_are_those_of_the_orm(self):
        deprecated = {"==", "<>"}
        known = CONDITION_OPERATORS - INTERNAL_CONDITION_OPERATORS - deprecated
        self.assertEqual(OPERATORS, known)

    # ------------------------------------------------------------------
    # Quotes
    # ------------------------------------------------------------------

    def test_unquoted_operator_gets_quotes(self):
        self.check_refused(
            "[('country_id', =, 'Belgium')]",
            "unquoted_operator",
            "[('country_id', '=', 'Belgium')]",
            where="=",
        )
        for operator in sorted(OPERATORS):
            suggestion = f"[('a', '{operator}', [])]"
            self.check_refused(
                f"[('a', {operator}, [])]", "unquoted_operator", suggestion
            )

    def test_comparison_written_as_in_python_becomes_a_condition(self):
        for text, suggestion in (
            ("expected_revenue > 1000", "[('expected_revenue', '>', 1000)]"),
            ("country_id = 'Belgium'", "[('country_id', '=', 'Belgium')]"),
            ("[('stage_id' not in [1])]", "[('stage_id', 'not in', [1])]"),
        ):
            self.check_refused(text, "unquoted_operator", suggestion)

    def test_unquoted_name_gets_quotes(self):
        self.check_refused(
            "[(country_id, '=', Belgium)]",
            "unquoted_name",
            "[('country_id', '=', 'Belgium')]",
            where="country_id",
        )
        self.check_refused(
            "[\n('é', '=', 1),\n(partner_id.name, '=', 'é')]",
            "unquoted_name",
            "[\n('é', '=', 1),\n('partner_id.name', '=', 'é')]",
            where="partner_id.name",
        )

    def test_typographic_quotes_and_spaces_become_plain(self):
        for text, suggestion in (
            ("[(‘a’, “=”, «b»)]", "[('a', '=', 'b')]"),
            ("[(« a », ’=’, „b“)]", "[('a', '=', 'b')]"),
            ("[(“a”, '=', “l'eau”)]", "[('a', '=', \"l'eau\")]"),
            ("[('a',\u00a0'=',\u200b1)]", "[('a', '=', 1)]"),
        ):
            self.check_refused(text, "typographic", suggestion)

    def test_apostrophe_in_single_quotes_becomes_double_quoted(self):
        self.check_refused(
            "[('a', '=', 'Côte d'Ivoire')]",
            "missing_quote",
            "[('a', '=', \"Côte d'Ivoire\")]",
            where="'Côte d'Ivoire'",
        )

    def test_quote_without_partner_is_shown(self):
        self.check_refused("[('a', '=', 'b)]", "missing_quote", where="'b)]")

    # ------------------------------------------------------------------
    # Code
    # ------------------------------------------------------------------

    def test_dates_written_as_code_become_relative_dates(self):
        for code, date in (
            ("context_today()", "today"),
            ("today", "today"),
            ("datetime.date.today()", "today"),
            ("datetime.now()", "now"),
            ("datetime.datetime.now() - timedelta(days=7)", "-7d"),
            ("context_today() - relativedelta(days=7)", "today -7d"),
            ("context_today() + relativedelta(weeks=2, years=-1)", "today -1y +2w"),
            (
                "(context_today() - relativedelta(months=1)).strftime('%Y-%m-%d')",
                "today -1m",
            ),
            ("(now() - timedelta(hours=3)).strftime('%Y-%m-%d %H:%M:%S')", "-3H"),
            ("datetime.datetime.now().strftime('%Y-%m-%d')", "today"),
            (
                "datetime.datetime.combine(context_today() + relativedelta(day = 1, "
                "months = -1), datetime.time(0, 0, 0)).to_utc().strftime("
                "'%Y-%m-%d %H:%M:%S')",
                "today =1d -1m",
            ),
        ):
            suggestion = f"[('create_date', '>=', '{date}')]"
            self.check_refused(f"[('create_date', '>=', {code})]", "call", suggestion)

    def test_other_code_is_refused_without_a_guess(self):
        for code in (
            "compute(1)",
            "context_today() - relativedelta(days=n)",
            "context_today() - relativedelta(day=1)",
            "context_today() + relativedelta(day=31)",
            "context_today().strftime('%m')",
            "context_today() - timedelta(7)",
            "context_today() - relativedelta(weekday=0)",
        ):
            self.check_refused(f"[('a', '>=', {code})]", "call", where=code)

    def test_current_user_is_refused(self):
        for code in ("uid", "user.id", "env.user"):
            self.check_refused(f"[('a', '=', {code})]", "current_user", where=code)

    def test_expressions_are_refused(self):
        for code in ("1 + 1", "{'a': 1}", "{1}", "[x for x in y]", "f'{a}'", "*a"):
            self.check_refused(f"[('a', 'in', [{code}])]", "expression", where=code)
        self.check_refused("[('a', '=', 1) or ('b', '=', 1)]", "expression")

    # ------------------------------------------------------------------
    # Brackets and commas
    # ------------------------------------------------------------------

    def test_brackets_get_paired(self):
        for text in (
            "[('a','=',1",
            "[('a','=',1]",
            "('a','=',1)]",
            "[('a','=',1))]",
            "[('a','=',1)]]",
        ):
            self.check_refused(text, "missing_bracket", "[('a','=',1)]")

    def test_comma_left_out_is_put_in(self):
        for text in ("[('a','=',1) ('b','=',2)]", "[('a','=',1)('b','=',2)]"):
            self.check_refused(text, "missing_comma", "[('a','=',1), ('b','=',2)]")
        self.check_refused("[('a' '=' 1)]", "missing_comma", "[('a', '=', 1)]")
        self.check_refused("[('a' '=', 1)]", "condition_shape", "[('a', '=', 1)]")

    def test_several_mistakes_are_mended_together(self):
        self.check_refused(
            "(country_id, ==, ‘Belgium’",
            "typographic",
            "[('country_id', '=', 'Belgium')]",
        )

    def test_what_is_no_domain_at_all_gets_no_suggestion(self):
        self.check_refused("hello world", "syntax", where="world")
        self.check_refused("hello", "unquoted_name", where="hello")

    # ------------------------------------------------------------------
    # Shapes
    # ------------------------------------------------------------------

    def test_bare_condition_gets_a_list(self):
        self.check_refused("('a','=',1)", "bare_condition", "[('a','=',1)]")
        self.check_refused("['a','=',1]", "bare_condition", "[['a','=',1]]")
        self.check_refused("'a','=',1", "bare_condition", "[('a','=',1)]")

    def test_what_holds_conditions_becomes_a_list(self):
        self.check_refused(
            "('a','=',1), ('b','=',2)", "not_a_list", "[('a','=',1), ('b','=',2)]"
        )
        self.check_refused("\"[('a','=',1)]\"", "not_a_list", "[('a','=',1)]")
        self.check_refused("7", "not_a_list", where="7")

    def test_condition_has_three_parts(self):
        for condition in ("('a','=')", "('a','=',1,2)", "()"):
            self.check_refused(f"[{condition}]", "condition_shape", where=condition)
        self.check_refused("[[('a','=',1)]]", "condition_shape", "[('a','=',1)]")

    def test_condition_begins_with_the_name_of_a_field(self):
        for field in ("3", "''", "None", "('a',)"):
            self.check_refused(f"[({field}, '=', 1)]", "field_name", where=field)

    def test_operator_gets_its_right_spelling(self):
        for written, operator in (
            ("==", "="),
            ("<>", "!="),
            ("=>", ">="),
            ("ILIKE", "ilike"),
            ("not  in", "not in"),
            ("contains", "ilike"),
            ("any!", "any"),
            ("ilikes", "ilike"),
        ):
            self.check_refused(
                f"[('a', '{written}', [])]",
                "unknown_operator",
                f"[('a', '{operator}', [])]",
                where=repr(written),
            )
        self.check_refused("[('a', 'near', 1)]", "unknown_operator", where="'near'")
        self.check_refused("[('a', 3, 1)]", "unknown_operator", where="3")

    def test_value_is_a_constant_or_a_flat_list(self):
        for value in ("b'x'", "1j", "1e999", "...", "9" * 30):
            self.check_refused(f"[('a', '=', {value})]", "value", where=value)
        self.check_refused("[('a', 'in', [1, [2]])]", "value", where="[2]")

    def test_connectors_take_the_conditions_after_them(self):
        leaf = ("a", "=", 1)
        self.check_accepted(
            f"['|', '!', {leaf}, '&', {leaf}, {leaf}, {leaf}]",
            ["|", "!", leaf, "&", leaf, leaf, leaf],
        )
        for text in ("['&']", f"['|', {leaf}]", f"[{leaf}, '!']"):
            self.check_refused(text, "wrong_arity", where=text)

    def test_connectors_between_conditions_move_before_them(self):
        a, b, c = (f"('{name}', '=', 1)" for name in "abc")
        self.check_refused(f"[{a}, '|', {b}]", "wrong_arity", f"['|', {a}, {b}]")
        self.check_refused(
            f"[{a}, 'or', {b}, 'OR', {c}]", "connector", f"['|', '|', {a}, {b}, {c}]"
        )
        # which of the two comes first, only the author knows
        self.check_refused(f"[{a}, '|', {b}, '&', {c}, '&']", "wrong_arity")

    def test_conditions_inside_any_are_read_likewise(self):
        inner = ("b", "any", [("c", "=", 1)])
        self.check_accepted(f"[('a', 'any', [{inner}])]", [("a", "any", [inner])])
        self.check_refused(
            "[('a', 'not any', ('b', '=', c))]",
            "unquoted_name",
            "[('a', 'not any', [('b', '=', 'c')])]",
        )
        self.check_refused("[('a', 'any', 1)]", "not_a_list", where="1")
        self.check_refused("[('a', 'any', ['|'])]", "wrong_arity", where="['|']")

    # ------------------------------------------------------------------
    # Limits
    # ------------------------------------------------------------------

    def test_length_is_limited(self):
        text = f"[('a', '=', '{'x' * (MAX_LENGTH - 16)}')]"
        self.assertEqual(len(text), MAX_LENGTH)
        self.assertTrue(parse_domain(text))
        self.check_refused(text.replace("xx", "xxx", 1), "too_long")

    def test_depth_is_limited(self):
        def nested(depth):
            return "[('a', 'any', " * depth + "[]" + ")]" * depth

        self.assertTrue(parse_domain(nested(MAX_DEPTH // 2 - 1)))
        for text in (
            nested(MAX_DEPTH),
            "[('" + "a." * MAX_DEPTH + "a', '=', 1)]",
            "[" + "'&', '|', " * MAX_DEPTH + LEAF * (2 * MAX_DEPTH + 1) + "]",
        ):
            with self.assertRaises(DomainTextError) as caught:
                parse_domain(text)
            self.assertEqual(caught.exception.problem, "too_deep")

    def test_long_chain_of_one_connector_is_not_deep(self):
        text = "[" + "'|', " * 300 + LEAF * 301 + "]"
        self.assertEqual(len(parse_domain(text)), 601)

    def test_texts_that_exhaust_python_are_refused(self):
        for text in ("(" * 9999, "[" * 300 + "]" * 300, "-" * 9999, "1+" * 9999 + "1"):
            with self.assertRaises(DomainTextError):
                parse_domain(text)

    def test_invisible_characters_are_taken_out(self):
        self.check_refused(
            "[('a\x00', '=', 1)]", "control_character", "[('a', '=', 1)]", "U+0000"
        )
        self.check_refused(
            "[('a', '=', 'b\\x00')]", "control_character", "[('a', '=', 'b')]"
        )
        self.check_refused(
            "[('a', '=', '\ud800b')]", "control_character", "[('a', '=', 'b')]"
        )
        self.check_accepted("[('a', '=', 'b\\n\\tc')]", [("a", "=", "b\n\tc")])

    # ------------------------------------------------------------------
    # Any text
    # ------------------------------------------------------------------

    def check_answer(self, text):
        """Check that ``text`` is either read or refused, and what is then suggested."""
        try:
            domain = parse_domain(text)
        except DomainTextError as error:
            if error.suggestion is not None:
                self.assertIsInstance(parse_domain(error.suggestion), list)
        else:
            self.assertIsInstance(Domain(domain), Domain)

    @reproducible
    @given(st.text(max_size=100) | nearly_domains)
    def test_any_text_is_read_or_refused(self, text):
        self.check_answer(text)

    @reproducible
    @given(st.lists(conditions, min_size=1, max_size=3), st.data())
    def test_any_domain_with_a_slip_is_read_or_refused(self, domain, data):
        text = repr(domain)
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 3)))
        slip = data.draw(st.sampled_from(["", *FRAGMENTS]))
        self.check_answer(text[:start] + slip + text[end:])

    @reproducible
    @given(st.lists(conditions, max_size=4))
    def test_written_conditions_are_read_as_they_were(self, domain):
        self.assertEqual(parse_domain(repr(domain)), domain)
