import logging

from odoo import api, models
from odoo.tools import SQL

from ...tools.compiled_rules import Chunk
from ...tools.faults import is_by_users, limited
from ...tools.parameters import statement_seconds
from .lead_scoring_pass_mixin import TOUCHED_LEADS_TABLE

_logger = logging.getLogger(__name__)


class LeadScoringPassMixin(models.AbstractModel):
    """Which leads a pass covers."""

    _inherit = "lead.scoring.pass.mixin"

    def _covered(self):
        """Return the :class:`Chunk` of the leads whose streams are aggregated; None for
        all leads.
        """
        return Chunk(TOUCHED_LEADS_TABLE) if self.since else None

    def _collect_leads(self):
        """Return the SQL condition on crm_lead of the leads to cover. Those of an
        incremental pass are collected in a temporary table.
        """
        if not self.since:
            return SQL("TRUE")
        self._limit_statements()
        sources = self.env["lead.scoring.source"]
        touched = SQL.identifier(TOUCHED_LEADS_TABLE)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", touched))
        self.env.cr.execute(
            SQL("CREATE TEMPORARY TABLE %s (id integer PRIMARY KEY)", touched)
        )
        for query in (
            # added by SQL, or while the add-on was being installed
            SQL("SELECT id FROM crm_lead WHERE score_id IS NULL"),
            self.env["lead.scoring.change"]._changed(self.since),
            sources._touched_visitors(self.since),
            sources._touched_by_won(self.since),
            self.env["lead.scoring.adjustment"]._touched(self.since),
            *(sources._touched(s, self.since) for s in sources._get_all().values()),
        ):
            self._add_touched(query)
        self.env.cr.execute(SQL("ANALYZE %s", touched))
        # an array: with a join PostgreSQL would read every lead first
        return SQL("crm_lead.id = ANY(ARRAY(SELECT id FROM %s))", touched)

    @api.model
    def _add_touched(self, query):
        """Add the leads of a query of ids to the temporary table; none where a source,
        which may be of any module, can't be read: its rules are found as broken.
        """
        statement = SQL(
            """INSERT INTO %s
               SELECT DISTINCT id FROM (%s) AS touched (id) WHERE id IS NOT NULL
                   ON CONFLICT DO NOTHING""",
            SQL.identifier(TOUCHED_LEADS_TABLE),
            query,
        )
        try:
            with limited(self.env.cr, statement_seconds(self.env)):
                self.env.cr.execute(statement)
        except Exception as error:
            if not is_by_users(error):
                raise
            _logger.exception("What changed could not be found by %s", query)

    @api.model
    def _count_leads(self, where):
        """Return ``{company: number of leads}`` of the leads that meet ``where``."""
        query = SQL(
            """SELECT company_id, count(*) FROM crm_lead
                WHERE active AND %s GROUP BY company_id""",
            where,
        )
        companies = self.env["res.company"]
        return {
            companies.browse(company_id or ()): count
            for company_id, count in self.env.execute_query(query)
        }
