"""What rules read besides the lead's own columns.

For few leads each stream is a subquery per lead; for many it is aggregated once for a
whole pass, in a temporary table.
"""

from odoo.tools import SQL, Query

from .lower_case import lower_once


class Inline:
    """The streams of a statement about few leads.

    Ask for columns while compiling; :meth:`joins` gives them to the statement.
    """

    conditions = None
    """Conditions on x2many fields are best left where they are."""

    def __init__(self):
        self.streams = {}
        self.adjustments = None

    def adjusted(self, records, condition, dimension):
        """Return the expression of the points that people gave the lead on one axis.

        :param records: a superuser's empty recordset of ``lead.scoring.adjustment``
        :param condition: SQL, those that count
        """
        if not self.adjustments:
            self.adjustments = self._new_adjustments(records, condition)
        points = SQL("(SUM(points) FILTER (WHERE dimension = %s))::integer", dimension)
        return SQL("COALESCE(%s, 0)", self.adjustments.column(points))

    def _new_adjustments(self, records, condition):
        return InlineAdjustments(records, condition)

    def stream(self, name, source, records):
        """Return the :class:`Stream` of a source.

        :param records: a superuser's empty recordset of the source's model
        """
        if name not in self.streams:
            self.streams[name] = self._new_stream(name, source, records)
        return self.streams[name]

    def _new_stream(self, name, source, records):
        return InlineStream(name, source, records)

    def joins(self, chunk=None):
        """Return the SQL that joins what was asked for to crm_lead.

        :param chunk: the :class:`Chunk` that the leads are in
        """
        joins = [table.join(chunk) for table in self.tables() if table.columns]
        return SQL(" ").join(joins)

    def tables(self):
        """Return what columns may have been asked of."""
        tables = [*self.streams.values(), self.conditions, self.adjustments]
        return [table for table in tables if table]

    def drop(self, cr):
        """Drop what was made; here is nothing."""


class Prepared(Inline):
    """The temporary tables of one pass.

    Ask for columns while compiling, then :meth:`fill` the tables. They are dropped with
    the session, or before; a pass that is resumed prepares anew.
    """

    def __init__(self, leads, touched=None):
        """
        :param leads: a superuser's empty recordset of ``crm.lead``
        :param touched: name of a table with the ``id`` of the leads to cover; default:
            all leads
        """
        super().__init__()
        self.touched = touched
        self.conditions = PreparedConditions(leads, touched)

    def _new_stream(self, name, source, records):
        return PreparedStream(name, source, records, self.touched)

    def _new_adjustments(self, records, condition):
        return PreparedAdjustments(records, condition)

    def fill(self, cr):
        """Make and fill the tables that were asked for."""
        self.drop(cr)
        for table in self.tables():
            if table.columns:
                table.fill(cr)

    def drop(self, cr):
        """Drop the tables, where there are any."""
        for table in self.tables():
            table.drop(cr)


def named(expressions):
    """Return the select list of ``{expression: name}``."""
    return SQL(", ").join(
        SQL("%s AS %s", sql, SQL.identifier(name)) for sql, name in expressions.items()
    )


class Columns:
    """Expressions of the same query, each computed once."""

    def __init__(self, table, records):
        self.table = table
        self.columns = {}
        self.query = Query(records.env, records._table, records._table_sql)

    def column(self, expression):
        """Return the identifier of the column that holds ``expression``."""
        name = self.columns.setdefault(expression, f"c{len(self.columns)}")
        return SQL.identifier(self.table, name)


