from odoo import models
from odoo.fields import Domain

SCORING_FIELDS = frozenset(
    ["category_id", "city", "commercial_partner_id", "company_name", "country_id"]
    + ["email", "function", "industry_id", "is_company", "lang", "name", "parent_id"]
    + ["phone", "state_id", "street", "street2", "vat", "website", "zip"]
)
"""What leads copy of their contact, and what else rules read of it most often."""


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        """Leads of a contact change with it, without ``crm.lead.write``: score them.
        What else rules may read of a contact waits for the next full pass.
        """
        result = super().write(vals)
        if not SCORING_FIELDS.isdisjoint(vals):
            self._schedule_scoring()
        return result

    def _schedule_scoring(self):
        """Have the open leads of these contacts, and of those below them, which take
        over what changes, scored before the commit.
        """
        if not self.env["crm.lead"]._is_scored_on_save():
            return
        partners = self.sudo().with_context(active_test=False)
        partners |= partners.child_ids
        leads = self.env["crm.lead"].sudo()
        of_partners = Domain("partner_id", "in", partners.ids)
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        leads.search(of_partners & open_leads)._schedule_scoring()

    def unlink(self):
        """What an erased contact did on the website is erased too. Contacts that are
        merged have handed their visitors on before.
        """
        visitors = self.env["website.visitor"].sudo()
        visitors.search([("partner_id", "in", self.ids)]).unlink()
        return super().unlink()
