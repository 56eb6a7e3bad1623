"""./dev quality, whatever file it is given: a result, or a sentence that says what is
wrong, never a traceback.
"""

import datetime
import json
import random
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import quality
from scripts.console import DevError
from scripts.evidence import excel, guess, table
from scripts.loading import mapping as mappings

OUTCOME = {"column": "Result", "won": "yes", "lost": "no"}
PLAIN = "City,Visits,Result\nGhent,3,yes\nHà Nội,,no\nGhent,5,no\nGhent,9,no\n"


def mapping(**changes):
    """A mapping that says no more than it must."""
    return mappings.checked({"outcome": dict(OUTCOME), **changes}, takes_rest=True)


def said(content, **changes):
    """What is said about a file: None, or why it is refused."""
    content = content if isinstance(content, bytes) else content.encode()
    try:
        table.check(table.parse(content, mapping(**changes)))
    except (ValueError, DevError) as error:
        return str(error)
    return None


def leads(count=400, **columns):
    """The text of a file; of each column what a function of a random says."""
    numbers = random.Random(7)
    lines = [";".join([*columns, "Result"])]
    for _number in range(count):
        cells = [str(make(numbers)) for make in columns.values()]
        cells.append("yes" if numbers.random() < 0.4 else "no")
        lines.append(";".join(cells))
    return "\n".join(lines)


def either(*values):
    """A column with any of these values."""
    return lambda numbers: numbers.choice(values)


def numbered(text, width):
    """A column of texts with a number below `width`."""
    return lambda numbers: f"{text}{numbers.randrange(width)}"


def prose(numbers):
    """What somebody wrote, and nobody else."""
    words = numbers.sample(("price", "training", "advice", "urgent", "later"), 3)
    return f"{' '.join(words)} {numbers.random()}"


# ----------------------------------------------------------------------
# The bytes
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.encode("utf-16-le"),
        PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        "sep=;\n" + PLAIN.replace(",", ";"),
        "City;A, B, C, D;Visits;Result\nGhent;x;3;yes\nHà Nội;y;;no\nGhent;x;5;no\n",
        "\n,,\n" + PLAIN + ",,\n   \n",
        PLAIN.replace("Ghent", '"Ghent"').replace("yes", '" YES "'),
    ],
)
def test_text_is_read_whatever_it_is_written_in(content):
    content = content if isinstance(content, bytes) else content.encode()
    found = table.parse(content, mapping())
    assert [row.won for row in found.rows[:3]] == [True, False, False]
    assert [row.values["x_city"] for row in found.rows[:2]] == ["Ghent", "Hà Nội"]
    assert [row.values["x_visits"] for row in found.rows[:3]] == ["3.0", "", "5.0"]


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "row 1: the file is empty."),
        (b"\n \n", "row 1: the file is empty."),
        ("City,Result\n", "row 2: there are no leads whose end is known."),
        (PLAIN.replace("Result", "End"), "row 1: there is no column «Result»"),
        (PLAIN, "1 won and 3 lost leads: at least 50 of each are needed"),
        (PLAIN.replace("5", "5,5"), "row 4: 4 cells, but the header has 3."),
        (PLAIN.replace("5,", ""), "row 4: 2 cells, but the header has 3."),
        (
            PLAIN.replace("5", '"5'),
            "row 4: a quotation mark opens a cell here, and none",
        ),
        (
            PLAIN.replace("5", '"5"5'),
            "row 4: text follows the quotation mark that clos",
        ),
        (PLAIN.replace("5", "\0"), "row 4: a NUL character, which no text can have"),
        (PLAIN.replace("City", "\0"), "row 1: a NUL character, which no text can have"),
        (PLAIN.encode("utf-16")[:-1], "row 5: byte 0x0a is not utf-16."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "row 3: a NUL character"),
        (b"PK\x03\x04leads.csv" + b"x" * 99, "row 1: this is no CSV file, but an arch"),
        (b"\x1f\x8b\x08" + b"x" * 99, "row 1: this is no CSV file, but an archive"),
        (b"%PDF-1.7\n", "row 1: this is no CSV file, but a PDF"),
        ("\n<html><table>", "row 1: this is no CSV file, but a page of HTML"),
        (b"PK\x03\x04xl/workbook.xml", "row 1: this workbook can't be read (File is"),
        (b"PK\x03\x04content.xml", "row 1: this workbook can't be read (File is"),
        (excel.OLD + b"x" * 2000, "row 1: this workbook can't be read ("),
        (leads(300, City=either("Ghent")), "No column is left to learn from."),
        (leads(30, **{f"n{n}": either(1, 2.5) for n in range(301)}), "row 1: 301 colu"),
    ],
)
def test_file_that_says_nothing_is_refused_in_a_sentence(content, reason):
    assert said(content).startswith(reason)


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"order": "City"}, "row 2: «City», which orders the rows in time, is «x»"),
        ({"order": "Gone"}, "row 2: «Gone», which orders the rows in time, is empty"),
        ({"doubtful": ["City", "Visits", "Far", "Inf"]}, "All columns are «doubtful»"),
        ({"vendor": {"name": "V", "columns": ["Far"]}}, "row 1: «Far», scores of a ve"),
        (
            {"columns": {"Far": {"field": "x_f", "type": "integer"}}},
            "row 2: «Far» is «",
        ),
        (
            {"columns": {"Inf": {"field": "x_f", "type": "float"}}},
            "row 2: «Inf» is «in",
        ),
        ({"encoding": "ascii"}, "row 3: byte 0xc3 is not ascii."),
    ],
)
def test_mapping_that_does_not_fit_is_refused_in_a_sentence(changes, reason):
    text = "City;Visits;Gone;Far;Inf;Result\nx;1;NA;1e308;inf;yes\nà;;NA;1;nan;no\n"
    text += "x;1;NA;1;inf;yes\ny;;NA;1;inf;no\n" * 60
    assert said(text, **changes).startswith(reason)


