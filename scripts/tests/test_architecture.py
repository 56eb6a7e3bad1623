"""What docs/architecture.rst says of files and functions is so."""

import re

import pytest

from scripts.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.rst").read_text()
ROW = re.compile(r"^   \* - (.*?)(?=^   \* -|^\S|\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"``([\w/.]+)``")


def located(path):
    """The file or folder that the page names; the core's parts are named from there."""
    core = ROOT / "lead_scoring"
    found = [ROOT / path, core / path, core / "models" / path]
    return next((place for place in found if place.exists()), None)


def rows():
    """Yield ``(files, names)`` of each row of the page that names a file."""
    for row in ROW.findall(PAGE):
        names = NAME.findall(row)
        paths = [name for name in names if re.search(r"/|\.(py|xml)$", name)]
        if paths:
            yield paths, [name for name in names if name not in paths]


@pytest.mark.parametrize("path", sorted({p for paths, _names in rows() for p in paths}))
def test_file_is_there(path):
    assert located(path)


@pytest.mark.parametrize(
    ("paths", "names"), list(rows()), ids=lambda value: "-".join(value)[:60]
)
def test_function_is_in_the_file_beside_it(paths, names):
    files = [located(path) for path in paths]
    text = "\n".join(f.read_text() for f in files if f and f.is_file())
    for name in names:
        if re.fullmatch(r"_\w+|\w+_\w+|parse_domain|compare|fill", name) and text:
            assert re.search(rf"\b{name}\b", text), f"{name} in {paths}"
