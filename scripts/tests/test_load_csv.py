"""./dev load: what is refused, and with which words; what is loaded; the report."""

import json

import pytest

from odoo.tests import TransactionCase, tagged

from scripts import load_csv
from scripts.console import DevError
from scripts.loading import mapping as mappings
from scripts.loading import report, table

MAPPING = {
    "missing": ["Select"],
    "order": "Number",
    "outcome": {"column": "Converted", "won": "1", "lost": "0"},
    "columns": {
        "Company": {"field": "name", "text": "Enquiry of {}"},
        "From": {"field": "country_id", "values": {"Holland": "Netherlands"}},
        "Source": {"field": "source_id", "unmatched": "create"},
        "Visits": {"field": "x_test_visits", "type": "integer", "label": "Visits"},
    },
    "rules": [
        {
            "name": "Belgium",
            "value": 8,
            "dimension": "fit",
            "domain": [["country_id", "=", "Belgium"]],
        },
        {
            "name": "Came twice",
            "value": 5,
            "dimension": "interest",
            "domain": [["x_test_visits", ">=", 2]],
        },
    ],
    "teams": [{"name": "Direct Sales", "minimum_score": 10}],
}
HEADER = "Number,Company,From,Source,Visits,Converted,Remark"
GOOD = f"""{HEADER}
3,Cérès,Holland,Fair,1,0,
1,Zinc,Belgium,Fair,2,1,"two
lines"
2,Ann,Select,,,0,
"""


def mapping(**changes):
    """The mapping of these tests with other settings."""
    return mappings.checked(json.loads(json.dumps({**MAPPING, **changes})))


def refused(content, **changes):
    """What is said about the bytes of a CSV file."""
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(ValueError) as caught:
        table.parse(content, mapping(**changes))
    return str(caught.value)


# ----------------------------------------------------------------------
# The file
# ----------------------------------------------------------------------


def test_rows_are_read_oldest_first():
    rows = table.parse(GOOD.encode(), mapping())
    assert [row.number for row in rows] == [3, 4, 2]
    assert [row.won for row in rows] == [True, False, False]
    assert [row.values["x_test_visits"] for row in rows] == ["2", "", "1"]
    assert rows[0].values["name"] == "Enquiry of Zinc"
    assert [row.values["country_id"] for row in rows] == ["Belgium", "", "Netherlands"]


def test_byte_order_mark_and_blank_lines_are_no_matter():
    content = b"\xef\xbb\xbf" + GOOD.replace("\n2,", "\n\n2,").encode() + b"\n"
    assert len(table.parse(content, mapping())) == 3


def test_wrong_encoding_names_the_row():
    assert refused(GOOD.encode("latin-1")).startswith("row 2: byte 0xe9 is not utf-8.")
    later = GOOD.replace("Cérès", "Ceres").replace("Ann", "Änn").encode("latin-1")
    assert refused(later).startswith("row 4: byte 0xc4 is not utf-8.")


def test_encoding_can_be_named():
    rows = table.parse(GOOD.encode("latin-1"), mapping(encoding="latin-1"))
    assert rows[-1].values["name"] == "Enquiry of Cérès"
    assert "«klingon» is no encoding" in refused(GOOD, encoding="klingon")


def test_missing_column_is_named_with_the_nearest():
    text = GOOD.replace("Visits", "Visit")
    expected = "row 1: there is no column «Visits»; there is «Visit»."
    assert refused(text) == expected


def test_other_delimiter_is_suspected():
    reason = refused(GOOD.replace(",", ";"))
    assert "only one, «Number;Company" in reason and "«delimiter»" in reason
    rows = table.parse(GOOD.replace(",", ";").encode(), mapping(delimiter=";"))
    assert len(rows) == 3


def test_column_twice():
    text = GOOD.replace("Remark", "Company")
    assert refused(text) == "row 1: there are two columns «Company»."


def test_row_with_too_many_or_few_cells():
    text = GOOD + "4,Bo,Belgium,Fair,2,1\n"
    assert refused(text) == "row 5: 6 cells, but the header has 7."


@pytest.mark.parametrize(
    "old, new, reason",
    [
        (
            "Fair,1,0",
            "Fair,one,0",
            "row 2: «Visits» is «one», which is no whole number.",
        ),
        ("Fair,2,1", "Fair,2,yes", "row 3: «Converted» is «yes»; the mapping knows"),
        ("2,Ann", "x,Ann", "row 4: «Number» is «x», which is no whole number."),
        ("2,Ann", "2,", "row 4: a lead needs a name, and has none."),
        ("2,Ann", "2,A\0n", "row 4: a NUL character"),
        ("2,Ann", '2,"Ann', "row 4: a quotation mark opens a cell here, and none clos"),
        ("2,Ann", '2,"A"nn', "row 4: text follows the quotation mark that closes a c"),
        (
            "Fair,1,0",
            "Fair,inf,0",
            "row 2: «Visits» is «inf», which is no whole number.",
        ),
    ],
)
def test_bad_cell_names_the_row(old, new, reason):
    assert refused(GOOD.replace(old, new)).startswith(reason)


