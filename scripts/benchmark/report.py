"""The figures as text, for the terminal and for the README."""

from ..console import table
from .figures import number


def text(heading, groups):
    """A table of all figures beside their bounds, and which bounds are missed.

    :param heading: lines about what was measured
    :param groups: lists of Figures; a line is left empty between two of them
    """
    rows = []
    for group in groups:
        rows += [[""] * 4, *map(row, group)]
    figures = [figure for group in groups for figure in group]
    lines = [*heading, "", table(("", " measured", "  asked", ""), rows[1:], limit=60)]
    return "\n".join((*lines, "", summary(figures)))


def row(figure):
    """One line of the table."""
    value = f"{number(figure.value)} {figure.unit}".rstrip()
    verdict = ("missed" if figure.missed else "kept") if figure.bound else ""
    return (figure.name, value.rjust(9), figure.bound.rjust(7), verdict)


def line(figure):
    """One figure alone."""
    return " ".join(" ".join(row(figure)).split())


def summary(figures):
    """Which bounds are missed."""
    bounds = [figure for figure in figures if figure.bound]
    missed = [figure.name for figure in bounds if figure.missed]
    if not missed:
        return f"All {len(bounds)} bounds are kept."
    listed = "".join(f"\n  {name}" for name in missed)
    return f"{len(missed)} of {len(bounds)} bounds are missed:{listed}"
