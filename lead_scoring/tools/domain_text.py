"""Reads the text of a domain that somebody typed, and says what is wrong with it.

The sentences people read are in ``models/lead_scoring_rule_check.py``.
"""

import ast
import difflib
import re
import warnings

from odoo.orm.domains import CONDITION_OPERATORS, INTERNAL_CONDITION_OPERATORS

MAX_LENGTH = 20_000

# Compiling a domain recurses, some ten Python frames a level
MAX_DEPTH = 30

# Beyond PostgreSQL's integers, and so not infinite
MAX_NUMBER = 2**63

ARITY = {"!": 1, "&": 2, "|": 2}

OTHER_SPELLINGS = {"==": "=", "<>": "!=", "=>": ">=", "=<": "<=", "contains": "ilike"}

OPERATORS = CONDITION_OPERATORS - INTERNAL_CONDITION_OPERATORS - set(OTHER_SPELLINGS)

JSON_CONSTANTS = {"true": True, "false": False, "null": None}

# A rule has no user: it means the same whoever edits the lead
CURRENT_USER = {"uid", "user", "user.id", "env.uid", "env.user", "env.user.id"}

# PostgreSQL takes neither NUL nor half a surrogate pair; the others can't be seen
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

# What word processors and web pages make of quotes and spaces
STRAIGHT = str.maketrans("“”„«»‘’‚‹›\u00a0\u200b\u202f\ufeff", "\"\"\"\"\"'''''    ")

# An operator, or a string that may have one inside
UNQUOTED_OPERATOR = re.compile(
    r"'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?|(?:,\s*)?(?P<operator>[=<>!]+\??"
    r"|(?:\bnot\s+)?(?:=i?like|\b(?:i?like|in|any))\b|\b(?:child|parent)_of\b)(?:\s*,)?",
    re.IGNORECASE,
)

# Python code for a date, as ast.unparse writes it
DATE = re.compile(
    r"\(?(\w+\.)*((context_)?today|current_date"
    r"|(?P<now>(utc)?now|time(?=\.strftime)))(\((self)?\))?"
    r"( (?P<sign>[+-]) (\w+\.)*(relativedelta|timedelta)"
    r"\((?P<amounts>((, )?(years|months|weeks|days|hours)=-?\d+)+)\)\)?)?"
    r"((?P<day>\.strftime\('%Y-%m-%d'\))|\.strftime\('%Y-%m-%d %H:%M:%S'\))?"
)
UNITS = {"years": "y", "months": "m", "weeks": "w", "days": "d", "hours": "H"}


class DomainTextError(ValueError):
    """A text that is not a domain.

    :ivar problem: what kind of mistake it is, a stable code
    :ivar where: the fragment of the text concerned
    :ivar suggestion: the whole text corrected, which parses, or None
    """

    def __init__(self, problem, where):
        super().__init__(f"{problem}: {where}")
        self.problem = problem
        self.where = where
        self.suggestion = None


def parse_domain(text: str) -> list:
    """Return the domain written in ``text``, a list of conditions and connectors.

    Only literals are read: nothing typed here is ever run.

    :raise DomainTextError: the text is something else
    """
    try:
        return _read(text.strip())
    except DomainTextError as error:
        if error.problem != "too_long":
            error.suggestion = _suggest(text)
        raise


def _read(text):
    if len(text) > MAX_LENGTH:
        raise DomainTextError("too_long", text[:50])
    if found := UNPRINTABLE.search(text):
        raise DomainTextError("control_character", f"U+{ord(found[0]):04X}")
    try:
        tree = _parse(text or "[]")
        _check_literals(text, tree)
        domain = ast.literal_eval(tree)
        _check_domain(domain)
    except SyntaxError as error:
        rest_of_line = (error.text or "")[(error.offset or 1) - 1 :].strip()
        raise DomainTextError("syntax", rest_of_line or text) from None
    except (RecursionError, MemoryError):
        raise DomainTextError("too_deep", text) from None
    return domain


def _parse(text):
    """Return the syntax tree of an expression."""
    with warnings.catch_warnings():
        # about a lone backslash, say: the log is no place for what people type
        warnings.filterwarnings("ignore", "invalid ")
        tree = ast.parse(text, mode="eval")
    return _JsonConstants().visit(tree).body


class _JsonConstants(ast.NodeTransformer):
    """Reads ``true``, ``false`` and ``null`` as the web client and JSON do."""

    def visit_Name(self, node):
        if node.id not in JSON_CONSTANTS:
            return node
        return ast.copy_location(ast.Constant(JSON_CONSTANTS[node.id]), node)


def _check_literals(text, node):
    """Raise on the first part of a syntax tree that fields can't be compared with."""
    if isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            _check_literals(text, element)
    elif not _is_comparable(node):
        where = ast.get_source_segment(text, node)
        raise DomainTextError(_literal_problem(node, where), where)


def _is_comparable(node):
    """Whether ``node`` is a text, a number, a truth value or None."""
    try:
        value = ast.literal_eval(node)
    except (TypeError, ValueError):
        return False
    if isinstance(value, int | float):
        return abs(value) < MAX_NUMBER
    return value is None or (isinstance(value, str) and not UNPRINTABLE.search(value))


