from odoo import api, fields, models
from odoo.fields import Domain

from ..scoring_model.lead_scoring_model import THRESHOLD_LIMIT


class CrmTeam(models.Model):
    """What a team converts by score: from which minimum, since when, which segments."""

    _name = "crm.team"
    _inherit = ["crm.team", "lead.scoring.filter.mixin"]

    use_leads = fields.Boolean(default=True)
    convert_by_score = fields.Boolean(
        string="Convert by Score",
        tracking=True,
        help="The scheduled action converts leads that reach the minimum score into "
        "opportunities of this team.",
    )
    minimum_score = fields.Integer(
        default=50,
        tracking=True,
        help="Leads with at least this score become opportunities of this team. Of "
        "several teams whose minimum is met, the one that asks most gets the lead.",
    )
    convert_new_only = fields.Boolean(
        string="New Leads Only",
        compute="_compute_convert_new_only",
        inverse="_inverse_convert_new_only",
        help="Leads created before this was switched on stay leads.",
    )
    convert_since = fields.Datetime(
        string="Convert Leads Created From",
        readonly=True,
        copy=False,
        help="Only leads created since then are converted by score; all, when empty.",
    )
    convert_ready_count = fields.Integer(
        string="Leads Ready to Convert",
        compute="_compute_convert_ready_count",
        groups="sales_team.group_sale_manager",
        help="Leads that the next run of the scheduled action would convert for this "
        "team, of the companies that you have switched to.",
    )
    stopped_note = fields.Char(
        compute="_compute_stopped_note",
        help="Why no lead is converted, if the scheduled action does not run.",
    )

    take_sales = fields.Boolean(
        string="Sales",
        default=True,
        help="Leads that fit and are interested become opportunities of this team.",
    )
    take_nurture = fields.Boolean(
        string="Nurture",
        default=True,
        help="Leads that fit, with some interest, become opportunities of this team.",
    )
    take_remarket = fields.Boolean(
        string="Remarket",
        default=True,
        help="Leads that fit without any interest, or are interested without fit, "
        "become opportunities of this team.",
    )
    take_discard = fields.Boolean(
        string="Discard",
        default=True,
        help="Leads without fit and with little or no interest become opportunities of "
        "this team.",
    )

    _minimum_score_bounds = models.Constraint(
        f"CHECK(minimum_score BETWEEN -{THRESHOLD_LIMIT} AND {THRESHOLD_LIMIT})",
        "The minimum score must be between -1,000,000 and 1,000,000.",
    )

    @api.depends("convert_since")
    def _compute_convert_new_only(self):
        for team in self:
            team.convert_new_only = bool(team.convert_since)

    def _inverse_convert_new_only(self):
        for team in self:
            if bool(team.convert_since) != team.convert_new_only:
                # sudo: only code sets the date; the user sets what it follows from
                team.sudo().convert_since = team.convert_new_only and self.env.cr.now()

    @api.depends(
        "convert_by_score",
        "minimum_score",
        "convert_new_only",
        "assignment_domain",
        "assignment_optout",
        "company_id",
        "use_opportunities",
        "take_sales",
        "take_nurture",
        "take_remarket",
        "take_discard",
    )
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_convert_ready_count(self):
        """Of the values in the form, saved or not. Of teams with the same minimum the
        first by sequence counts the lead, because only a plan knows their capacity; and
        leads chosen at random are not counted.
        """
        for team in self:
            team.convert_ready_count = 0
            if not team.convert_by_score or team.convert_new_only:
                continue
            if team._may_count() and team._has_sound_domain():
                domain = self._considered_leads(team._origin) & team._eligible_leads()
                domain &= ~team._leads_of_others()
                domain &= Domain("company_id", "in", [False, *self.env.companies.ids])
                # sudo: leads of colleagues count, too
                leads = self.env["crm.lead"].sudo()
                team.convert_ready_count = leads.search_count(domain)

    @api.depends_context("lang")
    def _compute_stopped_note(self):
        self.stopped_note = self.env["lead.scoring.pass"]._stopped_note()

    @api.onchange("convert_by_score")
    def _onchange_convert_by_score(self):
        """Show the date that saving sets."""
        if self.convert_by_score and not self._origin.convert_by_score:
            self._renew_convert_since()

    def write(self, vals):
        """«From now on» is the moment of switching on, not an earlier one."""
        off = self.filtered(lambda team: not team.convert_by_score)
        result = super().write(vals)
        if vals.get("convert_by_score") and "convert_since" not in vals:
            off._renew_convert_since()
        return result

    def _filter_company(self):
        return self.company_id

    def _renew_convert_since(self):
        # sudo: only code sets the date
        self.sudo().filtered("convert_since").convert_since = self.env.cr.now()
