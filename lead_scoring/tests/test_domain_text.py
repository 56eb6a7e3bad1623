from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.fields import Domain
from odoo.tests import BaseCase, tagged

from ..tools.domain_text import MAX_DEPTH, MAX_LENGTH, DomainTextError, parse_domain

LEAF = "('a', '=', 1)"

# what texts that are nearly domains are made of
DOMAIN = "['|', ('a.b', 'not in', [1, 'x']), ('c', 'any', [('d', '=', -1.5)])]"
FRAGMENTS = (
    list("[](),'\"&|!=<>{}.:-+#\\\n \t0aé«»“”‘’\x00\u00a0\u200b\ud800")
    + ["'name'", "'ilike'", "name", "ilike", "not in", "any", "true", "None", "9" * 20]
    + [LEAF, "context_today()", "relativedelta(days=1)", "lambda: 0", "1e999"]
    + ["datetime.now()", ".strftime('%Y-%m-%d')", "uid", "0xffff", "f'{a}'", "*a", "or"]
)
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=25).map("".join)
slips = st.builds(
    lambda start, length, slip: DOMAIN[:start] + slip + DOMAIN[start + length :],
    st.integers(0, len(DOMAIN)),
    st.integers(0, 3),
    st.sampled_from(["", *FRAGMENTS]),
)


