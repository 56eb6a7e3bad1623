from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _add_to_mailing_list(self, mailing_list):
        """Subscribe these leads to ``mailing_list``, but none that may not be written
        to, and no address that is subscribed already or has opted out of the list.
        """
        leads = {lead.email_normalized: lead for lead in self._filter_mailable()}
        # sudo: the salesperson whose change runs the playbook has no right on mailings
        contacts = self.env["mailing.contact"].sudo()
        contacts = contacts.search([("email_normalized", "in", list(leads))])
        listed = contacts.subscription_ids.filtered(
            lambda subscription: subscription.list_id == mailing_list
        )
        known = set(listed.contact_id.mapped("email_normalized"))
        free = {contact.email_normalized: contact for contact in contacts}
        for email in leads.keys() - free.keys():
            free[email] = contacts.create(leads[email]._mailing_contact_values())
        self.env["mailing.subscription"].sudo().create(
            [
                {"contact_id": contact.id, "list_id": mailing_list.id}
                for email, contact in free.items()
                if email not in known
            ]
        )

    def _mailing_contact_values(self):
        """Return the values of a new mailing contact for this lead."""
        return {
            "name": self.contact_name or self.partner_name,
            "company_name": self.partner_name,
            "email": self.email_normalized,
            "country_id": self.country_id.id,
        }
