"""./dev quality: what is guessed of a file, what is refused, what the report says."""

import json
import random

import numpy as np
import pytest

from odoo.tests import TransactionCase, tagged

from scripts import quality
from scripts.console import DevError
from scripts.evidence import guess, report, table
from scripts.loading import mapping as mappings

OUTCOME = {"column": "Result", "won": "yes", "lost": "no"}


def mapping(**changes):
    """A mapping that says no more than it must."""
    return mappings.checked({"outcome": dict(OUTCOME), **changes}, takes_rest=True)


def parse(text, **changes):
    """What is read from a text."""
    content = text if isinstance(text, bytes) else text.encode()
    return table.parse(content, mapping(**changes))


def refused(text, **changes):
    """What is said about a text."""
    with pytest.raises(ValueError) as caught:
        parse(text, **changes)
    return str(caught.value)


# ----------------------------------------------------------------------
# Types of columns
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "texts, kind, values",
    [
        (["1.5", "", "-3"], "float", ["1.5", "", "-3.0"]),
        (["1e300", "2"], "float", ["1e+300", "2.0"]),
        (["1,234.50", "12"], "float", ["1234.5", "12.0"]),
        (["1.234,50", "12,5"], "float", ["1234.5", "12.5"]),
        (["12,5", "7"], "float", ["12.5", "7.0"]),
        (["$1,200", "$ 7"], "float", ["1200.0", "7.0"]),
        (["45%", "7 %"], "float", ["45.0", "7.0"]),
        (["3", "NA", "4"], "float", ["3.0", "", "4.0"]),
        (["Yes", "No", "yes"], "boolean", ["1", "0", "1"]),
        (["1", "0", "1"], "boolean", ["1", "0", "1"]),
        (["Yes", "", "No", "No"], "char", ["Yes", "", "No", "No"]),
        (["0", "1", "", "1"], "float", ["0.0", "1.0", "", "1.0"]),
        (["2024-02-29", ""], "date", ["2024-02-29", ""]),
        (["31/01/2024", "01/02/2024"], "date", ["2024-01-31", "2024-02-01"]),
        (["01/31/2024", "01/02/2024"], "date", ["2024-01-31", "2024-01-02"]),
        (["2024-01-31 13:05:00", "2024-02-01T09:00Z"], "date", None),
        (["3-Jan-2024", "12-Feb-2024"], "date", ["2024-01-03", "2024-02-12"]),
        (["00501", "10001", "00501"], "char", ["00501", "10001", "00501"]),
        (["1", "2", "3 or more", "1"], "char", None),
        (["Hà Nội", "Київ", "Hà Nội"], "char", None),
        (["9" * 400, "1", "1"], "char", None),
        (["31/02/2024", "31/02/2024", "x"], "char", None),
    ],
)
def test_type_and_spelling(texts, kind, values):
    found = guess.guess(texts)
    assert found.type == kind
    if values:
        assert found.values == values


@pytest.mark.parametrize(
    "texts, note",
    [
        (["", "", ""], "empty"),
        (["No", "No"], "the same everywhere"),
        (["7", "5", "6", "8"], "numbers the rows"),
        (["a7", "b8", "c9"], "another code in each row"),
    ],
)
def test_column_that_says_nothing_is_left_out(texts, note):
    found = guess.guess(texts)
    assert found.type is None
    assert found.note == note


def test_few_words_among_many_numbers_count_as_missing():
    texts = [str(n * n) for n in range(100)] + ["unknown yet"]
    found = guess.guess(texts)
    assert found.type == "float"
    assert found.values[-1] == ""
    assert "1 values that are no number" in found.note


def test_names_of_fields_are_valid_and_differ():
    taken = {"x_city"}
    assert guess.field_name("City", taken) == "x_city_2"
    assert guess.field_name("City!", taken) == "x_city_3"
    assert guess.field_name("Місто", taken) == "x_column"
    assert len(guess.field_name("a" * 100, taken)) < 50


