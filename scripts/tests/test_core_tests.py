"""How the outcomes of Odoo's own tests, without and with our add-ons, are compared."""

import pytest

from scripts import core_tests, source, testing

XML = """<testsuites><testsuite>
<testcase classname=".dev.odoo.addons.crm.tests.test_pls.TestLost" name="test_a" />
<testcase classname=".dev.odoo.addons.crm.tests.test_pls.TestLost" name="test_b">
  <failure message="AssertionError: 2 != 1&#10;more">trace</failure></testcase>
<testcase classname=".dev.odoo.addons.crm.tests.test_pls.TestLost" name="test_c">
  <skipped message="no browser" /></testcase>
<testcase classname=".dev.odoo.addons.crm.tests.test_pls.TestLost" name="test_d" />
<testcase classname=".dev.odoo.addons.crm.tests.test_pls.TestLost" name="test_d">
  <error message="KeyError: 1">in tearDown</error></testcase>
</testsuite></testsuites>"""
TEST = "crm.tests.test_pls.TestLost.test_"


def test_outcomes_are_read_by_the_names_of_tests(tmp_path):
    path = tmp_path / "core.xml"
    path.write_text(XML)
    assert core_tests.read(path) == {
        f"{TEST}a": "passed",
        f"{TEST}b": "AssertionError: 2 != 1",
        f"{TEST}c": "skipped",
        f"{TEST}d": "KeyError: 1",
    }


@pytest.mark.parametrize(
    "without, ours, code",
    [
        ("passed", "passed", 0),
        ("passed", "AssertionError", 1),
        ("AssertionError", "AssertionError", 0),
        ("AssertionError", "passed", 0),
        ("skipped", "AssertionError", 1),
        ("passed", None, 1),
    ],
)
def test_what_fails_with_our_add_ons_only_is_a_failure(without, ours, code, capsys):
    found = {"crm.test_a": ours} if ours else {}
    assert core_tests.report({"crm.test_a": without}, found) == code
    assert ("crm.test_a" in capsys.readouterr().err) == (code == 1 or "Err" in without)


def test_known_failure_is_told_with_its_reason(monkeypatch, capsys):
    monkeypatch.setattr(core_tests, "KNOWN", {"crm.test_a": "two queries more"})
    fails = core_tests.report({"crm.test_a": "passed"}, {"crm.test_a": "Error"})
    assert fails == 0
    assert "crm.test_a: two queries more" in capsys.readouterr().err
    core_tests.report({"crm.test_a": "passed"}, {"crm.test_a": "passed"})
    assert "crm.test_a is listed as known, but passes" in capsys.readouterr().err


def test_quick_tests_are_there_and_need_no_browser():
    core = source.ensure() / "odoo" / "addons"
    for path in core_tests.QUICK:
        assert (core / path).exists(), path
        assert not testing.has_browser_tests(core / path), path


@pytest.mark.parametrize(
    "found, code",
    [
        ({"crm.test_a": "passed", "crm.test_b": "AssertionError"}, 0),
        ({"crm.test_a": "AssertionError", "crm.test_b": "AssertionError"}, 1),
        ({}, 1),
    ],
)
def test_quick_tests_fail_on_what_is_not_known_to_fail_without(
    found, code, monkeypatch
):
    monkeypatch.setattr(core_tests, "THEIRS", {"crm.test_b": "a newer library"})
    monkeypatch.setattr(core_tests.odoo, "ensure", source.ensure)
    monkeypatch.setattr(core_tests.databases, "drop_stale_tests", lambda: None)
    monkeypatch.setattr(core_tests, "copy", lambda side, folder: f"copy_{side}")
    runs = []

    def outcomes(side, name, paths, arguments):
        runs.append((side, name, arguments))
        return found

    monkeypatch.setattr(core_tests, "outcomes", outcomes)
    assert core_tests.main(["--quick", "-x"]) == code
    assert runs == [("with", "copy_with", ["-x"])]
