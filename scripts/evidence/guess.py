"""What kind of values a column holds, and how Odoo's import wants them written."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from ..loading.mapping import Column

NOTHING = {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", "\\n"}
"""What says, besides the empty cell, that a number, date or boolean is missing."""
BOOLEANS = {"yes": "no", "y": "n", "true": "false", "t": "f", "on": "off"}
BOOLEANS |= {"1": "0", "1.0": "0.0"}
PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
# thousands and decimals: 1,234.5 or 1.234,5 (also with spaces); 12,5
NUMBERS = (
    (PLAIN, "", "."),
    (re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?|[-+]?\d+(\.\d+)?"), ",", "."),
    (
        re.compile(r"[-+]?\d{1,3}([. \u00a0]\d{3})+(,\d+)?|[-+]?\d+(,\d+)?"),
        ". \xa0",
        ",",
    ),
)
DECORATION = re.compile(r"^[$€£¥₹]\s?|\s?[%€$£₹]$")
CODE = re.compile(r"0\d+")
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
DATES += ("%m-%d-%Y", "%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y")
DATES += ("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%y")
TIME = re.compile(
    r"(?<=\d)[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s?([AaPp][Mm])?\s?"
    r"(Z|UTC|[+-]\d{2}:?\d{2})?$"
)
YEARS = range(1900, 2201)
LARGEST_SCORE = 1e9
"""Of another tool. With larger ones nothing can be computed."""
DIRTY = 0.05
"""So large a share of the values may be no number in a column of numbers."""
FEW = 20
"""With fewer values, one that is no number makes categories of them («3 or more»)."""


@dataclass
class Guess:
    """What a column holds.

    :ivar type: type of a field: ``char``, ``float``, ``boolean``, ``date``; None if the
        column says nothing
    :ivar values: what each cell says, as Odoo's import reads it; empty if missing
    :ivar note: what a person should know about it
    """

    type: str | None
    values: list = field(default_factory=list)
    note: str = ""

    @property
    def is_partly_known(self):
        """Whether the field would show a missing value as 0."""
        return self.type == "float" and "" in self.values


def guess(texts):
    """Return the :class:`Guess` of a column.

    :param texts: its cells, stripped; empty where nothing is known
    """
    counts = Counter(texts)
    known, missing = parted(counts)
    if not known:
        return Guess(None, note="empty")
    if len(counts) == 1:
        return Guess(None, note="the same everywhere")
    for kind in (booleans, numbers, dates):
        found = kind(known, missing)
        if found:
            type_, spelling = found
            guessed = Guess(type_, [spelling.get(text, "") for text in texts])
            odd = sum(counts[text] for text in known if text not in spelling)
            if odd:
                guessed.note = f"{odd:,} values that are no number count as missing"
            if is_counter(guessed, len(texts)):
                return Guess(None, note="numbers the rows")
            return guessed
    if len(counts) == len(texts) and not any(" " in text for text in counts):
        return Guess(None, note="another code in each row")
    return Guess("char", list(texts))


def parted(texts):
    """The distinct texts that say something, in their order, and those that don't."""
    distinct = dict.fromkeys(texts)
    missing = {text for text in distinct if not text or text.casefold() in NOTHING}
    return [text for text in distinct if text not in missing], missing


def booleans(known, missing):
    """Two opposites in all rows; a field of this type knows no third."""
    if missing or {text.casefold() for text in known} not in map(set, BOOLEANS.items()):
        return None
    return "boolean", {t: "1" if t.casefold() in BOOLEANS else "0" for t in known}


def numbers(known, missing):
    """Numbers, with whatever separators all of them are written with."""
    if any(CODE.fullmatch(text) for text in known):
        return None
    bare = {text: DECORATION.sub("", text) for text in known}
    best = {}
    for pattern, thousands, decimal in NUMBERS:
        spelling = {}
        for text, number in bare.items():
            if pattern.fullmatch(number):
                for sign in thousands:
                    number = number.replace(sign, "")
                value = float(number.replace(decimal, "."))
                if math.isfinite(value):
                    spelling[text] = repr(value)
        if len(spelling) > len(best):
            best = spelling
    odd = len(known) - len(best)
    if not best or odd > (DIRTY * len(known) if len(known) >= FEW else 0):
        return None
    return "float", best


def dates(known, missing):
    """Days, by the first format that all are written in; the time of day is left."""
    bare = {text: TIME.sub("", text) for text in known}
    for pattern in DATES:
        try:
            days = {text: day_of(value, pattern) for text, value in bare.items()}
        except ValueError:
            continue
        if days and all(day.year in YEARS for day in days.values()):
            return "date", {text: day.isoformat() for text, day in days.items()}
    return None


def day_of(text, pattern):
    """The day that `text` says in a format of `strptime`."""
    if pattern == "%Y-%m-%d":
        return date.fromisoformat(text)
    return datetime.strptime(text, pattern).date()


def is_counter(guessed, count):
    """Whether a column of numbers counts the rows: whole, all different, and close."""
    if guessed.type != "float" or count < 3 or len(set(guessed.values)) < count:
        return False
    values = [float(text) for text in guessed.values if text]
    if len(values) < count or not all(value.is_integer() for value in values):
        return False
    return max(values) - min(values) < 2 * count


def ordered(texts):
    """Return what sorts the rows in time: numbers, or days and times; the rows that say
    nothing come first, as the oldest.

    :raise ValueError: there are other texts
    """
    known, missing = parted(texts)
    found = dates(known, missing) or numbers(known, missing)
    spelling = found[1] if found else {}
    odd = [text for text in known if text not in spelling]
    if odd or not known:
        # rather the one that is neither than the first of two kinds
        neither = [t for t in odd if not dates([t], ()) and not numbers([t], ())]
        raise ValueError((neither or odd or [""])[0])
    if found[0] == "date":
        keys = {text: (spelling[text], clock(text)) for text in known}
        return [keys.get(text, ("", "")) for text in texts]
    keys = {text: float(spelling[text]) for text in known}
    return [keys.get(text, -math.inf) for text in texts]


def scores(texts):
    """The numbers of a column, None where there are none; None if it has no numbers, or
    such as no scores are.
    """
    found = numbers(*parted(texts))
    spelling = (
        {text: float(number) for text, number in found[1].items()} if found else {}
    )
    if not spelling or max(map(abs, spelling.values())) > LARGEST_SCORE:
        return None
    return [spelling.get(text) for text in texts]


def clock(text):
    """The time of day in a text, as one that sorts."""
    match = TIME.search(text)
    if not match:
        return ""
    hours, rest = match.group().strip("T ").split(":", 1)
    hours = int(hours)
    if match.group(3):
        hours = hours % 12 + 12 * (match.group(3).casefold() == "pm")
    return f"{hours:02}:{rest}"


def field_name(label, taken):
    """Return a name for a custom field that is not in the set `taken`, and add it."""
    words = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")[:40]
    base = f"x_{words or 'column'}"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def columns(label, guessed, taken):
    """Yield a :class:`Column` and its texts for each field that a guessed column fills:
    itself and, as Odoo's numbers can't be missing, whether it is known.
    """
    name = field_name(label, taken)
    yield label, Column(name, guessed.type, label), guessed.values
    if guessed.is_partly_known:
        column = known(label, taken)
        yield column.label, column, ["1" if text else "0" for text in guessed.values]


def known(label, taken):
    """Return the :class:`Column` for whether a number is known."""
    label = f"{label} (known)"
    return Column(field_name(label, taken), "boolean", label)
