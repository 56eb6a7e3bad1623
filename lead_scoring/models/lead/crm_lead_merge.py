from odoo import models

from .crm_lead_profile import PROFILE_FIELDS
from .crm_lead_questions import QUESTIONS


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
        self.env.flush_all()
        self.env.cr.execute(
            self.env["lead.scoring.history"]._merges(survivor, names.values())
        )
        return survivor

    def _merge_data(self, fnames=None):
        """Don't write the type that the lead that stays, the first one, has already:
        Odoo would give it another team where its salesperson is no member of its own.
        """
        data = super()._merge_data(fnames)
        if self and data.get("type") == self[0].type:
            del data["type"]
        return data

    def _merge_dependences(self, opportunities):
        """The lead that stays keeps what scoring knows of the others."""
        # sudo: whoever may merge leads need not be allowed to edit their history
        others = opportunities.sudo()
        others.score_adjustment_ids.lead_id = self
        for model in ("lead.scoring.event", "lead.scoring.history"):
            rows = self.env[model].sudo().search([("lead_id", "in", others.ids)])
            rows.lead_id = self
        self._merge_qualified_date(others)
        return super()._merge_dependences(opportunities)

    def _merge_qualified_date(self, others):
        """Keep the earliest qualification date of all; ``others`` are superuser's."""
        # sudo: whoever may merge leads need not be allowed to read their scores
        rows = (self.sudo() | others).score_id
        dates = [date for date in rows.mapped("qualified_at") if date]
        if dates:
            self.sudo().score_id.qualified_at = min(dates)

    def _merge_get_fields(self):
        """Of what is known of a company and of the five questions, the first value that
        is set stays; one lead that is not to be scored is enough for all.
        """
        return [
            *super()._merge_get_fields(),
            *PROFILE_FIELDS,
            "budget",
            "do_not_score_reason",
            *QUESTIONS,
        ]