def test_file_without_leads():
    assert refused(f"{HEADER}\n") == "row 2: there are no leads."
    assert refused("") == "row 1: there is no column «Company»."


# ----------------------------------------------------------------------
# The mapping
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"colums": {}}, "knows no «colums»"),
        ({"columns": {}}, "«columns» is empty"),
        ({"columns": []}, "«columns» has a value of the wrong kind"),
        (
            {"columns": {"City": {"field": "city"}}},
            "no column goes to the field «name»",
        ),
        ({"columns": {"A": {"to": "name"}}}, "column «A» knows no «to»"),
        ({"columns": {"A": {"label": "A"}}}, "column «A» needs «field»"),
        ({"columns": {"A": {"field": "a", "type": "char"}}}, "is named x_…"),
        ({"columns": {"A": {"field": "x_a", "type": "date"}}}, "«type» is one of"),
        ({"columns": {"A": {"field": "name", "text": "A"}}}, "«text» needs {}"),
        ({"columns": {"A": {"field": "b"}, "B": {"field": "b"}}}, "two columns go to"),
        ({"outcome": {"column": "Converted"}}, "«outcome» needs «lost»"),
        ({"rules": [{"name": "A", "points": 3}]}, "a rule knows no «points»"),
        ({"teams": ["Direct Sales"]}, "a team must be an object"),
        ({"model": {"state": "draft"}}, "«model» knows no «state»"),
    ],
)
def test_wrong_mapping_is_refused(changes, reason):
    with pytest.raises(ValueError, match="^.*" + reason.replace("{}", r"\{\}")):
        mapping(**changes)


def test_mapping_file_that_is_missing_or_no_json(tmp_path):
    path = tmp_path / "mapping.json"
    with pytest.raises(DevError, match="does not exist"):
        mappings.read(path)
    path.write_text('{\n "columns": }')
    with pytest.raises(DevError, match="is not JSON at line 2, column 13"):
        mappings.read(path)


def test_mapping_of_the_repository_is_right():
    xeducation = mappings.read("scripts/mappings/xeducation.json")
    afterwards = ("Tags", "Lead Quality", "Lead Profile", "Asymmetrique", "Activity")
    for name in xeducation.columns:
        assert not any(part in name for part in afterwards)


def test_command_says_which_file_and_that_nothing_was_loaded(tmp_path):
    (tmp_path / "mapping.json").write_text(json.dumps(MAPPING))
    (tmp_path / "leads.csv").write_text(GOOD.replace("Fair,1,0", "Fair,one,0"))
    arguments = ["--csv", str(tmp_path / "leads.csv"), "--db", "load_test"]
    arguments += ["--mapping", str(tmp_path / "mapping.json")]
    with pytest.raises(DevError, match="leads.csv, row 2: .* Nothing was loaded."):
        load_csv.main(arguments)


# ----------------------------------------------------------------------
# The report
# ----------------------------------------------------------------------


def test_auc_counts_pairs_and_halves_ties():
    def leads(*pairs):
        return [{"score": score, "won": won} for score, won in pairs]

    assert report.auc(leads((10, True), (0, False))) == 1
    assert report.auc(leads((10, True), (10, False))) == 0.5
    assert report.auc(leads((5, True), (10, False), (0, False))) == 0.5
    assert report.auc(leads((10, True))) is None


def test_bands():
    bands = {score: report.band(score) for score in (-1, 0, 19, 20, 79, 80, 150)}
    assert list(bands.values()) == [
        "below 0",
        "0 to 19",
        "0 to 19",
        "20 to 39",
        "60 to 79",
        "80 or more",
        "80 or more",
    ]


def test_report_counts_teams_and_what_waits():
    lead = {"score": 70, "temperature": "hot", "won": True, "open": True}
    leads = [
        {**lead, "team": "Direct Sales", "waiting": None},
        {**lead, "team": None, "waiting": "Below every minimum", "won": False},
        {**lead, "team": None, "waiting": None, "open": False},
        {**lead, "team": None, "waiting": None, "open": False, "won": False},
    ]
    text = report.text(
        {"emptied": {"From": {"Mars": 2}}, "leads": leads}, {"Direct Sales": 60}
    )
    assert "From: left empty where Odoo has no such name: Mars (2)." in text
    assert "the oldest 2 closed as in the file (1 won, 1 lost)" in text
    assert "→ Direct Sales, from 60         1    100" in text
    assert "waits: Below every minimum      1      0" in text
    assert "closed leads 0.500, open leads 0.500." in text


