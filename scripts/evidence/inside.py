"""What happens inside Odoo: loading, closing, learning, judging."""

from collections import Counter

import numpy as np

from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.lead_scoring_learning.tools import conditions

from scripts.console import DevError, step
from scripts.evidence import predictive, table, trial
from scripts.loading import inside as loading
from scripts.loading import mapping as mappings

RECURRING = 20
"""A text that so many leads have is a category."""


def run(env, csv_path, mapping_path):
    """Load a file into a fresh database and judge all ways to score its leads.

    :return: for `report.text`: ``{"about": …, "notes": […], "sections": […]}``; or only
        an ``error``
    """
    try:
        read = table.read(csv_path, mappings.read(mapping_path, takes_rest=True))
        return judge(env, read)
    except (DevError, UserError) as error:
        return {"error": " ".join(str(error).split())}


def judge(env, read):
    """Load and close the leads of a file, and judge all ways to score them, see `run`.

    :raise DevError: too little to learn from, or Odoo can't load it
    """
    table.check(read)
    table.leave_out_rare_scores(read)
    won = np.array([row.won for row in read.rows])
    # the stage that each lead would find for itself by two queries
    stage = env["crm.stage"].search([("team_ids", "=", False)], limit=1)
    env = env(context={**env.context, "default_stage_id": stage.id})
    emptied, leads = loading.load(env, read.mapping, read.rows)
    with step("Closing the leads as the file says"):
        predictor = predictive.Predictor(env, leads, won)
    mapping = read.mapping
    order = np.array([row.order for row in read.rows]) if mapping.order else None
    data = trial.Data(columns(leads, mapping), won, order)
    judged = Judge(env, leads, read, data, predictor)
    for name, values in emptied.items():
        if values:
            read.notes.append(f"«{name}»: {sum(values.values()):,} names not in Odoo.")
    sections = judged.sections()
    return {"about": judged.about(), "notes": read.notes, "sections": sections}


def columns(leads, mapping):
    """The values that Odoo has now, as :class:`conditions.Column` s by field."""
    names = [c.field for n, c in mapping.columns.items() if n != table.NUMBERED]
    leads.env.flush_all()
    leads.env.cr.execute(
        SQL(
            "SELECT id, %s FROM crm_lead WHERE id IN %s",
            SQL(", ").join(map(SQL.identifier, names)),
            leads._ids,
        )
    )
    by_id = {lead_id: values for lead_id, *values in leads.env.cr.fetchall()}
    rows = zip(*(by_id[lead_id] for lead_id in leads.ids), strict=True)
    return {
        name: column(leads._fields[name], values)
        for name, values in zip(names, rows, strict=True)
    }


def column(field, values):
    """The values of one field. A number that is missing is 0, as in Odoo."""
    if field.type in ("integer", "float", "monetary"):
        numbers = np.array([float(value or 0) for value in values])
        return conditions.Column(field.name, "number", numbers)
    if field.type in ("date", "datetime"):
        days = np.array([value or "NaT" for value in values], dtype="datetime64[D]")
        return conditions.Column(field.name, "date", days)
    objects = np.array([value or None for value in values], dtype=object)
    kind = "boolean" if field.type == "boolean" else "category"
    if field.type in ("char", "text") and is_prose(values):
        kind = "text"
    return conditions.Column(field.name, kind, objects)


def is_prose(values):
    """Whether texts are written freely: words, and few that come again and again."""
    known = [value for value in values if value]
    recurring = sum(n for n in Counter(known).values() if n >= RECURRING)
    words = sum(len(value.split()) for value in known)
    return recurring < len(known) / 2 and words >= 2 * len(known)


