"""The first sheet of an Excel workbook, as texts like those of a CSV file.

The libraries that read workbooks are in the virtual environment. Another Python has
this file run there, with the workbook as its input.
"""

import datetime
import importlib.util
import io
import json
import os
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib

from .. import venv
from ..console import locked, shorten
from ..paths import ROOT

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How workbooks of Excel 2003 and before begin, and those with a password."""
ZIP = b"PK\x03\x04"
PARTS = (b"xl/", b"content.xml")
"""Names in the archives of Excel and OpenOffice."""
DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, SyntaxError, EOFError, OSError)
DAMAGED += (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
DAMAGED += (AssertionError, RuntimeError, MemoryError)
"""What the libraries raise for a workbook that is damaged, whatever they trip over."""
REFUSED = (
    "row 1: this workbook can't be read ({}). Is it damaged, or has it a password? Save"
    " it anew as .xlsx or as CSV."
)
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


def is_workbook(content):
    """Whether these are the bytes of a workbook, be it one that can't be read."""
    is_new = content.startswith(ZIP) and any(part in content for part in PARTS)
    return is_new or content.startswith(OLD)


def read(content, notes):
    """Return the rows of the first sheet, lists of texts without the empty ones at
    their ends.

    :param notes: list, to which is added which sheet was read
    :raise ValueError: why it can't be read
    """
    if importlib.util.find_spec("openpyxl"):
        found = result(content)
    else:
        with locked("set-up"):
            venv.ensure()
        line = [venv.PYTHON, "-m", "scripts.evidence.excel"]
        # Ctrl-C is for this process to answer, which ends the other
        process = subprocess.run(
            line,
            input=content,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        if process.returncode:
            raise ValueError(REFUSED.format("the program that reads it failed"))
        found = json.loads(process.stdout)
    if "error" in found:
        raise ValueError(found["error"])
    notes.append(found["note"])
    return found["rows"]


def result(content):
    """Return the ``rows`` and a ``note``, or an ``error``."""
    read_sheets = old_sheets if content.startswith(OLD) else new_sheets
    try:
        # what a workbook has besides cells is none of our business
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names, rows = read_sheets(content)
    except ImportError as error:
        return {"error": REFUSED.format(f"{error.name} is not installed")}
    except DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        return {"error": REFUSED.format(shorten(reason, 80))}
    rows = [trimmed(map(text, row)) for row in rows]
    count = sum(map(bool, rows))
    note = f"Excel workbook: read the first sheet, «{names[0]}», {count:,} rows."
    if names[1:]:
        others = "», «".join(shorten(name, 40) for name in names[1:6])
        note += f" Not read: «{others}»{', …' * bool(names[6:])}."
    return {"rows": rows, "note": note}


def new_sheets(content):
    """The names of all sheets of an .xlsx file, and the values of the first."""
    import openpyxl

    file = io.BytesIO(content)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # some programs write down a wrong size
        sheet.reset_dimensions()
        rows = list(sheet.iter_rows(values_only=True))
    except openpyxl.utils.exceptions.CellCoordinatesException as error:
        raise ValueError(str(error)) from None
    return [sheet.title for sheet in book.worksheets], rows


def old_sheets(content):
    """The names of all sheets of an .xls file, and the values of the first."""
    import xlrd

    with open(os.devnull, "w") as nowhere:
        try:
            book = xlrd.open_workbook(file_contents=content, logfile=nowhere)
        except (xlrd.XLRDError, xlrd.compdoc.CompDocError) as error:
            raise ValueError(str(error)) from None
    sheet = book.sheet_by_index(0)

    def value(cell):
        if cell.ctype == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(cell.value, book.datemode)
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return None
        return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value

    rows = map(sheet.row, range(sheet.nrows))
    return book.sheet_names(), [list(map(value, row)) for row in rows]


def trimmed(texts):
    """A list of the texts up to the last that is not empty."""
    texts = list(texts)
    while texts and not texts[-1].strip():
        del texts[-1]
    return texts


def text(value):
    """The value of a cell, as a CSV file says it."""
    if value is None or value in ERRORS:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) < 2**53
        return repr(int(value) if is_whole else value)
    if isinstance(value, datetime.timedelta):
        return repr(value.total_seconds())
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
    return str(value).replace("\0", "")


if __name__ == "__main__":
    print(json.dumps(result(sys.stdin.buffer.read())))
