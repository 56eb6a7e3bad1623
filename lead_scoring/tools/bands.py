from odoo.tools import SQL


def band_of(axis):
    """Return the band that the points of ``axis`` make, an SQL expression on ``new``
    (the points), ``score`` (the row as it is) and ``model`` (the model of ``new``, NULL
    without one): reached at the model's floor, lost below floor minus margin.

    To apply it twice changes nothing.

    :param axis: ``fit`` or ``interest``
    """
    return SQL(
        """CASE
           WHEN %(points)s >= 2 * model.%(floor)s AND %(points)s > 0 THEN 'high'
           WHEN %(points)s >= model.%(floor)s - CASE
                WHEN %(band)s IN ('reached', 'high')
                THEN model.margin ELSE 0 END THEN 'reached'
           WHEN %(points)s > 0 THEN 'some'
           ELSE 'none' END""",
        points=SQL.identifier("new", axis),
        floor=SQL.identifier(f"{axis}_floor"),
        band=SQL.identifier("score", f"{axis}_band"),
    )
