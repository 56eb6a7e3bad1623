from odoo import api, models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.model_create_multi
    def create(self, vals_list):
        """See :meth:`write`: what is imported may be confirmed already."""
        orders = super().create(vals_list)
        orders.filtered(lambda order: order.state == "sale")._trigger_scoring()
        return orders

    def write(self, vals):
        """Have the customer's leads scored soon when an order is confirmed."""
        result = super().write(vals)
        if vals.get("state") == "sale":
            self._trigger_scoring()
        return result

    def _trigger_scoring(self):
        """Note the customer's leads, and have them scored soon: passes look for orders
        by their own date, which an import may set to long ago.
        """
        if not self:
            return
        self.flush_model(["company_id", "partner_id", "state"])
        self.partner_id.flush_model(["commercial_partner_id", "email_normalized"])
        query = SQL(
            """SELECT DISTINCT lead.id
                 FROM (%s) AS tie
                 JOIN crm_lead lead ON lead.id = tie.lead_id AND %s
                WHERE tie.key = ANY(%s)""",
            self.env["lead.scoring.source"]._count_score_order_count(),
            self.env["lead.scoring.engine"]._scored_sql("lead"),
            self.ids,
        )
        lead_ids = [lead_id for (lead_id,) in self.env.execute_query(query)]
        self.env["lead.scoring.pass"]._request_run_of(lead_ids)
