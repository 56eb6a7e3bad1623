from odoo import api, fields, models
from odoo.fields import Domain

from .lead_scoring_model_review import REVIEW

CLOSED_LEADS_NEEDED = 40
"""Leads won, and as many lost: of fewer, the figures say little."""
STEPS = ["rules", "sales", "review", "data", "axes"]


class LeadScoringModel(models.Model):
    """The five steps of setting up lead scoring, and which of them are done. That is
    computed from the database, except that sales agrees: a person ticks that.
    """

    _inherit = "lead.scoring.model"

    sales_agreed = fields.Boolean(
        string="Sales Has Agreed",
        copy=False,
        tracking=True,
        help="Tick this once salespeople have confirmed that they would call these "
        "leads first. Ask them again for each new version of the model.",
    )
    setup_lead_count = fields.Integer(
        string="Leads with Points",
        compute="_compute_setup_lead_count",
        groups="lead_scoring.group_scoring_manager",
        help="Open leads and opportunities of this model whose score is not 0, of the "
        "companies that you have switched to.",
    )
    setup_team_count = fields.Integer(
        string="Teams that Convert by Score",
        compute="_compute_setup_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Sales teams that get leads from a minimum score on.",
    )
    setup_won_count = fields.Integer(
        string="Won",
        compute="_compute_setup_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Opportunities won so far, whichever scoring model they belong to.",
    )
    setup_lost_count = fields.Integer(
        string="Lost",
        compute="_compute_setup_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Leads and opportunities lost so far, whichever scoring model they belong "
        "to.",
    )
    setup_fit_count = fields.Integer(
        string="Rules on Fit",
        compute="_compute_setup_rule_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Rules on who a lead is that are neither paused nor broken.",
    )
    setup_interest_count = fields.Integer(
        string="Rules on Interest",
        compute="_compute_setup_rule_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Rules on what a lead does that are neither paused nor broken.",
    )
    setup_faulty_count = fields.Integer(
        string="Rules to Look At",
        compute="_compute_setup_rule_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Rules that can't be applied, or that use values that do not exist.",
    )
    setup_page_count = fields.Integer(
        string="Pages Tracked",
        compute="_compute_setup_counts",
        groups="lead_scoring.group_scoring_manager",
        help="Pages of the website whose Track box is ticked: rules on page views read "
        "no others.",
    )
    setup_rules_done = fields.Boolean(
        string="Rules Give Points",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="Rules are running, and there are leads with points.",
    )
    setup_sales_done = fields.Boolean(
        string="Agreed with Sales",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="Sales agrees, and a team converts leads by their score.",
    )
    setup_review_done = fields.Boolean(
        string="Rules Current",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="The next review is planned and not overdue, and the last one, or the "
        "making of the model, is not longer ago than the time between two reviews.",
    )
    setup_data_done = fields.Boolean(
        string="Enough Won and Lost",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="At least 40 were won and 40 lost.",
    )
    setup_axes_done = fields.Boolean(
        string="Fit and Interest Combined",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="There are rules on fit and on interest, and pages are tracked.",
    )
    setup_done_count = fields.Integer(
        string="Steps Done",
        compute="_compute_setup_done",
        groups="lead_scoring.group_scoring_manager",
        help="How many of the five steps are done.",
    )

    setup_obstacles = fields.Json(
        string="Problems to Fix",
        compute="_compute_setup_obstacles",
        groups="lead_scoring.group_scoring_manager",
        help="What prevents leads of this model from being created, scored or "
        "assigned, and how to fix it.",
    )

    # ------------------------------------------------------------------
    # What the database shows
    # ------------------------------------------------------------------

    # much of it depends on no field
    @api.depends()
    @api.depends_context("allowed_company_ids", "lang", "uid")
    def _compute_setup_obstacles(self):
        for model in self:
            found = self.env["lead.scoring.obstacle"]._find_all(model)
            model.setup_obstacles = found

    # scores are written by SQL, which makes no field be computed again
    @api.depends()
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_setup_lead_count(self):
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        visible = Domain("company_id", "in", [False, *self.env.companies.ids])
        with_points = (
            Domain("model_id", "in", self.ids)
            & Domain("score", "!=", 0)
            & Domain("lead_id", "any", open_leads & visible)
        )
        # sudo: leads of colleagues count, too
        scores = self.env["lead.scoring.score"].sudo()
        counts = dict(scores._read_group(with_points, ["model_id"], ["__count"]))
        for model in self:
            model.setup_lead_count = counts.get(model.sudo(), 0)

    @api.depends(
        "rule_ids.active",
        "rule_ids.dimension",
        "rule_ids.error",
        "rule_ids.missing_note",
    )
    def _compute_setup_rule_counts(self):
        ours = Domain("model_id", "in", self.ids)
        faulty = Domain("error", "!=", False) | Domain("missing_note", "!=", False)
        rules = self.env["lead.scoring.rule"]
        faulty = dict(rules._read_group(ours & faulty, ["model_id"], ["__count"]))
        counts = {
            (model, dimension): count
            for model, dimension, count in rules._read_group(
                ours & Domain("error", "=", False),
                ["model_id", "dimension"],
                ["__count"],
            )
        }
        for model in self:
            model.setup_fit_count = counts.get((model, "fit"), 0)
            model.setup_interest_count = counts.get((model, "interest"), 0)
            model.setup_faulty_count = faulty.get(model, 0)

    @api.depends("company_id")
    @api.depends_context("allowed_company_ids", "uid")
    def _compute_setup_counts(self):
        teams = Domain("convert_by_score", "=", True)
        # sudo: a scoring manager need not be an editor of the website
        pages = self.env["website.page"].sudo().search_count([("track", "=", True)])
        # sudo: leads of colleagues count, too
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        for company, scoring_models in self.grouped("company_id").items():
            served = Domain("company_id", "in", [False, *company.ids])
            team_count = self.env["crm.team"].search_count(
                teams & served if company else teams
            )
            visible = [False, *(company or self.env.companies).ids]
            closed = [("won_status", "in", ["won", "lost"])]
            closed.append(("company_id", "in", visible))
            counts = dict(leads._read_group(closed, ["won_status"], ["__count"]))
            scoring_models.setup_team_count = team_count
            scoring_models.setup_won_count = counts.get("won", 0)
            scoring_models.setup_lost_count = counts.get("lost", 0)
            scoring_models.setup_page_count = pages

    # ------------------------------------------------------------------
    # What is done
    # ------------------------------------------------------------------

    @api.depends(
        "last_review",
        "next_review",
        "sales_agreed",
        "setup_fit_count",
        "setup_interest_count",
        "setup_lead_count",
        "setup_lost_count",
        "setup_page_count",
        "setup_team_count",
        "setup_won_count",
    )
    def _compute_setup_done(self):
        for model in self:
            fit, interest = model.setup_fit_count, model.setup_interest_count
            model.setup_rules_done = (fit or interest) and model.setup_lead_count
            model.setup_sales_done = model.sales_agreed and model.setup_team_count
            model.setup_review_done = model._is_reviewed()
            model.setup_data_done = (
                min(model.setup_won_count, model.setup_lost_count)
                >= CLOSED_LEADS_NEEDED
            )
            model.setup_axes_done = fit and interest and model.setup_page_count
            model.setup_done_count = sum(model[f"setup_{step}_done"] for step in STEPS)

    def _is_reviewed(self):
        """Whether the next review is planned and not late, and the last one, or the
        making of the model, is not longer ago than the time between two reviews.
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        interval = self.env.ref(REVIEW)._get_date_deadline() - today
        since = self.last_review or (self.create_date or fields.Datetime.now()).date()
        planned = bool(self.next_review) and self.next_review >= today
        return planned and since >= today - interval

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_mend(self, name, record=None):
        """Mend what stands in the way of this model's leads.

        :param name: which of ``setup_obstacles``
        :param record: its ``record``, where there are several of the name
        :return: an action to open, or None
        :raise AccessError: the user may not mend it
        """
        self.ensure_one()
        self.check_access("write")
        return self.env["lead.scoring.obstacle"]._mend(self, name, record)

    def _open_setup(self):
        """Return the action that shows the steps of these models, by default of the
        live ones: the page of a single one at once, else a list to choose from.
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.lead_scoring_model_action_setup"
        )
        scoring_models = self or self.search([("state", "=", "live")])
        if len(scoring_models) == 1:
            action["res_id"] = scoring_models.id
            action["views"] = [view for view in action["views"] if view[1] == "form"]
        return action
