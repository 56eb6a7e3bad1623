import logging
from collections import Counter
from dataclasses import dataclass, field

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ..tools.prepared import PreparedStream

_logger = logging.getLogger(__name__)

# No rule without a maximum gives more than this, however long its stream: the sum over
# all rules of a model must fit a PostgreSQL integer.
STREAM_LIMIT = 10_000_000

SECONDS_PER_DAY = 86_400


@dataclass
class Program:
    """The rules that score the leads of one company, compiled to SQL on ``crm_lead``.

    :ivar query: Query on the company's scored leads, with the joins the terms need
    :ivar model: expression: id of the lead's scoring model, or NULL
    :ivar points: ``{rule: integer expression}``, what each rule gives the lead
    :ivar broken: ``{rule: exception}`` of the rules that could not be compiled
    """

    query: Query
    model: SQL = field(default_factory=lambda: SQL("NULL::integer"))
    points: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)

    def total(self, dimension):
        """Return the expression of the sum of all rules on one axis."""
        terms = [sql for rule, sql in self.points.items() if rule.dimension == dimension]
        return SQL("(%s)", SQL(" + ").join(terms)) if terms else SQL("0")

    def select(self, where, *columns):
        """Return the query of ``columns`` over the company's leads that meet ``where``."""
        return SQL(
            "SELECT %s FROM %s WHERE %s AND (%s)",
            SQL(", ").join(columns),
            self.query.from_clause,
            self.query.where_clause,
            where,
        )


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
            "lang": lang and self.env["res.lang"]._get_code(lang) or "en_US",
            "tz": tz or "UTC",
            "allowed_company_ids": company.ids,
        }
        return self.env(user=SUPERUSER_ID, su=True, context=context)

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
        """Return the Domain of the leads that are scored: active, not won, not lost."""
        closed = Domain("won_status", "in", ("won", "lost"))
        return Domain("active", "=", True) & ~closed

    # ------------------------------------------------------------------
    # Compiling
    # ------------------------------------------------------------------

    @api.model
    def _compile(self, company, prepared=None, rules=None):
        """Compile the live models that fit leads of ``company``, and their rules.

        :param company: a res.company record, empty for the leads without company
        :param prepared: dict to be filled with the :class:`PreparedStream` of each
            source read; without it, streams are read by subqueries
        :param rules: only these; default: all that are not marked with an error
        :return: a :class:`Program`
        :raise psycopg2.Error: compiling ran SQL that failed; the transaction needs to
            be rolled back to a savepoint
        """
        env = self._compile_env(company)
        program = Program(self._lead_query(env, company))
        scoring_models = self._compile_scopes(env, company, program)
        if rules is None:
            rules = scoring_models.rule_ids.filtered(lambda rule: not rule.error)
        scoped = "scoring_scope" in program.query._joins
        for rule in rules.with_env(env):
            try:
                points = self._compile_rule(rule, company, program.query, prepared)
            except psycopg2.Error:
                raise
            except Exception as error:
                # whatever a domain written years ago does today, it stops nobody
                _logger.warning("Scoring rule %s can't be read: %s", rule.id, error)
                program.broken[rule] = error
                continue
            if scoped:
                points = SQL(
                    "CASE WHEN %s = %s THEN %s ELSE 0 END",
                    program.model,
                    rule.model_id.id,
                    points,
                )
            program.points[rule] = points
        return program

    @api.model
    def _lead_query(self, env, company):
        """Return the Query on the scored leads of ``company``."""
        leads = env["crm.lead"]
        query = Query(env, leads._table, leads._table_sql)
        domain = self._open_leads().optimize_full(leads)
        query.add_where(domain._to_sql(leads, leads._table, query))
        query.add_where(
            SQL("crm_lead.company_id = %s", company.id)
            if company
            else SQL("crm_lead.company_id IS NULL")
        )
        return query

    @api.model
    def _compile_scopes(self, env, company, program):
        """Set ``program.model``: the first live model whose scope and company match.

        :return: the models a lead of this company can belong to
        """
        reached = env["lead.scoring.model"]
        cases = []
        for scoring_model in env["lead.scoring.model"]._get_live(company):
            reached += scoring_model
            scope = self._parse("crm.lead", scoring_model.domain or "[]")
            scope = scope.optimize_full(env["crm.lead"])
            if scope.is_true():
                break
            scope = scope._to_sql(env["crm.lead"], "crm_lead", program.query)
            cases.append(SQL("WHEN %s THEN %s", scope, scoring_model.id))
        else:
            scoring_model = env["lead.scoring.model"]
        fallback = SQL("%s::integer", scoring_model.id or None)
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
    def _compile_rule(self, rule, company, query, prepared=None):
        """Return the points of ``rule``, an integer SQL expression on ``crm_lead``."""
        env = self._compile_env(company, rule.lang, rule.tz)
        if rule.source != "lead":
            return self._compile_stream(rule, env, query, prepared)
        leads = env["crm.lead"]
        domain = self._parse("crm.lead", rule.domain)
        if prepared is not None:
            domain = self._use_prepared(domain, env, prepared)
        condition = domain.optimize_full(leads)._to_sql(leads, "crm_lead", query)
        return SQL("CASE WHEN %s THEN %s ELSE 0 END", condition, rule.value)

    # ------------------------------------------------------------------
    # Streams
    # ------------------------------------------------------------------

    @api.model
    def _compile_stream(self, rule, env, query, prepared):
        """Return the points of a rule that counts records."""
        source = env["lead.scoring.source"]._get(rule.source)
        records = env[source.model]
        domain = self._parse(source.model, rule.domain).optimize_full(records)
        if prepared is not None:
            stream = self._prepared_stream(prepared, rule.source, source, records)
            condition = stream.condition(records, domain)
            points = self._stream_points(rule, source, records, condition)
            stream.join(query)
            return SQL("COALESCE(%s, 0)", stream.column(points))
        stream_query = Query(env, records._table, records._table_sql)
        condition = domain._to_sql(records, records._table, stream_query)
        return SQL(
            "(SELECT %s FROM %s, (%s) AS tie WHERE %s = tie.key AND tie.lead_id = %s)",
            self._stream_points(rule, source, records, condition),
            stream_query.from_clause,
            source.ties,
            SQL.identifier(records._table, source.key),
            SQL.identifier("crm_lead", "id"),
        )

    @api.model
    def _stream_points(self, rule, source, records, condition):
        """Return the aggregate that gives a stream rule's points, rounded once, half
        away from zero: ``min(maximum, sum(value * 0.5 ^ (age / half_life)))``, its
        mirror image for a negative value.
        """
        weight = self._stream_weight(rule, source, records)
        bound = rule.maximum or STREAM_LIMIT
        return SQL(
            """round(LEAST(%(bound)s, GREATEST(-%(bound)s,
               COALESCE(SUM(%(weight)s) FILTER (WHERE %(condition)s), 0)
               ))::numeric)::integer""",
            bound=bound,
            weight=weight,
            condition=condition,
        )

    @api.model
    def _stream_weight(self, rule, source, records):
        """Return what one record of the stream is worth now, a float expression."""
        if not rule.half_life:
            return SQL("%s::float8", rule.value)
        return SQL(
            "%s * exp(%s * GREATEST(0, EXTRACT(EPOCH FROM %s - %s))::float8)",
            rule.value,
            SQL("-ln(2::float8) / %s", rule.half_life * SECONDS_PER_DAY),
            SQL("%s::timestamp", self.env.cr.now()),
            SQL.identifier(records._table, source.date),
        )

    @api.model
    def _prepared_stream(self, prepared, name, source, records):
        if name not in prepared:
            prepared[name] = PreparedStream(name, source, records)
        return prepared[name]

    @api.model
    def _use_prepared(self, domain, env, prepared):
        """Replace conditions on the lead's stream fields by columns of ``prepared``.

        Only conditions of the lead itself: ``map_conditions`` stops at an ``any``, and
        a path that comes back to leads (``partner_id.opportunity_ids``) means others.
        """
        sources = {
            source.lead_field: (name, source)
            for name, source in env["lead.scoring.source"]._get_all().items()
            if source.lead_field
        }

        def replace(condition):
            if condition.field_expr not in sources:
                return condition
            positive = {"any": True, "not any": False}.get(condition.operator)
            if positive is None:
                return condition
            name, source = sources[condition.field_expr]
            records = env[source.model]
            stream = self._prepared_stream(prepared, name, source, records)
            inner = self._active_records(records, condition.value)
            matches = SQL("bool_or(%s)", stream.condition(records, inner))
            column = SQL("COALESCE(%s, FALSE)", stream.column(matches))

            def to_sql(model, alias, query):
                stream.join(query)
                return column if positive else SQL("NOT %s", column)

            return Domain.custom(to_sql=to_sql)

        return domain.map_conditions(replace)

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
    def _score(self, leads):
        """Compute the score rows of ``leads`` in the current transaction. Closed leads
        keep their row. Flushing before, and caches after, are the caller's.
        """
        now = SQL("%s::timestamp", self.env.cr.now())
        for company, where in self._by_company(leads):
            program = self._compile(company)
            self.env.cr.execute(
                SQL(
                    """UPDATE lead_scoring_score score
                          SET model_id = new.model_id, fit = new.fit,
                              interest = new.interest,
                              score = new.fit + new.interest, computed_at = %(now)s,
                              scored_at = CASE
                                  WHEN (score.fit, score.interest)
                                       IS DISTINCT FROM (new.fit, new.interest)
                                  THEN %(now)s ELSE score.scored_at END
                         FROM (%(new)s) AS new
                        WHERE new.lead_id = score.lead_id""",
                    now=now,
                    new=program.select(
                        where,
                        SQL("crm_lead.id AS lead_id"),
                        SQL("%s AS model_id", program.model),
                        SQL("%s AS fit", program.total("fit")),
                        SQL("%s AS interest", program.total("interest")),
                    ),
                )
            )

    @api.model
    def _points(self, leads, rules=None):
        """Return ``{lead id: {rule id: points}}``, rules without points left out.

        :param rules: only these, paused or not; default: those that score
        """
        result = {lead_id: {} for lead_id in leads.ids}
        self.env.flush_all()
        for company, where in self._by_company(leads):
            program = self._compile(company, rules=rules)
            columns = [SQL("crm_lead.id"), *program.points.values()]
            self.env.cr.execute(program.select(where, *columns))
            for lead_id, *points in self.env.cr.fetchall():
                pairs = zip(program.points, points, strict=True)
                result[lead_id] = {rule.id: given for rule, given in pairs if given}
        return result

    @api.model
    def _explain(self, lead):
        """Return the explanation of one lead's score, see ``score_explanation``. The
        points come from the statement that scores; computing it writes nothing.
        """
        lead = lead.sudo()
        given = self._points(lead).get(lead.id, {})
        rules = self.env["lead.scoring.rule"].sudo().browse(given)
        lines = [
            {
                "rule_id": rule.id,
                "name": rule.name,
                "dimension": rule.dimension,
                "source": rule.source,
                "points": given[rule.id],
                **self._stream_details(rule, lead, given[rule.id]),
            }
            for rule in rules
        ]
        lines.sort(key=lambda line: (-abs(line["points"]), line["rule_id"]))
        axes = Counter()
        for line in lines:
            axes[line["dimension"]] += line["points"]
        return {
            "score": axes.total(),
            "fit": axes["fit"],
            "interest": axes["interest"],
            "temperature": lead.temperature,
            "segment": lead.segment,
            "model": lead.score_id.model_id.name,
            "rules": lines,
        }

    @api.model
    def _stream_details(self, rule, lead, points):
        """Return count, last date and losses of a rule's stream for one lead."""
        if rule.source == "lead":
            return {
                "count": 1,
                "last_date": False,
                "lost_to_decay": 0,
                "lost_to_maximum": 0,
            }
        env = self._compile_env(lead.company_id, rule.lang, rule.tz)
        source = env["lead.scoring.source"]._get(rule.source)
        records = env[source.model]
        domain = self._parse(source.model, rule.domain)
        query = records._search(domain)
        query.add_where(
            SQL(
                "%s IN (SELECT key FROM (%s) AS tie WHERE lead_id = %s)",
                SQL.identifier(records._table, source.key),
                source.ties,
                lead.id,
            )
        )
        weight = self._stream_weight(rule, source, records)
        columns = SQL(
            "count(*), max(%s), round(COALESCE(SUM(%s), 0)::numeric)::integer",
            SQL.identifier(records._table, source.date),
            weight,
        )
        count, last_date, faded = self.env.execute_query(query.select(columns))[0]
        return {
            "count": count,
            "last_date": fields.Datetime.to_string(last_date),
            "lost_to_decay": count * rule.value - faded,
            "lost_to_maximum": faded - points,
        }

    @api.model
    def _matching_leads(self, rules):
        """Return the query of the ids of open leads with points from one of ``rules``,
        paused or not.
        """
        self.env.cr.execute("SELECT DISTINCT company_id FROM crm_lead WHERE active")
        queries = [SQL("SELECT NULL::integer WHERE FALSE")]
        for (company_id,) in self.env.cr.fetchall():
            company = self.env["res.company"].browse(company_id or ())
            program = self._compile(company, rules=rules.sudo())
            matches = [SQL("%s <> 0", points) for points in program.points.values()]
            if matches:
                where = SQL("(%s)", SQL(" OR ").join(matches))
                queries.append(program.select(where, SQL("crm_lead.id")))
        return SQL(" UNION ALL ").join(queries)

    @api.model
    def _by_company(self, leads):
        """Yield ``(company, SQL condition on crm_lead)`` for the companies of leads."""
        for company, group in leads.sudo().grouped("company_id").items():
            yield company, SQL("crm_lead.id = ANY(%s)", group.ids)
