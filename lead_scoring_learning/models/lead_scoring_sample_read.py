from dataclasses import replace

import numpy as np

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.compiled_rules import CompiledRules
from odoo.addons.lead_scoring.tools.temp_table_streams import (
    TempTableStream,
    TempTableStreams,
)

from .lead_scoring_sample import SAMPLE


class DecidedStream(TempTableStream):
    """A stream whose records fade until the lead was decided about."""

    at = SQL(
        "(SELECT decided_at FROM %s AS s WHERE s.id = seen.lead_id)",
        SQL.identifier(SAMPLE),
    )


class DecidedStreams(TempTableStreams):
    """Streams up to the moment when each lead of the open sample was decided about."""

    def __init__(self, sample):
        super().__init__(sample.env["crm.lead"])
        self.sample = sample

    def _new_stream(self, name, source, records):
        ties = self.sample._ties(name, source, records)
        source = replace(source, key="id", ties=ties)
        return DecidedStream(name, source, records, None)


class LeadScoringSample(models.AbstractModel):
    """What the leads of the open sample have, and which conditions they meet."""

    _inherit = "lead.scoring.sample"

    @api.model
    def _won(self):
        """Return an array of booleans: whether each lead was won. As in all arrays, the
        lead that was decided on first comes first.
        """
        self.env.cr.execute(
            SQL("SELECT won FROM %s ORDER BY position", SQL.identifier(SAMPLE))
        )
        return np.array([won for (won,) in self.env.cr.fetchall()], dtype=bool)

    @api.model
    def _revenue(self):
        """Return an array of floats: what each lead brought, or would have brought, as
        its expected revenue says now.
        """
        self.env.cr.execute(
            SQL("SELECT revenue FROM %s ORDER BY position", SQL.identifier(SAMPLE))
        )
        return np.array([revenue for (revenue,) in self.env.cr.fetchall()], dtype=float)

    @api.model
    def _select(self, *expressions):
        """Return the rows of the values of ``expressions``, SQL on crm_lead."""
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM crm_lead JOIN %s AS s USING (id) ORDER BY position",
                SQL(", ").join(expressions),
                SQL.identifier(SAMPLE),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _matrix(self, conditions):
        """Return which leads meet which of the ``conditions``, a list of
        :class:`Asked`: an array of booleans, a row a lead, a column a condition. What
        can't be compiled is met by none.
        """
        self.env.cr.execute(SQL("SELECT count(*) FROM %s", SQL.identifier(SAMPLE)))
        [count] = self.env.cr.fetchone()
        matrix = np.zeros((count, len(conditions)), dtype=bool)
        if not count or not conditions:
            return matrix
        rules = self._rules(conditions)
        for rows in self._evaluate(rules, lambda compiled: self._bits(compiled, rules)):
            positions = np.array([position for position, _bits in rows], dtype=int)
            text = "".join(bits for _position, bits in rows).encode()
            bits = np.frombuffer(text, dtype="S1").reshape(len(rows), -1)
            # each text looks like {t,f,f}: the letters are at the odd places
            matrix[positions] = bits[:, 1::2] == b"t"
        return matrix

    @api.model
    def _scores(self, rules):
        """Return the sum of points that the engine would have given each lead at the
        decision: an array of integers. What can't be compiled gives none.

        :param rules: also such that are not in the database
        """
        scores = np.zeros(len(self._won()), dtype=int)

        def total(compiled):
            points = compiled.points.values()
            return SQL("+").join([SQL("0"), *(SQL("(%s)", sql) for sql in points)])

        for rows in self._evaluate(rules, total) if rules else ():
            positions, sums = np.array(rows, dtype=int).reshape(-1, 2).T
            scores[positions] = sums
        return scores

    @api.model
    def _evaluate(self, rules, expression):
        """Yield rows ``(position, value)`` of the leads, as of the decision.

        :param expression: function of :class:`CompiledRules` that returns the SQL of
            the value
        """
        streams = DecidedStreams(self)
        for compiled in self._compilations(rules, streams, closed=True):
            position = SQL(
                "(SELECT position FROM %s AS s WHERE s.id = crm_lead.id)",
                SQL.identifier(SAMPLE),
            )
            select = compiled.select(SQL("TRUE"), position, expression(compiled))
            self.env.cr.execute(select)
            yield self.env.cr.fetchall()
        streams.drop(self.env.cr)

    @api.model
    def _compilations(self, rules, streams, closed=False):
        """Return the :class:`CompiledRules` of rules for the leads of each company, or
        of several at once.

        :param streams: :class:`TempTableStreams`; is filled before
        :param closed: for closed leads too
        """
        engine = self.env["lead.scoring.engine"]
        self.env.cr.execute("SELECT DISTINCT company_id FROM crm_lead")
        compilations = CompiledRules.merge(
            engine._compile(
                self._company(company_id),
                streams=streams,
                rules=rules,
                scopes=self.env["lead.scoring.model"],
                closed=closed,
            )
            for (company_id,) in self.env.cr.fetchall()
        )
        streams.fill(self.env.cr)
        return compilations

    @api.model
    def _rules(self, conditions):
        """Return rules, not in the database, that give a point where a condition is
        met, however often.
        """
        rules = self.env["lead.scoring.rule"]
        for condition in conditions:
            values = {**condition._asdict(), "half_life": 0, "maximum": 1, "value": 1}
            rules |= rules.new(values)
        return rules

    @api.model
    def _bits(self, compiled, rules):
        """Return the SQL of a text that says which rules give points."""
        by_id = {rule.id: points for rule, points in compiled.points.items()}
        points = [by_id.get(rule.id, SQL("0")) for rule in rules]
        return SQL(
            "ARRAY[%s]::boolean[]::text",
            SQL(", ").join(SQL("%s <> 0", expression) for expression in points),
        )
