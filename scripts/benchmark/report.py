"""What was measured, as text."""

import os

from ..console import table
from . import rules


def text(leads, views, results, names):
    """The figures, their ratios, and which targets were met."""
    count = len(list(rules.values()))
    unchanged = results["unchanged_pass"]["seconds"]
    one = results["one_lead"]
    passes = [
        (
            names[name],
            f"{result['seconds']:9.2f}",
            f"{result['seconds'] / unchanged:9.2f} ×",
            f"{result['peak']:9.0f}",
            f"{result['peak'] - result['before']:9.0f}",
        )
        for name, result in results.items()
        if name != "one_lead"
    ]
    saves = [
        ("Saving one lead, scoring included", milliseconds(one["total"])),
        ("The same without scoring", milliseconds(one["without"])),
        ("Scoring one lead, nothing saved", milliseconds(one["alone"])),
        ("Scoring a thousand leads together", milliseconds(one["thousand"])),
    ]
    headers = ("", "  seconds", "÷ unchanged", "Python MB", " of it new")
    return "\n".join(
        (
            "",
            f"{leads:,} open leads, {views:,} page views, {count} rules;"
            f" {os.cpu_count()} processors. Measured in this order, each in a process",
            "of its own, after VACUUM ANALYZE. One lead: medians, caches empty.",
            "",
            table(headers, passes),
            "",
            table((f"{count} rules", "      ms"), saves),
            "",
            table(("Target", "  wanted", " reached", ""), targets(results)),
        )
    )


def milliseconds(seconds):
    """A number to stand in a column."""
    return f"{1000 * seconds:8.1f}"


def targets(results):
    """Rows of what was to be reached, and whether it was."""
    seconds = {name: result["seconds"] for name, result in results.items()}
    full = seconds["unchanged_pass"]
    memory = max(results[name]["peak"] for name in ("first_pass", "unchanged_pass"))
    core = full / seconds["core"]
    classic = seconds["classic"] / full
    share = 1000 * seconds["one_lead"]
    incremental = seconds["incremental_pass"]
    allowed = 0.05 * full + 0.5
    return [
        row("Full pass ÷ predictive scoring", 0.5, core, ".2f"),
        row("Classic way ÷ full pass", 3, classic, ".1f", least=True),
        row("Python in a full pass, MB", 300, memory, ".0f"),
        row("Scoring's share of saving one lead, ms", 12, share, ".1f"),
        row("Incremental pass, s (5 % of full + 0.5)", allowed, incremental, ".1f"),
    ]


def row(name, wanted, reached, style, least=False):
    """One target."""
    met = reached >= wanted if least else reached <= wanted
    sign = "≥" if least else "≤"
    return (
        name,
        f"{sign} {wanted:{style}}".rjust(8),
        f"{reached:{style}}".rjust(8),
        "met" if met else "MISSED",
    )
