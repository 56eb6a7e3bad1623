from odoo import api, models


class LeadScoringExplain(models.AbstractModel):
    _inherit = "lead.scoring.explain"

    @api.model
    def _known(self, lead):
        """Add how many mailings were opened, and how often a link in one was clicked;
        who may read mailings can open both.
        """
        parts = super()._known(lead)
        may_open = self.env["mailing.trace"].has_access("read")
        action = "action_open_mailings" if may_open else None
        sources = self.env["lead.scoring.source"]
        for source, label in (
            ("mail_open", self.env._("Mailings opened")),
            ("mail_click", self.env._("Links clicked in mailings")),
        ):
            if found := sources._records(source, lead).get(lead.id):
                parts.append(self._part(label, len(found), action))
        return parts
