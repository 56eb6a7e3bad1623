from odoo import models
from odoo.tools import SQL


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def write(self, vals):
        """Have the customer's leads scored soon when an order is confirmed."""
        result = super().write(vals)
        if vals.get("state") == "sale":
            self._trigger_scoring()
        return result

    def _trigger_scoring(self):
        self.flush_model(["company_id", "partner_id", "state"])
        self.partner_id.flush_model(["commercial_partner_id", "email_normalized"])
        self.env["lead.scoring.pass"]._request_run(
            SQL(
                """EXISTS (
                       SELECT FROM (%s) AS tie
                         JOIN crm_lead lead ON lead.id = tie.lead_id AND %s
                        WHERE tie.key = ANY(%s))""",
                self.env["lead.scoring.source"]._count_score_order_count(),
                self.env["lead.scoring.engine"]._scored_sql("lead"),
                self.ids,
            )
        )
