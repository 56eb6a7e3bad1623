from odoo import api, fields, models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    score_order_count = fields.Integer(
        string="Ordered Before",
        compute="_compute_score_order_count",
        search="_search_score_order_count",
        groups="sales_team.group_sale_salesman",
        help="Confirmed orders of the lead's contact, of others in the same customer "
        "company, and of the lead's e-mail address. Only orders of the lead's own "
        "company count; a lead that belongs to none is taken for the main company's.",
    )

    @api.depends("partner_id", "email_normalized", "company_id")
    def _compute_score_order_count(self):
        self._compute_count("score_order_count")

    def _search_score_order_count(self, operator, value):
        return self._search_count("score_order_count", operator, value)
