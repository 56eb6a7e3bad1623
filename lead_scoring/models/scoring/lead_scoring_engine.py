import logging
from contextlib import contextmanager, suppress
from itertools import compress

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ...tools.bands import band_of
from ...tools.domain_meaning import is_lasting, reads_names
from ...tools.prepared import Inline
from ...tools.program import Program

_logger = logging.getLogger(__name__)

# No rule without a maximum gives more than this, however long its stream: the sum over
# all rules of a model must fit a PostgreSQL integer.
STREAM_LIMIT = 10_000_000

SECONDS_PER_DAY = 86_400

# What compiling reads of a rule.
RULE_FIELDS = ["dimension", "domain", "half_life", "lang", "maximum", "model_id"]
RULE_FIELDS += ["source", "tz", "value"]


class LeadScoringEngine(models.AbstractModel):
    """Compiles rules to SQL. Every number of the module comes from here, so that pass,
    immediate scoring and explanation can't disagree.
    """

    _name = "lead.scoring.engine"
    _description = "Lead Scoring Engine"

    # ------------------------------------------------------------------
    # Environments and domains
    # ------------------------------------------------------------------

    @api.model
    def _compile_env(self, company, lang=None, tz=None):
        """Return the environment that domains are compiled in: superuser, language and
        time zone of the author, the lead's company (OdooBot's for a lead without one),
        and nothing of the current context.

        What a domain means depends on all of these, so nothing else may compile one.
        """
        if not company:
            company = self.env["res.users"].sudo().browse(SUPERUSER_ID).company_id
        context = {
            "lang": lang if self._is_active(lang) else "en_US",
            "tz": tz or "UTC",
            "allowed_company_ids": company.ids,
        }
        return self.env(user=SUPERUSER_ID, su=True, context=context)

    @api.model
    def _is_active(self, lang):
        return not lang or lang == "en_US" or bool(self.env["res.lang"]._get_code(lang))

    @api.model
    @ormcache("model_name", "text")
    def _parse(self, model_name, text):
        """Return the Domain written in ``text``, the optimizations that depend on no
        transaction done. Cached: parsing costs more than the rest of compiling.
        """
        domain = self.env["lead.scoring.rule.check"]._read(text)
        return domain.optimize(self.env[model_name].sudo())

    @api.model
    def _open_leads(self):
        """Return the Domain of the open leads: active, not won, not lost."""
        closed = Domain("won_status", "in", ("won", "lost"))
        return Domain("active", "=", True) & ~closed

    @api.model
    def _scored_leads(self):
        """Return the Domain of the leads that are scored: open, and to be scored."""
        return self._open_leads() & Domain("do_not_score", "=", False)

    # ------------------------------------------------------------------
    # Compiling
    # ------------------------------------------------------------------

    @api.model
    def _compile(
        self,
        company,
        prepared=None,
        rules=None,
        scopes=None,
        draft=None,
        closed=False,
    ):
        """Compile the live models that fit leads of ``company``, and their rules.

        :param company: a res.company record, empty for the leads without company
        :param prepared: :class:`Prepared`, to be filled then; without it, streams and
            x2many fields are read by subqueries, for few leads
        :param rules: these, whatever leads their model is for; default: the rules of
            the models, for the leads of each, without those marked with an error
        :param scopes: these models only; default: the live ones
        :param draft: a model, counted in as if it were published
        :param closed: for closed leads too
        :return: a :class:`Program`
        :raise psycopg2.Error: compiling ran SQL that failed; the transaction needs to
            be rolled back to a savepoint
        """
        env = self._compile_env(company)
        companies = (
            SQL("crm_lead.company_id = %s", company.id)
            if company
            else SQL("crm_lead.company_id IS NULL")
        )
        streams = prepared or Inline()
        program = Program(self._lead_query(env, closed), companies, streams)
        if scopes is None:
            scopes = env["lead.scoring.model"]._get_live(company, draft)
        scoring_models = self._compile_scopes(scopes, company, program)
        counts_all = rules is None
        scoped = counts_all and "scoring_scope" in program.query._joins
        if counts_all:
            rules = env["lead.scoring.rule"].search_fetch(
                [("model_id", "in", scoring_models.ids), ("error", "=", False)],
                RULE_FIELDS,
            )
        for rule in rules.with_env(env):
            with self._breakable(rule, program):
                points = self._compile_rule(rule, company, program.query, streams)
                if scoped:
                    points = SQL(
                        "CASE WHEN %s = %s THEN %s ELSE 0 END",
                        program.model,
                        rule.model_id.id,
                        points,
                    )
                program.points[rule] = points
        if counts_all:
            self._compile_adjustments(program)
        return program

    @api.model
    def _compile_adjustments(self, program):
        """Add what people gave the leads; to those that belong to a model."""
        adjustments = self.env["lead.scoring.adjustment"].sudo()
        for dimension in adjustments._fields["dimension"].get_values(self.env):
            program.adjusted[dimension] = SQL(
                "CASE WHEN %s IS NULL THEN 0 ELSE %s END",
                program.model,
                program.streams.adjusted(
                    adjustments, adjustments._unexpired(), dimension
                ),
            )

    @contextmanager
    def _breakable(self, record, program):
        """Note what can't be compiled in ``program.broken``: whatever a domain written
        years ago does today, it stops nobody.
        """
        try:
            yield
        except psycopg2.Error:
            raise
        except Exception as error:
            _logger.warning("The domain of %s can't be read: %s", record, error)
            program.broken[record] = error

    @api.model
    def _lead_query(self, env, closed):
        """Return the Query on the scored leads, or, if ``closed``, with closed ones."""
        leads = env["crm.lead"]
        query = Query(env, leads._table, leads._table_sql)
        scored = Domain("do_not_score", "=", False) if closed else self._scored_leads()
        domain = scored.optimize_full(leads)
        query.add_where(domain._to_sql(leads, leads._table, query))
        return query

    @api.model
    def _compile_scopes(self, scopes, company, program):
        """Set ``program.model``: the first of ``scopes``, live models, that a lead of
        the company meets.

        :return: the models such a lead can belong to
        """
        reached = scopes.browse()
        fallback = scopes.browse()
        cases = []
        for scoring_model in scopes:
            with self._breakable(scoring_model, program):
                env = self._compile_env(company, scoring_model.lang, scoring_model.tz)
                leads = env["crm.lead"]
                scope = self._parse("crm.lead", scoring_model.domain or "[]")
                scope = scope.optimize_full(leads)
                if not scope.is_true():
                    scope = scope._to_sql(leads, "crm_lead", program.query)
                    cases.append(SQL("WHEN %s THEN %s", scope, scoring_model.id))
                reached += scoring_model
                if isinstance(scope, Domain):
                    fallback = scoring_model
                    break
        fallback = SQL("%s::integer", fallback.id or None)
        if not cases:
            program.model = fallback
            return reached
        case = SQL("CASE %s ELSE %s END", SQL(" ").join(cases), fallback)
        # OFFSET 0 keeps PostgreSQL from evaluating the scopes once per rule
        program.query.add_join(
            "LEFT JOIN",
            "scoring_scope",
            SQL("LATERAL (SELECT %s AS model_id OFFSET 0)", case),
            SQL("TRUE"),
        )
        program.model = SQL.identifier("scoring_scope", "model_id")
        return reached

    @api.model
    def _compile_rule(self, rule, company, query, streams):
        """Return the points of ``rule``, an integer SQL expression on ``crm_lead``."""
        if rule.source != "lead":
            env = self._compile_env(company, rule.lang, rule.tz)
            return self._compile_stream(rule, env, streams)
        is_active = self._is_active(rule.lang)
        if is_active and (lasting := self._compile_lasting(rule.domain, rule.lang)):
            condition, joins = lasting
            for alias, (kind, table, on) in joins.items():
                query.add_join(kind.code, alias, table, on)
        else:
            env = self._compile_env(company, rule.lang, rule.tz)
            leads = env["crm.lead"]
            domain = self._parse("crm.lead", rule.domain)
            if not is_active and reads_names(domain, leads):
                language = rule.lang
                raise UserError(
                    self.env._("Its names are in %s, a language that is off.", language)
                )
            domain = self._use_streams(domain, env, streams)
            condition = domain.optimize_full(leads)._to_sql(leads, "crm_lead", query)
        return SQL("CASE WHEN %s THEN %s ELSE 0 END", condition, rule.value)

    @api.model
    @ormcache("text", "lang")
    def _compile_lasting(self, text, lang):
        """Return the SQL condition on ``crm_lead`` of the domain written in ``text``,
        and the joins it needs; None where it has to be compiled each time, see
        :func:`is_lasting`. Cached: to compile is half the cost of scoring one lead.

        :param lang: an active language
        """
        leads = self._compile_env(self.env["res.company"], lang)["crm.lead"]
        domain = self._parse("crm.lead", text)
        if not is_lasting(domain, leads):
            return None
        query = Query(leads.env, leads._table, leads._table_sql)
        condition = domain.optimize_full(leads)._to_sql(leads, "crm_lead", query)
        return condition, query._joins

    # ------------------------------------------------------------------
    # Streams
    # ------------------------------------------------------------------

    @api.model
    def _compile_stream(self, rule, env, streams):
        """Return the points of a rule that counts records."""
        stream, date = self._stream_date(rule, env, streams)
        return SQL("COALESCE(%s, 0)", stream.column(self._stream_points(rule, date)))

    @api.model
    def _stream_date(self, rule, env, streams):
        """Return the :class:`Stream` a rule counts, and the identifier of the date, for
        the columns to aggregate, that is set where the rule counts.
        """
        source = env["lead.scoring.source"]._get(rule.source)
        records = env[source.model]
        domain = self._active_records(records, self._parse(source.model, rule.domain))
        stream = streams.stream(rule.source, source, records)
        return stream, stream.date(stream.condition(records, domain))

    @api.model
    def _stream_points(self, rule, date, at=None):
        """Return the aggregate over ``date``, NULL where the rule counts nothing, that
        gives a stream rule's points, rounded once, half away from zero:
        ``min(maximum, sum(value * 0.5 ^ (age / half_life)))``, and its mirror image for
        a negative value.

        :param at: the moment the age is counted to; default: now
        """
        return SQL(
            """round(LEAST(%(bound)s, GREATEST(-%(bound)s,
               COALESCE(SUM(%(weight)s) FILTER (WHERE %(date)s IS NOT NULL), 0)
               ))::numeric)::integer""",
            bound=rule.maximum or STREAM_LIMIT,
            weight=self._stream_weight(rule, date, at),
            date=date,
        )

    @api.model
    def _stream_weight(self, rule, date, at=None):
        """Return what a record of that date is worth then, a float expression; see
        :meth:`_stream_points`.
        """
        if not rule.half_life:
            return SQL("%s::float8", rule.value)
        # exp(-700) is nothing; of less PostgreSQL says that it is out of range
        return SQL(
            "%s * exp(GREATEST(-700, %s * GREATEST(0, date_part('epoch', %s - %s))))",
            rule.value,
            SQL("-ln(2::float8) / %s", rule.half_life * SECONDS_PER_DAY),
            SQL("%s::timestamp", at or self.env.cr.now()),
            date,
        )

    @api.model
    def _use_streams(self, domain, env, streams):
        """Replace conditions on the lead's x2many fields, and on numbers of what it
        has, by columns of ``streams``.

        Only conditions of the lead itself: ``map_conditions`` stops at an ``any``, and
        a path that comes back to leads (``partner_id.opportunity_ids``) means others.
        """
        leads = env["crm.lead"]

        def replace(condition):
            field = leads._fields.get(condition.field_expr)
            if not (field and field.type in ("one2many", "many2many")):
                return self._use_count(condition, leads, streams)
            if condition.operator == "not any":
                return ~replace(Domain(field.name, "any", condition.value))
            name = self._stream_of(field.name)
            if name and condition.operator == "any":
                source = env["lead.scoring.source"]._get(name)
                records = env[source.model]
                table = streams.stream(name, source, records)
                inner = self._active_records(records, condition.value)
                date = table.date(table.condition(records, inner))
                sql = SQL("bool_or(%s IS NOT NULL)", date)
            elif table := streams.conditions:
                inner = condition.optimize_full(leads)
                sql = inner._to_sql(leads, "crm_lead", table.query)
            else:
                return condition
            column = SQL("COALESCE(%s, FALSE)", table.column(sql))
            return Domain.custom(to_sql=lambda *_args: column)

        return domain.map_conditions(replace)

    @api.model
    def _use_count(self, condition, leads, streams):
        """Replace a condition on a number of what leads have by a column of
        ``streams``, where these are for many leads.
        """
        table, name = streams.conditions, condition.field_expr
        counted = table and leads.env["lead.scoring.source"]._get_count(name)
        if not counted:
            return condition
        if condition.operator == "not in":
            return ~self._use_count(Domain(name, "in", condition.value), leads, streams)
        compared = leads._search_count(
            name, condition.operator, condition.value, table.count(name, counted)
        )
        sql = compared._to_sql(leads, "crm_lead", table.query)
        column = SQL("COALESCE(%s, FALSE)", table.column(sql))
        return Domain.custom(to_sql=lambda *_args: column)

    @api.model
    @ormcache("field_name")
    def _stream_of(self, field_name):
        """Return the name of the stream whose records the lead's field holds."""
        for name, source in self.env["lead.scoring.source"]._get_all().items():
            if source.lead_field == field_name:
                return name
        return None

    @api.model
    def _active_records(self, records, domain):
        """Return ``domain`` as a search on ``records`` would read it."""
        if records._active_name:
            domain = Domain(domain) & Domain(records._active_name, "=", True)
        return Domain(domain).optimize_full(records)

    # ------------------------------------------------------------------
    # Few leads at once
    # ------------------------------------------------------------------

    @api.model
    def _score(self, leads, asked):
        """Compute the score rows of ``leads`` in the current transaction. Closed leads
        keep their row. Flushing before, and caches after, are the caller's.

        :param asked: ``{name: SQL condition}`` on ``crm_lead``, its ``score`` row as it
            is then and its scoring ``model``
        :return: the set of the names whose condition any of the leads meets
        """
        now = SQL("%s::timestamp", self.env.cr.now())
        met = set()
        for company, where in self._by_company(leads):
            program = self._compile(company)
            # Few leads cost less than planning: the joins hang on the lead one by one,
            # so their order needs no thought, and what is computed is computed once.
            self.env.cr.execute(
                SQL(
                    """SET LOCAL join_collapse_limit = 1;
                     WITH new AS MATERIALIZED (%(new)s)
                   UPDATE lead_scoring_score score
                      SET model_id = new.model_id, fit = new.fit,
                          interest = new.interest,
                          fit_band = %(fit_band)s, interest_band = %(interest_band)s,
                          score = new.fit + new.interest, computed_at = %(now)s,
                          scored_at = CASE
                              WHEN (score.fit, score.interest)
                                   IS DISTINCT FROM (new.fit, new.interest)
                              THEN %(now)s ELSE score.scored_at END
                     FROM new
                     JOIN crm_lead ON crm_lead.id = new.lead_id
                LEFT JOIN lead_scoring_model model ON model.id = new.model_id
                    WHERE new.lead_id = score.lead_id
                RETURNING %(asked)s""",
                    now=now,
                    fit_band=band_of("fit"),
                    interest_band=band_of("interest"),
                    asked=SQL(", ").join(asked.values()),
                    new=program.select(
                        where,
                        SQL("crm_lead.id AS lead_id"),
                        SQL("%s AS model_id", program.model),
                        SQL("%s AS fit", program.total("fit")),
                        SQL("%s AS interest", program.total("interest")),
                    ),
                )
            )
            for row in self.env.cr.fetchall():
                met.update(compress(asked, row))
            self.env.cr.execute("SET LOCAL join_collapse_limit = DEFAULT")
        return met

    @api.model
    def _points(self, leads, rules=None, closed=False):
        """Return ``{lead id: {rule id: points}}``, rules without points left out.

        :param rules: these, paused or not, whatever model the lead belongs to;
            default: those that score it
        :param closed: closed leads too, as if they were open
        """
        result = {lead_id: {} for lead_id in leads.ids}
        self.env.flush_all()
        for company, where in self._by_company(leads):
            try:
                with self.env.cr.savepoint(flush=False):
                    program = self._compile(company, rules=rules, closed=closed)
                    self._fetch_points(program, where, result)
            except (psycopg2.DataError, psycopg2.ProgrammingError):
                # the next pass marks the rule it is; the others count all the same
                every = (
                    rules or self.env["lead.scoring.model"]._get_live(company).rule_ids
                )
                for rule in every:
                    with (
                        suppress(psycopg2.DataError, psycopg2.ProgrammingError),
                        self.env.cr.savepoint(flush=False),
                    ):
                        program = self._compile(company, rules=rule, closed=closed)
                        self._fetch_points(program, where, result)
        return result

    @api.model
    def _fetch_points(self, program, where, result):
        """Add what the rules of ``program`` give to ``result``, see :meth:`_points`."""
        columns = [SQL("crm_lead.id"), *program.points.values()]
        self.env.cr.execute(program.select(where, *columns))
        for lead_id, *points in self.env.cr.fetchall():
            pairs = zip(program.points, points, strict=True)
            result[lead_id].update({rule.id: given for rule, given in pairs if given})

    @api.model
    def _matching_leads(self, rules):
        """Return the query of the ids of open leads with points from ``rules``."""
        self.env.cr.execute("SELECT DISTINCT company_id FROM crm_lead WHERE active")
        queries = [SQL("SELECT NULL::integer WHERE FALSE")]
        for (company_id,) in self.env.cr.fetchall():
            company = self.env["res.company"].browse(company_id or ())
            program = self._compile(company)
            matches = [
                SQL("%s <> 0", points)
                for rule, points in program.points.items()
                if rule.id in rules.ids
            ]
            if matches:
                where = SQL(" OR ").join(matches)
                queries.append(program.select(where, SQL("crm_lead.id")))
        return SQL(" UNION ALL ").join(queries)

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
