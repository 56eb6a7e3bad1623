from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from odoo.tools import SQL, Query

from . import score_row
from .moving_dates import Moving, MovingDay
from .streams import SubqueryStreams, comparable

LAST_ID = 2**31 - 1
"""No row has a higher id."""


@dataclass(frozen=True)
class Chunk:
    """Some of the leads of a pass. A range of all leads costs half of what the same
    leads in a table do, for PostgreSQL reads what belongs to them in one go.

    :ivar touched: name of the table with the ``id`` of the leads of the pass; None for
        all leads
    :ivar above: the leads' ids are higher
    :ivar upto: the last lead's id
    """

    touched: str | None
    above: int = 0
    upto: int = LAST_ID

    def within(self, table, column):
        """Return the SQL condition that the lead's id in ``column`` is in the range."""
        column = SQL.identifier(table, column)
        return SQL("%s > %s AND %s <= %s", column, self.above, column, self.upto)

    def leads(self):
        """Return the SQL condition on crm_lead of the chunk."""
        if not self.touched:
            return self.within("crm_lead", "id")
        return SQL(
            "crm_lead.id = ANY(ARRAY(SELECT id FROM %s WHERE %s))",
            SQL.identifier(self.touched),
            self.within(self.touched, "id"),
        )

    def rows(self):
        """Return the SQL condition on crm_lead and its score row; the range is named
        for both, for the planner does not see that it is the same.
        """
        return SQL("%s AND %s", self.leads(), self.within("score", "lead_id"))


@dataclass
class CompiledRules:
    """The rules that score the leads of one company, compiled to SQL on ``crm_lead``.

    :ivar query: Query on the scored leads, with the joins the terms need
    :ivar companies: condition: the leads of the company
    :ivar streams: :class:`SubqueryStreams` or :class:`TempTableStreams` that the
        terms read
    :ivar model: expression: id of the lead's scoring model, or NULL
    :ivar points: ``{rule: integer expression}``, what each rule gives the lead
    :ivar adjusted: ``{dimension: integer expression}``, what people gave the lead
    :ivar broken: ``{rule or model: exception}`` of what could not be compiled
    :ivar read_at: when the transaction began that read the streams
    """

    query: Query
    companies: SQL
    streams: SubqueryStreams
    model: SQL = field(default_factory=lambda: SQL("NULL::integer"))
    points: dict = field(default_factory=dict)
    adjusted: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)
    read_at: datetime | None = None

    def total(self, dimension):
        """Return the expression of the sum of all rules on one axis, and of what
        people gave.
        """
        return self._sum(dimension, self.points, self.adjusted)

    def _sum(self, dimension, points, adjusted):
        terms = [sql for rule, sql in points.items() if rule.dimension == dimension]
        terms += [sql for name, sql in adjusted.items() if name == dimension]
        return score_row.points_of_axis(terms)

    def numbers(self):
        """Return the columns to select of what is called ``new`` elsewhere, see
        :mod:`.score_row`.
        """
        axes = {axis: self.total(axis) for axis in score_row.AXES}
        return score_row.columns_as(
            {"lead_id": SQL("crm_lead.id"), "model_id": self.model, **axes}
        )

    def select(self, where, *columns, chunk=None):
        """Return the query of ``columns`` for the leads that meet ``where``.

        :param chunk: the :class:`Chunk` that these leads are in
        """
        return SQL(
            "SELECT %s FROM %s %s WHERE %s AND (%s) AND (%s)",
            SQL(", ").join(columns),
            self.query.from_clause,
            self.streams.joins(chunk),
            self.query.where_clause or SQL("TRUE"),
            self.companies,
            where,
        )

    def compare(self, chunk):
        """Return the statement that compares what leads of the chunk have with what
        the rules give, and adds those that differ to ``lead_scoring_result``.

        It returns the number of leads, of those that differ, and of those with points
        from each rule. The leads are read once, row by row: keeping the points of all
        to look at them twice costs as much as computing them. Rows written since the
        streams were read, by a save or by another pass, are newer, and left.
        """
        rules = {rule: SQL.identifier(f"rule_{rule.id}") for rule in self.points}
        return SQL(
            """WITH compared AS MATERIALIZED (
                   SELECT count(*) AS leads,
                          ARRAY[%(counts)s]::integer[] AS counts,
                          array_agg(%(result)s) FILTER (WHERE %(differs)s) AS changed
                     FROM (%(new)s) AS new
                     JOIN lead_scoring_score score
                       ON score.lead_id = new.lead_id AND %(scores)s
                LEFT JOIN lead_scoring_model model ON model.id = new.model_id
               ),
               result AS (
                   INSERT INTO lead_scoring_result
                   SELECT changed.* FROM compared, unnest(compared.changed) AS changed
               )
               SELECT leads, COALESCE(cardinality(changed), 0), counts FROM compared""",
            counts=SQL(", ").join(
                SQL("count(NULLIF(%s, 0))", name) for name in rules.values()
            ),
            result=score_row.result(),
            differs=SQL(
                "%s AND (%s > %s) IS NOT TRUE",
                score_row.differs(),
                score_row.WRITTEN_AT,
                self.read_at,
            ),
            new=self._new(chunk, rules),
            scores=chunk.within("score", "lead_id"),
        )

    def _new(self, chunk, rules):
        """Return the query of what the rules give leads of the chunk, with the points
        of each rule. OFFSET 0 keeps PostgreSQL from computing anything twice.

        :param rules: ``{rule: identifier}``
        """
        adjusted = {name: SQL.identifier(f"adjusted_{name}") for name in self.adjusted}
        points = self.select(
            chunk.leads(),
            SQL("crm_lead.id AS lead_id"),
            SQL("%s AS model_id", self.model),
            *(SQL("%s AS %s", sql, rules[rule]) for rule, sql in self.points.items()),
            *(SQL("%s AS %s", sql, adjusted[n]) for n, sql in self.adjusted.items()),
            chunk=chunk,
        )
        axes = {axis: self._sum(axis, rules, adjusted) for axis in score_row.AXES}
        return SQL(
            "SELECT *, %s FROM (%s OFFSET 0) AS points OFFSET 0",
            score_row.columns_as(axes),
            points,
        )

    @staticmethod
    def merge(compilations):
        """Return as few compiled rules that do the same: most rules mean the same in
        every company, and one scan of the leads is cheaper than one for each.
        """
        merged = {}
        for compiled in compilations:
            query = compiled.query
            given = {**compiled.points, **compiled.adjusted}
            parts = [query.from_clause, query.where_clause, compiled.model]
            parts += given.values()
            key = (*given, *map(comparable, parts))
            if twin := merged.get(key):
                companies = SQL("%s OR %s", twin.companies, compiled.companies)
                broken = {**twin.broken, **compiled.broken}
                merged[key] = replace(twin, companies=companies, broken=broken)
            else:
                merged[key] = compiled
        return list(merged.values())


