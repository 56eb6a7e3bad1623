from odoo import tools
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.lead_scoring.controllers.website_form import WebsiteForm as ScoringForm


class WebsiteForm(ScoringForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """Fill the empty fields of the open lead of a person who has submitted a form
        before, instead of making a new lead. It counts as a submission, too.
        """
        lead = self._known_lead(model_sudo, values)
        if not lead:
            return super().insert_record(request, model_sudo, values, custom, meta=meta)
        lead._fill_from_form(values, "\n".join(filter(None, [custom, meta])))
        self._add_form_event(lead)
        return lead.id

    def _known_lead(self, model_sudo, values):
        """Return the newest open lead of the current visitor, or of its contact, with
        the same e-mail address: by another address it is another person at the same
        computer. What is told to one company is told to no other, so it is a lead of
        the website's company, or of none.
        """
        # sudo: visitors have no right on leads
        leads = request.env["crm.lead"].sudo()
        email = tools.email_normalize(values.get("email_from") or "")
        if model_sudo.model != "crm.lead" or not email:
            return leads
        # core does so too for a new lead
        visitor = request.env["website.visitor"]._get_visitor_from_request(
            force_create=True
        )
        own = Domain("visitor_ids", "in", visitor.ids)
        if visitor.partner_id:
            own |= Domain("partner_id", "=", visitor.partner_id.id)
        open_leads = request.env["lead.scoring.engine"]._open_leads()
        same = Domain("email_normalized", "=", email)
        same &= Domain("company_id", "in", [False, request.website.company_id.id])
        return leads.search(own & same & open_leads, order="id desc", limit=1)
