"""The figures as text, for the terminal and for the README."""

from ..console import table

TITLES = {
    "five-fold": "Five-fold: learned from four fifths, judged by the other",
    "newest": "Newest 20 %: learned from the older ones",
    "few leads": "150 closed leads only: the mean of 8 draws",
}
FIGURES = ("AUC", "ECE", "Brier")


def text(result):
    """The whole report.

    :param result: what `inside.run` returned
    """
    about = result["about"]
    sections = {section["name"]: section for section in result["sections"]}
    parts = [heading(about)]
    for name, title in TITLES.items():
        if name in sections:
            parts.append(figures(title, sections[name]["rows"], about))
        else:
            parts.append(f"{title}:\nnot possible, {REASONS[name]}.")
    if "vendor" in sections:
        title = (
            f"The {about['vendor rows']:,} leads with the vendor's scores, five-fold"
        )
        parts.append(figures(title, sections["vendor"]["rows"], about))
    doubtful = " and ".join(f"«{name}»" for name in about["doubtful"])
    for name, title in TITLES.items():
        if f"{name}, without" in sections:
            short = title.partition(":")[0]
            rows = sections[f"{name}, without"]["rows"]
            parts.append(figures(f"{short}, without {doubtful}", rows, about))
    parts.append(engine(sections["engine"]))
    if about["asked"]:
        parts.append(verdicts(about["asked"], sections))
    return "\n\n".join(parts)


REASONS = {
    "newest": "for the mapping names no order in time, or either part has too few won "
    "or lost leads",
    "few leads": "for there are too few others to judge by",
}


def heading(about):
    """What was measured."""
    offered, every = about["predictive"]
    lines = [
        f"{about['file']}: {about['leads']:,} leads, {about['won']:,} of them won; "
        f"{about['columns']} fields to learn from; commit {about['commit']}.",
        "AUC: 0.5 is chance, 1 perfect. ECE: how far probabilities are off. All figures"
        " are\nmeans over the splits; rules are those with points.",
        "Odoo's predictive scoring reads the fields that its settings offer:",
        f"  {', '.join(offered)};",
        f"or, as the parameter behind them allows, {len(every) - len(offered)} loaded"
        " categories more.",
    ]
    return "\n".join(lines)


def labels(about):
    """What each way to score is called."""
    source = "of the mapping" if about["from mapping"] else "that come with the add-on"
    return {
        "hand-made": f"Hand-made rules {source}",
        "points": "Learned integer points",
        "more points": "Learned, up to 50 rules",
        "probability": "Predicted probability",
        "boosting": "Gradient boosting",
        "predictive, offered": "Odoo's predictive, offered fields",
        "predictive, all": "Odoo's predictive, all fields",
        "vendor": f"{about['vendor']}, sum",
        "vendor, weighed": f"{about['vendor']}, best weighed",
    }


def figures(title, rows, about):
    """A table of one section."""
    names = labels(about)
    cells = [
        [names[way], *(number(found.get(key)) for key in FIGURES), rules(found)]
        for way, found in rows
    ]
    return f"{title}\n\n" + table(("", *FIGURES, "rules"), cells, limit=60)


def number(value):
    """A figure with three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}"


def rules(found):
    """How many rules, on average."""
    return "–".rjust(5) if found.get("rules") is None else round(found["rules"])


def engine(section):
    """Whether the engine gives what was learned."""
    refused = "".join(f"\nRefused as a rule: {text}" for text in section["refused"])
    return (
        f"The points of one split, as {section['rules']} rules of a draft model: the "
        f"engine gives\n{section['same']:,} of {section['leads']:,} leads the very"
        f" sum that was learned.{refused}"
    )


def verdicts(asked, sections):
    """Each bound beside what was measured, also without doubtful columns."""
    rows = []
    for suffix, addition in (("", ""), (", without", ", without doubtful")):
        if f"five-fold{suffix}" not in sections:
            continue
        for name, bound in asked.items():
            if suffix and not is_relative(name):
                continue
            value = measured(name, sections, suffix)
            is_most = name in ("ECE", "rules")
            kept = value is not None and (value <= bound if is_most else value >= bound)
            word = "–" if value is None else "kept" if kept else "missed"
            sign = "≤" if is_most else "≥"
            digits = 0 if name == "rules" else 3
            shown = "–" if value is None else f"{value:.{digits}f}"
            rows.append(
                (LABELS[name] + addition, shown, f"{sign} {bound:.{digits}f}", word)
            )
    return table(("Learned integer points", "", "asked", ""), rows, limit=60)


LABELS = {
    "five-fold AUC": "AUC, five-fold",
    "newest AUC": "AUC, newest 20 %",
    "few leads AUC": "AUC, 150 closed leads only",
    "ECE": "ECE, the worse of five-fold and newest",
    "rules": "Rules, five-fold",
    "five-fold AUC above boosting's": "AUC above boosting's, five-fold",
    "newest AUC above boosting's": "AUC above boosting's, newest 20 %",
    "few leads AUC above boosting's": "AUC above boosting's, 150 leads only",
    "AUC above vendor's": "AUC above the vendor's, on its rows",
}


def is_relative(name):
    """Whether a bound is asked of the figures without doubtful columns, too: an AUC as
    such is lower there for every way to score.
    """
    return name in ("ECE", "rules") or name.endswith("above boosting's")


def measured(name, sections, suffix=""):
    """What a bound is compared with; None if it was not measured.

    :param suffix: of the names of the sections that are looked at
    """
    if name == "ECE":
        parts = [f"{part}{suffix}" for part in ("five-fold", "newest")]
        found = [of(sections, p, "points", "ECE") for p in parts]
        return max((value for value in found if value is not None), default=None)
    if name == "rules":
        return of(sections, f"five-fold{suffix}", "points", "rules")
    if name == "AUC above vendor's":
        return above(sections, "vendor", "vendor", "vendor, weighed")
    part, _auc, rest = name.partition(" AUC")
    if rest:
        return above(sections, part + suffix, "boosting")
    return of(sections, part + suffix, "points", "AUC")


def above(sections, section, *ways):
    """By how much the AUC of the learned points is above the best of some ways."""
    ours = of(sections, section, "points", "AUC")
    theirs = [of(sections, section, way, "AUC") for way in ways]
    theirs = [value for value in theirs if value is not None]
    return ours - max(theirs) if ours is not None and theirs else None


def of(sections, section, way, figure):
    """One figure; None if it was not measured."""
    rows = dict(sections.get(section, {}).get("rows", []))
    return rows.get(way, {}).get(figure)
