"""What the guides in docs/ and the app's page name: pictures, labels, add-ons."""

import re
from functools import cache

import lxml.html
import polib
import pytest
from docutils import core, nodes

from scripts import addons, source
from scripts.paths import ROOT
from scripts.translations import LANGUAGES

GUIDES = sorted((ROOT / "docs").glob("guide_*.rst"))
TRANSLATED = [path for path in GUIDES if path.suffixes[:-1]]
PAGE = ROOT / "lead_scoring" / "static" / "description" / "index.html"
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")


def plain(text):
    """A text as it is read: without tags, and with … for what varies."""
    return PLACEHOLDER.sub("…", " ".join(re.sub(r"<[^>]+>", "", text).split()))


@cache
def labels(language):
    """``{English label: its translations}`` of our add-ons and Odoo's CRM."""
    inside = source.given() / "odoo"
    folders = [ROOT / name for name in addons.names()]
    # Odoo's package has it inside, a checkout beside
    folders += [folder / "addons" / "crm" for folder in (inside, inside.parent)]
    found = {}
    for path in (p for f in folders for p in f.glob(f"i18n/{language}.po")):
        for entry in polib.pofile(path).translated_entries():
            found.setdefault(plain(entry.msgid), set()).add(plain(entry.msgstr))
    return found


@cache
def read(path):
    """The document of a guide."""
    return core.publish_doctree(path.read_text(), settings_overrides={"halt_level": 2})


def named(path):
    """The labels that a guide names, the parts of a menu's path one by one."""
    italics = read(path).findall(nodes.emphasis)
    return {part for node in italics for part in plain(node.astext()).split(" ‣ ")}


def language_of(path):
    return path.suffixes[0].lstrip(".")


def english(path):
    """The guide that another one translates."""
    return path.with_name(path.name.replace(f".{language_of(path)}.", "."))


def test_each_guide_is_there_in_each_language():
    originals = set(GUIDES) - set(TRANSLATED)
    assert len(originals) == 2
    assert {(english(p), language_of(p)) for p in TRANSLATED} == {
        (path, language) for path in originals for language in LANGUAGES
    }


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_what_a_guide_shows_and_links_is_there(path):
    uris = [node["uri"] for node in read(path).findall(nodes.image)]
    assert uris
    uris += [node["refuri"] for node in read(path).findall(nodes.reference)]
    assert [uri for uri in uris if not (path.parent / uri).exists()] == []


@pytest.mark.parametrize("path", sorted(set(GUIDES) - set(TRANSLATED)), ids=str)
def test_labels_of_a_guide_are_on_screens(path):
    assert named(path) - set(labels(LANGUAGES[0])) == set()


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: path.name)
def test_a_translated_guide_names_the_same_labels(path):
    found = labels(language_of(path))
    texts = named(path)
    known = {label: found.get(label, set()) for label in named(english(path))}
    assert texts - set().union(*known.values()) == set()
    assert {label: t for label, t in known.items() if not t & texts} == {}


def test_page_of_the_app_shows_pictures_that_are_there():
    sources = lxml.html.parse(PAGE).xpath("//img/@src")
    assert sources
    assert [src for src in sources if not (PAGE.parent / src).exists()] == []


def test_page_of_the_app_is_what_the_store_allows():
    page = lxml.html.parse(PAGE)
    assert page.xpath("//script | //style | //link | //iframe | //form | //a") == []


def test_labels_on_the_page_of_the_app_are_on_screens():
    named_there = {plain(node.text) for node in lxml.html.parse(PAGE).xpath("//em")}
    assert named_there - set(labels(LANGUAGES[0])) == set()


def test_page_of_the_app_lists_our_add_ons_and_what_installs_itself():
    rows = lxml.html.parse(PAGE).xpath("//table//tr[td]")
    listed = {
        row.xpath("string(.//code)"): (
            " ".join(row.xpath("string(.//strong)").split()),
            "installs itself" in row.text_content(),
        )
        for row in rows
    }
    manifests = {name: addons.manifest(name) for name in addons.names()}
    assert listed == {
        name: (manifest["name"], bool(manifest.get("auto_install")))
        for name, manifest in manifests.items()
    }
