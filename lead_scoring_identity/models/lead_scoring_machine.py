from odoo import api, models
from odoo.http import request


class LeadScoringMachine(models.AbstractModel):
    _inherit = "lead.scoring.machine"

    @api.model
    def _open_link(self, token, url):
        """Note the link of a salesperson's mail, as not seen yet."""
        lead, _sent = self.env["crm.lead"]._get_lead_of_token(token)
        if not lead:
            return super()._open_link(token, url)
        self.env["lead.scoring.event"]._add_link(lead, url)
        return True

    @api.model
    def _confirm(self, token, touched):
        """Tie the visitor to the lead, with its consent, if a person reads."""
        lead, sent = self.env["crm.lead"]._get_lead_of_token(token)
        if not lead:
            return super()._confirm(token, touched)
        if not self.env["ir.http"]._allows_optional_cookies():
            return False
        referrer = request.httprequest.referrer or "/"
        event = self.env["lead.scoring.event"]._see_link(lead, referrer)
        return event._judge_link(sent, touched)
