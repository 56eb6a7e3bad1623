"""Reports in README.rst."""

import pytest

from scripts import document
from scripts.console import DevError

BEGIN, END = document.marks("bench")


def test_report_takes_its_place_once_and_again():
    text = f"Before\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter\n"
    once = document.insert(text, "bench", "a\n\n\\1 b")
    assert once == (f"Before\n\n{BEGIN}\n\n::\n\n   a\n\n   \\1 b\n\n{END}\n\nAfter\n")
    assert document.insert(once, "bench", "a\n\n\\1 b") == once


def test_document_without_a_place_is_refused():
    with pytest.raises(DevError, match="has no line"):
        document.insert(f"{END}\n{BEGIN}\n", "bench", "text")


@pytest.mark.parametrize("command", ["bench", "quality"])
def test_readme_has_a_place_for_each_report(command):
    assert "new" in document.insert(document.README.read_text(), command, "new")
