"""Reads the text of a domain that somebody typed, and says what is wrong with it.

Pure Python; the sentences people read are in ``models/lead_scoring_rule_check.py``.
"""

import ast
import difflib
import re
import warnings

from .date_code import relative_date
from .domain_source import DomainTextError, Source

MAX_LENGTH = 20_000

# Compiling a domain recurses, some ten Python frames a level
MAX_DEPTH = 30

# Beyond PostgreSQL's integers, and so not infinite
MAX_NUMBER = 2**63

# Each correction mends one mistake
MAX_CORRECTIONS = 50

ARITY = {"!": 1, "&": 2, "|": 2}

OPERATORS = frozenset(
    ["=", "!=", "=?", "<", ">", "<=", ">=", "child_of", "parent_of"]
    + ["in", "not in", "any", "not any", "like", "not like", "ilike", "not ilike"]
    + ["=like", "not =like", "=ilike", "not =ilike"]
)

OTHER_SPELLINGS = {
    "==": "=",
    "is": "=",
    "<>": "!=",
    "is not": "!=",
    "≠": "!=",
    "=>": ">=",
    "≥": ">=",
    "=<": "<=",
    "≤": "<=",
    "any!": "any",
    "not any!": "not any",
    "contains": "ilike",
    "and": "&",
    "or": "|",
    "not": "!",
}

JSON_CONSTANTS = {"true": True, "false": False, "null": None}

# A rule has no user: it means the same whoever edits the lead
CURRENT_USER = {"uid", "user", "user.id", "env.uid", "env.user", "env.user.id"}

# PostgreSQL takes neither NUL nor half a surrogate pair; the others can't be seen
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_domain(text: str) -> list:
    """Return the domain written in ``text``, a list of conditions and connectors.

    Only literals are read: nothing typed here is ever run.

    :raise DomainTextError: the text is something else
    """
    try:
        return _read(text)
    except DomainTextError as error:
        error.suggestion = _corrected(error.suggestion)
        raise


def _corrected(text):
    """Follow suggestions, each mending one mistake, to a text that parses, or None."""
    for _correction in range(MAX_CORRECTIONS):
        if text is None:
            break
        try:
            _read(text)
        except DomainTextError as error:
            text = error.suggestion
        else:
            return text
    return None


def _read(text):
    """Do what ``parse_domain`` does, with suggestions that may not parse yet."""
    text = re.sub(r"\r\n?", "\n", text).strip()
    if not text:
        return []
    if len(text) > MAX_LENGTH:
        raise DomainTextError("too_long", text[:50])
    if found := UNPRINTABLE.search(text):
        cleaned = UNPRINTABLE.sub("", text)
        raise DomainTextError("control_character", f"U+{ord(found[0]):04X}", cleaned)
    source = Source(text)
    try:
        tree = _parse(text)
        _check_literal(source, tree)
        _check_domain(source, tree)
        return ast.literal_eval(tree)
    except SyntaxError as error:
        raise source.syntax_mistake((error.offset or 1) - 1) from None
    except (RecursionError, MemoryError):
        raise DomainTextError("too_deep", text) from None
    except DomainTextError:
        raise
    except ValueError:
        # Python refuses to write integers of thousands of digits
        raise DomainTextError("value", text) from None


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


# ----------------------------------------------------------------------
# Python that is not a literal
# ----------------------------------------------------------------------


def _check_literal(source, node):
    """Raise on the first part of ``node`` that would have to be run."""
    if isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            _check_literal(source, element)
    elif not _is_constant(node):
        raise _expression_mistake(source, node)


def _is_constant(node):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
        return isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return isinstance(node, ast.Constant)


def _expression_mistake(source, node):
    """Return the mistake that ``node``, which is no literal, is."""
    if isinstance(node, ast.Call | ast.Subscript):
        # two tuples without a comma between them read as a call
        called = node.func if isinstance(node, ast.Call) else node.value
        if not isinstance(called, ast.Name | ast.Attribute):
            if mistake := source.missing_comma():
                return mistake
    written = source.text_of(node)
    if date := relative_date(node):
        return source.mistake("call", node, repr(date))
    if written in CURRENT_USER:
        return source.mistake("current_user", node)
    if re.fullmatch(r"\w+(\.\w+)*", written):
        is_operator = written.lower() in OPERATORS
        problem = "unquoted_operator" if is_operator else "unquoted_name"
        return source.mistake(problem, node, repr(written))
    if isinstance(node, ast.Compare | ast.UnaryOp):
        if mistake := source.unquoted_operator():
            return mistake
    has_call = any(isinstance(part, ast.Call) for part in ast.walk(node))
    return source.mistake("call" if has_call else "expression", node)


# ----------------------------------------------------------------------
# Literals that are not a domain
# ----------------------------------------------------------------------


