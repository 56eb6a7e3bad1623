from odoo import models


class CrmLead(models.Model):
    """What stays of leads that are merged."""

    _inherit = "crm.lead"

    def _merge_opportunity(
        self, user_id=False, team_id=False, auto_unlink=True, max_length=5
    ):
        """Keep in the history what was merged."""
        names = {lead: lead.display_name for lead in self}
        survivor = super()._merge_opportunity(
            user_id=user_id,
            team_id=team_id,
            auto_unlink=auto_unlink,
            max_length=max_length,
        )
        del names[survivor]
        row = survivor.sudo().score_id
        values = {
            "fit": row.fit,
            "interest": row.interest,
            "score": row.score,
            "merged_leads": ", ".join(names.values()),
        }
        history = self.env["lead.scoring.history"]
        history._record(survivor, "merged", {survivor.id: values})
        return survivor

    def _merge_dependences(self, opportunities):
        """The lead that stays keeps the events and the history of the others."""
        for model in ("lead.scoring.event", "lead.scoring.history"):
            rows = self.env[model].sudo().search([("lead_id", "in", opportunities.ids)])
            rows.lead_id = self
        return super()._merge_dependences(opportunities)
