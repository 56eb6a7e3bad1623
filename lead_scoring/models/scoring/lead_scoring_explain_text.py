from odoo import api, fields, models
from odoo.tools import format_date, format_list


class LeadScoringExplainText(models.AbstractModel):
    """Puts the explanation of a score in words, in the language of the reader."""

    _name = "lead.scoring.explain.text"
    _description = "Lead Scoring Explanations in Words"

    @api.model
    def _text(self, explanation):
        """Return the lines of an explanation, see ``score_explanation`` of
        ``crm.lead``: score, axes, rules, week and what would make the lead hot.
        """
        lines = [
            self._headline(explanation),
            self._axes(explanation),
            *map(self._rule, explanation["rules"]),
            self._week(explanation["week"]),
            self._missing(explanation["missing"]),
        ]
        return "\n".join(filter(None, lines))

    @api.model
    def _headline(self, explanation):
        leads = self.env["crm.lead"]
        return self.env._(
            "Score %(score)s: %(temperature)s, %(segment)s",
            score=explanation["score"],
            **{
                name: dict(leads._fields[name]._description_selection(self.env)).get(
                    explanation[name], ""
                )
                for name in ("temperature", "segment")
            },
        )

    @api.model
    def _axes(self, explanation):
        if explanation["not_scored"]:
            return explanation["not_scored"]
        if not (thresholds := explanation["thresholds"]):
            return self.env._("No scoring model is for this lead.")
        return self.env._(
            "Fit %(fit)s of %(fit_floor)s, interest %(interest)s of %(interest_floor)s",
            fit=explanation["fit"],
            fit_floor=thresholds["fit_floor"],
            interest=explanation["interest"],
            interest_floor=thresholds["interest_floor"],
        )

    @api.model
    def _rule(self, line):
        details = []
        if line["last_date"]:
            last = format_date(
                self.env,
                fields.Datetime.context_timestamp(
                    self, fields.Datetime.to_datetime(line["last_date"])
                ),
            )
            details = [
                self.env._("%s times", line["count"]) if line["count"] > 1 else None,
                self._counts_from(line["counts_from"]),
                self.env._("last on %s", last),
                self._lost(self.env._("%+d faded"), line["lost_to_decay"]),
                self._lost(self.env._("%+d over the maximum"), line["lost_to_maximum"]),
            ]
        details = ", ".join(filter(None, details))
        return f"{self._points(line)} ({details})" if details else self._points(line)

    @api.model
    def _counts_from(self, number):
        return self.env._("counts from no. %s on", number) if number > 1 else None

    @api.model
    def _lost(self, text, points):
        return text % -points if points else None

    @api.model
    def _points(self, line):
        return f"{line['points']:+d} {line['name']}"

    @api.model
    def _week(self, week):
        if not week or not week["rules"]:
            return None
        rules = ", ".join(map(self._points, week["rules"]))
        if week["is_new"]:
            return self.env._("Created this week")
        return self.env._(
            "Within a week %(points)+d: %(rules)s", points=week["points"], rules=rules
        )

    @api.model
    def _way(self, rule):
        points = self._points(rule)
        if not rule["ask"]:
            return points
        return self.env._(
            "%(rule)s (ask for: %(fields)s)", rule=points, fields=rule["ask"]
        )

    @api.model
    def _missing(self, missing):
        if not missing:
            return None
        rules = list(map(self._way, missing["rules"]))
        points = missing["points"]
        if missing["alone"] and len(rules) == 1:
            return self.env._(
                "%(points)s points to hot, this is enough: %(rule)s",
                points=points,
                rule=rules[0],
            )
        if missing["alone"]:
            rules = format_list(self.env, rules, style="or")
            return self.env._(
                "%(points)s points to hot, any of these is enough: %(rules)s",
                points=points,
                rules=rules,
            )
        rules = format_list(self.env, rules)
        if missing["enough"]:
            return self.env._(
                "%(points)s points to hot, together these are enough: %(rules)s",
                points=points,
                rules=rules,
            )
        if not rules:
            return self.env._(
                "%s points to hot, but neither you nor the lead can do anything to "
                "get them",
                points,
            )
        return self.env._(
            "%(points)s points to hot, even all of these are not enough: %(rules)s",
            points=points,
            rules=rules,
        )
