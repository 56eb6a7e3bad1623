"""Reports that a command writes into README.rst, between two marks."""

import re
import subprocess

from .console import DevError
from .paths import ROOT

README = ROOT / "README.rst"


def marks(command):
    """The first and the last line of the place for the report of a command."""
    return (
        f".. written by ./dev {command} --readme",
        f".. end of what ./dev {command} --readme writes",
    )


def insert(document, command, report):
    """Return an rst document with the report in its place, as a literal block.

    :raise DevError: the document has no place for it
    """
    begin, end = marks(command)
    block = "\n".join(f"   {line}".rstrip() for line in report.splitlines())
    place = re.compile(f"^{re.escape(begin)}$.*?^{re.escape(end)}$", re.M | re.S)
    if not place.search(document):
        raise DevError(f"README.rst has no line «{begin}» before «{end}».")
    written = f"{begin}\n\n::\n\n{block}\n\n{end}"
    return place.sub(lambda _match: written, document, count=1)


def refresh(command, report):
    """Write the report into README.rst."""
    README.write_text(insert(README.read_text(), command, report))


def commit():
    """The commit that the work tree is at, and whether it was changed since."""
    command = ["git", "describe", "--always", "--exclude=*", "--dirty= and changes"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() or "unknown"
