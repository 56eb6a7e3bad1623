from functools import partial
from itertools import compress

from odoo import api, models
from odoo.tools import SQL

from ...tools import score_row

SECONDS_ON_SAVE = 2
"""How long the statement that scores the leads that a user saves may take."""
DEFAULT_LIMITS = """SET LOCAL join_collapse_limit = DEFAULT;
                    SET LOCAL statement_timeout = DEFAULT"""
SECONDS_ON_REQUEST = 10
"""How long a statement that a user waits for may take."""


class LeadScoringEngine(models.AbstractModel):
    """What the compiled rules give some leads."""

    _inherit = "lead.scoring.engine"

    @api.model
    def _by_company(self, leads):
        """Yield ``(company, SQL condition on crm_lead)`` for the companies of leads,
        as the database has them; deleted leads are left out.
        """
        query = SQL(
            """SELECT company_id, array_agg(id) FROM crm_lead
                WHERE id = ANY(%s) GROUP BY company_id""",
            leads.ids,
        )
        for company_id, lead_ids in self.env.execute_query(query):
            company = self.env["res.company"].browse(company_id or ())
            yield company, SQL("crm_lead.id = ANY(%s)", lead_ids)

    @api.model
    def _score(self, leads, asked):
        """Compute the score rows of ``leads`` in the current transaction. Closed leads
        keep their row. Flushing before, and caches after, are the caller's, and a
        savepoint: a rule may be broken, or slow.

        :param asked: ``{name: SQL condition}`` on ``crm_lead``, its ``score`` row as it
            is then and its scoring ``model``
        :return: the set of the names whose condition any of the leads meets
        """
        now = SQL("%s::timestamp", self.env.cr.now())
        update = score_row.update(
            score_row.computed(),
            SQL(
                """new JOIN crm_lead ON crm_lead.id = new.lead_id
                   LEFT JOIN lead_scoring_model model ON model.id = new.model_id"""
            ),
            now,
            computed_at=now,
        )
        met = set()
        for company, where in self._by_company(leads):
            compiled = self._compile(company)
            # For few leads planning takes longer than running. All joins start at
            # crm_lead, so PostgreSQL need not look for a better order.
            query = SQL(
                """SET LOCAL join_collapse_limit = 1; SET LOCAL statement_timeout = %s;
                   WITH new AS MATERIALIZED (%s) %s RETURNING %s""",
                int(1000 * SECONDS_ON_SAVE),
                compiled.select(where, compiled.numbers()),
                update,
                SQL(", ").join(asked.values()),
            )
            # not by execute_query: the caller has flushed
            self.env.cr.execute(query)
            for row in self.env.cr.fetchall():
                met.update(compress(asked, row))
            self.env.cr.execute(DEFAULT_LIMITS)
        return met

    @api.model
    def _points(self, leads, rules=None, closed=False, draft=None):
        """Return ``{lead id: {rule id: points}}``, rules without points left out.

        :param rules: these, paused or not, whatever model the lead belongs to;
            default: those that score it
        :param closed: closed leads too, as if they were open
        :param draft: a model, counted in as if it were published
        """
        result = {lead_id: {} for lead_id in leads.ids}
        self.env.flush_all()
        for company, where in self._by_company(leads):
            compiled, rows = self._execute(
                company,
                where,
                partial(self._select_points, where),
                rules=rules,
                closed=closed,
                draft=draft,
                seconds=SECONDS_ON_REQUEST,
            )
            for lead_id, *points in rows:
                pairs = zip(compiled.points, points, strict=True)
                result[lead_id].update({rule.id: n for rule, n in pairs if n})
        return result

    @api.model
    def _select_points(self, where, compiled):
        columns = [SQL("crm_lead.id"), *compiled.points.values()]
        return compiled.select(where, *columns)

    @api.model
    def _matching_leads(self, rules):
        """Return the query of the ids of open leads with points from ``rules``."""
        self.env.cr.execute("SELECT DISTINCT company_id FROM crm_lead WHERE active")
        queries = [SQL("SELECT NULL::integer WHERE FALSE")]
        for (company_id,) in self.env.cr.fetchall():
            company = self.env["res.company"].browse(company_id or ())
            compiled = self._compile(company)
            matches = [
                SQL("%s <> 0", points)
                for rule, points in compiled.points.items()
                if rule.id in rules.ids
            ]
            if matches:
                where = SQL(" OR ").join(matches)
                queries.append(compiled.select(where, SQL("crm_lead.id")))
        return SQL(" UNION ALL ").join(queries)
