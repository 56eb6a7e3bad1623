"""What passes leave behind in the tables: ten of them, each after another rule got
other points and one lead in a hundred was saved. PostgreSQL tidies by itself.
"""

from odoo.tools import SQL

from ..figures import Figure
from ..inside import run_pass
from .incremental_pass import touch

PASSES = 10
TABLES = ("crm_lead", "lead_scoring_score")


def measure(env, earlier):
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
    env.cr.commit()
    sizes = {table: size(env, table) for table in TABLES}
    rules = env["lead.scoring.rule"].search([("source", "=", "lead")], limit=PASSES)
    written = 0
    for number, rule in enumerate(rules):
        rule.value += 1
        touch(env, number)
        scoring_pass, _seconds = run_pass(env, full=True)
        written += scoring_pass.change_count
    yield Figure(f"Scores changed by {PASSES} passes", written)
    for table in TABLES:
        yield Figure(f"  dead rows in {table}", dead(env, table), "%", most=20)
        growth = 100 * (size(env, table) / sizes[table] - 1)
        yield Figure(f"  {table} grew by", growth, "%")


def size(env, table):
    """The bytes of a table, without its indexes."""
    env.cr.execute("SELECT pg_table_size(%s)", [table])
    return env.cr.fetchone()[0]


def dead(env, table):
    """Of a hundred rows, how many are gone and have not been tidied yet."""
    env.cr.execute(
        SQL(
            """SELECT 100.0 * dead_tuple_count / (tuple_count + dead_tuple_count)
                 FROM pgstattuple(%s)""",
            table,
        )
    )
    return float(env.cr.fetchone()[0])
