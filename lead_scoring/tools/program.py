from dataclasses import dataclass, field, replace

from odoo.tools import SQL, Query

from .bands import band_of
from .prepared import Inline


@dataclass(frozen=True)
class Chunk:
    """Some of the leads of a pass.

    :ivar touched: name of the table with the ``id`` of the leads of the pass; None for
        all leads
    :ivar above: the leads' ids are higher
    :ivar upto: the last lead's id
    """

    touched: str | None
    above: int
    upto: int

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
class Program:
    """The rules that score the leads of one company, compiled to SQL on ``crm_lead``.

    :ivar query: Query on the scored leads, with the joins the terms need
    :ivar companies: condition: the leads of the company
    :ivar streams: :class:`Inline` or :class:`Prepared` streams that the terms read
    :ivar model: expression: id of the lead's scoring model, or NULL
    :ivar points: ``{rule: integer expression}``, what each rule gives the lead
    :ivar adjusted: ``{dimension: integer expression}``, what people gave the lead
    :ivar broken: ``{rule or model: exception}`` of what could not be compiled
    """

    query: Query
    companies: SQL
    streams: Inline
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
        return SQL("(%s)", SQL(" + ").join(terms)) if terms else SQL("0")

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
        names = {rule: SQL.identifier(f"rule_{rule.id}") for rule in self.points}
        adjusted = {name: SQL.identifier(f"adjusted_{name}") for name in self.adjusted}
        return SQL(
            """WITH compared AS MATERIALIZED (
                   SELECT count(*) AS leads,
                          ARRAY[%(counts)s]::integer[] AS counts,
                          array_agg(
                              ROW(new.lead_id, new.model_id, new.fit, new.interest,
                                  %(fit_band)s, %(interest_band)s, score.computed_at
                                 )::lead_scoring_result
                          ) FILTER (
                              WHERE (score.model_id, score.fit, score.interest,
                                     score.fit_band, score.interest_band)
                                    IS DISTINCT FROM
                                    (new.model_id, new.fit, new.interest,
                                     %(fit_band)s, %(interest_band)s)
                          ) AS changed
                     FROM (SELECT *, %(fit)s AS fit, %(interest)s AS interest
                             FROM (%(points)s OFFSET 0) AS points OFFSET 0) AS new
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
                SQL("count(NULLIF(%s, 0))", n) for n in names.values()
            ),
            fit=self._sum("fit", names, adjusted),
            interest=self._sum("interest", names, adjusted),
            fit_band=band_of("fit"),
            interest_band=band_of("interest"),
            points=self.select(
                chunk.leads(),
                SQL("crm_lead.id AS lead_id"),
                SQL("%s AS model_id", self.model),
                *(SQL("%s AS %s", sql, names[r]) for r, sql in self.points.items()),
                *(SQL("%s AS %s", s, adjusted[n]) for n, s in self.adjusted.items()),
                chunk=chunk,
            ),
            scores=chunk.within("score", "lead_id"),
        )

    @staticmethod
    def merge(programs):
        """Return as few programs that do the same: most rules mean the same in every
        company, and one scan of the leads is cheaper than one for each.
        """
        merged = {}
        for program in programs:
            query = program.query
            key = (
                query.from_clause,
                query.where_clause,
                program.model,
                *program.points.items(),
                *program.adjusted.items(),
            )
            if twin := merged.get(key):
                companies = SQL("%s OR %s", twin.companies, program.companies)
                broken = {**twin.broken, **program.broken}
                merged[key] = replace(twin, companies=companies, broken=broken)
            else:
                merged[key] = program
        return list(merged.values())
