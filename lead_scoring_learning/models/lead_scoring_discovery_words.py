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
    next_step = fields.Char(
        string="What to Do Next",
        compute="_compute_next_step",
        help="What to do with what was found.",
    )

    @api.depends(
        "candidate_ids.is_clear",
        "candidate_ids.is_telltale",
        "candidate_ids.name",
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
                    "others": len(discovery.candidate_ids) - len(signs),
                },
            )

    def _get_signs(self):
        """Return the conditions to tell of: beyond chance, not suspicious, the good
        signs first.
        """
        signs = self.candidate_ids.filtered(lambda c: c.is_clear and not c.is_telltale)
        good = signs.filtered(lambda c: c.win_rate > c.win_rate_without)
        return good[:GOOD_SIGNS] + (signs - good)[:BAD_SIGNS]

    @api.depends("findings", "won_count", "lost_count", "draft_id.learned_note")
    @api.depends_context("lang")
    def _compute_benefit(self):
        for discovery in self:
            # sudo: the draft may have gone to another company since then
            note = discovery.sudo().draft_id.learned_note or ""
            gain, _newline, _rest = note.partition("\n")
            discovery.benefit = gain or discovery._get_expected_benefit()

    def _get_expected_benefit(self):
        """Return what the best sign alone promises."""
        leads = self.won_count + self.lost_count
        best = self._get_signs()[:1]
        if not leads or not self.candidate_ids:
            return False
        if not best or best.win_rate < best.win_rate_without:
            return self.env._("Too few leads are closed to tell.")
        return self.env._(
            "Of 100 leads with the best sign, %(best)s were won (with 95 %% "
            "certainty at least %(low)s); of 100 leads in general, %(all)s. Learn "
            "the points to see how good all signs are together.",
            best=round(100 * best.win_rate),
            low=round(100 * best.low),
            all=round(100 * self.won_count / leads),
        )

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
        if ticked := len(self.candidate_ids.filtered("use")):
            return self.env._(
                "Conditions ticked: %s. Learn Points adds them to a draft as rules, "
                "and learns the points of all its rules.",
                ticked,
            )
        return self.env._(
            "Tick below the conditions that make sense to you, then Learn Points: they "
            "go to a draft, the live model stays as it is."
        )
