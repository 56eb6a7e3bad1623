from odoo import api, models

DESCRIBED = "lead_scoring_described"


class CrmLead(models.Model):
    """What the website's forms ask of leads."""

    _inherit = "crm.lead"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """See ``ir.model._get_form_writable_fields``."""
        allfields = allfields or self.env.context.get(DESCRIBED)
        return super().fields_get(allfields, attributes)
