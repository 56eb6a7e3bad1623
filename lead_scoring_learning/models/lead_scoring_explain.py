from odoo import api, models


class LeadScoringExplain(models.AbstractModel):
    _inherit = "lead.scoring.explain"

    @api.model
    def _numbers(self, lead):
        """Add the win prediction of an open lead that is scored, with its reasons a
        click away.
        """
        parts = super()._numbers(lead)
        is_told = lead.win_probability and not lead.do_not_score
        if is_told and lead.won_status == "pending":
            label = lead._fields["win_probability"]
            text = self.env._(
                "%s %%: so many of the closed leads like this one were won.",
                round(100 * lead.win_probability),
            )
            parts.append(
                self._part(
                    label.get_description(self.env, ["string"])["string"],
                    text,
                    "action_explain_prediction",
                )
            )
        return parts
