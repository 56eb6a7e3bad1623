from odoo import api, fields, models

SORTS_WELL = 0.7
SORTS = 0.6
"""An AUC from there on is said to sort leads well, or to help to sort them."""


class LeadScoringPrediction(models.Model):
    """What a version is worth, in plain sentences."""

    _inherit = "lead.scoring.prediction"

    summary = fields.Char(
        compute="_compute_summary",
        help="What the version is worth, and what to do.",
    )

    @api.depends("trained_at", "state", "auc", "auc_before", "calibration_error")
    @api.depends_context("lang")
    def _compute_summary(self):
        for version in self:
            sentences = version._get_sentences() if version.trained_at else []
            version.summary = " ".join(sentences)

    def _get_sentences(self):
        """Return what a version that was learned is worth, and what to do."""
        if not self.auc:
            worth = [
                self.env._("Too few leads are closed to tell how well it predicts.")
            ]
        else:
            worth = [self._get_worth_sentence(), self._get_pairs_sentence()]
        return [*worth, self._get_advice()]

    def _get_worth_sentence(self):
        if self.auc >= SORTS_WELL:
            return self.env._("It sorts the newest leads well.")
        if self.auc >= SORTS:
            return self.env._("It sorts the newest leads fairly well.")
        return self.env._("It sorts the newest leads hardly better than chance.")

    def _get_pairs_sentence(self):
        share = round(100 * self.auc)
        if self.auc_before:
            return self.env._(
                "It puts %(share)s of 100 pairs of a won and a lost lead in the "
                "right order; the previous version: %(before)s.",
                share=share,
                before=round(100 * self.auc_before),
            )
        return self.env._(
            "It puts %s of 100 pairs of a won and a lost lead in the right order; "
            "by chance it would be 50.",
            share,
        )

    def _get_advice(self):
        return {
            "new": self.env._("Use This Version shows it on open leads."),
            "current": self.env._(
                "Open leads show it. Nothing to do: a new version is learned each week."
            ),
            "retired": self.env._("A newer version took its place."),
            "rejected": self.env._(
                "It is not used: the version in use sorts better. Nothing to do."
            ),
        }[self.state]
