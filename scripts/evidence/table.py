"""Reading any file of leads: every column that the mapping does not leave out.

What the mapping does not say is found out: whether the file is CSV or an Excel workbook
(whose first sheet is read), encoding (UTF-8, UTF-16, else Windows' western one),
delimiter, and the types of columns. Rows without an outcome are left out. Columns of
the same name, or without one, get numbers.
"""

import dataclasses
from collections import Counter

from ..console import DevError, shorten
from ..loading import table
from ..loading.mapping import Column
from . import cells as files
from . import guess

LEAST = 50
"""Of so many won and lost leads, four fifths are enough to learn from."""
MOST_COLUMNS = 300
"""PostgreSQL has room for so many in a row of a table."""
NUMBERED = ""
"""Stands for a column where none of the file gives the leads their names."""


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
    """The leads in the bytes of a file.

    :raise ValueError: the row and what is wrong with it
    """
    notes = []
    mapping = dataclasses.replace(mapping, columns=dict(mapping.columns))
    records = files.read(content, mapping, notes)
    if not records:
        raise ValueError("row 1: the file is empty.")
    header = unique(records[0][1])
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
    mapping.doubtful = [name for name in mapping.doubtful if name in mapping.columns]
    name_leads(rows, mapping)
    return Leads(mapping, rows, vendor(by_name, rows, mapping), notes)


def check(leads):
    """Refuse leads that nothing can be learned from.

    :raise DevError: what they lack
    """
    won = sum(row.won for row in leads.rows)
    lost = len(leads.rows) - won
    if min(won, lost) < LEAST:
        raise DevError(
            f"{won:,} won and {lost:,} lost leads: at least {LEAST} of each are needed"
            " to learn and to judge."
        )
    mapping = leads.mapping
    if not {*mapping.columns} - {NUMBERED}:
        raise DevError("No column is left to learn from.")
    if not {*mapping.columns} - {NUMBERED, *doubtful(mapping)}:
        raise DevError(
            "All columns are «doubtful»: there is none to compare them with."
        )


def leave_out_rare_scores(leads):
    """Forget another tool's scores if too few leads have them to compare."""
    pairs = zip(leads.rows, leads.vendor or [None] * len(leads.rows), strict=True)
    won = [row.won for row, given in pairs if given is not None]
    if won and min(sum(won), len(won) - sum(won)) < LEAST:
        leads.vendor = []
        leads.notes.append(
            f"«{leads.mapping.vendor['name']}»: left out, for fewer than {LEAST} won or"
            " lost leads have all of its scores."
        )


def doubtful(mapping):
    """The columns that may have been filled in afterwards, and whether they were."""
    labels = {f"{name} (known)" for name in mapping.doubtful}
    known = {n for n, column in mapping.columns.items() if column.label in labels}
    return known.union(mapping.doubtful)


def unique(header):
    """The names of the columns, all different and none empty."""
    names = {}
    for number, name in enumerate(map(str.strip, header), 1):
        names[free(name or f"Column {number}", names)] = number
    return list(names)


def free(name, taken):
    """The name, with a number if it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found


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
        if not odd:
            raise ValueError(
                f"row 2: «{mapping.order}», which orders the rows in time, is empty"
                " everywhere."
            ) from None
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
            if name != label:
                name = free(name, {**by_name, **mapping.columns})
            mapping.columns[name] = column
            for row, value in zip(rows, values, strict=True):
                row.values[column.field] = value
    if sum(types.values()) > MOST_COLUMNS:
        raise ValueError(
            f"row 1: {sum(types.values())} columns to learn from, more than "
            f"{MOST_COLUMNS}: leave some out by «ignore» of the mapping."
        )
    if types:
        listed = ", ".join(f"{count} {kind}" for kind, count in sorted(types.items()))
        notes.append(f"Columns taken as they come: {listed}.")


def add_known(by_name, rows, mapping, taken):
    """Add whether numbers that the mapping mentions are known."""
    for label, column in list(mapping.columns.items()):
        known = [bool(row.values[column.field]) for row in rows]
        if column.type in ("integer", "float") and not all(known) and any(known):
            added = guess.known(label, taken)
            mapping.columns[free(added.label, {**by_name, **mapping.columns})] = added
            for row, is_known in zip(rows, known, strict=True):
                row.values[added.field] = str(int(is_known))


def name_leads(rows, mapping):
    """Give a name to leads without."""
    if all("name" in row.values for row in rows):
        numbered = [row for row in rows if not row.values["name"]]
    else:
        mapping.columns[NUMBERED] = Column("name")
        numbered = rows
    for row in numbered:
        row.values["name"] = f"Lead of row {row.number}"


def vendor(by_name, rows, mapping):
    """The scores that another tool gave; None for a row without all of them."""
    scores = []
    for name in mapping.vendor.get("columns", []):
        found = guess.scores(by_name[name])
        if not found:
            raise ValueError(f"row 1: «{name}», scores of a vendor, has no numbers.")
        scores.append(found)
    return [
        None if None in given else list(given) for given in zip(*scores, strict=True)
    ]