def _literal_problem(node, written):
    """Return what is wrong with ``node``, which is not comparable."""
    if written in CURRENT_USER:
        return "current_user"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return "control_character"
    if isinstance(node, ast.Constant | ast.UnaryOp | ast.Dict | ast.Set):
        return "value"
    if isinstance(getattr(node, "func", None), ast.List | ast.Tuple):
        return "syntax"  # no comma between two conditions
    has_call = any(isinstance(part, ast.Call) for part in ast.walk(node))
    is_name = isinstance(node, ast.Attribute | ast.Compare | ast.Name)
    return "unquoted" if is_name and not has_call else "call"


def _check_domain(domain):
    """Raise unless ``domain`` is a list of conditions and connectors in prefix order.

    :return: how deep its conditions are nested
    """
    if not isinstance(domain, list) or _is_condition(domain):
        raise DomainTextError("not_a_list", repr(domain))
    operands = []
    for item in reversed(domain):
        connector = item if isinstance(item, str) and item in ARITY else None
        if connector is None:
            depth = _check_condition(item)
        elif len(operands) < ARITY[connector]:
            raise DomainTextError("wrong_arity", repr(domain))
        else:
            taken = [operands.pop() for _operand in range(ARITY[connector])]
            # a chain of the same connector is one level
            depth = max(level + (inner != connector) for inner, level in taken)
        operands.append((connector, depth))
    deepest = 1 + max((depth for _connector, depth in operands), default=0)
    if deepest > MAX_DEPTH:
        raise DomainTextError("too_deep", repr(domain))
    return deepest


def _check_condition(condition):
    """Raise unless ``condition`` is a triple of field, operator and value.

    :return: how deep it is nested
    """
    if str(condition).lower() in ("and", "or", "not"):
        raise DomainTextError("wrong_arity", repr(condition))
    if not isinstance(condition, list | tuple) or len(condition) != 3:
        raise DomainTextError("condition_shape", repr(condition))
    field, operator, value = condition
    if (field, operator, value) in ((1, "=", 1), (0, "=", 1)):
        return 1  # what the domain editor writes for «all» and «none»
    if not isinstance(field, str) or not field:
        raise DomainTextError("field_name", repr(field))
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise DomainTextError("unknown_operator", repr(operator))
    depth = 1 + field.count(".")
    if operator in ("any", "not any"):
        return depth + _check_domain(value)
    for element in value if isinstance(value, list | tuple) else ():
        if isinstance(element, list | tuple):
            raise DomainTextError("value", repr(element))
    return depth


def _is_condition(value):
    """Whether ``value`` looks like one condition."""
    match value:
        case [str(field), str(operator), _]:
            return field not in ARITY and _nearest_operator(operator) is not None
    return False


def _nearest_operator(written):
    """Return the operator nearest to ``written``, or None."""
    operator = " ".join(written.lower().split())
    operator = OTHER_SPELLINGS.get(operator, operator)
    near = difflib.get_close_matches(operator, OPERATORS, n=1, cutoff=0.75)
    return near[0] if near else None


def _suggest(text):
    """Return ``text`` with the usual mistakes mended, or None if that is no domain."""
    text = UNPRINTABLE.sub("", text)
    straight = text.translate(STRAIGHT)
    for candidate in (text, _quote(text), straight, _quote(straight)):
        try:
            tree = _Texts().visit(_parse(candidate.strip()))
            suggestion = repr(_mend_domain(ast.literal_eval(tree)))
            _read(suggestion)
        except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
            continue
        return suggestion
    return None


def _quote(text):
    """Return ``text`` with quotation marks around its operators."""

    def quoted(found):
        return f", {found['operator']!r}, " if found["operator"] else found[0]

    return UNQUOTED_OPERATOR.sub(quoted, text)


class _Texts(ast.NodeTransformer):
    """Writes names as texts, and code that computes a date as a relative date."""

    def visit_Name(self, node):
        written = ast.unparse(node)
        if date := _relative_date(written):
            return ast.Constant(date)
        if re.fullmatch(r"\w+(\.\w+)*", written) and written not in CURRENT_USER:
            return ast.Constant(written)
        return node

    visit_Attribute = visit_BinOp = visit_Call = visit_Name


def _relative_date(code):
    """Return ``code`` that computes a date as, say, ``today -7d``, else None."""
    found = DATE.fullmatch(code)
    if not found:
        return None
    date = "now" if found["now"] and not found["day"] else "today"
    amounts = dict(re.findall(r"(\w+)=(-?\d+)", found["amounts"] or ""))
    # in the order relativedelta applies them
    for name in filter(amounts.get, UNITS):
        amount = int(amounts[name]) * (-1 if found["sign"] == "-" else 1)
        date += f" {amount:+d}{UNITS[name]}"
    return date.removeprefix("now ")


def _mend_domain(domain):
    """Return ``domain`` as a list, with the nearest operators that there are."""
    mended = []
    for item in [domain] if _is_condition(domain) else domain:
        if _is_condition(item):
            field, operator, value = item
            operator = _nearest_operator(operator)
            value = _mend_domain(value) if operator in ("any", "not any") else value
            item = (field, operator, value)
        mended.append(item)
    return mended
