from odoo import tools
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.website_crm.controllers.website_form import WebsiteForm as CrmForm

from ..tools.links import page_path


class WebsiteForm(CrmForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """Count the submission, also a second one by the same person: that one fills
        the gaps of the open lead instead of making a new one.
        """
        lead = self._known_lead(model_sudo, values)
        if lead:
            lead._fill_from_form(values, "\n".join(filter(None, [custom, meta])))
            result = lead.id
        else:
            result = super().insert_record(
                request, model_sudo, values, custom, meta=meta
            )
        if model_sudo.model == "crm.lead":
            lead = request.env["crm.lead"].sudo().browse(result)
        self._add_form_event(lead)
        return result

    def _known_lead(self, model_sudo, values):
        """Return the newest open lead of the current visitor, or of its contact, with
        the same e-mail address. Two people at one computer have two addresses.
        """
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
        return leads.search(own & same & open_leads, order="id desc", limit=1)

    def _add_form_event(self, lead):
        """Add the event of a submission, named after the page that the form is on."""
        if not request.env["ir.http"]._may_record_signals():
            return
        visitor = request.env["website.visitor"]._get_visitor_from_request()
        if visitor:
            url = request.httprequest.referrer or "/"
            request.env["lead.scoring.event"]._add_for_visitor(
                visitor, page_path(url), url, kind="form", lead=lead
            )