def test_order_by_numbers_dates_and_times():
    assert guess.ordered(["10", "9", ""]) == [10, 9, -float("inf")]
    days = guess.ordered(["02/01/2024", "31/12/2023"])
    assert days[0] > days[1]
    times = guess.ordered(["2024-01-01 10:00", "2024-01-01 9:30", ""])
    assert times[0] > times[1] > times[2]
    clock = guess.ordered(["1/31/2024 1:00 PM", "1/31/2024 12:30 AM"])
    assert clock[0] > clock[1]
    with pytest.raises(ValueError, match="^soon$"):
        guess.ordered(["2024-01-01", "soon"])


# ----------------------------------------------------------------------
# The file
# ----------------------------------------------------------------------

GOOD = """Id,Visits,City,Result
1,3,Ghent,yes
2,,Hà Nội,no
3,5,Ghent,no
"""


def test_outcome_alone_is_mapping_enough():
    leads = parse(GOOD)
    assert [row.won for row in leads.rows] == [True, False, False]
    assert leads.rows[1].values == {
        "x_visits": "",
        "x_visits_known": "0",
        "x_city": "Hà Nội",
        "name": "Lead of row 3",
    }
    assert [c.field for c in leads.mapping.columns.values()] == list(
        leads.rows[0].values
    )
    assert "«Id»: left out, numbers the rows." in leads.notes


def test_columns_to_ignore_and_the_ordering_one_are_not_taken():
    leads = parse(GOOD, ignore=["City"], order="Visits")
    assert list(leads.rows[0].values) == ["name"]
    assert [row.order for row in leads.rows] == [1, 0, 2]
    assert any("count as the oldest" in note for note in leads.notes)


def test_mapped_numbers_too_are_known_or_not():
    columns = {"Visits": {"field": "x_v", "type": "integer"}, "Id": {"field": "name"}}
    leads = parse(GOOD, columns=columns)
    assert leads.rows[1].values["x_v"] == ""
    assert leads.rows[1].values["x_visits_known"] == "0"
    assert leads.rows[1].values["name"] == "2"


def test_delimiter_and_encoding_are_found_out():
    text = GOOD.replace(",", ";").replace("Hà Nội", "Liège")
    assert parse(text).rows[1].values["x_city"] == "Liège"
    leads = parse(text.encode("latin-1"))
    assert leads.rows[1].values["x_city"] == "Liège"
    assert "Windows-1252" in leads.notes[0]
    assert parse(b"\xef\xbb\xbf" + GOOD.encode()).rows[0].won


def test_columns_without_a_name_or_with_the_same_get_numbers():
    assert table.unique(["", "A", "A", "A"]) == ["Column 1", "A", "A (2)", "A (3)"]


def test_rows_without_an_outcome_are_left_out():
    leads = parse(GOOD + "4,1,Ghent,\n")
    assert len(leads.rows) == 3
    assert "Left out: 1 rows without an outcome." in leads.notes


def test_outcomes_are_a_list_or_json():
    text = GOOD.replace("yes", "TRUE").replace(",no", ",0")
    outcome = {"column": "Result", "won": [True, 1], "lost": 0}
    assert [row.won for row in parse(text, outcome=outcome).rows] == [
        True,
        False,
        False,
    ]


def test_vendor_scores_are_read_where_they_are():
    leads = parse(GOOD, vendor={"name": "V", "columns": ["Visits"]})
    assert leads.vendor == [[3.0], None, [5.0]]
    assert "x_visits" not in leads.rows[0].values


@pytest.mark.parametrize(
    "text, changes, reason",
    [
        (GOOD, {"ignore": ["Town"]}, "row 1: there is no column «Town»"),
        (
            GOOD,
            {"order": "City"},
            "row 2: «City», which orders the rows in time, is «G",
        ),
        (
            GOOD + "4,1,Ghent,maybe\n",
            {},
            "row 5: «Result» is «maybe»; the mapping knows",
        ),
        (GOOD + "4,1,Ghent\n", {}, "row 5: 3 cells, but the header has 4."),
        ("Result\n", {}, "row 2: there are no leads whose end is known."),
        ("", {}, "row 1: the file is empty."),
        (GOOD, {"vendor": {"name": "V", "columns": ["City"]}}, "row 1: «City», scores"),
    ],
)
def test_bad_files_are_refused_by_row(text, changes, reason):
    assert refused(text, **changes).startswith(reason)


