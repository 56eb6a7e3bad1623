from psycopg2.errors import QueryCanceled

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.compiled_rules import CompiledRules
from ...tools.faults import is_by_users, limited
from ...tools.parameters import statement_seconds
from ...tools.temp_table_streams import TempTableStreams

SLOW_SHARE = 10
"""Where a statement takes too long, a rule is slow that alone takes more than the time
that the statement has, divided by this."""


class LeadScoringEngine(models.AbstractModel):
    """Finds the rule or model that breaks a statement, or makes it slow: whatever one
    raises, at whatever stage, the others go on.
    """

    _inherit = "lead.scoring.engine"

    @api.model
    def _execute(
        self,
        company,
        where,
        statement,
        rules=None,
        closed=False,
        draft=None,
        seconds=None,
    ):
        """Compile rules for some leads of a company and execute a statement; again
        without those rules and models that can't be applied to these leads, or take too
        long. The next pass marks them.

        :param where: SQL condition on crm_lead, of the leads
        :param statement: function that returns the SQL for :class:`CompiledRules`; the
            SQL returns rows
        :param rules: see :meth:`_compile`, as for ``closed`` and ``draft``
        :param seconds: how long it may take; default: as long as in a pass
        :return: the :class:`CompiledRules`, and the rows
        """
        if seconds is None:
            seconds = statement_seconds(self.env)
        kinds = {"rules": rules, "closed": closed, "draft": draft}
        try:
            return self._execute_once(company, statement, seconds, **kinds)
        except Exception as error:
            # a rule may raise anything
            if not is_by_users(error):
                raise
            each = self._seconds_alone(error, seconds)
        # sudo: whoever may read a lead need not be allowed to read models
        scopes = self.env["lead.scoring.model"].sudo()._get_live(company, draft)
        suspects = [*scopes, *(scopes.rule_ids if rules is None else rules)]
        broken = [
            record
            for record in suspects
            if self._try(record, [company], where, closed=closed, seconds=each)
        ]
        return self._execute_once(company, statement, seconds, without=broken, **kinds)

    @api.model
    def _execute_once(self, company, statement, seconds, **kinds):
        with limited(self.env.cr, seconds):
            compiled = self._compile(company, **kinds)
            self.env.cr.execute(statement(compiled))
            return compiled, self.env.cr.fetchall()

    @api.model
    def _seconds_alone(self, error, seconds):
        """Return how long each rule alone may take where all together raised ``error``
        and may take ``seconds``.
        """
        return seconds / SLOW_SHARE if isinstance(error, QueryCanceled) else seconds

    @api.model
    def _try(self, record, companies, where, streams=None, closed=False, seconds=0):
        """Apply one rule, or one model's condition, to leads as a pass does.

        :param companies: records of res.company, empty for leads without company
        :param where: SQL condition on crm_lead
        :param streams: see :meth:`_compile`
        :param closed: to closed leads too
        :param seconds: how long a statement may take; 0 for no limit
        :return: the exception that it raises, or None
        """
        try:
            with limited(self.env.cr, seconds):
                return self._apply_alone(record, companies, where, streams, closed)
        except Exception as error:
            # a rule may raise anything
            if not is_by_users(error):
                raise
            if isinstance(error, QueryCanceled):
                return self._too_slow(record)
            return error

    @api.model
    def _apply_alone(self, record, companies, where, streams, closed):
        """Do :meth:`_try`; raise what goes wrong, or return what did not let it be
        compiled.
        """
        # sudo: no rule and no model at all
        no_rule = self.env["lead.scoring.rule"].sudo()
        no_model = self.env["lead.scoring.model"].sudo()
        is_rule = record._name == no_rule._name
        rules = record if is_rule else no_rule
        scopes = no_model if is_rule else record
        compilations = CompiledRules.merge(
            self._compile(company, streams, rules=rules, scopes=scopes, closed=closed)
            for company in companies
        )
        for compiled in compilations:
            if record in compiled.broken:
                return compiled.broken[record]
        if streams:
            streams.fill(self.env.cr)
        for compiled in compilations:
            terms = compiled.points.values() if is_rule else [compiled.model]
            for term in terms:
                self.env.cr.execute(compiled.select(where, SQL("SUM(%s)", term)))
        if streams:
            streams.drop(self.env.cr)
        return None

    @api.model
    def _rehearse(self, record):
        """Compile a rule, or a model's condition, as a full pass does, and have
        PostgreSQL plan it, on no lead at all.

        :return: the exception that it raises, or None
        """
        # sudo: conditions are compiled for a superuser
        leads = self.env["crm.lead"].sudo()
        companies = [record.company_id or self.env.company, self.env["res.company"]]
        streams = TempTableStreams(leads, empty=True)
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            return self._try(record, companies, SQL("FALSE"), streams)
        finally:
            # the tables of a pass or sample of this transaction come back
            savepoint.close(rollback=True)

    # ------------------------------------------------------------------
    # What is slow
    # ------------------------------------------------------------------

    @api.model
    def _too_slow(self, record):
        """Return the error to mark a slow rule or model with: it says why, if that is
        plain.
        """
        try:
            source = record.source_model if "source_model" in record else "crm.lead"
            slow = self._texts_elsewhere(source, self._parse(source, record.domain))
        except Exception as error:
            # it only explains; a field may be gone
            if not is_by_users(error):
                raise
            slow = None
        if slow is None:
            return UserError(self.env._("This takes too long: use fewer conditions."))
        check = self.env["lead.scoring.rule.check"]
        return UserError(
            self.env._(
                "This takes too long: it searches «%(field)s» of «%(model)s», texts "
                "that have no index. Ask for less, or for fewer such texts.",
                field=check._label(slow),
                model=check._model_label(self.env[slow.model_name]),
            )
        )

    @api.model
    def _texts_elsewhere(self, model_name, domain):
        """Return a text field of other records than leads, a part of whose text
        ``domain`` searches for; None if there is none.
        """
        # sudo: fields are looked at, no data
        records = self.env[model_name].sudo()
        for condition in domain.iter_conditions():
            name, _dot, rest = condition.field_expr.partition(".")
            field = records._fields.get(name)
            if field is None:
                continue
            if field.relational:
                inner = condition.value
                if rest:
                    inner = Domain(rest, condition.operator, condition.value)
                if isinstance(inner, Domain) and (
                    found := self._texts_elsewhere(field.comodel_name, inner)
                ):
                    return found
            elif condition.operator.endswith("like") and model_name != "crm.lead":
                if field.type in ("char", "text", "html"):
                    return field
        return None
