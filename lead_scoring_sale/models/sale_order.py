from odoo import api, models


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
        sources = self.env["lead.scoring.source"]
        ties = sources._count_score_order_count()
        lead_ids = sources._tied_lead_ids(ties, self.ids)
        self.env["lead.scoring.pass"]._request_run_of(lead_ids)
