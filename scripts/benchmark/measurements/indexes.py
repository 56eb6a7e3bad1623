"""What our indexes on tables of others cost where rows are added or written: statements
with them and without, each undone.
"""

from odoo.models import Index
from odoo.tools import SQL
from odoo.tools.sql import make_index_name

from ... import addons
from ..figures import Figure
from ..inside import medians, more, timed

ROUNDS = 5
ROWS = 5000
DATES = ("create_date", "visit_datetime", "write_date")
"""Of now where rows are added."""


def measure(env, earlier):
    env.cr.execute(
        "SELECT pg_total_relation_size('website_track') / count(*) FROM website_track"
    )
    yield Figure("A page view on disk, with all indexes", *env.cr.fetchone(), "bytes")
    for name, most in (("website.track", 20), ("crm.lead", None)):
        model = env[name]
        table = SQL.identifier(model._table)
        indexes = ours(model)
        columns = {
            field.name: SQL.identifier(field.name)
            for field in model._fields.values()
            if field.column_type and field.store and field.name != "id"
        }
        # a copy but for its date: what visitors see is of now
        values = columns | {n: SQL("now()") for n in DATES if n in columns}
        env.cr.execute(
            SQL("SELECT id FROM %s ORDER BY md5(id::text) LIMIT %s", table, ROWS)
        )
        ids = [row[0] for row in env.cr.fetchall()]
        insert = SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s WHERE id = ANY(%s)",
            table,
            SQL(", ").join(columns.values()),
            SQL(", ").join(values.values()),
            *(table, ids),
        )
        yield from compare(
            env, f"Adding {ROWS:,} {model._table}", insert, indexes, most
        )
        if "write_date" in model._fields:
            update = SQL(
                "UPDATE %s SET write_date = now() WHERE id = ANY(%s)", table, ids
            )
            yield from compare(
                env, f"Writing {ROWS:,} {model._table}", update, indexes, 40
            )


def ours(model):
    """Return the names of the indexes that our add-ons give the model."""
    modules = set(addons.names())
    objects = model._table_objects.items()
    names = [n for n, o in objects if isinstance(o, Index) and o._module in modules]
    fields = model._fields.values()
    own = [f.name for f in fields if f.index and f.store and f._module in modules]
    return [*names, *(make_index_name(model._table, name) for name in own)]


def compare(env, name, statement, indexes, most):
    """Yield what a statement takes, and by how much more with the indexes.

    :param most: percent that it may be
    """

    def run(dropped=()):
        for index in dropped:
            env.cr.execute(SQL("DROP INDEX %s", SQL.identifier(index)))
        seconds = timed(env.cr.execute, statement)
        env.cr.rollback()
        return seconds

    with_them, without = medians(ROUNDS, run, lambda: run(indexes))
    yield Figure(f"{name}, with our {len(indexes)} indexes", 1000 * with_them, "ms")
    yield Figure("  more than without", more(with_them, without), "%", most=most)
