from odoo import models


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    def write(self, vals):
        """Leads tied to a visitor have its page views: score them. Core writes the tie
        on this side, which calls no ``crm.lead.write``.
        """
        result = super().write(vals)
        if "lead_ids" in vals:
            self.sudo().lead_ids._schedule_scoring()
        return result
