from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from ...tools.domain_meaning import is_lasting
from ..rule.lead_scoring_rule import MAXIMUM_HALF_LIFE, MINIMUM_HALF_LIFE

STREAM_LIMIT = 10_000_000
"""No rule without a maximum gives more than this, however many records it counts: its
points must fit a PostgreSQL integer."""
SECONDS_PER_DAY = 86_400


class LeadScoringEngine(models.AbstractModel):
    """What rules get from the streams of records that leads have."""

    _inherit = "lead.scoring.engine"

    @api.model
    def _compile_stream(self, rule, env, streams):
        """Return the points of a rule that counts records."""
        stream, date = self._stream_date(rule, env, streams)
        points = self._stream_points(rule, date, stream.at)
        return SQL("COALESCE(%s, 0)", stream.column(points))

    @api.model
    def _stream_date(self, rule, env, streams):
        """Return the :class:`Stream` a rule counts, and the identifier of the date, for
        the columns to aggregate, that is set where the rule counts.
        """
        source = env["lead.scoring.source"]._get(rule.source)
        records = env[source.model]
        domain = self._settled(records, rule.domain)
        streams.lasting &= is_lasting(domain, records, in_program=True)
        domain = self._active_records(records, domain)
        stream = streams.stream(rule.source, source, records)
        return stream, stream.matching_date(stream.condition(records, domain))

    @api.model
    def _stream_points(self, rule, date, at=None):
        """Return the aggregate over ``date``, NULL where the rule counts nothing, that
        gives a stream rule's points, rounded once, half away from zero:
        ``min(maximum, sum(value * 0.5 ^ (age / half_life)))``, and its mirror image for
        a negative value.

        :param at: the moment the age is counted to; default: now
        """
        return SQL(
            "round(LEAST(%(bound)s, GREATEST(-%(bound)s, %(sum)s))::numeric)::integer",
            bound=rule.maximum or STREAM_LIMIT,
            sum=self._stream_sum(rule, date, at),
        )

    @api.model
    def _stream_sum(self, rule, date, at=None):
        """Return the aggregate of what the records are worth together, without maximum,
        a float: by date, from the rule's ``minimum_count`` on.
        """
        if rule.minimum_count <= 1:
            weight = self._stream_weight(rule, date, at)
            counted = SQL("SUM(%s) FILTER (WHERE %s IS NOT NULL)", weight, date)
            return SQL("COALESCE(%s, 0)", counted)
        return SQL(
            """COALESCE((SELECT SUM(%(weight)s)
                 FROM unnest((array_agg(%(date)s ORDER BY %(date)s)
                              FILTER (WHERE %(date)s IS NOT NULL))[%(first)s:]
                      ) AS counted (date)), 0)""",
            weight=self._stream_weight(rule, SQL.identifier("counted", "date"), at),
            date=date,
            first=rule.minimum_count,
        )

    @api.model
    def _stream_weight(self, rule, date, at=None):
        """Return what a record of that date is worth then, a float expression; see
        :meth:`_stream_points`.
        """
        if not rule.half_life:
            return SQL("%s::float8", rule.value)
        # a row of before the bounds may hold any number, and NaN
        days = min(MAXIMUM_HALF_LIFE, max(MINIMUM_HALF_LIFE, rule.half_life))
        # exp(-700) is nearly 0; for less PostgreSQL raises «out of range»
        return SQL(
            "%s * exp(GREATEST(-700, %s * GREATEST(0, date_part('epoch', %s - %s))))",
            rule.value,
            SQL("-ln(2::float8) / %s", days * SECONDS_PER_DAY),
            SQL("%s::timestamp", at or self.env.cr.now()),
            date,
        )

    @api.model
    def _use_streams(self, domain, env, streams):
        """Replace conditions on the lead's x2many fields, and on numbers of what it
        has, by columns of ``streams``; for few leads what is no stream by
        :meth:`_use_number`.

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
                streams.lasting &= is_lasting(condition.value, records, in_program=True)
                inner = self._active_records(records, condition.value)
                date = table.matching_date(table.condition(records, inner))
                sql = SQL("bool_or(%s IS NOT NULL)", date)
            elif table := streams.conditions:
                inner = condition.optimize_full(leads)
                sql = inner._to_sql(leads, "crm_lead", table.query)
            else:
                return self._use_number(condition, leads, streams)
            column = SQL("COALESCE(%s, FALSE)", table.column(sql))
            return Domain.custom(to_sql=lambda *_args: column)

        return domain.map_conditions(replace)

    @api.model
    def _use_count(self, condition, leads, streams):
        """Replace a condition on a number of what leads have by a column of
        ``streams`` where these are for many leads, else by :meth:`_use_number`.
        """
        table, name = streams.conditions, condition.field_expr
        if not table:
            return self._use_number(condition, leads, streams)
        counted = leads.env["lead.scoring.source"]._get_count(name)
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
    def _use_number(self, condition, leads, streams):
        """Replace a condition on a field that is not stored by what its search method
        returns, and note the field, where it is known when that would be other SQL.
        """
        name = condition.field_expr
        if isinstance(condition.value, Domain):
            # what is within may look up anything
            return condition
        if not leads.env["lead.scoring.source"]._describe_number(name):
            return condition
        streams.numbers.add(name)
        return condition.optimize_full(leads)

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
