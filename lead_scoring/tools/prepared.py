"""Streams aggregated once for a whole pass, into temporary tables.

For few leads a subquery per rule is best; for all of them one scan per source is.
"""

from odoo.tools import SQL, Query


class PreparedStream:
    """One source, aggregated by lead: the rules' columns of a temporary table.

    Ask for columns with :meth:`column` while compiling, then :meth:`fill` the table.
    The table is dropped with the session; a pass that is resumed prepares anew.
    """

    def __init__(self, name, source, records):
        """
        :param name: name of the source
        :param source: its ``Source``
        :param records: a superuser's empty recordset of the source's model
        """
        self.source = source
        self.table = f"lead_scoring_stream_{name}"
        self.values_table = f"{self.table}_value"
        self.records_table = records._table
        self.query = Query(records.env, records._table, records._table_sql)
        self._columns = {}
        self._conditions = {}
        self._values = {}

    def condition(self, model, domain):
        """Compile ``domain`` on the records; on the distinct values of the source's
        ``repeated`` field where the domain reads nothing else.
        """
        repeated = self.source.repeated
        leaves = list(domain.iter_conditions())
        if not (repeated and leaves and all(c.field_expr == repeated for c in leaves)):
            sql = domain._to_sql(model, self.records_table, self.query)
        else:
            value = domain._to_sql(model, self.values_table, self.query)
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

    def column(self, aggregate):
        """Return the identifier of the column that holds ``aggregate``."""
        name = self._columns.setdefault(aggregate, f"c{len(self._columns)}")
        return SQL.identifier(self.table, name)

    def join(self, query):
        """Join the prepared table to ``query``, a Query on crm_lead."""
        query.add_join(
            "LEFT JOIN",
            self.table,
            self.table,
            SQL("%s = crm_lead.id", SQL.identifier(self.table, "lead_id")),
        )

    def fill(self, cr):
        """Fill the table. Costs one scan of the source's records."""
        self.drop(cr)
        if not self._columns:
            return
        if self._values:
            self._create_values(cr)
        columns = [
            SQL("%s AS %s", sql, SQL.identifier(name))
            for sql, name in self._columns.items()
        ]
        cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE %(table)s AS
                   SELECT tie.lead_id, %(columns)s
                     FROM %(records)s
                     %(values)s
                     JOIN (%(ties)s) AS tie ON tie.key = %(key)s
                    WHERE %(any)s
                    GROUP BY tie.lead_id""",
                table=SQL.identifier(self.table),
                columns=SQL(", ").join(columns),
                records=self.query.from_clause,
                values=self._join_values() if self._values else SQL(),
                ties=self.source.ties,
                key=SQL.identifier(self.records_table, self.source.key),
                any=SQL(" OR ").join(self._conditions),
            )
        )
        cr.execute(
            SQL(
                "ALTER TABLE %(table)s ADD PRIMARY KEY (lead_id); ANALYZE %(table)s",
                table=SQL.identifier(self.table),
            )
        )

    def _join_values(self):
        return SQL(
            "LEFT JOIN %s ON %s = %s",
            SQL.identifier(self.values_table),
            SQL.identifier(self.values_table, self.source.repeated),
            SQL.identifier(self.records_table, self.source.repeated),
        )

    def _create_values(self, cr):
        """Evaluate the conditions on ``repeated`` once per distinct value.

        The recursive query jumps from value to value along the field's index, which
        for few distinct values beats DISTINCT over all records by far.
        """
        columns = [
            SQL("%s AS %s", sql, SQL.identifier(name))
            for sql, name in self._values.items()
        ]
        cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE %(values)s AS
                   WITH RECURSIVE jump AS (
                       SELECT min(%(field)s) AS %(field)s FROM %(records)s
                       UNION ALL
                       SELECT (SELECT min(%(field)s) FROM %(records)s
                                WHERE %(field)s > jump.%(field)s)
                         FROM jump
                        WHERE jump.%(field)s IS NOT NULL
                   )
                   SELECT %(field)s, %(columns)s
                     FROM jump AS %(values)s
                    WHERE %(any)s""",
                values=SQL.identifier(self.values_table),
                field=SQL.identifier(self.source.repeated),
                records=SQL.identifier(self.records_table),
                columns=SQL(", ").join(columns),
                any=SQL(" OR ").join(self._values),
            )
        )
        cr.execute(SQL("ANALYZE %s", SQL.identifier(self.values_table)))

    def drop(self, cr):
        """Drop the tables, where there are any."""
        cr.execute(
            SQL(
                "DROP TABLE IF EXISTS %s, %s",
                SQL.identifier(self.table),
                SQL.identifier(self.values_table),
            )
        )