class Stream(Columns):
    """One source, aggregated by lead: columns on the dates at which rules count."""

    def __init__(self, name, source, records, ties):
        """
        :param ties: SQL, table or subquery of ``lead_id`` and ``key``
        """
        super().__init__(f"lead_scoring_stream_{name}", records)
        self.source = source
        self.records_table = records._table
        self.dates = {}
        # before all other joins: where these are taken in turn, only the records that
        # are tied to leads reach them
        condition = SQL("tie.key = %s", self.key())
        self.query.add_join("JOIN", "tie", ties, condition)

    def date(self, condition):
        """Return the identifier of a date for the columns to aggregate: when a record
        that meets ``condition`` was, of those that count once the last; NULL for all
        others.
        """
        date = SQL.identifier(self.records_table, self.source.date)
        if self.source.once:
            sql = SQL("max(%s) FILTER (WHERE %s)", date, condition)
        else:
            sql = SQL("CASE WHEN %s THEN %s END", condition, date)
        name = self.dates.setdefault(sql, f"d{len(self.dates)}")
        return SQL.identifier("seen", name)

    def group(self, *keys):
        """Return the GROUP BY of the records that count once together, or nothing."""
        if not self.source.once:
            return SQL()
        return SQL("GROUP BY %s", SQL(", ").join([*keys, self.source.once]))

    def key(self):
        """Return the identifier of the records' column that ties are about."""
        return SQL.identifier(self.records_table, self.source.key)


class InlineStream(Stream):
    """A stream as a subquery for each lead: the ties and the records of the lead are
    read once, however many rules are about them.
    """

    def __init__(self, name, source, records):
        super().__init__(name, source, records, SQL("(%s)", source.ties))

    def condition(self, model, domain):
        """Compile ``domain`` on the records."""
        domain = lower_once(domain, model)
        return domain._to_sql(model, self.records_table, self.query)

    def seen(self, lead_id):
        """Return the query of the dates of one lead's records.

        :param lead_id: SQL
        """
        return SQL(
            """SELECT %(dates)s
                 FROM %(records)s
                WHERE tie.lead_id = %(lead)s %(group)s""",
            dates=named(self.dates),
            records=self.query.from_clause,
            lead=lead_id,
            group=self.group(),
        )

    def join(self, chunk):
        """Return the SQL that joins the subquery to crm_lead."""
        return SQL(
            "LEFT JOIN LATERAL (SELECT %s FROM (%s) AS seen) AS %s ON TRUE",
            named(self.columns),
            self.seen(SQL.identifier("crm_lead", "id")),
            SQL.identifier(self.table),
        )


class PreparedTable(Columns):
    """A temporary table of one row a lead."""

    touched = None
    """Name of a table with the ``id`` of the leads to cover; default: all leads."""

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
        if not self.touched:
            return ties
        # OFFSET 0 keeps the condition inside, where it finds the lead's ties by index
        return SQL(
            """SELECT tie.lead_id, tie.key
                 FROM %s AS touched,
              LATERAL (SELECT * FROM (%s) AS tie WHERE tie.lead_id = touched.id OFFSET 0
                      ) AS tie""",
            SQL.identifier(self.touched),
            ties,
        )

    def make(self, cr, table, query):
        """Make a temporary table, and let the planner know what is in it."""
        table = SQL.identifier(table)
        cr.execute(SQL("CREATE TEMPORARY TABLE %s AS %s", table, query))
        cr.execute(SQL("ANALYZE %s", table))

    def drop(self, cr, *others):
        """Drop the table and the others, where there are any."""
        tables = SQL(", ").join(map(SQL.identifier, (self.table, *others)))
        cr.execute(SQL("DROP TABLE IF EXISTS %s", tables))


class PreparedConditions(PreparedTable):
    """Conditions on x2many fields of leads, and on numbers of what leads have: each
    reads another table, which a statement per chunk would read once per chunk.
    """

    def __init__(self, leads, touched):
        super().__init__("lead_scoring_condition", leads)
        self.touched = touched

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
        names = SQL(" OR ").join(map(SQL.identifier, self.columns.values()))
        touched = SQL("TRUE")
        if self.touched:
            touched = SQL(
                "crm_lead.id IN (SELECT id FROM %s)", SQL.identifier(self.touched)
            )
        # OFFSET 0 keeps PostgreSQL from evaluating each condition twice
        query = SQL(
            """SELECT * FROM (
                   SELECT crm_lead.id AS lead_id, %s FROM %s WHERE %s OFFSET 0
               ) AS met WHERE %s""",
            named(self.columns),
            self.query.from_clause,
            touched,
            names,
        )
        self.make(cr, self.table, query)


