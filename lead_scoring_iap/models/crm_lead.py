import re

from odoo import api, fields, models

AMOUNT = re.compile(r"\$?\s*(\d+(?:\.\d+)?)\s*([KMB]?)\s*([A-Z]{3})?", re.ASCII)
UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _iap_enrich_from_response(self, iap_response):
        """Fill the empty fields of the company's profile, too."""
        result = super()._iap_enrich_from_response(iap_response)
        for lead in self.search([("id", "in", [*map(int, iap_response)])]):
            if company := iap_response.get(str(lead.id)):
                known = lead._profile_from_iap(company)
                values = {n: v for n, v in known.items() if v and not lead[n]}
                lead.write(values)
        return result

    def _profile_from_iap(self, company):
        """Return the values of the fields of the profile, empty where not known.

        :param company: what the service says of the lead's company
        """
        self.ensure_one()
        # a section of the NACE classification, as Odoo's industries are
        xmlid = f"base.res_partner_industry_{company.get('industry_code')}"
        industry = self.env.ref(xmlid, raise_if_not_found=False)
        return {
            "industry_id": industry and industry.id,
            "employee_count": self._employees_from_iap(company.get("employees")),
            "company_revenue": self._revenue_from_iap(
                str(company.get("estimated_annual_revenue") or "")
            ),
        }

    @api.model
    def _employees_from_iap(self, number):
        """Return the number of people, 0 when ``number`` says none, such as «51-200»:
        an error would lose what was paid for the whole batch.
        """
        try:
            count = round(float(number or 0))
        except (TypeError, ValueError, OverflowError):
            return 0
        return count if 0 < count < 2**31 else 0

    def _revenue_from_iap(self, text):
        """Return the amount that ``text`` says, such as «10M USD», in the currency of
        the lead's company; 0 when it says none, or in a currency that is not in use.
        Without a currency it is taken for US dollars.
        """
        match = AMOUNT.fullmatch(text.strip())
        if not match:
            return 0
        number, unit, code = match.groups()
        currency = self.env["res.currency"].search([("name", "=", code or "USD")])
        if not currency:
            return 0
        return currency._convert(
            float(number) * UNITS[unit],
            self.company_currency,
            self.company_id or self.env.company,
            fields.Date.context_today(self),
        )
