import logging
from contextlib import contextmanager
from functools import partial

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, Query, ormcache

from ...tools.compiled_rules import CompiledRules
from ...tools.domain_meaning import is_lasting, reads_names
from ...tools.lower_case import lower_once
from ...tools.settled_domain import settle
from ...tools.streams import SubqueryStreams

_logger = logging.getLogger(__name__)

RULE_FIELDS = ["dimension", "domain", "half_life", "lang", "maximum"] + [
    "minimum_count",
    "model_id",
    "source",
    "tz",
    "value",
]
"""What compiling reads of a rule."""


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
        context = {
            "lang": lang if self._is_active(lang) else "en_US",
            "tz": tz or "UTC",
            "allowed_company_ids": (company or self._main_company()).ids,
        }
        return self.env(user=SUPERUSER_ID, su=True, context=context)

    @api.model
    def _main_company(self):
        """Return the company that what belongs to none is taken for: OdooBot's."""
        # sudo: users may not read OdooBot
        bot = self.env["res.users"].sudo().browse(SUPERUSER_ID)
        # alone: all columns of a user take longer, and each saved lead asks for it
        bot.fetch(["company_id"])
        return bot.company_id

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
        # sudo: what is cached must not depend on the user
        return domain.optimize(self.env[model_name].sudo())

    @api.model
    def _settled(self, records, text):
        """Return the Domain written in ``text`` as its author means it now, see
        :func:`~odoo.addons.lead_scoring.tools.settled_domain.settle`.

        :param records: empty recordset of the domain's model, in the environment of
            :meth:`_compile_env` or with the author's ``lang`` and ``tz``
        :raise ValidationError: there is no domain in the text
        """
        return settle(self._parse(records._name, text or "[]"), records)

    @api.model
    def _open_leads(self):
        """Return the Domain of the open leads: active, not won, not lost."""
        closed = Domain("won_status", "in", ("won", "lost"))
        return Domain("active", "=", True) & ~closed

    @api.model
    def _open_sql(self, alias="crm_lead"):
        """Return :meth:`_open_leads` as an SQL condition on ``crm_lead``."""
        return SQL(
            """(%(lead)s.active AND %(lead)s.won_status IS DISTINCT FROM 'won'
                AND %(lead)s.won_status IS DISTINCT FROM 'lost')""",
            lead=SQL.identifier(alias),
        )

    @api.model
    def _scored_leads(self):
        """Return the Domain of the leads that are scored: open, and to be scored."""
        return self._open_leads() & Domain("do_not_score", "=", False)

    @api.model
    def _scored_sql(self, alias="crm_lead"):
        """Return :meth:`_scored_leads` as an SQL condition on ``crm_lead``."""
        return SQL(
            "(%s AND %s.do_not_score IS NOT TRUE)",
            self._open_sql(alias),
            SQL.identifier(alias),
        )

    # ------------------------------------------------------------------
    # Compiling
    # ------------------------------------------------------------------

    @api.model
    def _compile(
        self,
        company,
        streams=None,
        rules=None,
        scopes=None,
        draft=None,
        closed=False,
        without=(),
    ):
        """Compile models and rules to :class:`CompiledRules` for leads of ``company``.

        :param company: a res.company record, empty for the leads without company
        :param streams: :class:`TempTableStreams`, to be filled then; default:
            :class:`SubqueryStreams`, for few leads
        :param rules: these, whatever leads their model is for; default: the rules of
            the models, for the leads of each, without those marked with an error
        :param scopes: these models only; default: the live ones
        :param draft: a model, counted in as if it were published
        :param closed: for closed leads too
        :param without: rules and models to leave out
        :raise psycopg2.Error: roll the transaction back to a savepoint
        """
        env = self._compile_env(company)
        query, leads = self._lead_query(env, closed), self._leads_of(company)
        compiled = CompiledRules(query, leads, streams or SubqueryStreams())
        if scopes is None:
            scopes = env["lead.scoring.model"]._get_live(company, draft)
        scopes = scopes.with_env(env).filtered(lambda scope: scope not in without)
        scoring_models = self._compile_scopes(scopes, company, compiled)
        counts_all = rules is None
        if counts_all:
            rules = self._rules_of(scoring_models)
        rules = rules.with_env(env).filtered(lambda rule: rule not in without)
        self._compile_rules(rules, company, compiled)
        if counts_all:
            self._limit_to_models(compiled)
            self._compile_adjustments(compiled)
        return compiled

    @api.model
    def _leads_of(self, company):
        """Return the SQL condition on crm_lead of the leads of a company."""
        if company:
            return SQL("crm_lead.company_id = %s", company.id)
        return SQL("crm_lead.company_id IS NULL")

    @api.model
    def _rules_of(self, scoring_models):
        """Return the rules of models, without those marked with an error."""
        return scoring_models.env["lead.scoring.rule"].search_fetch(
            [("model_id", "in", scoring_models.ids), ("error", "=", False)],
            RULE_FIELDS,
        )

    @api.model
    def _limit_to_models(self, compiled):
        """Let each rule give points to the leads of its model only."""
        if "scoring_scope" not in compiled.query._joins:
            return
        for rule, points in compiled.points.items():
            compiled.points[rule] = SQL(
                "CASE WHEN %s = %s THEN %s ELSE 0 END",
                compiled.model,
                rule.model_id.id,
                points,
            )

    @api.model
    def _compile_rules(self, rules, company, compiled):
        """Add the points of rules to ``compiled``."""
        for rule in rules:
            with self._breakable(rule, compiled):
                compiled.points[rule] = self._compile_rule(
                    rule, company, compiled.query, compiled.streams
                )

    @api.model
    def _compile_adjustments(self, compiled):
        """Add what people gave the leads; to those that belong to a model."""
        # sudo: streams are given to a superuser's records
        adjustments = self.env["lead.scoring.adjustment"].sudo()
        for dimension in adjustments._fields["dimension"].get_values(self.env):
            compiled.adjusted[dimension] = SQL(
                "CASE WHEN %s IS NULL THEN 0 ELSE %s END",
                compiled.model,
                compiled.streams.adjusted(
                    adjustments, adjustments._unexpired(), dimension
                ),
            )

    @contextmanager
    def _breakable(self, record, compiled):
        """Note what can't be compiled in ``compiled.broken``, and go on: a domain that
        was written years ago may raise anything today, and the other rules still count.
        """
        try:
            yield
        except psycopg2.Error:
            raise
        except Exception as error:
            # mostly a UserError; managers see it on the rule
            trace = not isinstance(error, UserError)
            _logger.warning(
                "The domain of %s can't be read: %s", record, error, exc_info=trace
            )
            compiled.broken[record] = error

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
    def _compile_scopes(self, scopes, company, compiled):
        """Set ``compiled.model``: the first of ``scopes``, live models, that a lead of
        the company meets.

        :return: the models such a lead can belong to
        """
        reached = scopes.browse()
        fallback = scopes.browse()
        cases = []
        for scoring_model in scopes:
            with self._breakable(scoring_model, compiled):
                env = self._compile_env(company, scoring_model.lang, scoring_model.tz)
                leads = env["crm.lead"]
                scope = self._settled(leads, scoring_model.domain).map_conditions(
                    partial(self._use_number, leads=leads, streams=compiled.streams)
                )
                compiled.streams.lasting &= is_lasting(scope, leads, in_program=True)
                scope = scope.optimize_full(leads)
                if not scope.is_true():
                    scope = scope._to_sql(leads, "crm_lead", compiled.query)
                    cases.append(SQL("WHEN %s THEN %s", scope, scoring_model.id))
                reached += scoring_model
                if isinstance(scope, Domain):
                    fallback = scoring_model
                    break
        fallback = SQL("%s::integer", fallback.id or None)
        if not cases:
            compiled.model = fallback
            return reached
        case = SQL("CASE %s ELSE %s END", SQL(" ").join(cases), fallback)
        # OFFSET 0 keeps PostgreSQL from evaluating the scopes once per rule
        compiled.query.add_join(
            "LEFT JOIN",
            "scoring_scope",
            SQL("LATERAL (SELECT %s AS model_id OFFSET 0)", case),
            SQL("TRUE"),
        )
        compiled.model = SQL.identifier("scoring_scope", "model_id")
        return reached

    @api.model
    def _compile_rule(self, rule, company, query, streams):
        """Return the points of ``rule``, an integer SQL expression on ``crm_lead``."""
        if rule.source != "lead":
            env = self._compile_env(company, rule.lang, rule.tz)
            return self._compile_stream(rule, env, streams)
        is_active, many = self._is_active(rule.lang), bool(streams.conditions)
        lasting = is_active and self._compile_lasting(rule.domain, rule.lang, many)
        if lasting:
            condition, joins = lasting
            for alias, (kind, table, on) in joins.items():
                query.add_join(kind.code, alias, table, on)
        else:
            env = self._compile_env(company, rule.lang, rule.tz)
            leads = env["crm.lead"]
            domain = self._settled(leads, rule.domain)
            if not is_active and reads_names(domain, leads):
                language = rule.lang
                raise UserError(
                    self.env._("Its names are in %s, a language that is off.", language)
                )
            domain = self._use_streams(domain, env, streams)
            streams.lasting &= is_lasting(domain, leads, in_program=True)
            condition = self._condition(domain, leads, query, many)
        return SQL("CASE WHEN %s THEN %s ELSE 0 END", condition, rule.value)

    @api.model
    def _condition(self, domain, leads, query, many):
        """Return ``domain`` as an SQL condition on ``crm_lead``; where the leads are
        many, their texts are put in lower case once, not by each rule.
        """
        domain = domain.optimize_full(leads)
        domain = lower_once(domain, leads) if many else domain
        return domain._to_sql(leads, "crm_lead", query)

    @api.model
    @ormcache("text", "lang", "many")
    def _compile_lasting(self, text, lang, many=False):
        """Return the SQL condition on ``crm_lead`` of the domain written in ``text``,
        and the joins it needs; None where it has to be compiled each time, see
        :func:`is_lasting`. Cached: to compile is half the cost of scoring one lead.

        :param lang: an active language
        :param many: see :meth:`_condition`
        """
        leads = self._compile_env(self.env["res.company"], lang)["crm.lead"]
        domain = self._settled(leads, text)
        if not is_lasting(domain, leads):
            return None
        query = Query(leads.env, leads._table, leads._table_sql)
        condition = self._condition(domain, leads, query, many)
        return condition, query._joins
