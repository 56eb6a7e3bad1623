"""Translation templates, and the languages that must be complete."""

import json
import re
import subprocess

from . import addons, databases, odoo, venv
from .console import DevError, step, table
from .paths import DEV, ROOT

LANGUAGES = ("uk", "vi")
DATES = re.compile(r'^"(POT-Creation|PO-Revision)-Date:.*\n', re.MULTILINE)
# Runs in the virtual environment, which has polib; ./dev itself need not.
MERGE = """
import json, os, sys, polib
pot_path, po_path, write = sys.argv[1], sys.argv[2], sys.argv[3] == "write"
pot = polib.pofile(pot_path)
po = polib.pofile(po_path) if os.path.exists(po_path) else polib.POFile()
if not po.metadata:
    language = os.path.basename(po_path).removesuffix(".po")
    po.metadata = {**pot.metadata, "Language": language}
    po.header = pot.header
po.merge(pot)
if write:
    for entry in po.obsolete_entries():
        po.remove(entry)
    po.save(po_path)
print(json.dumps([len(po.translated_entries()), len(po.untranslated_entries()),
                  len(po.fuzzy_entries())]))
"""


def main(check=False):
    """Export the templates, merge them into the languages, and count gaps."""
    name = databases.create("pot")
    rows = [row for module in addons.names() for row in refresh(name, module, check)]
    print(table(("File", "Translated", "Missing", "Fuzzy", "State"), rows))
    bad = [row[0] for row in rows if row[2] or row[3] or row[4] == "stale"]
    if check and bad:
        raise DevError(f"Run ./dev pot and translate: {', '.join(bad)}")


def refresh(database, module, check):
    """Bring one add-on's files up to date, and yield a row for each."""
    folder = ROOT / module / "i18n"
    fresh = export(database, module)
    pot = folder / f"{module}.pot"
    stale = not pot.exists() or undated(pot) != undated(fresh)
    if stale and not check:
        folder.mkdir(exist_ok=True)
        pot.write_text(fresh.read_text())
    state = "current" if not stale else "stale" if check else "updated"
    yield str(pot.relative_to(ROOT)), 0, 0, 0, state
    for language in LANGUAGES:
        po = folder / f"{language}.po"
        counts = merge(fresh, po, "read" if check else "write")
        yield str(po.relative_to(ROOT)), *counts, ""


def undated(path):
    """A catalogue without the dates in its header, which always differ."""
    return DATES.sub("", path.read_text())


def export(database, module):
    """Let Odoo export the template of an add-on to a file."""
    path = DEV / f"{module}.pot"
    with step(f"Exporting the texts of {module}"):
        odoo.export_terms(database, module, path)
    if not path.exists():
        raise DevError(f"{module} has no texts to translate.")
    return path


def merge(pot, po, mode):
    """Merge a template into a language; return translated, missing, fuzzy."""
    command = [venv.PYTHON, "-c", MERGE, pot, po, mode]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise DevError(f"{po.relative_to(ROOT)}: {result.stderr.splitlines()[-1]}")
    return json.loads(result.stdout)
