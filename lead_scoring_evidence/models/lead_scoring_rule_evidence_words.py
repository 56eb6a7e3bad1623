from odoo import api, fields, models

from ..tools.words import per_hundred
from .lead_scoring_rule_evidence import MIN_DEALS


class LeadScoringRuleEvidence(models.Model):
    """What deals say of rules, in plain sentences."""

    _inherit = "lead.scoring.rule.evidence"

    summary = fields.Char(
        compute="_compute_summary",
        help="What the deals say of the rule, and what to do.",
    )

    @api.depends(
        "hint", "matches", "rate_with", "rate_without", "suggested_value", "value"
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        for row in self:
            row.summary = " ".join(row._get_row_sentences())

    def _get_row_sentences(self):
        if self.hint == "6_never":
            return [
                self.env._("No lead ever had points from it. Is its condition right?")
            ]
        if self.hint == "5_few":
            return [
                self.env._(
                    "Too few deals to tell: %(count)s with it, and it takes %(least)s.",
                    count=self.matches,
                    least=MIN_DEALS,
                )
            ]
        if self.hint == "4_all":
            return [self.env._("Nearly all deals have it: it tells none apart.")]
        won = self.env._(
            "Of 100 deals with it, %(with)s are won; of 100 without it, %(without)s.",
            **{
                "with": per_hundred(self.env, self.rate_with),
                "without": per_hundred(self.env, self.rate_without),
            },
        )
        return [won, self._get_row_advice()]

    def _get_row_advice(self):
        if self.hint == "3_unclear":
            return self.env._("That may be chance.")
        if self.hint == "2_helps":
            if self.suggested_value == self.value:
                return self.env._("Keep it.")
            return self.env._("Keep it, at %s points.", self.suggested_value)
        if self.value > 0:
            return self.env._(
                "It gives points to leads that are often lost: try "
                "the suggested points."
            )
        return self.env._(
            "It takes points from leads that are often won: try the suggested points."
        )

    @api.readonly
    @api.model
    def get_sentences(self, domain):
        """Return what the rules that meet a domain mean together, and what to do, in
        sentences, the most important first.
        """
        counts = dict(self._read_group(domain, ["hint"], ["__count"]))
        total = sum(counts.values())
        if not total:
            return []
        hurts, helps = counts.get("1_hurts", 0), counts.get("2_helps", 0)
        told = hurts + helps + counts.get("3_unclear", 0)
        if hurts:
            first = self.env._(
                "Rules that hurt: %(hurts)s of %(total)s. They come first: try their "
                "suggested points in a draft.",
                hurts=hurts,
                total=total,
            )
        elif told:
            first = self.env._(
                "No rule clearly hurts. Where other points are suggested, you can try "
                "them in a draft."
            )
        else:
            first = self.env._(
                "Too few deals to tell of any rule. Nothing to do but wait for more to "
                "close."
            )
        return [first, *self._get_minor_sentences(counts, told)]

    @api.model
    def _get_minor_sentences(self, counts, told):
        """Return what else there is to say, in a line."""
        parts = []
        if helps := counts.get("2_helps"):
            parts.append(self.env._("Rules that clearly help: %s.", helps))
        if unclear := counts.get("3_unclear"):
            parts.append(self.env._("No clear difference: %s.", unclear))
        if told and (few := counts.get("5_few")):
            parts.append(self.env._("Too few deals to tell: %s.", few))
        if everything := counts.get("4_all"):
            parts.append(self.env._("Matches nearly all deals: %s.", everything))
        if never := counts.get("6_never"):
            parts.append(
                self.env._("Never matched: %s. Is their condition right?", never)
            )
        return [" ".join(parts)] if parts else []
