"""The streams of a pass: aggregated once for many leads, in temporary tables."""

from odoo.tools import SQL, Query

from .lower_case import lower_once
from .streams import (
    Columns,
    Expressions,
    Stream,
    SubqueryAdjustments,
    SubqueryStreams,
    comparable,
)

FEW_VALUES = 10_000
"""With at most so many distinct values, conditions are evaluated on all of them, even
where few leads are covered."""


class TempTableStreams(SubqueryStreams):
    """The temporary tables of one pass.

    Ask for columns while compiling, then :meth:`fill` the tables. They are dropped with
    the session, or before; a pass that is resumed prepares anew.
    """

    def __init__(self, leads, covered=None, empty=False):
        """
        :param leads: a superuser's empty recordset of ``crm.lead``
        :param covered: the :class:`Chunk` of the leads to cover; default: all leads
        :param empty: only to see whether PostgreSQL accepts it all: no row is read
        """
        super().__init__()
        self.covered = covered
        self.limit = SQL("LIMIT 0") if empty else SQL()
        self.conditions = TempTableConditions(leads, covered)

    def _new_stream(self, name, source, records):
        return TempTableStream(name, source, records, self.covered)

    def _new_adjustments(self, records, condition):
        return TempTableAdjustments(records, condition)

    def fill(self, cr):
        """Make and fill the tables that were asked for."""
        self.drop(cr)
        for table in self.tables():
            if table.columns:
                table.limit = self.limit
                table.fill(cr)

    def drop(self, cr):
        """Drop the tables, where there are any."""
        for table in self.tables():
            table.drop(cr)


class TempTable(Columns):
    """A temporary table of one row a lead."""

    covered = None
    """The :class:`Chunk` of the leads to cover; default: all leads."""
    limit = SQL()
    """A limit to the rows that are made."""

    def join(self, chunk):
        """Return the SQL that joins the table to crm_lead."""
        return SQL(
            "LEFT JOIN %s ON %s = crm_lead.id AND %s",
            SQL.identifier(self.table),
            SQL.identifier(self.table, "lead_id"),
            chunk.within(self.table, "lead_id") if chunk else SQL("TRUE"),
        )

    def tied(self, ties):
        """Return the query of the ties of the leads to cover.

        :param ties: query of ``lead_id`` and ``key``
        """
        if not self.covered:
            return ties
        if not self.covered.touched:
            within = self.covered.within("tie", "lead_id")
            return SQL("SELECT lead_id, key FROM (%s) AS tie WHERE %s", ties, within)
        # OFFSET 0 keeps the condition inside, where it finds the lead's ties by index
        return SQL(
            """SELECT tie.lead_id, tie.key
                 FROM %s AS touched,
              LATERAL (SELECT * FROM (%s) AS tie WHERE tie.lead_id = touched.id OFFSET 0
                      ) AS tie""",
            SQL.identifier(self.covered.touched),
            ties,
        )

    def make(self, cr, table, query):
        """Make a temporary table, and let the planner know what is in it."""
        table = SQL.identifier(table)
        cr.execute(SQL("CREATE TEMPORARY TABLE %s AS %s %s", table, query, self.limit))
        cr.execute(SQL("ANALYZE %s", table))

    def drop(self, cr, *others):
        """Drop the table and the others, where there are any."""
        tables = SQL(", ").join(map(SQL.identifier, (self.table, *others)))
        cr.execute(SQL("DROP TABLE IF EXISTS %s", tables))


class TempTableConditions(TempTable):
    """Conditions on x2many fields of leads, and on numbers of what leads have: each
    reads another table, which a statement per chunk would read once per chunk.
    """

    def __init__(self, leads, covered):
        super().__init__("lead_scoring_condition", leads)
        self.covered = covered

    def count(self, name, counted):
        """Return the SQL of a number of the lead, counted for all leads at once.

        :param counted: query of ``lead_id`` and ``key``
        """
        table = SQL.identifier(name)
        if name not in self.query._joins:
            query = SQL(
                """(SELECT lead_id, count(*) AS number
                      FROM (%s) AS tie GROUP BY lead_id)""",
                self.tied(counted),
            )
            self.query.add_join(
                "LEFT JOIN", name, query, SQL("%s.lead_id = crm_lead.id", table)
            )
        return SQL("COALESCE(%s.number, 0)", table)

    def fill(self, cr):
        """Note the leads that meet any of the conditions."""
        names = SQL(" OR ").join(self.columns.names())
        covered = SQL("TRUE")
        if self.covered and self.covered.touched:
            touched = SQL.identifier(self.covered.touched)
            covered = SQL("crm_lead.id IN (SELECT id FROM %s)", touched)
        elif self.covered:
            covered = self.covered.leads()
        # OFFSET 0 keeps PostgreSQL from evaluating each condition twice
        query = SQL(
            """SELECT * FROM (
                   SELECT crm_lead.id AS lead_id, %s FROM %s WHERE %s OFFSET 0
               ) AS met WHERE %s""",
            self.columns.select(),
            self.query.from_clause,
            covered,
            names,
        )
        self.make(cr, self.table, query)