def test_path_that_is_no_file_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps({"outcome": OUTCOME}))
    for name, reason in ((".", "is a folder: name the file"), ("a", "does not exist")):
        arguments = ["--csv", str(tmp_path / name), "--mapping", str(path)]
        with pytest.raises(DevError, match=reason):
            quality.main(arguments)
    with pytest.raises(DevError, match="is a folder: name the mapping"):
        mappings.read(tmp_path)
    with pytest.raises(DevError, match="/dev/null is no file on a disk"):
        mappings.read("/dev/null")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(PLAIN)))
def test_any_bytes_are_read_or_refused(content, place):
    said(content)
    said(PLAIN.encode()[:place] + content + PLAIN.encode()[place:])


# ----------------------------------------------------------------------
# The mapping
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content, reason",
    [
        ([], "the mapping must be an object"),
        (None, "the mapping must be an object"),
        ({"outcome": []}, "«outcome» has a value of the wrong kind"),
        ({"outcome": {**OUTCOME, "column": ["A"]}}, "«outcome»: «column» has a value"),
        ({"outcome": {**OUTCOME, "won": []}}, "needs a value for «won»"),
        (
            {"outcome": {**OUTCOME, "won": ["No ", 1]}},
            "«no» can't be both won and lost",
        ),
        ({"outcome": OUTCOME, "columns": {"A": 5}}, "column «A» must be an object"),
        ({"outcome": OUTCOME, "ignore": [1]}, "«ignore» must be a list of texts"),
        ({"outcome": OUTCOME, "missing": [{}]}, "«missing» must be a list of texts"),
        ({"outcome": OUTCOME, "delimiter": ";;"}, "«delimiter» is «;;»: it must be"),
        ({"outcome": OUTCOME, "delimiter": ""}, "«delimiter» is «»: it must be"),
        ({"outcome": OUTCOME, "delimiter": '"'}, '«delimiter» is «"»: it must be'),
        ({"outcome": OUTCOME, "order": 7}, "«order» has a value of the wrong kind"),
        ({"outcome": OUTCOME, "asked": {"ECE": "x"}}, "«ECE» has a value of the wrong"),
        (
            {"outcome": OUTCOME, "vendor": {"name": "V", "columns": "A"}},
            "«columns» has",
        ),
        ({"outcome": OUTCOME, "vendor": {"name": "V", "columns": [1]}}, "«columns» of"),
        ({"outcome": OUTCOME, "model": {"warm_score": 10**12}}, "«warm_score» has a v"),
        ({"outcome": OUTCOME, "model": {"hot_score": float("inf")}}, "«hot_score» has"),
        (
            {"outcome": OUTCOME, "columns": {"A": {"field": "b", "values": {"a": 1}}}},
            "column «A»: «values» must be texts",
        ),
    ],
)
def test_wrong_mapping_is_refused_in_a_sentence(content, reason):
    with pytest.raises(ValueError) as caught:
        mappings.checked(content, takes_rest=True)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"\xff\xfe{", "is not UTF-8"),
        (b"{", "is not JSON at line 1, column 2"),
        (b"[" * 99_999, "has too many brackets"),
        (b"[" + b"9" * 9999 + b"]", "can't be read: Exceeds the limit"),
        (b'{"order": "\\ud800"}', "can't be read: a character that no text can have"),
        (b'{"order": "\\u0000"}', "can't be read: a character that no text can have"),
        (b"\xef\xbb\xbf{}", "«outcome» needs «column»"),
    ],
)
def test_mapping_that_is_no_json_is_refused_in_a_sentence(tmp_path, content, reason):
    path = tmp_path / "mapping.json"
    path.write_bytes(content)
    with pytest.raises(DevError) as caught:
        mappings.read(path, takes_rest=True)
    assert reason in str(caught.value)


