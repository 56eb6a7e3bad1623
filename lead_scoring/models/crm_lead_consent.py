from odoo import models


class CrmLead(models.Model):
    """Who may be written to without having asked."""

    _inherit = "crm.lead"

    def _filter_mailable(self):
        """Return the leads that marketing may write to: with a usable address that is
        not on the blocklist. A bridge leaves out those that opted out elsewhere.
        """
        leads = self.filtered("email_normalized")
        return leads.filtered(lambda lead: not lead.sudo().is_blacklisted)
