"""The columns of a lead's row in ``lead_scoring_score``, and the SQL that computes,
compares and writes them. A column more is added here, to :data:`COLUMNS`,
:func:`computed` and :func:`empty`, and nowhere else.

SQL of scoring calls its tables by the same aliases everywhere:

``crm_lead``
    the leads
``score``
    ``lead_scoring_score`` as it is in the database
``new``
    what the rules give: ``lead_id``, ``model_id`` and the points of :data:`AXES`
``model``
    the scoring model of ``new``, NULL for a lead without one (LEFT JOIN)
"""

from odoo.tools import SQL

AXES = ("fit", "interest")
BANDS = tuple(f"{axis}_band" for axis in AXES)
COLUMNS = ("model_id", *AXES, *BANDS)
"""What follows from the rules."""
RECORDED = ("model_id", *AXES, "score")
"""Columns that the history keeps under the same names."""

TOTAL = SQL("new.fit + new.interest")
"""The score."""

WRITTEN_AT = SQL("GREATEST(score.computed_at, score.scored_at)")
"""When a save computed the row, or a pass changed it; NULL before either has."""

AXIS_LIMIT = 500_000_000
"""No axis has more points, nor fewer than minus as many, so that the score, and the
difference of two scores, fit a PostgreSQL integer whatever the rules give."""


def points_of_axis(terms):
    """Return the expression of the points of an axis, within :data:`AXIS_LIMIT`.

    :param terms: integer expressions to sum up
    """
    if not terms:
        return SQL("0")
    return SQL(
        "LEAST(%(limit)s, GREATEST(-%(limit)s, 0::bigint + %(terms)s))::integer",
        limit=AXIS_LIMIT,
        terms=SQL(" + ").join(terms),
    )


def names(columns, table=None):
    """Return the SQL list of columns, of ``table`` if given."""
    path = (table,) if table else ()
    return SQL(", ").join(SQL.identifier(*path, name) for name in columns)


def columns_as(values):
    """Return the SQL select list of ``{name: expression}``."""
    return SQL(", ").join(
        SQL("%s AS %s", sql, SQL.identifier(name)) for name, sql in values.items()
    )


def computed():
    """Return ``{column: expression}`` of :data:`COLUMNS` on ``new``, ``score`` and
    ``model``.
    """
    return {**from_results(), **dict(zip(BANDS, map(band_of, AXES), strict=True))}


def band_of(axis):
    """Return the band that the points of ``axis`` make, an SQL expression on ``new``,
    ``score`` and ``model``: reached at the model's floor, lost below floor minus
    margin.

    To apply it twice changes nothing.
    """
    return SQL(
        """CASE
           WHEN %(points)s >= 2::bigint * model.%(floor)s AND %(points)s > 0 THEN 'high'
           WHEN %(points)s >= model.%(floor)s::bigint - CASE
                WHEN %(band)s IN ('reached', 'high')
                THEN model.margin ELSE 0 END THEN 'reached'
           WHEN %(points)s > 0 THEN 'some'
           ELSE 'none' END""",
        points=SQL.identifier("new", axis),
        floor=SQL.identifier(f"{axis}_floor"),
        band=SQL.identifier("score", f"{axis}_band"),
    )


def empty():
    """Return ``{column: expression}`` of a lead without points."""
    return {
        "model_id": SQL("NULL::integer"),
        **dict.fromkeys([*AXES, "score", "recorded_score"], SQL("0")),
        **dict.fromkeys(BANDS, SQL("'none'")),
    }


# ----------------------------------------------------------------------
# Results of a pass: what is to be written, in a temporary table
# ----------------------------------------------------------------------


def create_results():
    """Return the statements that make an empty table ``lead_scoring_result``."""
    return SQL(
        """DROP TABLE IF EXISTS lead_scoring_result;
           CREATE TEMPORARY TABLE lead_scoring_result AS
           SELECT lead_id, %s, %s AS written_at
             FROM lead_scoring_score score WITH NO DATA""",
        names(COLUMNS),
        WRITTEN_AT,
    )


def result():
    """Return the row of ``lead_scoring_result`` for ``new``."""
    return SQL(
        "ROW(new.lead_id, %s, %s)::lead_scoring_result",
        SQL(", ").join(computed().values()),
        WRITTEN_AT,
    )


def differs():
    """Return the condition that ``score`` is not what follows from ``new``."""
    return SQL(
        "(%s) IS DISTINCT FROM (%s)",
        names(COLUMNS, "score"),
        SQL(", ").join(computed().values()),
    )


def from_results():
    """Return ``{column: expression}`` where ``new`` is ``lead_scoring_result``."""
    return {name: SQL.identifier("new", name) for name in COLUMNS}


# ----------------------------------------------------------------------
# Writing
# ----------------------------------------------------------------------


def assign(values):
    """Return the SQL after SET that writes ``{column: expression}``."""
    return SQL(", ").join(
        SQL("%s = %s", SQL.identifier(name), sql) for name, sql in values.items()
    )


def update(values, source, now, **others):
    """Return the statement that writes new numbers; a further condition, or RETURNING,
    may follow.

    :param values: ``{column: expression}`` of :data:`COLUMNS`
    :param source: SQL after FROM, with ``new``
    :param now: SQL, the moment that is written where the points change
    :param others: expressions of more columns to write
    """
    values = {
        **values,
        "score": TOTAL,
        "scored_at": SQL(
            """CASE WHEN (%s) IS DISTINCT FROM (%s)
               THEN %s ELSE score.scored_at END""",
            names(AXES, "score"),
            names(AXES, "new"),
            now,
        ),
        **others,
    }
    return SQL(
        """UPDATE lead_scoring_score score SET %s FROM %s
            WHERE new.lead_id = score.lead_id""",
        assign(values),
        source,
    )
