from urllib.parse import urlsplit

from odoo.http import request

from odoo.addons.website_crm.controllers.website_form import WebsiteForm as CrmForm


class WebsiteForm(CrmForm):
    def insert_record(self, request, model_sudo, values, custom, meta=None):
        """Count the submission, for the new lead where it makes one."""
        result = super().insert_record(request, model_sudo, values, custom, meta=meta)
        # sudo: visitors have no right on leads
        leads = request.env["crm.lead"].sudo()
        is_lead = model_sudo.model == leads._name
        self._add_form_event(leads.browse(result if is_lead else ()))
        return result

    def _add_form_event(self, lead):
        """Add the event of a submission, named after the page that the form is on.

        :param lead: the crm.lead record that the form made or filled, or an empty one
        """
        if not request.env["ir.http"]._may_record_signals():
            return
        visitor = request.env["website.visitor"]._get_visitor_from_request()
        if visitor:
            url = request.httprequest.referrer or "/"
            request.env["lead.scoring.event"]._add_for_visitor(
                visitor, page_path(url), url, kind="form", lead=lead
            )


def page_path(url):
    """Return the path of an address; "/" if it has none or is not an address at all."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
