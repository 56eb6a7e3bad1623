from odoo import api, fields, models
from odoo.fields import Domain

DO_NOT_SCORE_REASONS = [
    ("objection", "Objects to profiling"),
    ("competitor", "Competitor"),
    ("partner", "Supplier, partner or job seeker"),
    ("other", "Other reason"),
]


class ResPartner(models.Model):
    """Contacts whose leads are not to be scored."""

    _inherit = "res.partner"

    do_not_score_reason = fields.Selection(
        selection=DO_NOT_SCORE_REASONS,
        string="Do Not Score",
        tracking=True,
        groups="sales_team.group_sale_salesman",
        help="Why leads of this contact, and of all contacts of this company, are not "
        "scored. Empty: they are.",
    )
    do_not_score = fields.Boolean(
        string="Not Scored",
        compute="_compute_do_not_score",
        store=True,
        groups="sales_team.group_sale_salesman",
        help="The contact or its company is not to be scored.",
    )

    @api.depends("do_not_score_reason", "commercial_partner_id.do_not_score_reason")
    def _compute_do_not_score(self):
        for partner in self:
            company = partner.commercial_partner_id
            partner.do_not_score = bool(
                partner.do_not_score_reason or company.do_not_score_reason
            )

    def write(self, vals):
        result = super().write(vals)
        if "do_not_score_reason" in vals:
            below = Domain("partner_id.commercial_partner_id", "in", self.ids)
            leads = self.env["crm.lead"].sudo()
            leads.search(below | Domain("partner_id", "in", self.ids))._unscore()
        return result
