from odoo import models

from ..models.routing.crm_lead_conversion import RECORDED_IDS


class CrmLead2opportunityPartner(models.TransientModel):
    _inherit = "crm.lead2opportunity.partner"

    def _convert_and_allocate(self, leads, user_ids, team_id=False):
        """Record the scores of all leads together. Core converts them one by one, and
        to record one takes as many queries as to record all.
        """
        leads._record_conversion()
        leads = leads.with_context(**{RECORDED_IDS: leads.ids})
        return super()._convert_and_allocate(leads, user_ids, team_id=team_id)
