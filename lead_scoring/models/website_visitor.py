from odoo import models


class WebsiteVisitor(models.Model):
    _inherit = "website.visitor"

    def write(self, vals):
        """Leads tied to a visitor have its page views: score them. Core writes the tie
        on this side, which calls no ``crm.lead.write``.
        """
        if "lead_ids" not in vals:
            return super().write(vals)
        visitors = self.sudo()
        before = visitors.lead_ids
        result = super().write(vals)
        (before | visitors.lead_ids)._schedule_scoring()
        return result