# ----------------------------------------------------------------------
# Inside Odoo
# ----------------------------------------------------------------------


@tagged("post_install", "-at_install")
class TestLoadIntoOdoo(TransactionCase):
    """The part that runs inside Odoo, by its own import."""

    def setUp(self):
        # before super, so that it runs after the fields were rolled back
        self.addCleanup(lambda: self.registry._setup_models__(self.cr))
        super().setUp()

    def _load(self, text=GOOD, **changes):
        from scripts.loading import inside

        used = mapping(**changes)
        return inside.load(self.env, used, table.parse(text.encode(), used))

    def _refused(self, *arguments, **changes):
        """What is said, once nothing is found to be half loaded."""
        names = ("crm.lead", "utm.source", "lead.scoring.rule", "lead.scoring.model")
        before = [self.env[name].search_count([]) for name in names]
        with pytest.raises(DevError) as caught:
            self._load(*arguments, **changes)
        assert [self.env[name].search_count([]) for name in names] == before
        return str(caught.value)

    def test_leads_are_loaded_and_scored(self):
        emptied, leads = self._load()
        self.env.cr.flush()
        assert not any(emptied.values())
        assert leads.mapped("name") == [
            "Enquiry of Zinc",
            "Enquiry of Ann",
            "Enquiry of Cérès",
        ]
        assert leads.mapped("x_test_visits") == [2, 0, 1]
        assert leads.source_id.mapped("name") == ["Fair"]
        assert leads.mapped("score") == [13, 0, 0]
        assert set(leads.mapped("type")) == {"lead"}
        assert not leads.user_id and not leads.team_id

    def test_unknown_name_is_refused_with_the_row(self):
        reason = self._refused(GOOD.replace("Holland", "Atlantis"))
        assert reason.startswith("Row 2: «From» is «Atlantis», the name of no Country.")

    def test_unknown_name_is_emptied_if_the_mapping_says_so(self):
        columns = dict(MAPPING["columns"])
        columns["From"] = {"field": "country_id", "unmatched": "empty"}
        emptied, leads = self._load(columns=columns)
        assert emptied["From"] == {"Holland": 1}
        assert not leads[-1].country_id

    def test_what_odoo_refuses_names_row_and_column(self):
        columns = {**MAPPING["columns"], "Remark": {"field": "date_deadline"}}
        text = GOOD.replace("Fair,1,0,", "Fair,1,0,soon").replace("two\nlines", "")
        reason = self._refused(text, columns=columns)
        assert reason.startswith("Row 2, «Remark»: 'soon' does not seem to be a valid")

    def test_unknown_field_is_refused(self):
        columns = {**MAPPING["columns"], "Remark": {"field": "remark"}}
        expected = "Column «Remark»: leads have no field «remark»."
        assert self._refused(columns=columns) == expected

    def test_scores_can_not_be_loaded(self):
        columns = {**MAPPING["columns"], "Remark": {"field": "score"}}
        assert "«score» can't be loaded" in self._refused(columns=columns)

    def test_wrong_rule_is_refused_by_name(self):
        rule = {**MAPPING["rules"][0], "domain": [["contry_id", "=", "Belgium"]]}
        assert self._refused(rules=[rule]).startswith("Rule «Belgium»: ")

    def test_field_without_a_column_in_the_database_can_not_be_loaded(self):
        columns = {**MAPPING["columns"], "Remark": {"field": "activity_summary"}}
        assert "«activity_summary» can't be loaded" in self._refused(columns=columns)

    def test_record_that_needs_more_than_a_name_is_not_created(self):
        for field in ("country_id", "lang_id", "user_id"):
            create = {"From": {"field": field, "unmatched": "create"}}
            reason = self._refused(columns={**MAPPING["columns"], **create})
            assert reason.startswith("Row ") and ", of which no " in reason
            assert "\n" not in reason

    def test_wrong_settings_of_the_model_are_refused(self):
        reason = self._refused(model={"warm_score": 90, "hot_score": 10})
        assert reason.startswith("«model» of the mapping: ")
        rule = {**MAPPING["rules"][0], "value": 10**9}
        assert self._refused(rules=[rule]).startswith("Rule «Belgium»: ")