class Judge:
    """Measures all ways to score on the same splits."""

    def __init__(self, env, leads, read, data, predictor):
        self.env = env
        self.leads = leads
        self.mapping = read.mapping
        self.data = data
        self.predictor = predictor
        self.vendor = read.vendor
        # the rules of the mapping, else those that come with the add-on
        models = env["lead.scoring.model"].search([], limit=1)
        if not read.mapping.rules:
            models = env.ref("lead_scoring.scoring_model_standard")
        self.starters = models.rule_ids
        self.starter_points = self.sums(self.starters)

    def sums(self, rules):
        """What the engine gives each lead for some rules."""
        given = self.env["lead.scoring.engine"]._points(self.leads, rules, closed=True)
        return np.array([sum(given[lead_id].values()) for lead_id in self.leads.ids])

    def about(self):
        """What was measured."""
        return {
            "leads": len(self.data.won),
            "won": int(self.data.won.sum()),
            "columns": len(self.data.columns),
            "hand-made": len(self.starters),
            "from mapping": bool(self.mapping.rules),
            "doubtful": self.mapping.doubtful,
            "vendor": self.mapping.vendor.get("name"),
            "vendor rows": sum(given is not None for given in self.vendor),
            "predictive": [list(names) for names in self.predicted_by().values()],
            "asked": self.mapping.asked,
        }

    def sections(self):
        """The figures, section by section."""
        data, found = self.data, []
        splits = {
            "five-fold": trial.folds(data),
            "newest": trial.newest(data),
            "few leads": trial.draws(data),
        }
        splits = {name: parts for name, parts in splits.items() if parts}
        for name, parts in splits.items():
            with step(f"Learning and judging: {name}"):
                found.append({"name": name, "rows": self.compare(data, parts)})
        if any(given is not None for given in self.vendor):
            with step("Beside the vendor's scores"):
                found.append({"name": "vendor", "rows": self.beside_vendor()})
        if self.mapping.doubtful:
            names = table.doubtful(self.mapping)
            fields = {self.mapping.columns[name].field for name in names}
            for name, parts in splits.items():
                with step(f"Without doubtful columns: {name}"):
                    rows = self.compare(data.without(fields), parts)
                found.append({"name": f"{name}, without", "rows": rows})
        with step("Comparing the engine's points with what was learned"):
            found.append(self.agreement(splits.get("newest", splits["five-fold"])[0]))
        return found

    def predicted_by(self):
        """The fields Odoo's predictive scoring reads: those its settings offer, and
        these with all that were loaded and have values to tell apart.
        """
        settings = self.env["crm.lead.scoring.frequency.field"].search([])
        offered = settings.field_id.mapped("name")
        loaded = [
            name
            for name, column in self.data.columns.items()
            if column.kind in ("category", "boolean")
        ]
        return {"offered": offered, "all": list(dict.fromkeys(offered + loaded))}

    def compare(self, data, splits):
        """Each way's mean figures over the splits, ``[(way, figures)]``."""
        rows = {}
        for training, test in splits:
            for way, result in self.ways(data, training, test):
                rows.setdefault(way, []).append(result)
        return [(way, trial.mean(results)) for way, results in rows.items()]

    def ways(self, data, training, test):
        """Yield the figures of each way on one split."""
        won, is_whole = data.won[test], data is self.data
        if is_whole:
            scores, count = self.starter_points, len(self.starters)
            yield "hand-made", trial.calibrated(data, scores, training, test, count)
        lesson = trial.lesson(data, training)
        matrix = conditions.design(lesson.conditions, data.some(test))
        yield "points", lesson.figures(won, matrix)
        more = trial.lesson(data, training, trial.MANY_RULES)
        yield "more points", more.figures(won, matrix)
        chances = lesson.learned.probability(matrix)
        yield "probability", trial.figures(won, chances, chances)
        chances = trial.boosted(data, training, test, lesson.conditions)
        yield "boosting", trial.figures(won, chances, chances)
        for name, fields in self.predicted_by().items() if is_whole else ():
            chances = self.predictor.probability(fields, training, test)
            yield f"predictive, {name}", trial.figures(won, chances, chances)

    def beside_vendor(self):
        """The vendor's scores, summed and as best weighed by a regression, beside the
        learned points, five-fold on the rows that have them.
        """
        has = np.array([given is not None for given in self.vendor])
        width = len(self.mapping.vendor["columns"])
        scores = np.array([given or [0.0] * width for given in self.vendor])
        rows = {"vendor": [], "vendor, weighed": [], "points": []}
        for training, test in trial.folds(self.data):
            test, known = test[has[test]], training[has[training]]
            total = scores.sum(axis=1)
            rows["vendor"].append(trial.calibrated(self.data, total, known, test))
            weighed = trial.weighed(scores, self.data.won, known)
            rows["vendor, weighed"].append(
                trial.calibrated(self.data, weighed, known, test)
            )
            lesson = trial.lesson(self.data, training)
            matrix = conditions.design(lesson.conditions, self.data.some(test))
            rows["points"].append(lesson.figures(self.data.won[test], matrix))
        return [(way, trial.mean(results)) for way, results in rows.items()]

    def agreement(self, split):
        """Write the points learned from one split as rules of a draft model; count the
        leads for which the engine's sum is the same.
        """
        training, _test = split
        lesson = trial.lesson(self.data, training)
        model = self.env["lead.scoring.model"].create(
            {"name": "Learned", "state": "draft"}
        )
        rules = self.env["lead.scoring.rule"]
        refused = []
        for domain, value in lesson.rules():
            values = {
                "name": str(domain),
                "value": value,
                "domain": repr(list(domain)),
                "model_id": model.id,
            }
            try:
                with self.env.cr.savepoint():
                    rules |= rules.create(values)
            except (UserError, ValueError) as error:
                refused.append(f"{values['domain']}: {error}")
        everyone = self.data.some(slice(None))
        matrix = conditions.design(lesson.conditions, everyone)
        same = self.sums(rules) == lesson.learned.scores(matrix)
        return {
            "name": "engine",
            "rules": len(rules),
            "refused": refused,
            "leads": len(same),
            "same": int(same.sum()),
        }
