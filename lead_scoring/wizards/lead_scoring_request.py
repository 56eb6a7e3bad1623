from odoo import api, models


class LeadScoringRequest(models.TransientModel):
    """Who pressed «Score Now», until the run that they asked for is done."""

    _name = "lead.scoring.request"
    _description = "Request to Score Now"

    @api.model
    def _answer(self):
        """Tell the users who asked before the last pass began that it is done."""
        done = self.env["lead.scoring.pass"].search(
            [("date_end", "!=", False)], order="date_start desc", limit=1
        )
        # sudo: a run answers everybody
        requests = self.sudo().search([("create_date", "<=", done.date_start)])
        for user in requests.create_uid:
            env = self.with_context(lang=user.lang).env
            message = env._("Scoring is done. Scores changed: %s.", done.change_count)
            user._bus_send(
                "simple_notification", {"type": "success", "message": message}
            )
        requests.unlink()