@pytest.mark.parametrize(
    "content, reason",
    [
        ({}, "«outcome» needs «column»"),
        ({"outcome": {"column": "A", "won": "1"}}, "«outcome» needs «lost»"),
        ({"outcome": OUTCOME, "ignored": []}, "knows no «ignored»"),
        ({"outcome": OUTCOME, "ignore": "City"}, "«ignore» has a value of the wrong"),
        ({"outcome": OUTCOME, "asked": {"AUC": 1}}, "«asked» knows no «AUC»"),
    ],
)
def test_wrong_mapping_is_refused(content, reason):
    with pytest.raises(ValueError, match=reason):
        mappings.checked(content, takes_rest=True)


def test_mapping_of_the_repository_leaves_out_what_came_afterwards():
    xeducation = mappings.read("scripts/mappings/xeducation.json", takes_rest=True)
    for part in ("Tags", "Lead Quality", "Lead Profile", "Last Notable Activity"):
        assert part in xeducation.ignore
    assert sum("Asymmetrique" in name for name in xeducation.ignore) == 4


def test_command_says_which_row(tmp_path):
    (tmp_path / "mapping.json").write_text(json.dumps({"outcome": OUTCOME}))
    (tmp_path / "leads.csv").write_text(GOOD.replace("yes", "perhaps"))
    arguments = ["--csv", str(tmp_path / "leads.csv")]
    arguments += ["--mapping", str(tmp_path / "mapping.json")]
    with pytest.raises(DevError, match="leads.csv, row 2: .*«perhaps»"):
        quality.main(arguments)


# ----------------------------------------------------------------------
# The report
# ----------------------------------------------------------------------


def result(auc):
    """A result with this AUC of the learned points."""
    rows = [
        ("hand-made", {"AUC": 0.7, "ECE": 0.01, "Brier": 0.2, "rules": 4.0}),
        ("points", {"AUC": auc, "ECE": 0.02, "Brier": 0.1, "rules": 31.6}),
    ]
    engine = {"name": "engine", "rules": 31, "leads": 1000, "same": 999}
    engine["refused"] = ["[(1, 2, 3)]: no field"]
    about = {"file": "a.csv", "leads": 1000, "won": 300, "columns": 7, "commit": "c"}
    about |= {"hand-made": 4, "from mapping": False, "doubtful": [], "vendor": None}
    about |= {"vendor rows": 0, "predictive": [["a"], ["a", "b"]]}
    about["asked"] = {"five-fold AUC": 0.895, "newest AUC": 0.88, "ECE": 0.03}
    sections = [{"name": "five-fold", "rows": rows}, engine]
    return {"about": about, "notes": [], "sections": sections}


def test_report_says_what_is_kept_missed_and_not_possible():
    text = report.text(result(0.8949))
    assert (
        "Learned integer points                     0.895  0.020  0.100     32" in text
    )
    assert "AUC, five-fold                          0.895  ≥ 0.895  missed" in text
    assert "ECE, the worse of five-fold and newest  0.020  ≤ 0.030  kept" in text
    assert "AUC, newest 20 %                        –      ≥ 0.880  –" in text
    assert "Newest 20 %: learned from the older ones:\nnot possible" in text
    assert "999 of 1,000 leads" in text
    assert "Refused as a rule: [(1, 2, 3)]: no field" in text
    assert "0.895  ≥ 0.895  kept" in report.text(result(0.895))


def test_bounds_can_be_relative_to_boosting_with_and_without_doubtful_columns():
    judged = result(0.9)
    boosted = ("boosting", {"AUC": 0.902, "ECE": 0.02, "Brier": 0.1})
    rows = [*judged["sections"][0]["rows"], boosted]
    judged["sections"][0]["rows"] = rows
    without = {"name": "five-fold, without", "rows": rows[1:]}
    judged["sections"].insert(1, without)
    judged["about"]["doubtful"] = ["Last Activity"]
    bounds = {"five-fold AUC above boosting's": -0.003, "rules": 30, "ECE": 0.03}
    judged["about"]["asked"] = bounds | {"five-fold AUC": 0.895}
    lines = [" ".join(line.split()) for line in report.text(judged).splitlines()]
    for suffix in ("", ", without doubtful"):
        name = f"AUC above boosting's, five-fold{suffix}"
        assert f"{name} -0.002 ≥ -0.003 kept" in lines
        assert f"Rules, five-fold{suffix} 32 ≤ 30 missed" in lines
    assert "AUC, five-fold 0.900 ≥ 0.895 kept" in lines
    assert not any("AUC, five-fold, without" in line for line in lines)


