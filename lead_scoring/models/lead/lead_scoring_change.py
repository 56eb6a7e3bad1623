from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

KEPT = timedelta(days=2)
"""How far passes may look back: one that had to look further scores all leads."""
RUNNING = timedelta(days=1)
"""What is kept longer, for passes that are running."""
ROWS_PER_RUN = 100_000
"""Rows deleted by one call of the autovacuum."""


class LeadScoringChange(models.Model):
    """Which leads the ORM wrote when: what an incremental pass begins with.

    An index on the leads' own ``write_date`` would tell the same. But when a column
    changes that is in an index, PostgreSQL writes all indexes of the table; and this
    one changes whenever a lead is saved.
    """

    _name = "lead.scoring.change"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Change of a Lead"
    _log_access = False

    # no Many2one: its foreign key would need an index, for leads that are deleted
    res_id = fields.Integer(
        string="Lead", required=True, readonly=True, help="The ID of the lead."
    )
    date = fields.Datetime(
        required=True,
        readonly=True,
        index=True,
        help="When the lead was changed.",
    )

    @api.model
    def _note(self, lead_ids):
        """Note that these leads are written now, for the next incremental pass."""
        if not lead_ids:
            return
        statement = SQL(
            """INSERT INTO lead_scoring_change (res_id, date)
               SELECT unnest(%s::integer[]), %s""",
            list(lead_ids),
            self.env.cr.now(),
        )
        self.env.cr.execute(statement)

    @api.model
    def _changed(self, since):
        """Return the query of the ids of leads that were written since then; of some
        more than once.
        """
        return SQL("SELECT res_id FROM lead_scoring_change WHERE date >= %s", since)

    @api.model
    def _earliest(self):
        """Return since when all changes are known."""
        return self.env.cr.now() - KEPT

    @api.autovacuum
    def _gc_changes(self):
        """Forget what no pass looks back to."""
        statement = SQL(
            """DELETE FROM lead_scoring_change
                WHERE id IN (SELECT id FROM lead_scoring_change
                              WHERE date < %s LIMIT %s)""",
            self._earliest() - RUNNING,
            ROWS_PER_RUN,
        )
        self.env.cr.execute(statement)
        return self.env.cr.rowcount, int(self.env.cr.rowcount == ROWS_PER_RUN)
