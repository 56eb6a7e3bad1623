from odoo import api, models
from odoo.tools import SQL


class CrmLead(models.Model):
    _inherit = "crm.lead"

    @api.model
    def _trigger_scoring_of(self, emails, lead_ids=()):
        """Have leads with these ids or normalized addresses scored soon, if there are
        any. They are noted, too: passes look for signals by their own date, and whether
        a person has clicked may be known an hour later.
        """
        query = SQL(
            """SELECT id FROM crm_lead lead
                WHERE %s AND (id = ANY(%s) OR email_normalized = ANY(%s))""",
            self.env["lead.scoring.engine"]._scored_sql("lead"),
            list(lead_ids),
            [email for email in emails if email],
        )
        lead_ids = [lead_id for (lead_id,) in self.env.execute_query(query)]
        self.env["lead.scoring.pass"]._request_run_of(lead_ids)

    def action_open_mailings(self):
        """Open the mailings to this lead that were opened, or in which it clicked."""
        self.ensure_one()
        self.check_access("read")
        sources = self.env["lead.scoring.source"]
        opened, clicked = (
            sources._records(name, self).get(self.id, [])
            for name in ("mail_open", "mail_click")
        )
        # sudo: which traces these are; the list shows those that the reader may read
        clicks = self.env["link.tracker.click"].sudo().browse(clicked)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "mass_mailing.mailing_trace_action"
        )
        found = [*opened, *clicks.mailing_trace_id.ids]
        return {**action, "domain": [("id", "in", found)]}

    def _filter_mailable(self):
        """Leave out, too, leads whose address has opted out of a mailing list and is
        subscribed to no other.
        """
        leads = super()._filter_mailable()
        # sudo: salespeople see no mailing lists
        subscriptions = self.env["mailing.subscription"].sudo()
        subscriptions = subscriptions.search(
            [("contact_id.email_normalized", "in", leads.mapped("email_normalized"))]
        )
        out = subscriptions.filtered("opt_out")
        subscribed = (subscriptions - out).filtered("list_id.active")
        refused = set(out.contact_id.mapped("email_normalized"))
        refused.difference_update(subscribed.contact_id.mapped("email_normalized"))
        return leads.filtered(lambda lead: lead.email_normalized not in refused)

    def _merge_dependences(self, opportunities):
        """Move what was sent to the others to the lead that stays."""
        # sudo: whoever may merge leads need not have a right on mailings
        traces = self.env["mailing.trace"].sudo()
        sent = [("model", "=", "crm.lead"), ("res_id", "in", opportunities.ids)]
        traces.search(sent).res_id = self.id
        return super()._merge_dependences(opportunities)
