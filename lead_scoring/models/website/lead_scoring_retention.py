import math
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.compiled_rules import CompiledRules
from ...tools.parameters import get_number
from ...tools.streams import SubqueryStreams

RECORDS_PER_RUN = 10_000
"""Records deleted by one call of the autovacuum."""
FADED_POINTS = 0.5
"""Points of one rule that a lead may lose by what is deleted: too few to show."""
MAX_DAYS = 36_500
"""Longer ago than any record, and a date that PostgreSQL can store."""


class LeadScoringRetention(models.AbstractModel):
    """Deletes old page views and events, if Settings say so, but none that still gives
    points.

    A record on which a rule without half-life counts, or that a rule on leads looks at,
    is kept. Any other is deleted when records of its age give a rule less than half a
    point together, even if a lead had as many of them as the lead with most records has
    of any age. So no rule's points change by more than a rounding does.
    """

    _name = "lead.scoring.retention"
    _description = "Lead Scoring Retention"

    @api.autovacuum
    def _gc_page_views(self):
        return self._delete_old("website.track", "lead_scoring.page_view_days")

    @api.autovacuum
    def _gc_events(self):
        return self._delete_old("lead.scoring.event", "lead_scoring.event_days")

    @api.autovacuum
    def _gc_moves(self):
        """Rows of the history that say no more than that a score moved; what was
        decided, and when a temperature changed, is kept.
        """
        days = self._days("lead_scoring.move_days")
        if days <= 0:
            return 0, 0
        moves = Domain("reason", "=", "move") & self._before("date", days)
        # sudo: nobody but the autovacuum deletes any
        history = self.env["lead.scoring.history"].sudo()
        old = history.search(moves, limit=RECORDS_PER_RUN)
        old.unlink()
        return len(old), int(len(old) == RECORDS_PER_RUN)

    @api.model
    def _days(self, parameter):
        return get_number(self.env, parameter, 0, 0, MAX_DAYS)

    @api.model
    def _delete_old(self, model_name, parameter):
        """Delete a batch of the records that are older than a setting allows.

        :param parameter: system parameter with the number of days, 0 for ever
        :return: ``(deleted, remaining)``; the latter is 1 for some
        """
        # sudo: rules of all companies count, whoever runs the autovacuum
        self = self.sudo()
        days = self._days(parameter)
        records = self.env[model_name]
        sources = {
            name: source
            for name, source in self.env["lead.scoring.source"]._get_all().items()
            if source.model == model_name
        }
        date = next(iter(sources.values())).date
        if days <= 0 or not records.search_count(self._before(date, days), limit=1):
            return 0, 0
        days = max(days, self._days_to_fade(sources))
        query = records._search(
            self._before(date, days), order=date, limit=RECORDS_PER_RUN
        )
        for condition in self._conditions_kept(model_name, sources, query):
            query.add_where(SQL("(%s) IS NOT TRUE", condition))
        old = records.browse(query)
        old.unlink()
        return len(old), int(len(old) == RECORDS_PER_RUN)

    @api.model
    def _before(self, date, days):
        limit = self.env.cr.now() - timedelta(days=min(days, MAX_DAYS))
        return Domain(date, "<", limit)

    @api.model
    def _rules(self):
        """Return the rules that give points, or will when their model is published."""
        return self.env["lead.scoring.rule"].search(
            [("model_id.state", "!=", "retired"), ("value", "!=", 0)]
        )

    # ------------------------------------------------------------------
    # What fades
    # ------------------------------------------------------------------

    @api.model
    def _days_to_fade(self, sources):
        """Return after how many days the records of any one lead are worth less than
        ``FADED_POINTS`` points together, to the rule that takes longest.
        """
        fading = self._rules().filtered(
            lambda r: r.source in sources and r.half_life and r.minimum_count <= 1
        )
        counts = {
            name: self._count_of_busiest(sources[name])
            for name in set(fading.mapped("source"))
        }
        return max(
            (
                rule.half_life
                * math.log2(
                    max(1, abs(rule.value) * counts[rule.source] / FADED_POINTS)
                )
                for rule in fading
            ),
            default=0,
        )

    @api.model
    def _count_of_busiest(self, source):
        """Return the largest number of records that any one lead has."""
        self.env.flush_all()
        query = SQL(
            """SELECT max(number) FROM (
                   SELECT count(*) AS number
                     FROM (%s) AS tie JOIN %s record ON record.%s = tie.key
                    GROUP BY tie.lead_id) AS lead""",
            source.ties,
            SQL.identifier(self.env[source.model]._table),
            SQL.identifier(source.key),
        )
        self.env.cr.execute(query)
        return self.env.cr.fetchone()[0] or 0

    # ------------------------------------------------------------------
    # What is kept
    # ------------------------------------------------------------------

    @api.model
    def _conditions_kept(self, model_name, sources, query):
        """Return the SQL conditions of the records that are kept however old they are.

        :param query: Query on the records, which gets the joins that conditions need
        """
        engine = self.env["lead.scoring.engine"]
        compiled = CompiledRules(query, SQL("TRUE"), SubqueryStreams())
        scopes = self.env["lead.scoring.model"].search([("state", "!=", "retired")])
        conditions = []
        for rule in [*self._rules(), *scopes]:
            env = engine._compile_env(rule.company_id, rule.lang, rule.tz)
            # a rule that can't be read gives no points either
            with engine._breakable(rule, compiled):
                for domain in self._domains_kept(rule, env[model_name], sources):
                    domain = domain.optimize_full(env[model_name])
                    conditions.append(
                        domain._to_sql(env[model_name], query.table, query)
                    )
        return conditions

    @api.model
    def _domains_kept(self, rule, records, sources):
        """Return the Domains of the records that a rule, or the scope of a model, needs
        whatever their age.

        :param records: empty recordset in the environment the rule is compiled in
        """
        engine = self.env["lead.scoring.engine"]
        source = rule.source if rule._name == "lead.scoring.rule" else "lead"
        if source in sources:
            # the first ones are worth nothing, but later ones count because of them
            fades = rule.half_life and rule.minimum_count <= 1
            return [] if fades else [engine._settled(records, rule.domain)]
        if source != "lead":
            return []
        leads = records.env["crm.lead"]
        domain = engine._settled(leads, rule.domain)
        return self._domains_on(records._name, leads, domain)

    @api.model
    def _domains_on(self, target, model, domain):
        """Yield the Domains on ``target`` that a domain on ``model`` asks for; TRUE
        where it asks for a number that is computed from the records of ``target``.
        """
        for condition in domain.iter_conditions():
            field = model._fields.get(condition.field_expr.partition(".")[0])
            if field is None:
                continue
            inner = condition.value
            is_path = field.relational and isinstance(inner, Domain)
            if is_path and field.comodel_name == target:
                yield inner
            elif is_path and (field.store or not field.compute):
                related = model.env[field.comodel_name]
                yield from self._domains_on(target, related, inner)
            elif self._depends_on(target, model, field.name, set()):
                yield Domain.TRUE

    @api.model
    def _depends_on(self, target, model, name, seen):
        """Whether a field's value follows from records of ``target``."""
        if (target, name) == ("lead.scoring.event", "score_channel_count"):
            # no field of the lead holds its events
            return True
        field = model._fields.get(name)
        if field is None or field in seen:
            return False
        seen.add(field)
        if field.comodel_name == target:
            return True
        for path in model.pool.field_depends.get(field, ()):
            base = model
            for part in path.split("."):
                if self._depends_on(target, base, part, seen):
                    return True
                if base._fields[part].relational:
                    base = base.env[base._fields[part].comodel_name]
        return False
