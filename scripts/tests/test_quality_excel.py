"""./dev quality: what is read of Excel workbooks, and which are refused."""

import datetime
import io
import random

import openpyxl
import pytest
import xlwt

from scripts.evidence import excel, table
from scripts.tests.test_quality_files import mapping, said

DAY = datetime.datetime(2024, 2, 29)
SHEET = [
    ["City", "Visits", "Since", "Seen", "Fair", "Rate", "Gap", "Result"],
    ["Ghent", 3, DAY, DAY.replace(hour=13), True, 0.5, "#N/A", "yes"],
    [],
    ["Hà Nội", 12, DAY, DAY, False, 1e300, None, "no"],
    ["Ghent", 9.0, DAY, DAY, True, -2, None, "no"],
]


def new_book():
    """The bytes of an .xlsx file."""
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    for row in SHEET:
        book.active.append(row)
    book.create_sheet("Notes").append(["not read"])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def old_book():
    """The bytes of an .xls file."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Leads")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM")
    for number, row in enumerate(SHEET):
        for place, value in enumerate(row):
            is_day = isinstance(value, datetime.datetime)
            if value is not None:
                sheet.write(number, place, value, *[day] * is_day)
    book.add_sheet("Notes")
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("book", [new_book, old_book])
def test_first_sheet_of_a_workbook_is_read(book):
    notes = []
    rows = excel.read(book(), notes)
    assert notes == [
        "Excel workbook: read the first sheet, «Leads», 4 rows. Not read: «Notes»."
    ]
    assert rows[1][:7] == "Ghent|3|2024-02-29|2024-02-29 13:00:00|true|0.5|".split("|")
    assert rows[2] == []
    assert rows[3][1:7] == "12|2024-02-29|2024-02-29|false|1e+300|".split("|")
    found = table.parse(book(), mapping(encoding="latin-1", delimiter=";"))
    assert [(row.number, row.won) for row in found.rows] == [
        (2, True),
        (4, False),
        (5, False),
    ]
    kinds = {column.label: column.type for column in found.mapping.columns.values()}
    assert kinds["Visits"] == "float" and kinds["Fair"] == "boolean"
    assert kinds["Seen"] == "date" and "Gap" not in kinds


@pytest.mark.parametrize("book", [new_book, old_book])
def test_damaged_workbook_is_read_or_refused(book):
    content, numbers = book(), random.Random(1)
    for _time in range(40):
        damaged = bytearray(content)
        for _place in range(numbers.choice((1, 20))):
            damaged[numbers.randrange(8, len(damaged))] = numbers.randrange(256)
        said(bytes(damaged))
        said(content[: numbers.randrange(len(content))])


def test_workbook_is_read_by_the_python_that_has_the_libraries(monkeypatch):
    monkeypatch.setattr(excel.importlib.util, "find_spec", lambda name: None)
    notes = []
    assert len(excel.read(new_book(), notes)) == 5
    assert "«Leads»" in notes[0]
    assert said(b"PK\x03\x04xl/workbook.xml").startswith("row 1: this workbook can't")