# ----------------------------------------------------------------------
# Columns
# ----------------------------------------------------------------------


def test_each_column_keeps_its_values_whatever_it_is_named():
    names = ["A", "A", "", "A (3)", "Visits", "Visits (known)", "(number of the row)"]
    names += ["ß" * 200, "ß" * 199, "id", "name", "stage_id", "x_a", "Місто"]
    lines = [",".join([*names, "Result"])]
    for number in range(120):
        cells = [f"{place}.{number % 3 + 1}" for place in range(len(names))]
        cells[4] = "7.5" if number % 2 else ""
        lines.append(",".join([*cells, "yes" if number % 2 else "no"]))
    found = table.parse("\n".join(lines).encode(), mapping())
    fields = [column.field for column in found.mapping.columns.values()]
    assert len(fields) == len(set(fields)) == len(names) + 2  # known, name of the lead
    for row in found.rows:
        assert list(row.values) == fields
    by_label = {
        n: found.rows[0].values[c.field] for n, c in found.mapping.columns.items()
    }
    assert by_label["Visits (known)"] == "5.1"
    assert by_label["Visits (known) (2)"] == "0"
    assert by_label["A (3)"] == "3.1" and by_label["A (2)"] == "1.1"


def test_without_doubtful_columns_nothing_says_whether_they_are_known():
    text = leads(300, A=either("", 1, 2.5), B=either(1, 3.5), C=either("x"))
    found = table.parse(text.encode(), mapping(doubtful=["A", "C"]))
    assert found.mapping.doubtful == ["A"]
    assert table.doubtful(found.mapping) == {"A", "A (known)"}


def test_scores_of_a_vendor_may_be_whole_few_or_the_same():
    assert guess.scores(["1", "2", "", "3"]) == [1, 2, None, 3]
    assert guess.scores(["0", "1", "1"]) == [0, 1, 1]
    assert guess.scores(["5", "5"]) == [5, 5]
    assert guess.scores(["1e300", "5"]) is None
    vendor = {"name": "V", "columns": ["A"]}
    found = table.parse(leads(9, A=either("", 1)).encode(), mapping(vendor=vendor))
    table.leave_out_rare_scores(found)
    assert found.vendor == [] and "«V»: left out" in found.notes[-1]


# ----------------------------------------------------------------------
# Learning
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {"A": either("Fair", "Mail"), "B": either("x", "y", "")},
        {"A": prose, "B": prose},
        {"A": prose, "B": either("x", "y", "")},
        {"A": numbered("code ", 999), "B": numbered("code ", 300)},
        {"A": lambda numbers: f"one word {numbers.random()}"},
        {"A": either(*range(9)), "B": either("-1", "1e308", "-1e308", "inf", "nan")},
        {"A": either("2024-02-29", "2024-03-01"), "B": either("2024-02-29", "")},
        {"A": either("yes", "no"), "B": either("yes", "")},
        {"A": either(1, "")},
        {"A": either("1,234.50", "12", "-3")},
        {f"Column {n}": either("a", "b", "") for n in range(200)},
    ],
    ids=lambda columns: str(len(columns)),
)
def test_all_kinds_of_columns_are_learned_from(columns):
    from scripts.evidence import inside, trial

    read = table.parse(leads(300, **columns).encode(), mapping())
    table.check(read)
    won = np.array([row.won for row in read.rows])
    data = trial.Data({}, won, None)
    for name, column in read.mapping.columns.items():
        if name != table.NUMBERED:
            values = [row.values[column.field] for row in read.rows]
            field = SimpleNamespace(name=column.field, type=column.type)
            data.columns[column.field] = inside.column(field, as_odoo(column, values))
    training, test = trial.folds(data)[0]
    lesson = trial.lesson(data, training)
    chances = trial.boosted(data, training, test, lesson.conditions)
    assert np.isfinite(chances).all()
    assert all(np.isfinite([*trial.figures(won[test], chances, chances).values()][:3]))


def as_odoo(column, values):
    """The values as the database gives them."""
    read = {"boolean": lambda v: v == "1", "float": lambda v: v and float(v)}
    read["date"] = lambda v: v and datetime.date.fromisoformat(v)
    return [read.get(column.type, str)(value) for value in values]
