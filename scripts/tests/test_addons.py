"""What a template database is made of, and when it is made anew."""

import pytest

from scripts import addons


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of two add-ons, one standing on the other."""
    for name, depends in (("alpha", ["crm"]), ("beta", ["alpha", "sale"])):
        (tmp_path / name / "tests").mkdir(parents=True)
        manifest = {"name": name, "depends": depends}
        (tmp_path / name / "__manifest__.py").write_text(repr(manifest))
    monkeypatch.setattr(addons, "ROOT", tmp_path)
    return tmp_path


def test_foundation_holds_the_dependencies_that_are_not_ours(repository):
    assert addons.foundation(["beta"]) == ["crm", "sale", "website_crm"]


def test_foundation_holds_add_ons_asked_for_by_name(repository):
    assert "sms" in addons.foundation(["alpha", "sms"])


def test_what_can_not_be_installed_is_left_out(repository):
    (repository / "beta" / "__manifest__.py").write_text("{'installable': False}")
    assert addons.names() == ["alpha"]


def test_hash_changes_with_what_is_installed(repository):
    before = addons.content_hash(["alpha", "beta"])
    (repository / "alpha" / "data.xml").write_text("<odoo/>")
    assert addons.content_hash(["alpha", "beta"]) != before
    assert addons.content_hash(["beta"]) != addons.content_hash(["alpha"])


def test_hash_stays_when_only_a_test_changes(repository):
    before = addons.content_hash(["alpha"])
    (repository / "alpha" / "tests" / "test_a.py").write_text("x = 1\n")
    assert addons.content_hash(["alpha"]) == before
