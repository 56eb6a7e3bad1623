"""The add-ons of this repository, and what they need around them."""

import ast
import hashlib

from .paths import ROOT

# Add-ons that a database holds before ours are there to ask for them.
USUAL = ("crm", "website_crm")
# What changes nothing in a database: a change there needs no new template.
UNINSTALLED = {"tests", "readme", "static", "i18n", "__pycache__"}


def names():
    """The installable add-ons at the root of the repository."""
    found = (path.parent.name for path in ROOT.glob("*/__manifest__.py"))
    return sorted(name for name in found if manifest(name).get("installable", True))


def manifest(name):
    """The manifest of one of our add-ons."""
    return ast.literal_eval((ROOT / name / "__manifest__.py").read_text())


def foundation(modules):
    """The add-ons of others that these modules stand on."""
    ours = set(names())
    needed = set(USUAL)
    for module in modules:
        if module in ours:
            needed.update(manifest(module).get("depends", ()))
        else:
            needed.add(module)
    return sorted(needed - ours)


def content_hash(modules):
    """A hash over every file of our modules that an installation reads."""
    digest = hashlib.sha256()
    for module in sorted(set(modules) & set(names())):
        for path in sorted((ROOT / module).rglob("*")):
            relative = path.relative_to(ROOT)
            if path.is_file() and not UNINSTALLED & set(relative.parts):
                digest.update(f"{relative}\0".encode() + path.read_bytes())
    return digest.hexdigest()
