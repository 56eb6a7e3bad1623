from contextlib import contextmanager
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.compiled_rules import CompiledRules

SAMPLE = "lead_scoring_sample"
"""Temporary table of the leads: ``id``, ``position`` (from 0, the first decided on
first), ``won``, ``revenue`` as expected now, and ``decided_at``.
"""
OLD_VALUES = {
    "boolean": "old_value_integer <> 0",
    "char": "old_value_char",
    "date": "old_value_datetime",
    "datetime": "old_value_datetime",
    "float": "old_value_float",
    "integer": "old_value_integer",
    "many2one": "NULLIF(old_value_integer, 0)",
    "monetary": "old_value_float",
    "text": "old_value_text",
}
"""Where the history keeps what a field was, by its type."""


class Asked(NamedTuple):
    """A condition in the form of a rule.

    :ivar name: what it asks, in words
    :ivar source: a value of the rule's ``source``
    :ivar domain: the text of a domain on the source's model
    :ivar lang: the language it is read in
    :ivar tz: the time zone it is read in
    """

    name: str
    source: str
    domain: str
    lang: str = "en_US"
    tz: str = "UTC"

    @classmethod
    def of(cls, rule):
        """Return the condition of a rule."""
        return cls(rule.name, rule.source, rule.domain, rule.lang, rule.tz)

    @property
    def key(self):
        """What makes two conditions the same."""
        return self.source, self.domain


