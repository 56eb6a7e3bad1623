"""Figures, bounds and the report of ./dev bench."""

import ast

import pytest

from scripts import bench
from scripts.benchmark import report
from scripts.benchmark.figures import Figure, number
from scripts.benchmark.inside import affordable, extrapolated, medians, more
from scripts.benchmark.measurements import MEASUREMENTS, chosen

KEPT = Figure("Memory", 300, "MB", most=300)
MISSED = Figure("Ratio", 2.9, least=3)
FREE = Figure("Seconds", 0.125, "s")


def test_a_bound_is_kept_up_to_itself():
    assert not KEPT.missed
    assert KEPT._replace(value=300.1).missed
    assert MISSED.missed
    assert not MISSED._replace(value=3).missed
    assert not FREE.missed


def test_a_bound_of_zero_is_one():
    assert Figure("Others", 1, most=0).missed
    assert Figure("Others", 1, most=0).bound == "≤ 0"
    assert FREE.bound == ""


@pytest.mark.parametrize(
    "value, text",
    [(0, "0"), (0.454, "0.45"), (22.51, "22.5"), (-3.14159, "-3.14")]
    + [(4_000_000, "4,000,000"), (136.7, "137"), (50, "50")],
)
def test_number_shows_the_digits_that_tell_something(value, text):
    assert number(value) == text


def test_report_shows_figures_beside_bounds():
    text = report.text(("60 leads.",), [[FREE], [KEPT, MISSED]])
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["60", "leads."]
    assert ["Seconds", "0.12", "s"] in lines
    assert ["Memory", "300", "MB", "≤", "300", "kept"] in lines
    assert ["Ratio", "2.90", "≥", "3", "missed"] in lines
    assert text.endswith("1 of 2 bounds are missed:\n  Ratio")


def test_line_shows_one_figure():
    assert report.line(MISSED) == "Ratio 2.90 ≥ 3 missed"
    assert report.line(FREE) == "Seconds 0.12 s"


def test_report_without_a_missed_bound_says_so():
    assert report.summary([FREE, KEPT]) == "All 1 bounds are kept."


def test_chosen_measurements_come_with_what_they_need_in_order():
    needed = ["job_titles", "first_pass"]
    assert chosen(["core"]) == [*needed, "unchanged_pass", "core"]
    assert chosen(["one_lead", "first_pass"]) == [*needed, "one_lead"]
    assert chosen(MEASUREMENTS) == list(MEASUREMENTS)


def test_each_measurement_has_a_file_and_each_file_is_listed():
    folder = bench.FOLDER / "measurements"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert files == set(MEASUREMENTS)
    for name in files:
        tree = ast.parse((folder / f"{name}.py").read_text())
        functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
        assert "measure" in functions, name
        assert set(MEASUREMENTS[name].needs) <= set(MEASUREMENTS)


def test_medians_of_functions_that_take_turns():
    order = []
    first, second = iter([5, 1, 3]), iter([20, 10, 30])

    def call(name, numbers):
        order.append(name)
        return next(numbers)

    found = medians(3, lambda: call("a", first), lambda: call("b", second))
    assert found == [3, 20]
    assert "".join(order) == "abbaab"


def test_more_is_in_percent():
    assert more(105, 100) == pytest.approx(5)
    assert more(99, 100) == pytest.approx(-1)


def test_time_is_extrapolated_as_it_grows():
    assert extrapolated({100: 2, 200: 4}, 1000) == pytest.approx(20)
    assert extrapolated({100: 2, 200: 8}, 1000) == pytest.approx(200)


@pytest.mark.parametrize("limit, count", [(200, 1000), (199, 500), (49, 250), (1, 200)])
def test_as_many_as_fit_into_a_limit_are_measured(limit, count):
    assert affordable({100: 2, 200: 8}, 1000, limit) == count


def test_unknown_measurement_is_refused(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["--only", "nothing"])
    assert "invalid choice: 'nothing'" in capsys.readouterr().err


def test_readme_gets_all_figures_or_none(capsys):
    with pytest.raises(SystemExit):
        bench.parse(["--only", "core", "--readme"])
    assert "leave out --only" in capsys.readouterr().err
