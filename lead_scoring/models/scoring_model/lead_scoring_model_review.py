from odoo import api, fields, models

REVIEW = "lead_scoring.mail_activity_type_review"


class LeadScoringModel(models.Model):
    """An activity reminds the one responsible to review the rules. When it is done, its
    type plans the next one.
    """

    _inherit = "lead.scoring.model"

    next_review = fields.Date(
        compute="_compute_next_review",
        inverse="_inverse_review",
        groups="lead_scoring.group_scoring_manager",
        help="When an activity reminds to review the rules. Once that is marked as "
        "done, the next one is planned.",
    )
    review_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Reviewed by",
        compute="_compute_review_user_id",
        inverse="_inverse_review",
        domain=lambda self: self._domain_review_user_id(),
        groups="lead_scoring.group_scoring_manager",
        help="Who is reminded.",
    )
    last_review = fields.Date(
        compute="_compute_last_review",
        groups="lead_scoring.group_scoring_manager",
        help="When a review was last marked as done.",
    )

    @api.model
    def _domain_review_user_id(self):
        managers = self.env.ref("lead_scoring.group_scoring_manager")
        return [("all_group_ids", "in", managers.ids), ("share", "=", False)]

    # Two compute methods: with one for both fields, computing the one that is not
    # written would overwrite the one that is.

    @api.depends("activity_ids.date_deadline", "activity_ids.activity_type_id")
    def _compute_next_review(self):
        for model in self:
            model.next_review = model._get_planned_reviews()[:1].date_deadline

    @api.depends("activity_ids.user_id", "activity_ids.activity_type_id")
    def _compute_review_user_id(self):
        for model in self:
            model.review_user_id = model._get_planned_reviews()[:1].user_id

    @api.depends("activity_ids.active")
    def _compute_last_review(self):
        done = self.env["mail.activity"].with_context(active_test=False)
        dates = done._read_group(
            [
                ("activity_type_id", "=", self.env.ref(REVIEW).id),
                ("date_done", "!=", False),
                ("res_id", "in", self.ids),
            ],
            ["res_id"],
            ["date_done:max"],
        )
        dates = dict(dates)
        for model in self:
            model.last_review = dates.get(model.id, False)

    def _inverse_review(self):
        """Move the review that is planned; plan one only where there is none."""
        for model in self:
            planned = model._get_planned_reviews()
            user = model.review_user_id or self.env.user
            if not model.next_review:
                planned.unlink()
            elif planned:
                planned[0].write(
                    {"date_deadline": model.next_review, "user_id": user.id}
                )
            else:
                model.activity_schedule(
                    REVIEW, date_deadline=model.next_review, user_id=user.id
                )

    def _get_planned_reviews(self):
        """Return the reviews still to be done, the next one first."""
        review = self.env.ref(REVIEW)
        reviews = self.activity_ids.filtered(lambda a: a.activity_type_id == review)
        return reviews.sorted("date_deadline")

    def _take_over_reviews(self):
        """Take over the next review of the retired versions, and delete the others."""
        self.ensure_one()
        lineage = self._get_lineage()
        retired = self.search([("state", "=", "retired")]).filtered(
            lambda model: model._get_lineage() & lineage
        )
        reviews = retired._get_planned_reviews()
        if not self._get_planned_reviews():
            reviews[:1].res_id = self.id
            reviews = reviews[1:]
        reviews.unlink()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_plan_review(self):
        """Plan the first review, for the user, where none is planned."""
        self.check_access("write")
        for model in self.filtered(lambda model: not model.next_review):
            model.next_review = self.env.ref(REVIEW)._get_date_deadline()

    def action_review_done(self):
        """Mark the review that is planned as done; Odoo plans the next one."""
        self.check_access("write")
        for model in self:
            model._get_planned_reviews()[:1].action_feedback()