def _check_domain(source, node):
    """Raise unless ``node`` is a list of conditions and connectors in prefix order.

    :return: how deep its conditions are nested
    """
    if _is_condition(node):
        written = source.text_of(node)
        if written[0] not in "([":
            written = f"({written})"
        raise source.mistake("bare_condition", node, f"[{written}]")
    if not isinstance(node, ast.List):
        raise _not_a_list(source, node)
    levels = [
        (item.value, 0)
        if isinstance(item, ast.Constant) and item.value in ARITY
        else (None, _check_condition(source, item))
        for item in node.elts
    ]
    depth = _depth(levels)
    if depth is None:
        raise source.mistake("wrong_arity", node, _in_prefix_order(source, node))
    if depth > MAX_DEPTH:
        raise source.mistake("too_deep", node)
    return depth


def _depth(items):
    """Return how deep a list of ``(connector or None, depth)`` is nested, None where a
    connector lacks operands.
    """
    operands = []
    for connector, depth in reversed(items):
        if connector is not None:
            taken = operands[-ARITY[connector] :]
            if len(taken) < ARITY[connector]:
                return None
            del operands[-ARITY[connector] :]
            # a chain of the same connector is one level
            depth = max(level + (inner != connector) for inner, level in taken)
        operands.append((connector, depth))
    return 1 + max((depth for _connector, depth in operands), default=0)


def _is_condition(node):
    """Whether ``node`` looks like one condition."""
    if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 3:
        return False
    if not all(isinstance(part, ast.Constant) for part in node.elts[:2]):
        return False
    field, operator, _value = node.elts
    return field.value not in ARITY and _correct_operator(operator.value) is not None


def _not_a_list(source, node):
    """Return the mistake of a domain that is something else than a list."""
    if isinstance(node, ast.Tuple):
        return source.mistake("not_a_list", node, source.list_of(node.elts))
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return source.mistake("not_a_list", node, node.value)
    return source.mistake("not_a_list", node)


def _in_prefix_order(source, node):
    """Return ``[A, '|', B, '|', C]`` as ``['|', '|', A, B, C]``, else None."""
    operands, between = node.elts[::2], node.elts[1::2]
    connectors = [getattr(item, "value", None) for item in between]
    if len(set(connectors)) != 1 or connectors[0] not in ("&", "|"):
        return None
    return source.list_of(between + operands)


def _check_condition(source, node):
    """Raise unless ``node`` is a triple of field, operator and value.

    :return: how deep it is nested
    """
    if isinstance(node, ast.Constant):
        word = OTHER_SPELLINGS.get(str(node.value).lower())
        raise source.mistake("connector", node, repr(word) if word in ARITY else None)
    if not isinstance(node, ast.List | ast.Tuple) or len(node.elts) != 3:
        raise _condition_mistake(source, node)
    if list(ast.literal_eval(node)) in ([1, "=", 1], [0, "=", 1]):
        return 1  # what the domain editor writes for «all» and «none»
    field, operator, value = node.elts
    for part in (field, operator):
        _check_value(source, part)
    if not (isinstance(field, ast.Constant) and isinstance(field.value, str)):
        raise source.mistake("field_name", field)
    if not field.value:
        raise source.mistake("field_name", field)
    written = getattr(operator, "value", None)
    if not isinstance(written, str) or written not in OPERATORS:
        correct = _correct_operator(written)
        replacement = None if correct is None else repr(correct)
        raise source.mistake("unknown_operator", operator, replacement)
    depth = 1 + field.value.count(".")
    if written in ("any", "not any"):
        return depth + _check_domain(source, value)
    _check_value(source, value)
    return depth


def _condition_mistake(source, node):
    """Return the mistake of a condition without three parts."""
    elements = getattr(node, "elts", [])
    if elements and all(map(_is_condition, elements)):
        flattened = source.list_of(elements)[1:-1]
        return source.mistake("condition_shape", node, flattened)
    mistake = source.mistake("condition_shape", node)
    if comma := source.missing_comma():
        mistake.suggestion = comma.suggestion
    return mistake


def _correct_operator(written):
    """Return the operator nearest to ``written``, or None."""
    operator = " ".join(str(written).lower().split())
    operator = OTHER_SPELLINGS.get(operator, operator)
    near = difflib.get_close_matches(operator, OPERATORS, n=1, cutoff=0.75)
    return near[0] if near else None


def _check_value(source, node):
    """Raise unless ``node`` is something that fields are compared to."""
    if isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            if isinstance(element, ast.List | ast.Tuple):
                raise source.mistake("value", element)
            _check_value(source, element)
        return
    value = ast.literal_eval(node)
    if isinstance(value, str):
        if UNPRINTABLE.search(value):
            cleaned = repr(UNPRINTABLE.sub("", value))
            raise source.mistake("control_character", node, cleaned)
    elif value is not None and not (
        isinstance(value, int | float) and abs(value) < MAX_NUMBER
    ):
        raise source.mistake("value", node)
