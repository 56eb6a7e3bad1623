from odoo import models
from odoo.tools import html2plaintext

from odoo.addons.lead_scoring.tools.links import PARAMETER, without_token


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _prepare_outgoing_list(self, mail_server=False, doc_to_followers=None):
        """Put the lead's token into the links of the copy that goes to the lead alone,
        and take tokens out of all other copies: a mail quoted in them may have some.
        """
        copies = super()._prepare_outgoing_list(
            mail_server=mail_server, doc_to_followers=doc_to_followers
        )
        for copy in copies:
            body = copy["body"]
            if body and PARAMETER in body:
                body = type(body)(without_token(str(body)))
            if lead := self._get_identified_lead(copy):
                body = lead._identify_links(body)
            if body != copy["body"]:
                copy["body"] = body
                copy["body_alternative"] = html2plaintext(body)
        return copies

    def _get_identified_lead(self, copy):
        """Return the lead that the only recipient of a copy of this mail is, or an
        empty recordset. A bridge may find leads for mails of other models.

        :param copy: dict of :meth:`_prepare_outgoing_list`
        """
        # sudo: mails are also sent by the scheduler, and for users without the CRM
        lead = self.env["crm.lead"].sudo()
        if self.model == "crm.lead" and self.res_id:
            lead = lead.browse(self.res_id).exists()
        return lead if lead and lead._is_only_reader(copy) else lead.browse()
