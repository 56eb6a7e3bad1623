"""The tests that walk all models, fields and methods as users who may not read them."""

from xml.etree import ElementTree

from .. import addons, testing
from ..paths import LOGS, ROOT
from .outcome import Outcome

PATTERNS = ("test_access*.py", "test_walk*.py", "test_*_walk.py")
"""What the files of these tests are called."""


def paths():
    """Return the files of these tests, of all add-ons."""
    folders = [ROOT / name / "tests" for name in addons.names()]
    found = {
        path for folder in folders for name in PATTERNS for path in folder.glob(name)
    }
    return sorted(str(path.relative_to(ROOT)) for path in found)


def attack():
    """Run them; a test that fails has leaked something."""
    outcome = Outcome("walks over fields and methods")
    files = paths()
    if not files:
        outcome.notes.append("skipped: there is no file of such tests")
        return outcome
    report = LOGS / "stress_walks.xml"
    report.unlink(missing_ok=True)
    result = testing.main([*files, "-q", f"--junitxml={report}"])
    if not report.exists():
        outcome.count("stopped", "the tests did not run")
        return outcome
    for case in ElementTree.parse(report).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.count("leaked", case.get("name"))
        elif case.find("skipped") is None:
            outcome.count("held")
    if result and not outcome.failed:
        outcome.count("stopped", "the tests ended with an error")
    return outcome
