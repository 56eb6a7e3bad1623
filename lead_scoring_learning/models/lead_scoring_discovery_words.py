from odoo import api, fields, models

GOOD_SIGNS = 3
BAD_SIGNS = 2
"""So many signs are told in sentences, those that tell most; the list has all."""


class LeadScoringDiscovery(models.Model):
    """What was found, how much better it makes the scores, and what to do, in words."""

    _inherit = "lead.scoring.discovery"

    findings = fields.Html(
        compute="_compute_findings",
        sanitize=False,
        help="The signs that tell most, each with a lead that shows it.",
    )
    benefit = fields.Char(
        string="How Much Better",
        compute="_compute_benefit",
        help="What scores gain by what was found.",
    )
    learned_note = fields.Text(
        related="draft_id.learned_note",
        help="Which deals the points were learned from, and which rules keep theirs.",
    )
    ticked_count = fields.Integer(
        compute="_compute_ticked_count", help="Number of suggestions switched on."
    )
    next_step = fields.Char(
        string="What to Do Next",
        compute="_compute_next_step",
        help="What to do with what was found.",
    )

    @api.depends(
        "candidate_ids.is_clear",
        "candidate_ids.is_telltale",
        "candidate_ids.name",
        "candidate_ids.use",
        "candidate_ids.win_rate",
        "candidate_ids.win_rate_without",
    )
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_findings(self):
        qweb = self.env["ir.qweb"]
        for discovery in self:
            signs = discovery._get_signs()
            discovery.findings = discovery.candidate_ids and qweb._render(
                "lead_scoring_learning.discovery_findings",
                {
                    "rows": [(sign, sign._find_example()) for sign in signs],
                    "suggested": discovery._get_suggested(),
                },
            )

    def _get_suggested(self):
        """Return in a sentence how many of each kind of change are ticked."""
        ticked = self.candidate_ids.filtered("use")
        if not ticked:
            return False
        new = ticked.filtered(lambda c: not c.rule_id)
        paused = ticked.filtered(lambda c: c.rule_id and not c.value)
        changed = len(ticked) - len(new) - len(paused)
        return self.env._(
            "Suggested: new rules: %(new)s; other points: %(changed)s; to pause: "
            "%(paused)s. The list below has them, and what else was found.",
            new=len(new),
            changed=changed,
            paused=len(paused),
        )

    def _get_signs(self):
        """Return the conditions to tell of: beyond chance, not suspicious, the good
        signs first.
        """
        signs = self.candidate_ids.filtered(lambda c: c.is_clear and not c.is_telltale)
        good = signs.filtered(lambda c: c.win_rate > c.win_rate_without)
        return good[:GOOD_SIGNS] + (signs - good)[:BAD_SIGNS]

    @api.depends("test_count", "hot_count", "hot_rate_before", "hot_rate_after", "goal")
    @api.depends_context("lang")
    def _compute_benefit(self):
        for discovery in self:
            looked = discovery.won_count or discovery.lost_count
            discovery.benefit = looked and discovery._get_tried()

    def _get_before_and_after(self):
        """Return what the leads with the most points bring, today and with what was
        learned: the share of them that is won, or their share of the revenue. In whole
        percents, as they are told.
        """
        if self.goal == "revenue":
            shares = self.revenue_share_before, self.revenue_share_after
        else:
            shares = self.hot_rate_before, self.hot_rate_after
        return [round(100 * share) for share in shares]

    def _is_better(self):
        """Return whether what was learned brings more than today's points."""
        before, after = self._get_before_and_after()
        return after > before

    def _get_tried(self):
        """Return in a sentence how leads fared that nothing was learned from."""
        if not self.test_count:
            return self.env._("Too few leads are closed to tell how good it is.")
        before, after = self._get_before_and_after()
        figures = {"after": after, "before": before, "count": self.test_count}
        if self.goal == "revenue" and not self._is_better():
            return self.env._(
                "Not better: the tenth of the leads with the most points brings "
                "%(after)s %% of the revenue; with today's points, %(before)s %%. "
                "Tried on the %(count)s leads decided last, which nothing was learned "
                "from.",
                **figures,
            )
        if self.goal == "revenue":
            return self.env._(
                "The tenth of the leads with the most points brings %(after)s %% of "
                "the revenue instead of %(before)s %% with today's points. Tried on "
                "the %(count)s leads decided last, which nothing was learned from. A "
                "small difference may be chance.",
                **figures,
            )
        if not self._is_better():
            return self.env._(
                "The learned points are not better: of 100 leads that they rank "
                "highest, %(after)s are won; of 100 that today's points rank highest, "
                "%(before)s. Tried on the %(count)s leads decided last, which were "
                "kept aside for this.",
                **figures,
            )
        return self.env._(
            "Of 100 leads with the most points, %(after)s are won instead of "
            "%(before)s with today's points. Tried on the %(count)s leads decided "
            "last, which were kept aside for this. A small difference may be chance.",
            **figures,
        )

    @api.depends("candidate_ids.use")
    def _compute_ticked_count(self):
        for discovery in self:
            discovery.ticked_count = len(discovery.candidate_ids.filtered("use"))

    @api.depends("candidate_ids.use", "draft_id", "draft_state")
    @api.depends_context("lang")
    def _compute_next_step(self):
        for discovery in self:
            discovery.next_step = discovery._get_next_step()

    def _get_next_step(self):
        if self.draft_state == "draft":
            return self.env._(
                "Open the draft, simulate it, and publish it if you like what changes. "
                "Until then the live model stays as it is."
            )
        if self.draft_id:
            return self.env._(
                "Nothing: the points were published. Revert on the model brings back "
                "those before."
            )
        if not self.candidate_ids.filtered("use"):
            return self.env._(
                "Keep the points as they are. If a suggestion below makes sense to "
                "you, switch it on and simulate it: it goes to a draft, the live model "
                "stays as it is."
            )
        return self.env._(
            "Look through the suggestions below, and switch off what makes no sense to "
            "you. Simulate shows what the others move: they go to a draft, the live "
            "model stays as it is."
        )
