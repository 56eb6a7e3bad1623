from functools import partial
from itertools import compress

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL, ormcache

from ...tools import score_row
from ...tools.compiled_rules import Program

SECONDS_ON_SAVE = 2
"""How long the statement that scores the leads that a user saves may take."""
DEFAULT_LIMITS = """SET LOCAL join_collapse_limit = DEFAULT;
                    SET LOCAL statement_timeout = DEFAULT;
                    SET LOCAL plan_cache_mode = DEFAULT"""
MOST_PREPARED = 5
"""Programs that a connection keeps, of 2 MB each with 50 rules. Companies that differ
in nothing but their id share one."""
SECONDS_ON_REQUEST = 10
"""How long a statement that a user waits for may take."""


class LeadScoringEngine(models.AbstractModel):
    """What the compiled rules give some leads."""

    _inherit = "lead.scoring.engine"

    @api.model
    def _by_company(self, leads):
        """Yield ``(company, SQL condition on crm_lead)`` for the companies of leads,
        as the database has them; deleted leads are left out.
        """
        query = SQL(
            """SELECT company_id, array_agg(id) FROM crm_lead
                WHERE id = ANY(%s) GROUP BY company_id""",
            leads.ids,
        )
        for company_id, lead_ids in self.env.execute_query(query):
            company = self.env["res.company"].browse(company_id or ())
            yield company, SQL("crm_lead.id = ANY(%s)", lead_ids)

    @api.model
    def _score(self, leads):
        """Compute the score rows of ``leads`` in the current transaction. Closed leads
        keep their row. Flushing before, and caches after, are the caller's, and a
        savepoint: a rule may be broken, or slow.

        :return: the set of the names of ``crm.lead._scoring_effects`` whose condition
            any of the leads meets
        """
        met = set()
        effects = self.env["crm.lead"]._scoring_effects()
        companies, *read = self._read_state(leads)
        for company_id, ids in companies.items():
            company = self.env["res.company"].browse(company_id or ())
            statement = self._run_program(company, ids, *read)
            if not statement:
                compiled = self._compile(company)
                where = SQL("crm_lead.id = ANY(%s)", ids)
                statement = self._score_statement(compiled, where)
            # not by execute_query: the caller has flushed
            self.env.cr.execute(SQL("%s; %s", self._limits(), statement))
            for row in self.env.cr.fetchall():
                met.update(compress(effects, row))
            self.env.cr.execute(DEFAULT_LIMITS)
        return met

    @api.model
    def _limits(self):
        """Return the settings of what scores leads on save. For few leads planning
        takes longer than running. All joins start at crm_lead, so PostgreSQL need not
        look for a better order.
        """
        return SQL(
            """SET LOCAL join_collapse_limit = 1; SET LOCAL statement_timeout = %s;
               SET LOCAL plan_cache_mode = force_generic_plan""",
            int(1000 * SECONDS_ON_SAVE),
        )

    @api.model
    def _score_statement(self, compiled, where):
        """Return the statement of :meth:`_score` for the leads that meet ``where``."""
        now = SQL("%s::timestamp", self.env.cr.now())
        update = score_row.update(
            score_row.computed(),
            SQL(
                """new JOIN crm_lead ON crm_lead.id = new.lead_id
                   LEFT JOIN lead_scoring_model model ON model.id = new.model_id"""
            ),
            now,
            computed_at=now,
        )
        return SQL(
            "WITH new AS MATERIALIZED (%s) %s RETURNING %s",
            compiled.select(where, compiled.numbers()),
            update,
            SQL(", ").join(self.env["crm.lead"]._scoring_effects().values()),
        )

    # ------------------------------------------------------------------
    # What is compiled once
    # ------------------------------------------------------------------

    @api.model
    def _read_state(self, leads):
        """Return the ids of ``leads`` by the id of their company, a text that changes
        whenever a record does that compiling reads, be it committed or not, and the set
        of the names of the statements that this connection has prepared, and the name
        of the last one that it has run without.

        Each version of a row is of one transaction, and has its place there.
        """
        query = SQL(
            """SELECT company_id, array_agg(id), (
                   SELECT string_agg(row, ' ') FROM (
                       SELECT concat_ws(' ', id, xmin, ctid) FROM lead_scoring_rule
                       UNION ALL
                       SELECT concat_ws(' ', id, xmin, ctid) FROM lead_scoring_model
                       UNION ALL
                       SELECT code FROM res_lang WHERE active
                       UNION ALL
                       SELECT company_id::text FROM res_users WHERE id = %s
                   ) AS read (row)), ARRAY(
                   SELECT name FROM pg_prepared_statements WHERE name LIKE %s),
                   current_setting('lead_scoring.run', TRUE)
                 FROM crm_lead WHERE id = ANY(%s) GROUP BY company_id""",
            SUPERUSER_ID,
            f"{Program.PREFIX}%",
            leads.ids,
        )
        self.env.cr.execute(query)
        rows = self.env.cr.fetchall()
        companies = {company_id: ids for company_id, ids, *_rest in rows}
        # all leads may be gone
        *_company, state, prepared, run_before = rows[0] if rows else (None, (), None)
        return companies, state, set(prepared), run_before

    @api.model
    def _run_program(self, company, ids, state, prepared, run_before):
        """Return the SQL that scores leads of a company by their :class:`Program`; None
        where some rule has to be compiled each time.

        :param state: see :meth:`_read_state`, as for what follows
        """
        sources = self._describe_sources(company, self._sources_read(company, state))
        program = sources is not None and self._program(company, state, sources)
        if not program:
            return None
        moving = (
            moment.read_again(self._compile_env(company, moment.lang, moment.tz))
            for moment in program.moving
        )
        values = [ids, company.id or None, self.env.cr.now(), *moving]
        if program.name in prepared:
            return program.run_prepared(values)
        # A request gets a connection that has forgotten everything: to prepare pays
        # only for those that do more, such as imports and scheduled actions.
        if program.name != run_before:
            return SQL(
                "SET lead_scoring.run = %s; %s", program.name, program.run(values)
            )
        if len(prepared) >= MOST_PREPARED:
            for name in prepared:
                self.env.cr.execute(SQL("DEALLOCATE %s", SQL.identifier(name)))
            prepared.clear()
        self.env.cr.execute(program.prepare())
        prepared.add(program.name)
        return program.run_prepared(values)

    @api.model
    @ormcache("company.id", "state")
    def _sources_read(self, company, state):
        """Return the names of the sources that the rules for a company read, and those
        of the fields of leads that are not stored.
        """
        streams = self._compile(company).streams
        return (*streams.streams, *sorted(streams.numbers))

    @api.model
    def _describe_sources(self, company, names):
        """Return a text that changes whenever one of the sources or fields ``names``
        does; None where one depends on a moment other than that of the transaction, or
        raises: then compiling finds the rules that can't be applied.
        """
        sources = self._compile_env(company)["lead.scoring.source"]
        try:
            read = [sources._describe_number(n) or sources._get(n) for n in names]
        except psycopg2.Error:
            raise
        except Exception:
            # sources may be of any module
            return None
        text = repr(read)
        text = text.replace(repr(self.env.cr.now()), "now")
        return None if "datetime.date" in text else text

    @api.model
    @ormcache("company.id", "state", "sources")
    def _program(self, company, state, sources):
        """Return the :class:`Program` that scores leads of a company; None if it could
        not be used in another transaction.

        :param state: all that it depends on, see :meth:`_read_state`, with ``sources``,
            see :meth:`_describe_sources`
        """
        compiled = self._compile(company)
        compiled.companies = SQL(
            "crm_lead.company_id IS NOT DISTINCT FROM %s", Program.COMPANY
        )
        where = SQL("crm_lead.id = ANY(%s)", Program.LEADS)
        statement = self._score_statement(compiled, where)
        program = Program(statement, self.env.cr.now())
        lasting = compiled.streams.lasting and program.lasting and not compiled.broken
        return program if lasting else None

    @api.model
    def _points(self, leads, rules=None, closed=False, draft=None):
        """Return ``{lead id: {rule id: points}}``, rules without points left out.

        :param rules: these, paused or not, whatever model the lead belongs to;
            default: those that score it
        :param closed: closed leads too, as if they were open
        :param draft: a model, counted in as if it were published
        """
        result = {lead_id: {} for lead_id in leads.ids}
        self.env.flush_all()
        for company, where in self._by_company(leads):
            compiled, rows = self._execute(
                company,
                where,
                partial(self._select_points, where),
                rules=rules,
                closed=closed,
                draft=draft,
                seconds=SECONDS_ON_REQUEST,
            )
            for lead_id, *points in rows:
                pairs = zip(compiled.points, points, strict=True)
                result[lead_id].update({rule.id: n for rule, n in pairs if n})
        return result

    @api.model
    def _select_points(self, where, compiled):
        columns = [SQL("crm_lead.id"), *compiled.points.values()]
        return compiled.select(where, *columns)

    @api.model
    def _matching_leads(self, rules):
        """Return the query of the ids of open leads with points from ``rules``."""
        self.env.cr.execute("SELECT DISTINCT company_id FROM crm_lead WHERE active")
        queries = [SQL("SELECT NULL::integer WHERE FALSE")]
        for (company_id,) in self.env.cr.fetchall():
            company = self.env["res.company"].browse(company_id or ())
            compiled = self._compile(company)
            matches = [
                SQL("%s <> 0", points)
                for rule, points in compiled.points.items()
                if rule.id in rules.ids
            ]
            if matches:
                where = SQL(" OR ").join(matches)
                queries.append(compiled.select(where, SQL("crm_lead.id")))
        return SQL(" UNION ALL ").join(queries)
