from odoo import api, models
from odoo.tools import SQL


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _trigger_scoring_of(self, emails, lead_ids=()):
        """Have leads with these ids or normalized addresses scored soon, if there are
        any.
        """
        self.env["website.visitor"]._trigger_scoring_soon(
            SQL(
                """EXISTS (
                       SELECT FROM crm_lead lead WHERE lead.active
                          AND (lead.id = ANY(%s) OR lead.email_normalized = ANY(%s))
                   )""",
                list(lead_ids),
                [email for email in emails if email],
            )
        )

    def _merge_dependences(self, opportunities):
        """The lead that stays keeps what was sent to the others."""
        traces = self.env["mailing.trace"].sudo()
        sent = [("model", "=", "crm.lead"), ("res_id", "in", opportunities.ids)]
        traces.search(sent).res_id = self.id
        return super()._merge_dependences(opportunities)
