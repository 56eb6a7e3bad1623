"""What conditions the values of leads suggest. No database in here.

A :class:`Column` holds the values of one field; :func:`propose` returns
:class:`Condition` s on it, each of which says which values meet it
(:meth:`Condition.matches`) and how a rule says the same (:meth:`Condition.domain`).
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

MIN_LEADS = 20
MIN_SHARE = 0.005
"""A condition is proposed when so many leads, and such a share of all, meet it; and as
many do not.
"""
MIN_LEADS_OF_FEW = 8
MIN_SHARE_OF_FEW = 0.05
"""Where there are few leads in all, such a share of them is enough instead of
``MIN_LEADS``, but no fewer than so many.
"""
QUANTILES = np.linspace(0.1, 0.9, 9)
MAX_VALUES = 50
"""At most so many values, words or tags of one field are proposed."""
MAX_EXACT_INTEGER = 2**53
"""Floating-point numbers above it are not exact: their last digits mean nothing."""
WORD = re.compile(r"[^\W\d_]{4,}")
WORD_PAIR = re.compile(r"(?=\b([^\W\d_]{2,} [^\W\d_]{2,})\b)")
MAX_WORD_PAIRS = 25
KINDS = ("category", "boolean", "number", "date", "text", "tags", "mail")
"""
* ``category``: anything that can be compared, such as ids or words; None where missing
* ``boolean``: missing is no
* ``number``: NaN where missing
* ``date``: numpy's dates (``datetime64[D]``); NaT where missing
* ``text``: what people write; proposed is what words, and pairs of neighbouring words,
  are in it, and that there are some
* ``tags``: sets of what can be compared
* ``mail``: Odoo's domain criterion of a mail address: «@company.com» for addresses of a
  company, the address itself at providers of free mail
"""


@dataclass(frozen=True)
class Column:
    """The values of one field, one a lead.

    :ivar field: name of the field
    :ivar kind: one of :data:`KINDS`
    :ivar values: numpy array; of objects, but for numbers and dates
    """

    field: str
    kind: str
    values: Any

    @cached_property
    def distinct(self):
        """Array of the distinct values (of texts in lower case), and array of the
        position that each lead's value has in it: so a condition is evaluated once for
        each distinct value.
        """
        if self.values.dtype.kind != "O":
            return np.unique(self.values, return_inverse=True)
        values = self.values.tolist()
        if self.kind == "text":
            values = [(text or "").lower() for text in values]
        places = {}
        which = np.array([places.setdefault(v, len(places)) for v in values], dtype=int)
        distinct = np.empty(len(places), dtype=object)
        distinct[:] = list(places)
        return distinct, which

    @cached_property
    def counts(self):
        """Array of how many leads have each of the distinct values."""
        distinct, which = self.distinct
        return np.bincount(which, minlength=len(distinct))

    def frequent(self, parts, support):
        """Return the most common parts of values that so many leads have.

        :param parts: function that returns the parts of a value
        """
        counts = Counter()
        for value, count in zip(self.distinct[0], self.counts.tolist(), strict=True):
            counts.update(dict.fromkeys(parts(value), count))
        return [p for p, count in counts.most_common(MAX_VALUES) if count >= support]

    def condition(self, operator, value=None):
        """Return the :class:`Condition` on this field."""
        return Condition(self.field, self.kind, operator, value)


@dataclass(frozen=True)
class Condition:
    """A question to one field that is answered with yes or no.

    :ivar field: name of the field
    :ivar kind: that of the column, see :data:`KINDS`
    :ivar operator: ``=`` (also «is not set», with None), ``>=``, ``set``, ``has`` (a
        word or tag), ``company`` and ``free`` (mail addresses)
    :ivar value: what the field is compared with
    """

    field: str
    kind: str
    operator: str
    value: Any = None

    def matches(self, column):
        """Return the array of booleans: which leads meet the condition."""
        distinct, which = column.distinct
        return MATCHES[self.operator](distinct, self.value, self.kind)[which]

    def domain(self):
        """Return the condition as an Odoo domain, a list."""
        if self.operator == "set":
            return [(self.field, "!=", False)]
        if self.operator == "company":
            return [(self.field, "=like", "@%")]
        if self.operator == "free":
            return [(self.field, "!=", False), (self.field, "not =like", "@%")]
        if self.operator == "has":
            operator = "ilike" if self.kind == "text" else "in"
            value = self.value if self.kind == "text" else [self.value]
            return [(self.field, operator, value)]
        if self.kind == "date" and self.operator == ">=":
            return [(self.field, ">=", str(self.value))]
        value = False if self.value is None else self.value
        return [(self.field, self.operator, value)]


def propose(column):
    """Return the conditions on ``column`` that enough leads meet, and enough don't."""
    count = len(column.values)
    few = max(MIN_LEADS_OF_FEW, MIN_SHARE_OF_FEW * count)
    support = max(min(MIN_LEADS, few), MIN_SHARE * count)
    conditions = PROPOSALS[column.kind](column, support)
    counted = ((c, np.count_nonzero(c.matches(column))) for c in conditions)
    most = len(column.values) - min(support, MIN_LEADS)
    return [c for c, count in counted if support <= count <= most]


