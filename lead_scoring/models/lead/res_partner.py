from odoo import api, fields, models
from odoo.fields import Domain

from ..scoring.lead_scoring_transition import LEADS_PER_TRANSACTION

DO_NOT_SCORE_REASONS = [
    ("objection", "Objects to profiling"),
    ("competitor", "Competitor"),
    ("partner", "Supplier, partner or job seeker"),
    ("other", "Other reason"),
]
RESCORE_FIELDS = frozenset(
    ["category_id", "city", "commercial_partner_id", "company_name"]
    + ["company_revenue", "country_id", "email", "employee_count", "function"]
    + ["industry_id", "is_company", "lang", "name", "parent_id", "phone", "state_id"]
    + ["street", "street2", "vat", "website", "zip"]
)
"""What leads copy of their contact, and what else rules read of it most often."""


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "lead.scoring.code.only.mixin"]

    employee_count = fields.Integer(
        string="Employees",
        aggregator="avg",
        help="How many people work for the company; 0 while that is not known. New "
        "leads of the contact take it over.",
    )
    company_revenue = fields.Monetary(
        currency_field="company_revenue_currency_id",
        help="What the company turns over in a year; 0 while that is not known. New "
        "leads of the contact take it over.",
    )
    company_revenue_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Revenue Currency",
        help="The currency of the company's revenue; when empty, your company's.",
    )

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

    @api.model
    def _commercial_fields(self):
        """Add the fields that people have in common with their company."""
        names = ["company_revenue", "company_revenue_currency_id", "employee_count"]
        return [*super()._commercial_fields(), *names]

    def _get_revenue(self, currency, company):
        """Return the revenue, 0 when not known, in ``currency``.

        :param company: whose exchange rates are used; the current one, when empty
        """
        given = self.company_revenue_currency_id
        if not self.company_revenue or not given:
            return self.company_revenue
        company = company or self.env.company
        today = fields.Date.context_today(self)
        return given._convert(self.company_revenue, currency, company, today)

    def write(self, vals):
        """Score the leads of these contacts, which change with them without
        ``crm.lead.write``. A change of any other field counts from the next full pass
        on.
        """
        result = super().write(vals)
        if not RESCORE_FIELDS.isdisjoint(vals):
            self._schedule_scoring()
        if "do_not_score_reason" in vals:
            below = Domain("partner_id.commercial_partner_id", "in", self.ids)
            # sudo: whoever writes a contact need not be allowed to write its leads
            leads = self.env["crm.lead"].sudo()
            leads.search(below | Domain("partner_id", "in", self.ids))._unscore()
        return result

    def _schedule_scoring(self):
        """Have the open leads of these contacts scored before the commit, and those of
        all contacts below them, to which changes are copied. Where one write reaches
        more than a transaction should change, they are left to the next pass, which is
        asked for.
        """
        if not self.env["crm.lead"]._is_scored_on_save():
            return
        # sudo: whoever writes a contact need not be allowed to write its leads
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        of_partners = Domain("partner_id", "child_of", self.ids)
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        leads = leads.search(of_partners & open_leads)
        if len(leads) > LEADS_PER_TRANSACTION:
            self.env["lead.scoring.pass"]._request_run_of(leads.ids)
        else:
            leads._schedule_scoring()

    def unlink(self):
        """Delete the visitors with the contact, and so all that it did on the website,
        but those that a lead is known by, too. When contacts are merged, the one that
        stays has got their visitors before.
        """
        # sudo: whoever may delete a contact need not see visitors
        visitors = self.env["website.visitor"].sudo().with_context(active_test=False)
        visitors.search([("partner_id", "in", self.ids)])._forget_contact()
        # sudo: nor events that wait for a lead with the address
        self.env["lead.scoring.event"].sudo()._erase_kept(
            self.mapped("email_normalized")
        )
        return super().unlink()
