from odoo import api, fields, models
from odoo.fields import Domain


class CrmLead(models.Model):
    """Leads that wait, and what a manager can do about each."""

    _inherit = "crm.lead"

    waiting_reason = fields.Selection(
        groups="sales_team.group_sale_salesman",
        related="score_id.waiting_reason",
        help="Why the lead has not become an opportunity, as of the last run of the "
        "scheduled action.",
    )
    waiting_since = fields.Datetime(
        groups="sales_team.group_sale_salesman",
        related="score_id.waiting_since",
        help="Since when the lead waits for this reason.",
    )
    waiting_advice = fields.Char(
        string="What to Do",
        groups="sales_team.group_sale_salesman",
        compute="_compute_waiting_advice",
        help="What helps, if the lead should not wait any longer.",
    )

    @api.depends("waiting_reason")
    @api.depends_context("lang")
    def _compute_waiting_advice(self):
        advice = self._waiting_advice()
        for lead in self:
            lead.waiting_advice = advice.get(lead.waiting_reason, False)

    @api.model
    def _waiting_advice(self):
        """Return ``{waiting reason: what a manager can do about it}``."""
        # the texts only, so without looking for leads
        nothing = {"considered": Domain.FALSE, "sampled": Domain.FALSE, "fitting": {}}
        reasons = self.env["crm.team"]._waiting_reasons(**nothing)
        return {reason.key: reason.advice for reason in reasons if reason.waits}

    def action_open_team(self):
        """Open the sales team that would take this lead by the lowest minimum score;
        all teams where none would.
        """
        self.ensure_one()
        self.check_access("read")
        teams = self.env["crm.team"]._converting_teams().with_env(self.env)
        # sudo: the Domain has fields, such as the score, that need other groups
        within = Domain("id", "=", self.id)
        offering = teams._filtered_access("read").filtered(
            lambda team: self.sudo().search_count(team.sudo()._fitting_leads() & within)
        )
        if offering:
            lowest = min(offering, key=lambda team: team.minimum_score)
            return lowest._get_records_action()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "sales_team.crm_team_action_config"
        )

    def action_open_scoring_model(self):
        """Open the scoring model of this lead."""
        self.ensure_one()
        self.check_access("read")
        return self.score_id.model_id._get_records_action()

    def action_score_again(self):
        """Take back that these leads are not to be scored.

        :raise UserError: it is the contact that is not
        """
        self.write({"do_not_score": False})