def design(conditions, columns):
    """Return the matrix of booleans: a row a lead, a column a condition.

    :param columns: ``{field: Column}``
    """
    if not conditions:
        return np.zeros((len(next(iter(columns.values())).values), 0), dtype=bool)
    return np.column_stack([c.matches(columns[c.field]) for c in conditions])


# ----------------------------------------------------------------------
# What is proposed
# ----------------------------------------------------------------------


def _categories(column, support):
    values = column.frequent(lambda value: [value], support)
    return [column.condition("=", value) for value in values]


def _booleans(column, support):
    return [column.condition("=", True)]


def _numbers(column, support):
    known = column.values[~_missing(column.values)]
    conditions = []
    if len(known) < len(column.values):
        conditions.append(column.condition("="))
    if not len(known):
        return conditions
    if column.kind == "date":
        marks = np.quantile(known.astype("int64"), QUANTILES, method="nearest")
        marks = np.unique(marks.astype("datetime64[D]")).tolist()
    else:
        marks = np.unique(known)
        if len(marks) > len(QUANTILES) + 1:
            marks = np.unique(np.quantile(known, QUANTILES, method="nearest"))
        marks = list(map(_plain, marks.tolist()))
    # most leads may have the same number: the next above it, too
    above = known[known > known.min()]
    if len(above):
        marks = sorted({*marks, _plain(above.min().item())})
    return conditions + [column.condition(">=", mark) for mark in marks]


def _plain(mark):
    """Return a whole number as people write it: 50, not 50.0."""
    is_whole = (
        isinstance(mark, float) and abs(mark) < MAX_EXACT_INTEGER and mark.is_integer()
    )
    return int(mark) if is_whole else mark


def _texts(column, support):
    words = column.frequent(WORD.findall, support)
    words += column.frequent(WORD_PAIR.findall, support)[:MAX_WORD_PAIRS]
    return [column.condition("set"), *(column.condition("has", w) for w in words)]


def _tags(column, support):
    tags = column.frequent(iter, support)
    return [column.condition("has", tag) for tag in tags]


def _mails(column, support):
    return [column.condition("company"), column.condition("free")]


PROPOSALS = {
    "category": _categories,
    "boolean": _booleans,
    "number": _numbers,
    "date": _numbers,
    "text": _texts,
    "tags": _tags,
    "mail": _mails,
}


# ----------------------------------------------------------------------
# What meets it
# ----------------------------------------------------------------------


def _missing(values):
    if values.dtype.kind == "M":
        return np.isnat(values)
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.array([value is None or value == "" for value in values], dtype=bool)


def _equals(values, value, kind):
    if value is None:
        return _missing(values)
    if kind == "boolean":
        return np.array([bool(v) == value for v in values], dtype=bool)
    return np.array([v == value for v in values], dtype=bool)


def _at_least(values, value, kind):
    if kind == "date":
        value = np.datetime64(value)
    return (values >= value) & ~_missing(values)


def _has(values, value, _kind):
    return np.array([value in v for v in values], dtype=bool)


def _mail_is(company):
    def matches(values, _value, _kind):
        return np.array(
            [bool(v) and v.startswith("@") == company for v in values], dtype=bool
        )

    return matches


MATCHES = {
    "=": _equals,
    ">=": _at_least,
    "set": lambda values, _value, _kind: ~_missing(values),
    "has": _has,
    "company": _mail_is(True),
    "free": _mail_is(False),
}
