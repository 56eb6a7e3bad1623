from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL


class LeadScoringExplain(models.AbstractModel):
    """Says where a score comes from, with the points of the statement that scores."""

    _name = "lead.scoring.explain"
    _description = "Lead Scoring Explanations"

    @api.model
    def _explain(self, lead):
        """Return the explanation of one lead's score, see ``score_explanation`` of
        ``crm.lead``. Its points always sum to its score; computing it writes nothing.
        """
        lead = lead.sudo()
        lines = self._rule_lines(lead)
        if not lead.filtered_domain(self.env["lead.scoring.engine"]._open_leads()):
            lines += self._closed_lines(lead, lines)
        lines.sort(key=lambda line: (-abs(line["points"]), line["rule_id"]))
        axes = self._axes(lines)
        return {
            "score": axes.total(),
            "fit": axes["fit"],
            "interest": axes["interest"],
            "temperature": lead.temperature,
            "segment": lead.segment,
            "model": lead.score_id.model_id.name,
            "rules": lines,
        }

    @api.model
    def _axes(self, lines):
        axes = Counter()
        for line in lines:
            axes[line["dimension"]] += line["points"]
        return axes

    @api.model
    def _rule_lines(self, lead):
        """Return a line for each rule that gives the lead points now."""
        points = self.env["lead.scoring.engine"]._points(lead, closed=True)
        given = points.get(lead.id, {})
        rules = self.env["lead.scoring.rule"].sudo().browse(given)
        return [
            {
                "rule_id": rule.id,
                "name": rule.name,
                "dimension": rule.dimension,
                "source": rule.source,
                "points": given[rule.id],
                **self._stream_details(rule, lead, given[rule.id]),
            }
            for rule in rules
        ]

    @api.model
    def _closed_lines(self, lead, lines):
        """Return what separates today's points from the score that a closed lead keeps,
        a line for each axis.
        """
        today = self._axes(lines)
        kept = {"fit": lead.fit_score, "interest": lead.interest_score}
        return [
            {
                "rule_id": False,
                "name": self.env._("Changed since the lead was closed"),
                "dimension": axis,
                "source": False,
                "points": kept[axis] - today[axis],
                **self._no_stream(count=0),
            }
            for axis in kept
            if kept[axis] != today[axis]
        ]

    @api.model
    def _no_stream(self, count):
        losses = {"lost_to_decay": 0, "lost_to_maximum": 0}
        return {"count": count, "last_date": False, **losses}

    @api.model
    def _stream_details(self, rule, lead, points):
        """Return count, last date and losses of a rule's stream for one lead."""
        if rule.source == "lead":
            return self._no_stream(count=1)
        engine = self.env["lead.scoring.engine"]
        env = engine._compile_env(lead.company_id, rule.lang, rule.tz)
        date = SQL.identifier("seen", "date")
        query = SQL(
            """SELECT count(*), max(%(date)s),
                      round(COALESCE(SUM(%(weight)s), 0)::numeric)::integer
                 FROM (%(dates)s) AS seen""",
            date=date,
            weight=engine._stream_weight(rule, date),
            dates=engine._stream_dates(rule, env, SQL("%s", lead.id)),
        )
        count, last_date, faded = self.env.execute_query(query)[0]
        return {
            "count": count,
            "last_date": fields.Datetime.to_string(last_date),
            "lost_to_decay": count * rule.value - faded,
            "lost_to_maximum": faded - points,
        }