@dataclass(frozen=True)
class Slot:
    """The place of a value among the parameters of a :class:`Program`."""

    number: int


class Program:
    """A statement on some leads of a company that is compiled once, for any leads and
    any moment; and planned once where a connection to PostgreSQL runs it again. For few
    leads either takes longer than running it.

    :ivar name: of the prepared statement, another one for other SQL
    :ivar moving: the :class:`Moving` dates that have to be read again for each run
    :ivar lasting: whether nothing else in it depends on the moment
    """

    PREFIX = "lead_scoring_"
    LEADS = Slot(0)
    COMPANY = Slot(1)
    NOW = Slot(2)
    """What stands for the ids of the leads, the id of their company, if any, and the
    moment."""
    TYPES = ("integer[]", "integer", "timestamp")

    def __init__(self, statement, now):
        """
        :param statement: SQL with :attr:`LEADS` and :attr:`COMPANY`
        :param now: the object that the moment is among its parameters
        """
        self.moving = []
        self.lasting = True
        self._code = statement.code
        self._params = [self._replace(param, now) for param in statement.params]
        digest = sha256(repr((self._code, self._params)).encode()).hexdigest()
        self.name = self.PREFIX + digest[:40]

    def _replace(self, param, now):
        """Return the slot of a parameter of the statement, or else itself."""
        if param is now:
            return self.NOW
        if not isinstance(param, Moving):
            return param
        self.lasting &= param.text is not None
        readings = [moving.reading for moving in self.moving]
        if param.reading not in readings:
            readings.append(param.reading)
            self.moving.append(param)
        return Slot(len(self.TYPES) + readings.index(param.reading))

    def run(self, values):
        """Return the statement.

        :param values: ids of the leads, id of the company or None, the moment, and each
            of :attr:`moving` as it is now
        """
        params = (
            p if not isinstance(p, Slot) else values[p.number] for p in self._params
        )
        return SQL(self._code, *params)

    def prepare(self):
        """Return what has PostgreSQL keep the statement and its plan."""
        types = [*self.TYPES]
        types += [
            "date" if isinstance(m, MovingDay) else "timestamp" for m in self.moving
        ]
        return SQL(
            "PREPARE %s (%s) AS %s",
            SQL.identifier(self.name),
            SQL(", ").join(map(SQL, types)),
            self.run([SQL(f"${number}") for number, _type in enumerate(types, 1)]),
        )

    def run_prepared(self, values):
        """Return the statement that PostgreSQL has kept, see :meth:`run`."""
        values = SQL(", ").join(values)
        return SQL("EXECUTE %s (%s)", SQL.identifier(self.name), values)
