import logging
from bisect import bisect_left
from collections import Counter
from datetime import timedelta
from itertools import accumulate

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.faults import is_by_users, limited
from ...tools.streams import SubqueryStreams
from .lead_scoring_engine_leads import SECONDS_ON_REQUEST
from .lead_scoring_history import MINIMUM_MOVE

_logger = logging.getLogger(__name__)

WEEK = timedelta(days=7)

HISTORY_POINTS = 40
"""As many as a sparkline can show."""

THRESHOLDS = ("warm_score", "hot_score", "fit_floor", "interest_floor")


class LeadScoringExplain(models.AbstractModel):
    """Says where a score comes from, with the points of the statement that scores."""

    _name = "lead.scoring.explain"
    _description = "Lead Scoring Explanations"

    @api.model
    def _explain(self, lead):
        """Return the explanation of one lead's score, see ``score_explanation`` of
        ``crm.lead``. Its points always sum to its score; computing it writes nothing.

        The numbers are those of now. Those that lists show, from when the lead was last
        scored, are in ``last_score``. ``not_scored`` says why it is not to be scored.
        """
        # sudo: whoever may read the lead may know where its score comes from
        lead = lead.sudo()
        is_open = bool(lead._open_ones())
        scoring_model = lead.score_id.model_id
        streams, lines = self._rule_lines(lead, scoring_model)
        lines += self._adjustment_lines(lead)
        if not is_open:
            lines += self._closed_lines(lead, lines)
        lines.sort(key=lambda line: (-abs(line["points"]), line["rule_id"]))
        axes = self._axes(lines)
        score = axes.total()
        history = self._history(lead)
        explanation = {
            "score": score,
            "fit": axes["fit"],
            "interest": axes["interest"],
            "temperature": lead.temperature,
            "segment": lead.segment,
            "model": scoring_model.name,
            "rules": lines,
            "last_score": lead.score,
            "not_scored": lead.do_not_score and lead._do_not_score_note(),
            "thresholds": bool(scoring_model)
            and {name: scoring_model[name] for name in THRESHOLDS},
            "history": [self._history_point(row) for row in history],
            "week": False,
            "missing": False,
        }
        if is_open and scoring_model:
            explanation["week"] = self._week(lead, lines, streams, history)
            explanation["missing"] = self._missing(lead, lines, streams, score)
        return explanation

    @api.model
    def _axes(self, lines):
        axes = Counter()
        for line in lines:
            axes[line["dimension"]] += line["points"]
        return axes

    # ------------------------------------------------------------------
    # Lines
    # ------------------------------------------------------------------

    @api.model
    def _rule_lines(self, lead, scoring_model):
        """Return what the streams of all rules are for the lead, see :meth:`_streams`,
        and a line for each rule that gives it points now.
        """
        points = self.env["lead.scoring.engine"]._points(lead, closed=True)
        given = points.get(lead._origin.id, {})
        # sudo: salespeople may not read rules; their names are shown
        rules = self.env["lead.scoring.rule"].sudo().browse(given)
        others = scoring_model.rule_ids.filtered(lambda rule: not rule.error)
        streams = self._streams_safely(lead, rules, others)
        lines = [
            {
                "rule_id": rule.id,
                "name": rule.name,
                "dimension": rule.dimension,
                "source": rule.source,
                "points": given[rule.id],
                **self._stream_details(rule, given[rule.id], streams.get(rule)),
            }
            for rule in rules
        ]
        return streams, lines

    @api.model
    def _adjustment_lines(self, lead):
        """Return a line for each adjustment that counts now. Beside what lines of rules
        have: ``adjustment_id``, ``user``, the author's name, and ``expiry_date``.
        """
        adjustments = self.env["lead.scoring.adjustment"]._counting(lead, closed=True)
        return [
            {
                "rule_id": False,
                "name": adjustment.name,
                "dimension": adjustment.dimension,
                "source": "adjustment",
                "points": adjustment.points,
                **self._no_stream(count=1),
                "last_date": fields.Datetime.to_string(adjustment.create_date),
                "adjustment_id": adjustment.id,
                "user": adjustment.create_uid.name,
                "expiry_date": fields.Datetime.to_string(adjustment.expiry_date),
            }
            for adjustment in adjustments.get(lead._origin.id, ())
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
        return {"count": count, "last_date": False, "counts_from": 1, **losses}

    @api.model
    def _stream_details(self, rule, points, stream):
        """Return count, last date, from which on they count, and losses of a rule's
        stream.
        """
        if not stream:
            return self._no_stream(count=1)
        counted = max(0, stream["count"] - rule.minimum_count + 1)
        return {
            "count": stream["count"],
            "last_date": fields.Datetime.to_string(stream["last_date"]),
            "counts_from": rule.minimum_count,
            "lost_to_decay": counted * rule.value - stream["faded"],
            "lost_to_maximum": stream["faded"] - points,
        }

    # ------------------------------------------------------------------
    # Streams
    # ------------------------------------------------------------------

    @api.model
    def _streams_safely(self, lead, rules, others):
        """Return :meth:`_streams` of ``rules``, which give points, and of ``others``
        unless one of these breaks.
        """
        try:
            with limited(self.env.cr, SECONDS_ON_REQUEST):
                return self._streams(lead, rules | others)
        except Exception as error:
            # domains may raise anything; the next pass marks the one that does
            if not is_by_users(error):
                raise
            _logger.info("Some rules of %s can't be explained", lead, exc_info=True)
            return self._streams(lead, rules)

    @api.model
    def _streams(self, lead, rules):
        """Return ``{rule: what it counts for the lead}`` of those of ``rules`` that
        count records: how many, the last one's date, the points ``faded`` but without
        a maximum, ``now``, and a week ago: ``before``. One query for all.
        """
        engine = self.env["lead.scoring.engine"]
        rules = rules.filtered(lambda rule: rule.source != "lead")
        streams = SubqueryStreams()
        columns = []
        for rule in rules:
            env = engine._compile_env(lead.company_id, rule.lang, rule.tz)
            stream, date = engine._stream_date(rule, env, streams)
            columns += map(stream.column, self._stream_columns(rule, date))
        if not columns:
            return {}
        query = SQL(
            "SELECT %s FROM crm_lead %s WHERE crm_lead.id = %s",
            SQL(", ").join(columns),
            streams.joins(),
            lead._origin.id or None,
        )
        [row] = self.env.execute_query(query) or [(0, None, 0, 0, 0) * len(rules)]
        names = ("count", "last_date", "faded", "now", "before")
        values = zip(*[iter(row)] * len(names), strict=True)
        return {
            rule: dict(zip(names, value, strict=True))
            for rule, value in zip(rules, values, strict=True)
        }

    @api.model
    def _stream_columns(self, rule, date):
        """Return the aggregates of :meth:`_streams` over the dates of one rule."""
        engine = self.env["lead.scoring.engine"]
        now = self.env.cr.now()
        # When a future meeting was planned is not known, so it is no change of this
        # week.
        before = SQL(
            "(CASE WHEN %(date)s <= %(week)s OR %(date)s > %(now)s THEN %(date)s END)",
            date=date,
            week=SQL("%s::timestamp", now - WEEK),
            now=SQL("%s::timestamp", now),
        )
        return [
            SQL("count(%s)", date),
            SQL("max(%s)", date),
            SQL("round((%s)::numeric)::bigint", engine._stream_sum(rule, date)),
            engine._stream_points(rule, date),
            engine._stream_points(rule, before, now - WEEK),
        ]

    # ------------------------------------------------------------------
    # Before
    # ------------------------------------------------------------------

    @api.model
    def _history(self, lead):
        """Return the lead's newest history rows, oldest first."""
        # sudo: the caller has checked that the lead may be read
        rows = self.env["lead.scoring.history"].sudo()
        newest = rows.search([("lead_id", "=", lead._origin.id)], limit=HISTORY_POINTS)
        return newest.sorted(lambda row: (row.date, row.id))

    @api.model
    def _history_point(self, row):
        return {
            "date": fields.Datetime.to_string(row.date),
            "score": row.score,
            "temperature": row.temperature,
            "reason": row.reason,
        }

    @api.model
    def _week(self, lead, lines, streams, history):
        """Return what changed within a week, largest first. What leads do is counted
        with dates, so this is exact; of what they are only the history knows.
        """
        since = self.env.cr.now() - WEEK
        is_new = bool(lead.create_date and lead.create_date > since)
        if is_new:
            changes = [self._change(line, line["points"]) for line in lines]
        else:
            changes = [
                self._change({"rule_id": rule.id, "name": rule.name}, points)
                for rule, stream in streams.items()
                if (points := stream["now"] - stream["before"])
            ]
            changes += self._other_changes(lines, changes, history, since)
        changes.sort(key=lambda change: (-abs(change["points"]), change["rule_id"]))
        return {
            "is_new": is_new,
            "points": sum(change["points"] for change in changes),
            "rules": changes,
        }

    @api.model
    def _change(self, line, points):
        return {"rule_id": line["rule_id"], "name": line["name"], "points": points}

    @api.model
    def _other_changes(self, lines, changes, history, since):
        """Return what else changed: rows of no rule that have a date, and the rest of
        the difference to the history, once that is more than its precision.
        """
        others = [
            self._change(line, line["points"])
            for line in lines
            if not line["rule_id"]
            and line["last_date"]
            and line["last_date"] > fields.Datetime.to_string(since)
        ]
        known = history.filtered(lambda row: row.date <= since)[-1:]
        rest = sum(line["points"] for line in lines) - known.score
        rest -= sum(change["points"] for change in changes + others)
        # a change of less need not be in the history, so nothing is said about it
        if known and abs(rest) >= MINIMUM_MOVE:
            name = self.env._("The lead itself, or the rules")
            others.append({"rule_id": False, "name": name, "points": rest})
        return others

    # ------------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------------

    @api.model
    def _missing(self, lead, lines, streams, score):
        """Return the shortest way to a hot lead: the rules that are enough alone, the
        nearest first, or else as few as possible that are so together. Only rules that
        the reader may read, and that may still match; False for a lead that is hot.
        """
        scoring_model = lead.score_id.model_id
        missing = scoring_model.hot_score - score
        if lead.temperature == "hot" or missing <= 0:
            return False
        given = {line["rule_id"]: line["points"] for line in lines}
        rules = self._positive_rules(scoring_model)
        gains = {
            rule: self._gain(rule, given.get(rule.id, 0), streams) for rule in rules
        }
        to_ask = self._feasible(lead, rules.filtered(lambda rule: gains[rule] > 0))
        # of two equal gains interest comes first: what a lead is hardly changes
        ways = sorted(to_ask, key=lambda rule: (rule.dimension == "fit", rule.id))
        ways.sort(key=gains.get)
        alone = [rule for rule in ways if gains[rule] >= missing]
        ways.sort(key=gains.get, reverse=True)
        totals = list(accumulate(gains[rule] for rule in ways))
        needed = bisect_left(totals, missing) + 1
        return {
            "points": missing,
            "alone": bool(alone),
            "enough": needed <= len(ways),
            "rules": [
                {
                    "rule_id": rule.id,
                    "name": rule.name,
                    "dimension": rule.dimension,
                    "source": rule.source,
                    "points": gains[rule],
                    "again": rule.id in given,
                    "ask": ", ".join(to_ask[rule]),
                }
                for rule in alone or ways[:needed]
            ],
        }

    @api.model
    def _positive_rules(self, scoring_model):
        """Return the rules of the model that may raise a score, for the reader."""
        return self.env["lead.scoring.rule"].search(
            [
                ("model_id", "=", scoring_model.id),
                ("active", "=", True),
                ("error", "=", False),
                ("value", ">", 0),
            ]
        )

    @api.model
    def _gain(self, rule, points, streams):
        """Return what a rule would add if it matched now, or once more."""
        if rule.source == "lead":
            return 0 if points else rule.value
        seen = streams.get(rule, {}).get("count", 0)
        if seen + 1 < rule.minimum_count:
            return 0
        return min(rule.value, rule.maximum - points) if rule.maximum else rule.value
