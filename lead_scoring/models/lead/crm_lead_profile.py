from odoo import api, fields, models

PROFILE_FIELDS = ("industry_id", "employee_count", "company_revenue")
"""What a lead and its contact both know of the company, under the same names."""


class CrmLead(models.Model):
    """Facts on the lead's company, and its budget, for rules on fit."""

    _inherit = "crm.lead"

    industry_id = fields.Many2one(
        comodel_name="res.partner.industry",
        compute="_compute_profile",
        store=True,
        readonly=False,
        index="btree_not_null",
        help="What the lead's company does. A new contact takes it over.",
    )
    employee_count = fields.Integer(
        string="Employees",
        compute="_compute_profile",
        store=True,
        readonly=False,
        aggregator="avg",
        help="How many people work for the lead's company; 0 while that is not known.",
    )
    company_revenue = fields.Monetary(
        currency_field="company_currency",
        compute="_compute_profile",
        store=True,
        readonly=False,
        aggregator="avg",
        help="What the lead's company turns over in a year; 0 while that is not known.",
    )
    budget = fields.Monetary(
        currency_field="company_currency",
        aggregator="avg",
        help="What the lead says it can spend. What you expect to earn is the expected "
        "revenue.",
    )

    @api.depends("partner_id")
    def _compute_profile(self):
        """What is known of the contact's company, else what the lead knows itself."""
        for lead in self:
            company = lead.partner_id.commercial_partner_id
            lead.industry_id = company.industry_id or lead.industry_id
            lead.employee_count = company.employee_count or lead.employee_count
            lead.company_revenue = (
                company._get_revenue(lead.company_currency, lead.company_id)
                or lead.company_revenue
            )

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        """The company takes over what the lead knows, or the contact without one."""
        values = super()._prepare_customer_values(
            partner_name, is_company=is_company, parent_id=parent_id
        )
        if is_company or not parent_id:
            profile = {name: self[name] for name in PROFILE_FIELDS if self[name]}
            if self.company_revenue:
                profile["company_revenue_currency_id"] = self.company_currency
            values |= self.env["res.partner"]._convert_to_write(profile)
        return values
