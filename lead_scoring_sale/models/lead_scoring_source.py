from odoo import api, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring.lead_scoring_source import Source


class LeadScoringSource(models.AbstractModel):
    _inherit = "lead.scoring.source"

    @api.model
    def _source_order(self):
        """Confirmed orders, on the day of their confirmation."""
        return Source(
            model="sale.order",
            date="date_order",
            ties=self._count_score_order_count(),
        )

    @api.model
    def _count_score_order_count(self):
        """Confirmed orders of the contact's commercial entity or of the address of each
        lead, in the lead's company.
        """
        return SQL(
            """SELECT lead.id AS lead_id, sale.id AS key
                 FROM crm_lead lead
                 JOIN res_partner contact ON contact.id = lead.partner_id
                 JOIN res_partner customer
                   ON customer.commercial_partner_id = contact.commercial_partner_id
                 JOIN sale_order sale ON sale.partner_id = customer.id
                WHERE %(counts)s
                UNION
               SELECT lead.id AS lead_id, sale.id AS key
                 FROM crm_lead lead
                 JOIN res_partner customer
                   ON customer.email_normalized = lead.email_normalized
                 JOIN sale_order sale ON sale.partner_id = customer.id
                WHERE %(counts)s""",
            counts=SQL(
                "sale.state = 'sale' AND sale.company_id = %s", self._company("lead")
            ),
        )
