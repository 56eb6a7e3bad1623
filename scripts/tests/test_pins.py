"""Every version is pinned, and what is installed is what is pinned."""

import re
from importlib import metadata

import pytest

from scripts import source, venv
from scripts.paths import ODOO_PACKAGE, ODOO_SERIES, ROOT

PINS = [
    line
    for name in (*venv.REQUIREMENTS, venv.ADDONS)
    for line in (ROOT / name).read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize("pin", PINS)
def test_package_is_installed_at_its_pinned_version(pin):
    name, version = pin.split("==")
    assert metadata.version(name) == version


def test_pre_commit_runs_what_is_pinned():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    used = set(re.findall(r'"(\S+==\S+)"', hooks))
    assert used <= set(PINS)
    assert {pin.partition("==")[0] for pin in used} == {
        "docutils",
        "pylint-odoo",
        "ruff",
    }
    assert hooks.count("additional_dependencies") == len(re.findall("==", hooks))


def test_environment_is_made_anew_when_what_we_add_to_it_changes(monkeypatch):
    before = venv.key()
    monkeypatch.setattr(venv, "ODOO_PTH", "import os\n")
    assert venv.key() != before


def test_odoo_package_is_of_our_series():
    assert ODOO_PACKAGE.startswith(ODOO_SERIES)


def test_version_is_read_from_the_name_of_a_package(tmp_path):
    read = source.package_version
    assert read(tmp_path / "odoo-19_19.0.0+dfsg-1_all.deb") == "19.0.0+dfsg-1"
    assert read(tmp_path / "odoo-19_1%3a19.0.1-1_all.deb") == "19.0.1-1"
    assert read(tmp_path / "libjs-jquery_3.6.1_all.deb") is None


def test_series_is_read_from_the_source(tmp_path):
    (tmp_path / "odoo").mkdir()
    release = tmp_path / "odoo" / "release.py"
    release.write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    assert source.version(tmp_path) == "19.0"
