from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .lead_scoring_sample import Asked


class LeadScoringDiscoveryCandidate(models.Model):
    """A condition that was found, and how leads that met it fared."""

    _name = "lead.scoring.discovery.candidate"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Condition Found"
    _order = "sequence, id"

    discovery_id = fields.Many2one(
        comodel_name="lead.scoring.discovery",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(help="Those that tell most come first.")
    use = fields.Boolean(help="Do it in the draft.")
    is_taken = fields.Boolean(
        string="Done", readonly=True, help="It was done in the draft."
    )
    rule_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        readonly=True,
        ondelete="cascade",
        help="The rule that asks this already; none, when it would be a new one.",
    )
    old_value = fields.Integer(
        string="Points Today",
        readonly=True,
        aggregator=None,
        help="What the rule gives today.",
    )
    change = fields.Char(
        compute="_compute_change", help="What would be done, if you tick it."
    )
    name = fields.Char(
        string="Condition", required=True, readonly=True, help="What it asks."
    )
    source = fields.Char(
        required=True, readonly=True, help="What it reads, as in a scoring rule."
    )
    source_model = fields.Char(
        compute="_compute_source_model",
        help="Technical name of the model the domain is about.",
    )
    domain = fields.Char(
        required=True, readonly=True, help="The condition as a rule has it."
    )
    lang = fields.Char(readonly=True, help="The language the domain is read in.")
    tz = fields.Char(readonly=True, help="The time zone the domain is read in.")
    support = fields.Integer(
        string="Leads",
        readonly=True,
        aggregator=None,
        help="Closed leads that met it at the decision.",
    )
    win_rate = fields.Float(
        readonly=True, aggregator=None, help="The share of these leads that was won."
    )
    win_rate_without = fields.Float(
        string="Without",
        readonly=True,
        aggregator=None,
        help="The share of all other leads that was won.",
    )
    low = fields.Float(
        string="At Least",
        readonly=True,
        aggregator=None,
        help="With so few leads chance has its share in the win rate: with 95 % "
        "certainty it is no lower than this.",
    )
    high = fields.Float(
        string="At Most",
        readonly=True,
        aggregator=None,
        help="With 95 % certainty the win rate is no higher than this.",
    )
    lift = fields.Float(
        readonly=True,
        aggregator=None,
        help="How many times as often these leads were won as all others: 2 means "
        "twice as often.",
    )
    gain = fields.Float(
        string="Strength",
        readonly=True,
        aggregator=None,
        help="By how much this condition alone ranks won before lost leads better than "
        "chance: 0 says nothing, 0.5 everything (AUC above one half).",
    )
    value = fields.Integer(
        string="Points",
        help="What it is worth: learned so that all suggested rules together fit. For "
        "conditions that were not suggested points to begin with: 10 for each doubling "
        "of the odds to win, up to 30.",
    )
    is_clear = fields.Boolean(
        string="Significant",
        readonly=True,
        help="The win rate differs from that of all leads by more than chance.",
    )
    is_telltale = fields.Boolean(
        string="Suspicious",
        readonly=True,
        help="It almost shows the outcome by itself: perhaps it is filled in once "
        "the outcome is known.",
    )

    @api.depends("source")
    def _compute_source_model(self):
        for candidate in self:
            candidate.source_model = "crm.lead"
            if candidate.source not in (False, "lead"):
                source = self.env["lead.scoring.source"]._get(candidate.source)
                candidate.source_model = source.model

    @api.depends("rule_id", "old_value", "value")
    @api.depends_context("lang")
    def _compute_change(self):
        for candidate in self:
            candidate.change = candidate._get_change()

    def _get_change(self):
        if not self.rule_id:
            return self.env._("New rule: %s points", f"{self.value:+}")
        if not self.value:
            return self.env._(
                "Pause the rule (%s points today): the others tell the same",
                f"{self.old_value:+}",
            )
        if self.source != "lead" and self.rule_id.maximum != abs(self.value):
            return self.env._(
                "%(new)s points once instead of %(old)s each",
                new=f"{self.value:+}",
                old=f"{self.old_value:+}",
            )
        return self.env._(
            "%(new)s instead of %(old)s points",
            new=f"{self.value:+}",
            old=f"{self.old_value:+}",
        )

    def _find_example(self):
        """Return the lead closed last that shows what the condition tells: a won one
        that meets a good sign, a lost one that meets a bad sign; none of what leads
        did, nor of what the user may not read.
        """
        self.ensure_one()
        leads = self.env["crm.lead"].with_context(
            active_test=False, lang=self.lang, tz=self.tz
        )
        if self.source != "lead":
            return leads
        outcome = "won" if self.win_rate > self.win_rate_without else "lost"
        domain = self.env["lead.scoring.rule.check"]._read(self.domain)
        domain &= Domain("won_status", "=", outcome)
        try:
            return leads.search(
                domain, order="date_closed DESC NULLS LAST, id DESC", limit=1
            )
        except (UserError, ValueError):
            # a field that the user may not read, a field or language that is gone
            return leads

    def _take_back(self, rule):
        """Undo in the draft what was done for this line, unless somebody has changed it
        there since.

        :param rule: the draft's
        """
        self.ensure_one()
        if rule.value != self.value:
            return
        if self.rule_id:
            maximum = self.rule_id.maximum
            rule.write({"value": self.old_value, "active": True, "maximum": maximum})
        else:
            rule.unlink()

    def _rule_vals(self):
        """Return the values of the rule that asks this."""
        self.ensure_one()
        lesson = self.env["lead.scoring.lesson"]
        vals = lesson._get_vals(Asked.of(self), self.value)
        # who makes the rule is its author: it is read in their language and zone
        del vals["lang"], vals["tz"]
        return vals