# ----------------------------------------------------------------------
# Inside Odoo
# ----------------------------------------------------------------------


def leads_file(count):
    """A file in which visits and a campaign decide, and all kinds of columns are."""
    random.seed(1)
    lines = ["Number;Visits;Campaign;Since;Newsletter;Remark;Result"]
    for number in range(count):
        visits = random.choice(["", "1", "2", "5,5", "9"])
        campaign = random.choice(["Fair", "Größe", "it's", ""])
        odds = (visits in ("5,5", "9")) + (campaign == "Fair") - 1
        won = random.random() < (0.15, 0.5, 0.85)[odds + 1]
        since = f"{random.randint(1, 28)}.{random.randint(1, 12)}.2023"
        news = random.choice(["Yes", "No"])
        remark = f"Wants {random.choice(['price', 'training', 'advice'])} no {number}"
        end = "yes" if won else "no"
        lines.append(f"{number * 3};{visits};{campaign};{since};{news};{remark};{end}")
    return "\n".join(lines)


@tagged("post_install", "-at_install")
class TestQualityInOdoo(TransactionCase):
    """The part that runs inside Odoo."""

    def setUp(self):
        # before super, so that it runs after the fields were rolled back
        self.addCleanup(lambda: self.registry._setup_models__(self.cr))
        super().setUp()

    def test_all_ways_are_judged_and_the_engine_agrees(self):
        from scripts.evidence import inside

        read = parse(leads_file(240), order="Number")
        judged = inside.judge(self.env, read)
        sections = {section["name"]: section for section in judged["sections"]}
        assert set(sections) == {"five-fold", "newest", "engine"}
        engine = sections["engine"]
        assert engine["same"] == engine["leads"] == 240
        assert engine["rules"] > 3
        assert not engine["refused"]
        found = dict(sections["five-fold"]["rows"])
        assert found["points"]["AUC"] > 0.6
        assert found["predictive, all"]["AUC"] > 0.55
        assert found["boosting"]["AUC"] > 0.55
        assert abs(found["predictive, offered"]["AUC"] - 0.5) < 0.1
        kinds = {c.field: c.type for c in read.mapping.columns.values()}
        assert kinds["x_since"] == "date"
        assert kinds["x_visits"] == "float"
        leads = self.env["crm.lead"].search([("name", "like", "Lead of row")])
        columns = inside.columns(leads, read.mapping)
        offered = judged["about"]["predictive"][0]
        assert {"source_id", "country_id"} <= set(offered) <= set(leads._fields)
        assert columns["x_remark"].kind == "text"
        assert columns["x_campaign"].kind == "category"

    def test_too_few_leads_are_refused(self):
        from scripts.evidence import inside

        with pytest.raises(DevError, match="at least 50 of each"):
            inside.judge(self.env, parse(leads_file(60)))


def test_no_lead_is_both_learned_from_and_judged():
    from scripts.evidence import trial

    data = trial.Data({}, np.arange(300) % 3 == 0, np.arange(300) % 7)
    splits = [*trial.folds(data), *trial.newest(data), *trial.draws(data)]
    assert len(splits) == 5 + 1 + 8
    for training, test in splits:
        assert not set(training) & set(test)
        assert len(training) + len(test) == 300
    assert not trial.newest(trial.Data({}, data.won, None))
    rare = trial.Data({}, np.arange(2000) % 20 == 0, None)
    assert {rare.won[training].sum() for training, _test in trial.draws(rare)} == {40}


def test_more_points_are_never_less_probable():
    from scripts.evidence import trial

    scores, won = np.array([1, 2, 3, 4] * 25), np.array([1, 1, 0, 0] * 25)
    assert trial.fit_odds(scores, won) == (0, 0)
