from datetime import timedelta

from odoo import models
from odoo.fields import Command

VISITORS_PER_LEAD = 10
"""Visitors that links in mails tie to one lead, of those who came in ``VISITOR_DAYS``.
More are no browsers of one person: the link was made public, or somebody plays.
"""
VISITOR_DAYS = 30


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    def _identify_as(self, lead):
        """Tie this visitor to ``lead``, of which it has opened a link, unless it is
        known as somebody else: two people may share a computer.

        :param lead: a crm.lead record, superuser
        :return: whether it is tied now and was not before
        """
        visitor = self.with_context(active_test=False)
        if lead in visitor.lead_ids or self._has_many_visitors(lead):
            return False
        if not self._may_be(lead):
            return False
        self.write({"lead_ids": [Command.link(lead.id)]})
        return True

    def _has_many_visitors(self, lead):
        since = self.env.cr.now() - timedelta(days=VISITOR_DAYS)
        recent = [
            ("lead_ids", "in", lead.ids),
            ("last_connection_datetime", ">", since),
        ]
        visitors = self.with_context(active_test=False)
        return visitors.search_count(recent) >= VISITORS_PER_LEAD

    def _may_be(self, lead):
        """Whether this visitor can be ``lead``: it is not known as an employee, as a
        contact with another address, or as an open lead with another address, and the
        website is not another company's.
        """
        website = self.env["website"].get_current_website()
        if lead.company_id and lead.company_id != website.company_id:
            return False
        addresses = {lead.email_normalized, lead.partner_id.email_normalized} - {False}
        contact = self.partner_id
        if contact and contact != lead.partner_id:
            if not contact.partner_share or contact.email_normalized not in addresses:
                return False
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        others = self.lead_ids.filtered_domain(open_leads).mapped("email_normalized")
        return {*others} - {False} <= addresses
