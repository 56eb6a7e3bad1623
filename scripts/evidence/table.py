"""Reading any CSV file of leads: every column that the mapping does not leave out.

What the mapping does not say is found out: encoding (UTF-8, else Windows' western one),
delimiter, and the types of columns. Rows without an outcome are left out. Columns of
the same name, or without one, get numbers.
"""

import csv
import dataclasses
from collections import Counter

from ..console import shorten
from ..loading import table
from ..loading.mapping import Column
from . import guess

DELIMITERS = ",;\t|"


@dataclasses.dataclass
class Leads:
    """What was read.

    :ivar mapping: the mapping with the columns that were guessed
    :ivar rows: :class:`table.Row` s, in the file's order
    :ivar vendor: another tool's scores of each row, a list of lists; None if missing
    :ivar notes: what a person should know
    """

    mapping: object
    rows: list
    vendor: list
    notes: list


def read(path, mapping):
    """Read the leads; see ``loading.table.read``."""
    return table.read(path, mapping, parse)


def parse(content, mapping):
    """The leads in the bytes of a CSV file.

    :raise ValueError: the row and what is wrong with it
    """
    notes = []
    mapping = dataclasses.replace(mapping, columns=dict(mapping.columns))
    text = decode(content, mapping, notes)
    mapping.delimiter = mapping.delimiter or delimiter(text)
    records = list(table.split(text, mapping))
    header = unique(records[0][1] if records else [])
    named = [*mapping.ignore, *mapping.doubtful, *mapping.vendor.get("columns", [])]
    table.check_header(header, [*mapping.needed(), *named])
    cells = closed(header, records[1:], mapping, notes)
    if not cells:
        raise ValueError("row 2: there are no leads whose end is known.")
    rows = [
        # the order may be other than whole numbers here
        table.row(number, header, values, dataclasses.replace(mapping, order=None))
        for number, values in cells
    ]
    by_name = dict(zip(header, zip(*(v for _n, v in cells), strict=True), strict=True))
    by_name = {n: [text.strip() for text in texts] for n, texts in by_name.items()}
    order(by_name, rows, mapping, notes)
    add_guessed(by_name, rows, mapping, notes)
    name_leads(rows, mapping)
    return Leads(mapping, rows, vendor(by_name, rows, mapping), notes)


def decode(content, mapping, notes):
    """The text of the file."""
    if mapping.encoding is None:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            notes.append("Not UTF-8: read as Windows-1252.")
            return content.decode("cp1252", errors="replace")
    return table.decode(content, mapping)


def delimiter(text):
    """The sign of which the first line has most, outside quotation marks."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    counts = {d: len(next(csv.reader([line], delimiter=d), [])) for d in DELIMITERS}
    return max(counts, key=counts.get)


def unique(header):
    """The names of the columns, all different and none empty."""
    names = []
    for number, name in enumerate(map(str.strip, header), 1):
        base = name or f"Column {number}"
        copies = sum(other == base or other.startswith(f"{base} (") for other in names)
        names.append(f"{base} ({copies + 1})" if base in names else base)
    return names


def closed(header, records, mapping, notes):
    """The rows that say what became of the lead."""
    outcome = header.index(mapping.outcome["column"])
    known = []
    for number, cells in records:
        if len(cells) != len(header) or cells[outcome].strip():
            known.append((number, cells))  # too many or few cells: refused later
    if len(known) < len(records):
        count = len(records) - len(known)
        notes.append(f"Left out: {count:,} rows without an outcome.")
    return known


def order(by_name, rows, mapping, notes):
    """Set what sorts each row in time."""
    if not mapping.order:
        return
    texts = by_name[mapping.order]
    texts = ["" if text in mapping.missing else text for text in texts]
    try:
        keys = guess.ordered(texts)
    except ValueError as error:
        odd = str(error)
        number = rows[texts.index(odd)].number
        raise ValueError(
            f"row {number}: «{mapping.order}», which orders the rows in time, is "
            f"«{shorten(odd, 40)}»: neither a number nor a date like the others."
        ) from None
    ranks = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    for row, key in zip(rows, keys, strict=True):
        row.order = ranks[key]
    if empty := sum(not text for text in texts):
        notes.append(f"{empty:,} rows without «{mapping.order}» count as the oldest.")


def add_guessed(by_name, rows, mapping, notes):
    """Add the columns that the mapping does not mention."""
    told = {*mapping.columns, *mapping.ignore, mapping.order}
    told |= {mapping.outcome["column"], *mapping.vendor.get("columns", [])}
    taken = {column.field for column in mapping.columns.values()}
    add_known(by_name, rows, mapping, taken)
    types = Counter()
    for label in [label for label in by_name if label not in told]:
        texts = ["" if t in mapping.missing else t for t in by_name[label]]
        guessed = guess.guess(texts)
        if guessed.note:
            left = "left out, " if guessed.type is None else ""
            notes.append(f"«{shorten(label, 40)}»: {left}{guessed.note}.")
        if guessed.type is None:
            continue
        types[guessed.type] += 1
        for name, column, values in guess.columns(label, guessed, taken):
            mapping.columns[name] = column
            for row, value in zip(rows, values, strict=True):
                row.values[column.field] = value
    if types:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(types.items()))
        notes.append(f"Columns taken as they come: {listed}.")


def add_known(by_name, rows, mapping, taken):
    """Add whether numbers that the mapping mentions are known."""
    for label, column in list(mapping.columns.items()):
        known = [bool(row.values[column.field]) for row in rows]
        if column.type in ("integer", "float") and not all(known) and any(known):
            added = guess.known(label, taken)
            mapping.columns[added.label] = added
            for row, is_known in zip(rows, known, strict=True):
                row.values[added.field] = str(int(is_known))


def name_leads(rows, mapping):
    """Give a name to leads without."""
    if all("name" in row.values for row in rows):
        numbered = [row for row in rows if not row.values["name"]]
    else:
        mapping.columns["(number of the row)"] = Column("name")
        numbered = rows
    for row in numbered:
        row.values["name"] = f"Lead of row {row.number}"


def vendor(by_name, rows, mapping):
    """The scores that another tool gave; None for a row without all of them."""
    scores = []
    for name in mapping.vendor.get("columns", []):
        guessed = guess.guess(by_name[name])
        if guessed.type != "float":
            raise ValueError(f"row 1: «{name}», scores of a vendor, has no numbers.")
        scores.append([float(text) if text else None for text in guessed.values])
    return [
        None if None in given else list(given) for given in zip(*scores, strict=True)
    ]
