"""What rules read besides the lead's own columns: records of other tables, and what
people gave by hand.

Here for few leads: a subquery for each lead. For many leads a pass aggregates them all
once, see :mod:`.temp_table_streams`.
"""

from odoo.tools import SQL, Query

from .lower_case import lower_once


class SubqueryStreams:
    """The streams of a statement about few leads.

    Ask for columns while compiling; :meth:`joins` gives them to the statement.

    :ivar numbers: names of the fields of ``crm.lead`` that are not stored and that
        conditions compare, see ``_describe_number`` of ``lead.scoring.source``
    """

    conditions = None
    """Conditions on x2many fields are best left where they are."""
    lasting = True
    """Whether the domains that were compiled with these streams always give the same
    SQL, see :func:`~.domain_meaning.is_lasting`."""

    def __init__(self):
        self.streams = {}
        self.numbers = set()
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
        return SubqueryAdjustments(records, condition)

    def stream(self, name, source, records):
        """Return the :class:`Stream` of a source.

        :param records: a superuser's empty recordset of the source's model
        """
        if name not in self.streams:
            self.streams[name] = self._new_stream(name, source, records)
        return self.streams[name]

    def _new_stream(self, name, source, records):
        return SubqueryStream(name, source, records)

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


def comparable(sql):
    """Return what is equal for the same SQL. ``SQL`` itself is no key of a dict where a
    parameter is a list, and takes 1 and TRUE for the same.
    """
    return sql.code, repr(sql.params)


class Expressions:
    """SQL expressions to be selected, each once and under a name."""

    def __init__(self, prefix):
        """
        :param prefix: of the names
        """
        self.prefix = prefix
        self._found = {}

    def __bool__(self):
        return bool(self._found)

    def name(self, sql):
        """Return the name of ``sql``, which is added if it is new."""
        new = f"{self.prefix}{len(self._found)}", sql
        name, _sql = self._found.setdefault(comparable(sql), new)
        return name

    def names(self):
        """Return the identifiers of all."""
        return [SQL.identifier(name) for name, _sql in self._found.values()]

    def select(self):
        """Return the select list."""
        return SQL(", ").join(
            SQL("%s AS %s", sql, SQL.identifier(name))
            for name, sql in self._found.values()
        )


class Columns:
    """Expressions of the same query, each computed once."""

    def __init__(self, table, records):
        self.table = table
        self.columns = Expressions("c")
        self.query = Query(records.env, records._table, records._table_sql)

    def column(self, expression):
        """Return the identifier of the column that holds ``expression``."""
        return SQL.identifier(self.table, self.columns.name(expression))


class Stream(Columns):
    """One source, aggregated by lead: columns on the dates at which rules count."""

    at = None
    """SQL of the moment the age of a lead's records is counted to; default: now."""

    def __init__(self, name, source, records, ties):
        """
        :param ties: SQL, table or subquery of ``lead_id`` and ``key``
        """
        super().__init__(f"lead_scoring_stream_{name}", records)
        self.source = source
        self.records_table = records._table
        self.now = records.env.cr.now()
        self.dates = Expressions("d")
        # before all other joins: where these are taken in turn, only the records that
        # are tied to leads reach them
        condition = SQL("tie.key = %s", self.key())
        self.query.add_join("JOIN", "tie", ties, condition)

    def matching_date(self, condition):
        """Return the identifier of a date for the columns to aggregate: when a record
        that meets ``condition`` was, of those that count once the last, see
        :class:`Source`; NULL for all others.
        """
        date = SQL.identifier(self.records_table, self.source.date)
        if self.source.once and self.source.planned:
            sql = SQL(
                """COALESCE(
                    max(%(date)s) FILTER (WHERE %(met)s AND %(date)s <= %(now)s),
                    min(%(date)s) FILTER (WHERE %(met)s))""",
                date=date,
                met=condition,
                now=SQL("%s::timestamp", self.now),
            )
        elif self.source.once:
            sql = SQL("max(%s) FILTER (WHERE %s)", date, condition)
        else:
            sql = SQL("CASE WHEN %s THEN %s END", condition, date)
        return SQL.identifier("seen", self.dates.name(sql))

    def group(self, *keys):
        """Return the GROUP BY of the records that count once together, or nothing."""
        if not self.source.once:
            return SQL()
        return SQL("GROUP BY %s", SQL(", ").join([*keys, self.source.once]))

    def key(self):
        """Return the identifier of the records' column that ties are about."""
        return SQL.identifier(self.records_table, self.source.key)


class SubqueryStream(Stream):
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
            dates=self.dates.select(),
            records=self.query.from_clause,
            lead=lead_id,
            group=self.group(),
        )

    def join(self, chunk):
        """Return the SQL that joins the subquery to crm_lead."""
        return SQL(
            "LEFT JOIN LATERAL (SELECT %s FROM (%s) AS seen) AS %s ON TRUE",
            self.columns.select(),
            self.seen(SQL.identifier("crm_lead", "id")),
            SQL.identifier(self.table),
        )


class SubqueryAdjustments(Columns):
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
            self.columns.select(),
            self.query.from_clause,
            self.query.where_clause,
            SQL.identifier(self.table),
        )
