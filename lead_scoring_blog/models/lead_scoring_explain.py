from odoo import api, models


class LeadScoringExplain(models.AbstractModel):
    _inherit = "lead.scoring.explain"

    @api.model
    def _known(self, lead):
        """Add the topics of the blog posts read."""
        parts = super()._known(lead)
        if topics := lead.score_topic_ids:
            label = self.env._("Topics read")
            parts.append(self._part(label, self._some(topics.mapped("name"))))
        return parts
