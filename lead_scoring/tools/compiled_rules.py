from dataclasses import dataclass, field, replace

from odoo.tools import SQL, Query

from . import score_row
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
    """

    query: Query
    companies: SQL
    streams: SubqueryStreams
    model: SQL = field(default_factory=lambda: SQL("NULL::integer"))
    points: dict = field(default_factory=dict)
    adjusted: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)

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
        to look at them twice costs as much as computing them.
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
            differs=score_row.differs(),
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
