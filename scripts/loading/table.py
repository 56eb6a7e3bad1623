"""Reading the CSV file: all of it is checked before Odoo sees the first row.

Rows are counted as a spreadsheet does: the header is row 1.
"""

import contextlib
import csv
import difflib
import io
import math
from dataclasses import dataclass
from pathlib import Path

from ..console import DevError, shorten
from .mapping import content_of

KINDS = {"integer": (int, "whole number"), "float": (float, "number")}
QUOTES = {
    "unexpected end": "a quotation mark opens a cell here, and none closes it",
    "expected after": "text follows the quotation mark that closes a cell; within a"
    " cell it is written twice",
}
"""What Python's words about quotation marks mean."""
# a cell may be as long as it likes
csv.field_size_limit(2**31 - 1)


@dataclass
class Row:
    """One lead: the number of its row, its values by field, what became of it."""

    number: int
    values: dict
    order: int = 0
    won: bool | None = None


def read(path, mapping, parser=None):
    """Read the leads, oldest first.

    :param parser: what to read them with instead of `parse`
    :raise DevError: what is wrong, and in which row
    """
    path = Path(path)
    content = content_of(path, "the file of leads")
    try:
        return (parser or parse)(content, mapping)
    except ValueError as error:
        raise DevError(f"{path.name}, {error} Nothing was loaded.") from None


def parse(content, mapping):
    """The leads in the bytes of a CSV file, oldest first.

    :raise ValueError: the row and what is wrong with it
    """
    records = split(decode(content, mapping), mapping)
    _number, header = next(records, (1, []))
    check_header(header, mapping.needed())
    rows = [row(number, header, cells, mapping) for number, cells in records]
    if not rows:
        raise ValueError("row 2: there are no leads.")
    for lead in rows:
        if not lead.values["name"]:
            raise ValueError(f"row {lead.number}: a lead needs a name, and has none.")
    return sorted(rows, key=lambda item: item.order)


def decode(content, mapping):
    """The text of the file."""
    encoding = mapping.encoding or "utf-8"
    try:
        return clean(content.decode(encoding))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding)
        raise ValueError(
            f"row {row_after(before)}: byte {content[error.start]:#04x} is not "
            f"{encoding}. Save the file as UTF-8, or name its «encoding» in the"
            " mapping."
        ) from None
    except LookupError:
        raise ValueError(
            f"row 1: «{encoding}» is no encoding: correct the mapping."
        ) from None


def clean(text):
    """The text of the file without the byte order mark, which is no part of the first
    column's name.
    """
    before, nul, _after = text.removeprefix("\ufeff").partition("\0")
    if nul:
        raise ValueError(
            f"row {row_after(before)}: a NUL character, which no text can have. Save"
            " the leads as CSV in UTF-8."
        )
    return before


def row_after(text):
    """The number of the row in which the next character is."""
    number = len(list(csv.reader(io.StringIO(text, newline=""))))
    return number + (not text or text.endswith(("\n", "\r")))


def split(text, mapping):
    """Yield the number and the cells of each row that is not blank."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=mapping.delimiter or ",", strict=True
    )
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if cells:
                yield number, cells
    except csv.Error as error:
        reasons = [reason for part, reason in QUOTES.items() if part in str(error)]
        raise ValueError(f"row {number + 1}: {[*reasons, error][0]}.") from None


def check_header(header, needed):
    """Refuse a file without the columns that are `needed`."""
    for name in needed:
        if header.count(name) > 1:
            raise ValueError(f"row 1: there are two columns «{name}».")
        if name in header:
            continue
        reason = f"row 1: there is no column «{name}»"
        near = difflib.get_close_matches(name, header, n=1)
        if near:
            reason += f"; there is «{near[0]}»"
        elif len(header) == 1 and header != [""]:
            reason += f"; there is only one, «{shorten(header[0], 60)}»"
            reason += ": is the mapping's «delimiter» right?"
        raise ValueError(f"{reason.rstrip('?.')}.")


def row(number, header, cells, mapping):
    """The lead of one row."""
    if len(cells) != len(header):
        raise ValueError(
            f"row {number}: {len(cells)} cells, but the header has {len(header)}."
        )
    cells = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    result = Row(number, {})
    for name, column in mapping.columns.items():
        result.values[column.field] = value(number, name, cells[name], mapping)
    if mapping.order:
        result.order = converted(number, mapping.order, cells[mapping.order], "integer")
    if mapping.outcome:
        result.won = outcome(number, cells, mapping)
    return result


def value(number, name, text, mapping):
    """What one cell says, as text; empty where nothing is known."""
    column = mapping.columns[name]
    text = column.values.get(text, text)
    if not text or text in mapping.missing:
        return ""
    if column.type in KINDS:
        converted(number, name, text, column.type)
    return column.text.replace("{}", text)


def converted(number, name, text, kind):
    """A number, or a refusal that names the cell."""
    convert, label = KINDS[kind]
    with contextlib.suppress(ValueError, OverflowError):
        # Python takes «inf» and «nan» for numbers, too
        if math.isfinite(found := convert(text)):
            return found
    raise ValueError(
        f"row {number}: «{name}» is «{shorten(text, 40)}», which is no {label}."
    )


def outcome(number, cells, mapping):
    """Whether the lead was won."""
    text = cells[mapping.outcome["column"]]
    won, lost = mapping.outcome["won"], mapping.outcome["lost"]
    folded = text.casefold()
    if folded not in map(str.casefold, (*won, *lost)):
        known = "», «".join((*won, *lost))
        raise ValueError(
            f"row {number}: «{mapping.outcome['column']}» is «{shorten(text, 40)}»; "
            f"the mapping knows «{known}»."
        )
    return folded in map(str.casefold, won)
