"""What Odoo's log says when our add-ons are installed and updated."""

import os

from scripts import databases, postgres


def test_nothing_is_complained_of_when_our_add_ons_are_updated():
    name = databases.create(f"test_{os.getpid()}")
    try:
        databases.update(name)
    finally:
        databases.drop(name)
    assert databases.complaints("update") == []


def test_complaints_about_an_installation_are_kept_with_its_template(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(databases, "LOGS", tmp_path)
    monkeypatch.setattr(databases, "matching", lambda start: ["full_a_old"])
    monkeypatch.setattr(databases, "drop", lambda name: None)
    monkeypatch.setattr(postgres, "query", lambda sql: [])
    for name in ("full_a_old", "full_a_new"):
        (tmp_path / f"{name}.log").write_text(f"1 WARNING {name}\n1 INFO done\n")
    databases.replace("full_a_", "draft", "full_a_new")
    assert databases.complaints("full_a_new") == ["1 WARNING full_a_new"]
    assert databases.complaints("full_a_old") == []
