"""A domain, settled: without what Odoo would read differently for another user, in
another zone, or in another place of the same domain.
"""

from odoo.fields import Domain
from odoo.tools import SQL

from .moving_dates import is_moving, to_day, to_moment

NUMBERED = r"\s+\[[0-9]+\]$"
"""What Odoo adds to the name of a source, medium or campaign that is there already."""
CHANNELS = ("utm.source", "utm.medium", "utm.campaign")


def settle(domain, records):
    """Return ``domain``, optimized, where

    - dates that move are those of now, in the author's days and weeks;
    - to have something in a list of records means something that the form shows, as
      ``any`` does, not something archived;
    - «Newsletter» is «Newsletter [2]», too, as Odoo numbers them.

    It means the same in every environment, but for names in another language.

    :param records: recordset of the domain's model in the author's language and zone
    """
    return domain.optimize(records).map_conditions(
        lambda condition: _settle(condition, records)
    )


def _settle(condition, records):
    name, value = condition.field_expr, condition.value
    field = records._fields.get(name)
    if field is None:
        # a part of a date, such as its month
        return condition
    if field.type in ("date", "datetime"):
        return _settle_dates(condition, field, records.env)
    if field.type in ("one2many", "many2many") and _is_presence(condition):
        return _settle_presence(condition, field, records)
    if field.relational and isinstance(value, Domain):
        target = records.env[field.comodel_name]
        return Domain(name, condition.operator, settle(value, target))
    if condition.operator in ("in", "not in"):
        return _settle_channels(condition, field, records)
    return condition


def _settle_dates(condition, field, env):
    resolve = to_day if field.type == "date" else to_moment
    value = condition.value
    is_list = not isinstance(value, str) and hasattr(value, "__iter__")
    values = list(value) if is_list else [value]
    if not any(map(is_moving, values)):
        return condition
    values = [resolve(v, env) if is_moving(v) else v for v in values]
    value = values if is_list else values[0]
    return Domain(condition.field_expr, condition.operator, value)


def _is_presence(condition):
    """Whether ``condition`` asks for there being any record, or none."""
    return condition.operator in ("in", "not in") and False in condition.value


def _settle_presence(condition, field, records):
    target = records.env[field.comodel_name]
    active = target._active_name
    shows_all = field.context.get("active_test") is False
    if not active or shows_all or not (field.store or field.related):
        return condition
    none = Domain(field.name, "not any", Domain(active, "in", [True]))
    if rest := [v for v in condition.value if v is not False]:
        none |= Domain(field.name, "in", rest)
    return none if condition.operator == "in" else ~none


def _settle_channels(condition, field, records):
    """Let the name or the identifier of a channel stand for those of the same name that
    Odoo has numbered.
    """
    values = [v for v in condition.value if v]
    if not values:
        return condition
    if field.type == "many2one" and field.store and field.comodel_name in CHANNELS:
        table = records.env[field.comodel_name]._table
        same = SQL("channel.id = ANY(%s)", values)
    elif field.name in ("name", "display_name") and records._name in CHANNELS:
        table = records._table
        same = SQL("channel.name = ANY(%s)", values)
        field = records._fields["id"]
    else:
        return condition
    numbered = _numbered(field.name, SQL.identifier(table), same)
    if condition.operator == "in":
        return condition | numbered
    return condition & ~numbered


def _numbered(name, table, same):
    """Return the Domain of the records whose field ``name`` is the id of a channel that
    has a number, and else the name of one that ``same`` says.
    """

    def query():
        return SQL(
            """SELECT numbered.id FROM %(table)s AS numbered
                 JOIN %(table)s AS channel
                   ON channel.name = regexp_replace(numbered.name, %(pattern)s, '')
                WHERE numbered.name ~ %(pattern)s AND %(same)s""",
            table=table,
            pattern=NUMBERED,
            same=same,
        )

    def to_sql(_model, alias, _query):
        column = SQL.identifier(alias, name)
        # NULL would be neither met nor not met
        return SQL("COALESCE(%s IN (%s), FALSE)", column, query())

    def predicate(record):
        channel = record if name == "id" else record[name]
        found = {row[0] for row in record.env.execute_query(query())}
        return not found.isdisjoint(channel.ids)

    return Domain.custom(to_sql=to_sql, predicate=predicate)
