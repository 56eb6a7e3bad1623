"""The cells of a file: CSV in whatever encoding and with whatever delimiter, or the
first sheet of an Excel workbook.
"""

import codecs
import csv
import dataclasses
import io
import re

from ..loading import table
from . import excel

DELIMITERS = ",;\t|"
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
PAGE = "a page of HTML or XML: open it in a spreadsheet, and save it as CSV"
PACKED = "an archive: unpack it, and name the CSV file in it"
OTHER_FILES = {
    excel.ZIP: PACKED,
    b"\x1f\x8b": PACKED,
    b"%pdf": "a PDF: get the leads as CSV or Excel",
    b"<html": PAGE,
    b"<!doctype": PAGE,
    b"<?xml": PAGE,
}
"""What other files begin with, in lower case."""
SEPARATOR = re.compile(rf'"?sep=([{DELIMITERS}])"?\r?\n', re.IGNORECASE)
"""The first line by which some programs tell Excel the delimiter."""


def read(content, mapping, notes):
    """Return the number and the cells of each row that is not empty, as a list.

    :param content: the bytes of the file
    :param notes: list, to which is added what a person should know
    :raise ValueError: the row and what is wrong with it
    """
    if excel.is_workbook(content):
        rows = numbered(excel.read(content, notes))
        width = len(rows[0][1]) if rows else 0
        # a sheet does not say where its rows end
        return [(number, cells + [""] * (width - len(cells))) for number, cells in rows]
    beginning = content[:100].lstrip().lower()
    for start, kind in OTHER_FILES.items():
        if beginning.startswith(start.lower()):
            raise ValueError(f"row 1: this is no CSV file, but {kind}.")
    text = decode(content, mapping, notes)
    found = mapping.delimiter
    if match := SEPARATOR.match(text):
        found = found or match[1]
        text = "\n" + text[match.end() :]
    found = found or delimiter(text, mapping.outcome["column"])
    rows = table.split(text, dataclasses.replace(mapping, delimiter=found))
    return [(number, cells) for number, cells in rows if any(map(str.strip, cells))]


def numbered(rows):
    """The number and the cells of each row of a sheet that is not empty."""
    return [(number, cells) for number, cells in enumerate(rows, 1) if cells]


def decode(content, mapping, notes):
    """The text of a CSV file."""
    name = mapping.encoding or encoding(content)
    if name:
        return table.decode(content, dataclasses.replace(mapping, encoding=name))
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        notes.append("Not UTF-8: read as Windows-1252.")
        return table.clean(content.decode("cp1252", errors="replace"))
    return table.decode(content, mapping)


def encoding(content):
    """The encoding that the first bytes tell; None if they don't."""
    for mark, name in MARKS.items():
        if content.startswith(mark):
            return name
    # in UTF-16 digits, delimiters and plain letters have a zero as one of two bytes
    start = content[:2000]
    zeros = start[::2].count(0), start[1::2].count(0)
    if max(zeros) <= len(start) / 10 or min(zeros):
        return None
    return "utf-16-be" if zeros[0] else "utf-16-le"


def delimiter(text, column):
    """The sign with which the header names the column of the outcome; of several, that
    which makes most columns.
    """

    def merit(sign):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
        header = next(filter(None, reader), [])
        return column in map(str.strip, header), len(header)

    return max(DELIMITERS, key=merit)
