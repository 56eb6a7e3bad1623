from odoo import api, fields, models
from odoo.tools import SQL


class WebsiteTrack(models.Model):
    """Whose page views these are."""

    _inherit = "website.track"

    score_lead_ids = fields.Many2many(
        comodel_name="crm.lead",
        string="Leads",
        compute="_compute_score_lead_ids",
        context={"active_test": False},
        groups="sales_team.group_sale_salesman",
        help="The leads for which the view counts, those of the visitor or of its "
        "contact, as far as you may read them.",
    )

    # an hourly pass asks who has seen a page since the last one
    _visit_datetime_idx = models.Index("(visit_datetime)")

    @api.depends("visitor_id.lead_ids", "visitor_id.partner_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_score_lead_ids(self):
        self.env.flush_all()
        query = SQL(
            """SELECT key, array_agg(lead_id) FROM (%s) AS tie
                WHERE key = ANY(%s) GROUP BY 1""",
            self.env["lead.scoring.source"]._visitor_ties(),
            self.visitor_id.ids,
        )
        ties = dict(self.env.execute_query(query))
        leads = self.env["crm.lead"].with_context(active_test=False)
        known = {lead_id for lead_ids in ties.values() for lead_id in lead_ids}
        readable = set(leads.search([("id", "in", list(known))]).ids)
        for view in self:
            lead_ids = ties.get(view.visitor_id.id, [])
            view.score_lead_ids = leads.browse(sorted(readable.intersection(lead_ids)))
