from odoo import api, models


class LeadScoringMachine(models.AbstractModel):
    _inherit = "lead.scoring.machine"

    @api.model
    def _open_link(self, token, url):
        """Nothing is left to note: the click is there."""
        click = self.env["link.tracker.click"]._get_click_of_token(token)
        return bool(click) or super()._open_link(token, url)

    @api.model
    def _confirm(self, token, touched):
        """Let the click count if a person reads. It needs no consent: nothing is kept
        on the reader's device for it, and no visitor is tied.
        """
        click = self.env["link.tracker.click"]._get_click_of_token(token)
        if not click:
            return super()._confirm(token, touched)
        return click._confirm_seen(touched)
