"""What came out of a loaded file, as text: who was converted, and whether the score
tells leads that were won from those that were lost.
"""

from ..console import table

BAND = 20
TOP = 80
TEMPERATURES = ("cold", "warm", "hot")


def text(result, teams):
    """The whole report.

    :param result: what `inside.run` returned
    :param teams: ``{name: minimum score}``
    """
    leads = result["leads"]
    is_open = [lead for lead in leads if lead["open"]]
    closed = [lead for lead in leads if not lead["open"]]
    parts = [*emptied(result["emptied"]), summary(closed, is_open)]
    parts.append(became(is_open, teams))
    if closed:
        bands = ["below 0", *map(band, range(0, TOP + 1, BAND))]
        tables = {
            "Score": (bands, lambda lead: band(lead["score"])),
            "Temperature": (TEMPERATURES, lambda lead: lead["temperature"]),
        }
        for header, (labels, key) in tables.items():
            parts.append(win_rates(header, labels, key, closed, is_open))
        parts.append(accuracy(closed, is_open))
    return "\n\n".join(parts)


def emptied(columns):
    """A line for each column of which some values name no record."""
    for name, values in columns.items():
        if values:
            names = ", ".join(f"{value} ({count})" for value, count in values.items())
            yield f"{name}: left empty where Odoo has no such name: {names}."


def summary(closed, is_open):
    """How many leads there are of which kind."""
    line = f"{len(closed) + len(is_open):,} leads loaded and scored"
    if not closed:
        return f"{line}, all of them open."
    won = sum(lead["won"] for lead in closed)
    return (
        f"{line}: the oldest {len(closed):,} closed as in the file ({won:,} won, "
        f"{len(closed) - won:,} lost),\nthe newest {len(is_open):,} left open, their "
        "end known to this report only."
    )


def became(leads, teams):
    """What the scheduled action made of the open leads, and how the file says that
    they ended.
    """
    labels = {name: f"→ {name}, from {minimum}" for name, minimum in teams.items()}
    groups = {label: [] for label in labels.values()}
    for lead in leads:
        label = labels.get(lead["team"]) or f"waits: {lead['waiting'] or 'no reason'}"
        groups.setdefault(label, []).append(lead)
    rows = [(label, len(group), won(group)) for label, group in groups.items()]
    return table(("Open leads", "Leads", "Won %"), rows, limit=60)


def win_rates(header, labels, key, closed, is_open):
    """A table of how many leads have each label, and how many percent were won."""
    rows = []
    for label in labels:
        cells = [label]
        for leads in (closed, is_open):
            group = [lead for lead in leads if key(lead) == label]
            cells += [len(group), won(group)]
        rows.append(cells)
    return table((header, "Closed leads", "Won %", "Open leads", "Won %"), rows)


def band(score):
    """The band that a score lies in."""
    if score < 0:
        return "below 0"
    if score >= TOP:
        return f"{TOP} or more"
    low = score // BAND * BAND
    return f"{low} to {low + BAND - 1}"


def won(leads):
    """How many percent were won; a dash where that is not known."""
    known = [lead["won"] for lead in leads if lead["won"] is not None]
    return round(100 * sum(known) / len(known)) if known else "–"


def accuracy(closed, is_open):
    """How often a won lead scored higher than a lost one."""
    values = {"closed": auc(closed), "open": auc(is_open)}
    known = [f"{name} leads {value:.3f}" for name, value in values.items() if value]
    return (
        "AUC, the share of pairs in which the lead that was won scored higher than the "
        f"one that was lost:\n{', '.join(known) or 'not known'}."
    )


def auc(leads):
    """The area under the curve; a tie counts half. None where all ended alike. The
    reports run outside of Odoo, where numpy and scikit-learn need not be.
    """
    counts = {}
    for lead in leads:
        if lead["won"] is not None:
            counts.setdefault(lead["score"], [0, 0])[lead["won"]] += 1
    lost = won = pairs = 0
    for score in sorted(counts):
        lost_here, won_here = counts[score]
        pairs += won_here * (lost + lost_here / 2)
        lost += lost_here
        won += won_here
    return pairs / (won * lost) if won and lost else None
