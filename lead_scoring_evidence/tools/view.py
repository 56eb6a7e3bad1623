"""The SQL views that models without a table read."""

from odoo.tools import SQL, drop_view_if_exists


def create_view(model, query):
    """Create the view that the model reads, or replace it by that of this query."""
    drop_view_if_exists(model.env.cr, model._table)
    model.env.cr.execute(
        SQL("CREATE VIEW %s AS (%s)", SQL.identifier(model._table), query)
    )
