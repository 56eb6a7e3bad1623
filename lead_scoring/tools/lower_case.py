"""Comparisons that ignore case, each field put in lower case once a row.

``x ILIKE y`` puts both in lower case and compares them by ``LIKE``; nearly all it costs
is the lower case of ``x``, which many rules on the same field would each pay for.
"""

from odoo.fields import Domain
from odoo.tools import SQL


def lower_once(domain, records):
    """Return ``domain`` with those conditions on text columns of ``records`` that
    ignore case compared with the column in lower case, which the query joins once.

    What the domain means stays the same; for many records it costs less.

    :param domain: Domain, fully optimized
    :param records: recordset of the domain's model
    """

    def replace(condition):
        field = records._fields.get(condition.field_expr)
        operator = condition.operator
        # Python and PostgreSQL agree on the lower case of ASCII
        is_plain = isinstance(condition.value, str) and condition.value.isascii()
        if not (operator.endswith("ilike") and is_plain and _has_one_text(field)):
            return condition
        lower = condition.value.lower()
        compared = Domain(field.name, operator.replace("ilike", "like"), lower)
        compared = compared.optimize_full(records)

        def to_sql(model, alias, query):
            return compared._to_sql(model, _join(model, alias, query), query)

        return Domain.custom(to_sql=to_sql)

    return domain.map_conditions(replace)


def _has_one_text(field):
    """Whether the column of a field, if it is one, holds one text."""
    return (
        field
        and field.type in ("char", "text", "html")
        and field.store
        and field.column_type
        and not field.translate
        and not field.company_dependent
    )


def _join(records, alias, query):
    """Return the alias of the join with the columns in lower case; those that nothing
    reads are not computed.
    """
    lower = f"{alias}__lower"
    columns = [
        SQL(
            "lower(%s) AS %s",
            records.env.registry.unaccent(SQL.identifier(alias, field.name)),
            SQL.identifier(field.name),
        )
        for field in filter(_has_one_text, records._fields.values())
    ]
    # OFFSET 0 keeps PostgreSQL from computing them in each condition
    table = SQL("LATERAL (SELECT %s OFFSET 0)", SQL(", ").join(columns))
    query.add_join("LEFT JOIN", lower, table, SQL("TRUE"))
    return lower