class LeadScoringSample(models.AbstractModel):
    """Closed leads as they were when somebody had to decide whether to call: when they
    first met a minimum or were converted, else some hours after their creation.

    Their fields are those of that moment wherever the history of a field knows them;
    what they did counts up to it.
    """

    _name = "lead.scoring.sample"
    _description = "Closed Leads to Learn From"

    @api.model
    @contextmanager
    def _open(self, scoring_model, companies, since=None):
        """Take the closed leads of a model. Within, and only within, :meth:`_won`,
        :meth:`_column` and :meth:`_matrix` read them, and statements of this
        transaction read these leads instead of all; nothing may be written.

        :param scoring_model: live, or as if it were
        :param companies: leads of these, and of none
        :param since: a datetime; leads closed earlier are left out
        """
        # sudo: leads of colleagues tell, too; users see numbers of them only
        self = self.sudo()
        self.env.flush_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            self.env["lead.scoring.pass"]._tune_statements()
            self._take(scoring_model, companies, since)
            self._go_back()
            yield
        finally:
            # its rollback removes the temporary tables, also after an error
            savepoint.close(rollback=True)
            self.env["crm.lead"].invalidate_model(flush=False)

    # ------------------------------------------------------------------
    # Leads as they were
    # ------------------------------------------------------------------

    @api.model
    def _take(self, scoring_model, companies, since):
        """Make the table of the leads."""
        engine = self.env["lead.scoring.engine"]
        draft = None if scoring_model.state == "live" else scoring_model
        self.env.cr.execute(
            """SELECT DISTINCT company_id FROM crm_lead
                WHERE won_status IN ('won', 'lost')"""
        )
        company_ids = [company_id for (company_id,) in self.env.cr.fetchall()]
        company_ids = [c for c in company_ids if not c or c in companies.ids]
        none = SQL(
            """SELECT id, FALSE AS won, 0::float8 AS revenue,
                      create_date AS decided_at
                 FROM crm_lead WHERE FALSE"""
        )
        rules = self.env["lead.scoring.rule"]
        scopes = self.env["lead.scoring.model"]
        queries = [none]
        for compiled in CompiledRules.merge(
            engine._compile(
                company,
                rules=rules,
                scopes=scopes._get_live(company, draft),
                closed=True,
            )
            for company in map(self._company, company_ids)
        ):
            queries.append(self._closed(compiled, scoring_model, since))
        self._make(
            SAMPLE,
            SQL(
                """SELECT id, won, revenue, decided_at,
                          row_number() OVER (ORDER BY decided_at, id) - 1 AS position
                     FROM (%s) AS closed""",
                SQL(" UNION ALL ").join(queries),
            ),
        )
        self._index(SAMPLE)

    @api.model
    def _company(self, company_id):
        return self.env["res.company"].browse(company_id or ())

    @api.model
    def _closed(self, compiled, scoring_model, since):
        """Return the query of the closed leads of ``compiled`` in the model."""
        closed_at = SQL("COALESCE(crm_lead.date_closed, crm_lead.write_date)")
        where = SQL(
            "crm_lead.won_status IN ('won', 'lost') AND %s = %s AND %s",
            compiled.model,
            scoring_model.id,
            SQL("%s >= %s", closed_at, since) if since else SQL("TRUE"),
        )
        decided_at = SQL(
            """LEAST(%(closed_at)s, COALESCE(
                   (SELECT min(history.date) FROM lead_scoring_history history
                     WHERE history.lead_id = crm_lead.id
                       AND history.reason IN ('qualified', 'converted')),
                   crm_lead.date_conversion,
                   crm_lead.create_date + %(delay)s))""",
            closed_at=closed_at,
            delay=self.env["lead.scoring.history"]._created_delay(),
        )
        return compiled.select(
            where,
            SQL("crm_lead.id"),
            SQL("crm_lead.won_status = 'won' AS won"),
            SQL("COALESCE(crm_lead.expected_revenue, 0)::float8 AS revenue"),
            SQL("%s AS decided_at", decided_at),
        )

    @api.model
    def _make(self, table, query):
        """Make a temporary table, and let the planner know what is in it."""
        table = SQL.identifier(table)
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", table, query)
        )
        self.env.cr.execute(SQL("ANALYZE pg_temp.%s", table))

    @api.model
    def _index(self, table):
        """Let the planner find the rows of a table by their id."""
        self.env.cr.execute(
            SQL("CREATE UNIQUE INDEX ON pg_temp.%s (id)", SQL.identifier(table))
        )

    @api.model
    def _go_back(self):
        """Make a temporary table ``crm_lead`` with the leads as they were. PostgreSQL
        prefers temporary tables to others of the same name, so all queries read it.
        """
        self._make(
            "crm_lead",
            SQL(
                "SELECT crm_lead.* FROM crm_lead JOIN %s USING (id)",
                SQL.identifier(SAMPLE),
            ),
        )
        self._index("crm_lead")
        leads = self.env["crm.lead"]
        for name, field in leads._fields.items():
            if getattr(field, "tracking", None) and field.store and field.column_type:
                if old_value := self._old_value(field):
                    self._undo(name, old_value)

    @api.model
    def _old_value(self, field):
        """Return the SQL of what ``field`` was before a change; None if that is
        unknown. Of a selection the history has only the label, in the language of the
        user who changed it.
        """
        if field.type != "selection":
            return OLD_VALUES.get(field.type) and SQL(OLD_VALUES[field.type])  # pylint: disable=sql-injection
        labels = {}
        for lang, _name in self.env["res.lang"].get_installed():
            env = self.env(context={"lang": lang})
            labels |= {
                label: value for value, label in field._description_selection(env)
            }
        return SQL(
            "(%s::varchar[])[array_position(%s::varchar[], old_value_char)]",
            list(labels.values()),
            list(labels),
        )

    @api.model
    def _undo(self, name, old_value):
        """Undo the changes of a field after the decision."""
        self.env.cr.execute(
            SQL(
                """UPDATE pg_temp.crm_lead SET %(field)s = changed.old_value
                     FROM (SELECT DISTINCT ON (sample.id) sample.id,
                                  %(old_value)s AS old_value
                             FROM %(sample)s AS sample
                             JOIN mail_message message
                               ON message.model = 'crm.lead'
                              AND message.res_id = sample.id
                              AND message.date > sample.decided_at
                             JOIN mail_tracking_value
                               ON mail_tracking_value.mail_message_id = message.id
                             JOIN ir_model_fields field
                               ON field.id = mail_tracking_value.field_id
                            WHERE field.model = 'crm.lead' AND field.name = %(name)s
                         ORDER BY sample.id, message.date, mail_tracking_value.id
                          ) AS changed
                    WHERE changed.id = crm_lead.id""",
                field=SQL.identifier(name),
                old_value=old_value,
                sample=SQL.identifier(SAMPLE),
                name=name,
            )
        )

    @api.model
    def _ties(self, name, source, records):
        """Return the query of ``lead_id`` and ``key``, the ids of the records of a
        stream that leads had at the decision. They are kept in a temporary table.

        :param name: of the stream
        :param records: a superuser's empty recordset of the source's model
        """
        table = f"{SAMPLE}_{name}"
        self.env.cr.execute("SELECT to_regclass(%s)", [f"pg_temp.{table}"])
        if self.env.cr.fetchone() == (None,):
            # a table of its own for the ties: their number tells PostgreSQL's planner
            # whether to look for the records one by one
            tied = f"{table}_tie"
            self._make(
                tied,
                SQL(
                    """SELECT tie.lead_id, tie.key, sample.decided_at
                         FROM (%s) AS tie
                         JOIN %s AS sample ON sample.id = tie.lead_id""",
                    source.ties,
                    SQL.identifier(SAMPLE),
                ),
            )
            self._make(
                table,
                SQL(
                    """SELECT tie.lead_id, record.id AS key
                         FROM %(tied)s AS tie
                         JOIN %(records)s AS record ON record.%(key)s = tie.key
                        WHERE record.%(date)s <= tie.decided_at""",
                    tied=SQL.identifier(tied),
                    records=records._table_sql,
                    key=SQL.identifier(source.key),
                    date=SQL.identifier(source.date),
                ),
            )
        return SQL("SELECT lead_id, key FROM %s", SQL.identifier(table))
