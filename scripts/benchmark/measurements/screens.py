"""Lists, boards and matrices of leads by their score, beside the same ones by columns
of the lead itself that hold the same: what a field of Odoo's own would cost.
"""

from odoo.tools import SQL

from ..figures import Figure
from ..inside import medians, timed, vacuum

NATIVE = {
    "score": ("x_bench_score", "integer", True),
    "fit_band": ("x_bench_fit_band", "char", False),
    "interest_band": ("x_bench_interest_band", "char", False),
}
"""Of each field of ours the stored column, its type, and whether it has an index."""
OURS = {name: name for name in NATIVE}
ROUNDS = 5
PAGE = 80
"""Leads on a page of a list."""
MOST = 1.5
OPEN = [("won_status", "=", "pending")]


def measure(env, earlier):
    fields = add_columns(env)
    user = env["res.users"].search([("login", "=like", "bench%")], limit=1)
    user.group_ids |= env.ref("sales_team.group_sale_salesman_all_leads")
    env.cr.commit()
    leads = env["crm.lead"].with_user(user)
    theirs = {ours: name for ours, (name, _kind, _index) in NATIVE.items()}
    for title, show in SCREENS.items():
        ours, native = medians(
            ROUNDS,
            lambda show=show: seconds(show, leads, OURS),
            lambda show=show: seconds(show, leads, theirs),
        )
        yield Figure(f"{title} by score", 1000 * ours, "ms")
        yield Figure(f"{title}: ÷ by a column of the lead", ours / native, most=MOST)
    fields.unlink()
    env.cr.commit()


def seconds(show, leads, names):
    """The seconds that a screen takes where nothing has been read yet."""
    leads.env.invalidate_all()
    return timed(show, leads, names)


def add_columns(env):
    """Add the columns, as wide as a lead's own, and fill them."""
    fields = env["ir.model.fields"].create(
        [
            {
                "model_id": env["ir.model"]._get_id("crm.lead"),
                "name": name,
                "field_description": name,
                "ttype": kind,
                "index": index,
            }
            for name, kind, index in NATIVE.values()
        ]
    )
    env.cr.execute(
        SQL(
            "UPDATE crm_lead SET %s FROM lead_scoring_score score"
            " WHERE score.id = score_id",
            SQL(", ").join(
                SQL("%s = %s", SQL.identifier(name), SQL.identifier("score", ours))
                for ours, (name, _kind, _index) in NATIVE.items()
            ),
        )
    )
    env.cr.commit()
    # no list is slower for the rows that were there before
    vacuum(env.cr.dbname, "crm_lead", full=True)
    return fields


# ----------------------------------------------------------------------
# The screens
# ----------------------------------------------------------------------


def show_list(leads, names):
    """The first page of all open leads, the best first."""
    leads.web_search_read(
        OPEN,
        {"name": {}, names["score"]: {}},
        limit=PAGE,
        order=f"{names['score']} desc, priority desc, id desc",
        count_limit=10_001,
    )


def show_filtered(leads, names):
    """The first page of those from some points on, the newest first."""
    leads.web_search_read(
        [*OPEN, (names["score"], ">=", 40)],
        {"name": {}, names["score"]: {}},
        limit=PAGE,
        order="create_date desc, id desc",
        count_limit=10_001,
    )


def show_board(leads, names):
    """A column for each stage, the best leads of each."""
    leads.with_context(read_group_expand=True).web_read_group(
        OPEN,
        ["stage_id"],
        [f"{names['score']}:avg"],
        auto_unfold=True,
        unfold_read_specification={"name": {}, names["score"]: {}},
        unfold_read_default_limit=20,
    )


def show_groups(leads, names):
    """How many leads each sales team has, and their average."""
    leads.formatted_read_group(OPEN, ["team_id"], ["__count", f"{names['score']}:avg"])


def show_matrix(leads, names):
    """Leads by how they fit and how interested they are, won and lost ones too."""
    rows, columns = names["fit_band"], names["interest_band"]
    leads.with_context(active_test=False).formatted_read_grouping_sets(
        [], [[], [rows], [columns], [rows, columns]], ["__count", "win_rate:avg"]
    )


def show_analysis(leads, names):
    """How leads ended, by their score when that was decided; of a column that would be
    the score of today.
    """
    if names is OURS:
        report = leads.env["lead.scoring.report"]
        report.formatted_read_group([], ["score_band"], ["__count", "win_rate:avg"])
    else:
        leads = leads.with_context(active_test=False)
        leads.formatted_read_group([], [names["score"]], ["__count", "win_rate:avg"])


SCREENS = {
    "List": show_list,
    "List of a filter": show_filtered,
    "Board": show_board,
    "Groups": show_groups,
    "Matrix": show_matrix,
    "Analysis": show_analysis,
}