class PreparedStream(PreparedTable, Stream):
    """A stream in a temporary table."""

    def __init__(self, name, source, records, touched):
        self.ties_table = f"lead_scoring_stream_{name}_tie"
        super().__init__(name, source, records, SQL.identifier(self.ties_table))
        self.touched = touched
        self.values_table = f"{self.table}_value"
        self._conditions = {}
        self._values = {}
        if source.repeated:
            distinct = SQL(
                "(SELECT DISTINCT %s FROM %s)",
                SQL.identifier(source.repeated),
                records._table_sql,
            )
            self._values_query = Query(records.env, self.values_table, distinct)

    def condition(self, model, domain):
        """Compile ``domain`` on the records; on the distinct values of the source's
        ``repeated`` field where the domain reads nothing else.
        """
        repeated = not self.touched and self.source.repeated
        leaves = list(domain.iter_conditions())
        lowered = lower_once(domain, model)
        if not (repeated and leaves and all(c.field_expr == repeated for c in leaves)):
            sql = lowered._to_sql(model, self.records_table, self.query)
        else:
            value = lowered._to_sql(model, self.values_table, self._values_query)
            name = self._values.setdefault(value, f"v{len(self._values)}")
            # records without a value join none
            sql = SQL(
                "CASE WHEN %s IS NULL THEN %s ELSE COALESCE(%s, FALSE) END",
                SQL.identifier(self.records_table, repeated),
                domain._to_sql(model, self.records_table, self.query),
                SQL.identifier(self.values_table, name),
            )
        self._conditions[sql] = True
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
            columns=named(self.columns),
            dates=named(self.dates),
            records=self.query.from_clause,
            values=values,
            any=SQL(" OR ").join(SQL("(%s)", sql) for sql in self._conditions),
            group=self.group(SQL("tie.lead_id")),
        )
        self.make(cr, self.table, query)

    def _create_values(self, cr):
        """Evaluate the conditions on ``repeated`` once per distinct value."""
        # OFFSET 0 keeps PostgreSQL from evaluating each condition twice
        query = SQL(
            "SELECT * FROM (SELECT %s, %s FROM %s OFFSET 0) AS met WHERE %s",
            SQL.identifier(self.values_table, self.source.repeated),
            named(self._values),
            self._values_query.from_clause,
            SQL(" OR ").join(map(SQL.identifier, self._values.values())),
        )
        self.make(cr, self.values_table, query)

    def drop(self, cr, *others):
        """Drop the tables, where there are any."""
        return super().drop(cr, self.ties_table, self.values_table, *others)


class InlineAdjustments(Columns):
    """What people gave each lead, as a subquery."""

    def __init__(self, records, condition):
        super().__init__("lead_scoring_adjusted", records)
        self.query.add_where(condition)

    def join(self, chunk):
        """Return the SQL that joins the subquery to crm_lead."""
        return SQL(
            """LEFT JOIN LATERAL (
                   SELECT %s FROM %s WHERE lead_id = crm_lead.id AND %s
               ) AS %s ON TRUE""",
            named(self.columns),
            self.query.from_clause,
            self.query.where_clause,
            SQL.identifier(self.table),
        )


class PreparedAdjustments(PreparedTable, InlineAdjustments):
    """What people gave each lead, in a temporary table."""

    def fill(self, cr):
        """Sum up, by lead."""
        query = SQL(
            "SELECT lead_id, %s FROM %s WHERE %s GROUP BY lead_id",
            named(self.columns),
            self.query.from_clause,
            self.query.where_clause,
        )
        self.make(cr, self.table, query)
