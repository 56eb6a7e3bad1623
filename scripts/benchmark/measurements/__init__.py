"""What ./dev bench measures: a file for each measurement, listed here.

Each file has a function ``measure(env, earlier)`` that yields Figures. It runs inside
Odoo, in a process of its own, on a database that is tidied before. ``earlier`` holds
the values of the figures measured before, by their names.
"""

from typing import NamedTuple


class Measurement(NamedTuple):
    """What runs before a measurement, and whether it compares with a copy of the
    database without our add-ons, see ``website.Site``.
    """

    title: str
    needs: tuple = ("first_pass",)
    compares: bool = False


# In this order: ours first, then what leaves the tables larger than it found them.
MEASUREMENTS = {
    # the next pass would do it, too, if nobody had
    "job_titles": Measurement("Reading job titles", needs=()),
    "first_pass": Measurement("Full pass, all scores new", needs=("job_titles",)),
    "unchanged_pass": Measurement("Full pass, nothing changed"),
    "floor": Measurement("The same by hand", needs=("unchanged_pass",)),
    "incremental_pass": Measurement(
        "Incremental pass, 1 % of leads touched", needs=("unchanged_pass",)
    ),
    "one_lead": Measurement("Saving one lead"),
    "transitions": Measurement("Leads become hot"),
    "page_views": Measurement("Page requests", compares=True),
    "forms": Measurement("Form submissions", compares=True),
    "flood": Measurement("A flood of page views", needs=("unchanged_pass",)),
    "indexes": Measurement("Indexes"),
    "classic": Measurement("Classic way", needs=("unchanged_pass",)),
    "core": Measurement("Odoo's predictive scoring", needs=("unchanged_pass",)),
    "routing": Measurement("Qualified leads go to sales"),
    "core_routing": Measurement(
        "Odoo's rule-based assignment", needs=("routing",), compares=True
    ),
    "install": Measurement("Installing on the leads there are", compares=True),
    "workers": Measurement("Jobs on four workers"),
    "dead_rows": Measurement("Dead rows after ten passes", needs=("unchanged_pass",)),
    "screens": Measurement("Leads by score on the screen"),
    # all scores change with the rules: before passes it would make them longer
    "shipped_rules": Measurement("Saving one lead, scored by the rules that we ship"),
    # last: it closes all leads
    "learning": Measurement("Learning from closed leads"),
}


def chosen(names):
    """The names of these measurements and of what they need, in order of running."""
    found = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting.extend(MEASUREMENTS[name].needs)
    return [name for name in MEASUREMENTS if name in found]