class TempTableStream(TempTable, Stream):
    """A stream in a temporary table."""

    def __init__(self, name, source, records, covered):
        self.ties_table = f"lead_scoring_stream_{name}_tie"
        super().__init__(name, source, records, SQL.identifier(self.ties_table))
        self.covered = covered
        self.values_table = f"{self.table}_value"
        self._conditions = {}
        self._values = Expressions("v")
        if source.repeated:
            # of a range of leads, only the values that their records have; where there
            # are few, all of them, which PostgreSQL finds sooner
            tied = SQL(
                "JOIN %s tie ON tie.key = %s",
                SQL.identifier(self.ties_table),
                self.key(),
            )
            distinct = SQL(
                "(SELECT DISTINCT %s FROM %s %s)",
                SQL.identifier(records._table, source.repeated),
                records._table_sql,
                tied if covered and not self._are_values_few(records) else SQL(),
            )
            self._values_query = Query(records.env, self.values_table, distinct)

    def _are_values_few(self, records):
        """Whether PostgreSQL expects few values of the source's ``repeated`` field."""
        query = SQL(
            """SELECT FROM pg_stats
                WHERE schemaname = current_schema AND tablename = %s AND attname = %s
                  AND n_distinct BETWEEN 0 AND %s""",
            records._table,
            self.source.repeated,
            FEW_VALUES,
        )
        return bool(records.env.execute_query(query))

    def condition(self, model, domain):
        """Compile ``domain`` on the records; on the distinct values of the source's
        ``repeated`` field where the domain reads nothing else.
        """
        few = self.covered and self.covered.touched
        repeated = not few and self.source.repeated
        leaves = list(domain.iter_conditions())
        lowered = lower_once(domain, model)
        if not (repeated and leaves and all(c.field_expr == repeated for c in leaves)):
            sql = lowered._to_sql(model, self.records_table, self.query)
        else:
            value = lowered._to_sql(model, self.values_table, self._values_query)
            name = self._values.name(value)
            # records without a value join none
            sql = SQL(
                "CASE WHEN %s IS NULL THEN %s ELSE COALESCE(%s, FALSE) END",
                SQL.identifier(self.records_table, repeated),
                domain._to_sql(model, self.records_table, self.query),
                SQL.identifier(self.values_table, name),
            )
        self._conditions[comparable(sql)] = sql
        return sql

    def fill(self, cr):
        """Aggregate the records. Costs one scan of them when all leads are covered."""
        # without a table of their own the ties give the planner no statistics, and it
        # fetches millions of records one by one
        self.make(cr, self.ties_table, self.tied(self.source.ties))
        values = SQL()
        if self._values:
            self._create_values(cr)
            values = SQL(
                "LEFT JOIN %s ON %s = %s",
                SQL.identifier(self.values_table),
                SQL.identifier(self.values_table, self.source.repeated),
                SQL.identifier(self.records_table, self.source.repeated),
            )
        query = SQL(
            """SELECT lead_id, %(columns)s
                 FROM (SELECT tie.lead_id, %(dates)s
                         FROM %(records)s
                         %(values)s
                        WHERE %(any)s
                        %(group)s) AS seen
                GROUP BY lead_id""",
            columns=self.columns.select(),
            dates=self.dates.select(),
            records=self.query.from_clause,
            values=values,
            any=SQL(" OR ").join(SQL("(%s)", sql) for sql in self._conditions.values()),
            group=self.group(SQL("tie.lead_id")),
        )
        self.make(cr, self.table, query)

    def _create_values(self, cr):
        """Evaluate the conditions on ``repeated`` once per distinct value."""
        # OFFSET 0 keeps PostgreSQL from evaluating each condition twice
        query = SQL(
            "SELECT * FROM (SELECT %s, %s FROM %s OFFSET 0) AS met WHERE %s",
            SQL.identifier(self.values_table, self.source.repeated),
            self._values.select(),
            self._values_query.from_clause,
            SQL(" OR ").join(self._values.names()),
        )
        self.make(cr, self.values_table, query)

    def drop(self, cr, *others):
        """Drop the tables, where there are any."""
        return super().drop(cr, self.ties_table, self.values_table, *others)


class TempTableAdjustments(TempTable, SubqueryAdjustments):
    """What people gave each lead, in a temporary table."""

    def fill(self, cr):
        """Sum up, by lead."""
        query = SQL(
            "SELECT lead_id, %s FROM %s WHERE %s GROUP BY lead_id",
            self.columns.select(),
            self.query.from_clause,
            self.query.where_clause,
        )
        self.make(cr, self.table, query)