@tagged("post_install", "-at_install")
class TestDomainText(BaseCase):
    def check_refused(self, text, problem, suggestion=None, where=None):
        """Check what is said of ``text``, and what is suggested instead."""
        with self.subTest(text=text[:99]), self.assertRaises(DomainTextError) as caught:
            parse_domain(text)
        error = caught.exception
        self.assertEqual((error.problem, error.suggestion), (problem, suggestion))
        if where is not None:
            self.assertEqual(error.where, where)

    def check_accepted(self, text, domain):
        self.assertEqual(parse_domain(text), domain, text)

    def test_domains_are_read(self):
        for text in ("", "  \n\t", "[]", " [ ] "):
            self.check_accepted(text, [])
        self.check_accepted("[['a','=','b'],]", [["a", "=", "b"]])
        self.check_accepted("[('a', 'in', ('b', -1))]", [("a", "in", ("b", -1))])
        self.check_accepted("[('a', '=', 'l’eau\\n')]", [("a", "=", "l’eau\n")])
        for end in ("\n", "\r\n", "\r"):
            self.check_accepted(f"[('a', '=', 1),{end} # why{end}]", [("a", "=", 1)])
        # what the domain editor writes for all and none
        self.check_accepted("[(1, '=', 1)]", [(1, "=", 1)])
        self.check_accepted("[(0, '=', 1)]", [(0, "=", 1)])

    def test_json_constants_are_read(self):
        text = "[('a', 'in', [true, false, null])]"
        self.check_accepted(text, [("a", "in", [True, False, None])])

    def test_operators_names_and_texts_get_quotes(self):
        for text, problem, suggestion in (
            ("[('a', =, 'b')]", "syntax", "[('a', '=', 'b')]"),
            ("[('a', not in, ['='])]", "syntax", "[('a', 'not in', ['='])]"),
            ("[('a', ilike, 'b')]", "unquoted", "[('a', 'ilike', 'b')]"),
            ("country_id = 'Be'", "syntax", "[('country_id', '=', 'Be')]"),
            ("color > 10", "unquoted", "[('color', '>', 10)]"),
            ("[('a' not in [1])]", "unquoted", "[('a', 'not in', [1])]"),
            ("[\n(é.b, '=', C)]", "unquoted", "[('é.b', '=', 'C')]"),
        ):
            self.check_refused(text, problem, suggestion)
        self.check_refused("hello", "unquoted", where="hello")

    def test_typographic_quotes_and_spaces_become_plain(self):
        for text, suggestion in (
            ("[(‘a’, “=”, «b»)]", "[('a', '=', 'b')]"),
            ("[('a',\u00a0'=',\u200b1)]", "[('a', '=', 1)]"),
            ("(country_id, ==, ‘Belgium’)", "[('country_id', '=', 'Belgium')]"),
            # those inside a text stay
            ("[('a' = 'l’eau')]", "[('a', '=', 'l’eau')]"),
        ):
            self.check_refused(text, "syntax", suggestion)

    def test_dates_written_as_code_become_relative_dates(self):
        day, second = ".strftime('%Y-%m-%d')", ".strftime('%Y-%m-%d %H:%M:%S')"
        for code, date in (
            ("context_today()", "today"),
            ("datetime.date.today()", "today"),
            (f"time{day}", "today"),
            ("datetime.now()", "now"),
            (f"datetime.datetime.now(){day}", "today"),
            ("datetime.datetime.now() - timedelta(days=7)", "-7d"),
            (f"(now() - timedelta(hours=3)){second}", "-3H"),
            ("context_today() + relativedelta(weeks=2, years=-1)", "today -1y +2w"),
            (f"(context_today()-relativedelta(days=30)){day}", "today -30d"),
        ):
            suggestion = f"[('create_date', '>=', '{date}')]"
            self.check_refused(f"[('create_date', '>=', {code})]", "call", suggestion)

    def test_other_code_is_refused_without_a_guess(self):
        for code in (
            ["compute(1)", "1 + 1", "[x for x in y]", "f'{a}'", "*a", "a or b"]
            + ["context_today() - relativedelta(days=n)", "(lambda: 1)()"]
            + ["today - relativedelta(day=1)", "context_today() - timedelta(7)"]
            + ["context_today().strftime('%m')", "__import__('os').system('true')"]
        ):
            self.check_refused(f"[('a', '>=', {code})]", "call", where=code)
        for code in ("uid", "user.id", "env.user"):
            self.check_refused(f"[('a', '=', {code})]", "current_user", where=code)

    def test_what_is_no_python_is_shown_from_where_it_is_wrong(self):
        for text, where in (
            ("hello world", "world"),
            ("[('a', '=', 'b)]", "'b)]"),
            ("[('a','=',1", None),
            ("[\n('a','=',1),\n('b' 1)]", "'b' 1)]"),
            ("[('a','=',1)('b','=',2)]", "('a','=',1)('b','=',2)"),
        ):
            self.check_refused(text, "syntax", where=where)

    def test_domain_is_a_list(self):
        for text in (LEAF, "['a','=',1]", "'a','=',1", f"{LEAF},"):
            self.check_refused(text, "not_a_list", f"[{LEAF}]")
        self.check_refused("7", "not_a_list", where="7")

    def test_condition_has_a_field_an_operator_and_a_value(self):
        for condition in ("('a', '=')", "('a', '=', 1, 2)", "()", "'a'"):
            self.check_refused(f"[{condition}]", "condition_shape", where=condition)
        for field in ("2", "''", "None", "('a',)"):
            self.check_refused(f"[({field}, '=', 1)]", "field_name", where=field)
        for operator in ("'near'", "3"):
            text = f"[('a', {operator}, 1)]"
            self.check_refused(text, "unknown_operator", where=operator)
        for value in ("b'x'", "1j", "1e999", "...", "9" * 30, "{1}", "-" + "9" * 30):
            self.check_refused(f"[('a', '=', {value})]", "value", where=value)
        self.check_refused("[('a', 'in', [1, [2]])]", "value", where="[2]")

    def test_nearest_operator_is_suggested(self):
        for written, operator in (
            *(("==", "="), ("<>", "!="), ("=>", ">="), ("ILIKE", "ilike")),
            *(("not  in", "not in"), ("contains", "ilike"), ("ilikes", "ilike")),
        ):
            text, suggestion = (f"[('a', '{o}', [])]" for o in (written, operator))
            self.check_refused(text, "unknown_operator", suggestion, repr(written))

    def test_connectors_take_the_conditions_after_them(self):
        leaf = ("a", "=", 1)
        domain = ["|", "!", leaf, "&", leaf, leaf, leaf]
        self.check_accepted(repr(domain), domain)
        for text in ("['&']", f"['|', {leaf}]", f"[{leaf}, '!']"):
            self.check_refused(text, "wrong_arity", where=text)
        self.check_refused(f"[{leaf}, 'OR', {leaf}]", "wrong_arity", where="'OR'")

    def test_conditions_inside_any_are_read_likewise(self):
        inner = ("b", "any", [("c", "=", 1)])
        self.check_accepted(f"[('a', 'any', [{inner}])]", [("a", "any", [inner])])
        suggestion = "[('a', 'any', [('b', '=', 'c')])]"
        self.check_refused("[('a', 'any', ('b', '=', c))]", "unquoted", suggestion)
        self.check_refused("[('a', 'any', 1)]", "not_a_list", where="1")
        self.check_refused("[('a', 'any', ['|'])]", "wrong_arity", where="['|']")

    def test_length_is_limited(self):
        text = f"[('a', '=', '{'x' * (MAX_LENGTH - 16)}')]"
        self.assertTrue(parse_domain(text))
        self.check_refused(text.replace("xx", "xxx", 1), "too_long")

    def test_depth_is_limited(self):
        any_of, end = "[('a', 'any', ", ")]"
        depth = MAX_DEPTH // 2 - 1
        self.assertTrue(parse_domain(f"{any_of * depth}[]{end * depth}"))
        for text in (
            f"{any_of * MAX_DEPTH}[]{end * MAX_DEPTH}",
            f"[('{'a.' * MAX_DEPTH}a', '=', 1)]",
            "[" + "'&', '|', " * MAX_DEPTH + f"{LEAF}, " * (2 * MAX_DEPTH + 1) + "]",
        ):
            self.check_refused(text, "too_deep")
        # a chain of one connector is not deep
        text = "[" + "'|', " * 300 + f"{LEAF}, " * 301 + "]"
        self.assertEqual(len(parse_domain(text)), 601)

    def test_numbers_are_those_of_the_database(self):
        largest = 2**63 - 1
        self.check_accepted(f"[('a', '=', {largest})]", [("a", "=", largest)])
        self.check_refused(f"[('a', '=', {largest + 1})]", "value")
        self.check_refused(f"[('a', '=', 0x{'f' * 9999})]", "value")
        self.check_refused(f"[('a', '=', {'9' * 9999})]", "syntax")

    def test_invisible_characters_are_refused(self):
        problem = "control_character"
        self.check_refused("[('a\x00', '=', 1)]", problem, "[('a', '=', 1)]", "U+0000")
        self.check_refused("[('a', '=', '\ud800b')]", problem, "[('a', '=', 'b')]")
        self.check_refused("[('a', '=', 'b\\x00')]", problem, where="'b\\x00'")

    def test_texts_that_exhaust_python_are_refused(self):
        for text in ("(" * 9999, "[" * 300 + "]" * 300, "-" * 9999, "1+" * 9999 + "1"):
            with self.assertRaises(DomainTextError):
                parse_domain(text)

    @settings(derandomize=True, max_examples=300, deadline=None)
    @given(st.text(max_size=100) | fragments | slips)
    def test_any_text_is_read_or_refused(self, text):
        try:
            domain = parse_domain(text)
        except DomainTextError as error:
            domain = parse_domain(error.suggestion or "")
        self.assertIsInstance(Domain(domain), Domain)
