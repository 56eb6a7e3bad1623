from odoo import api, fields, models
from odoo.tools import format_list

THRESHOLDS = ["warm_score", "hot_score", "margin", "fit_floor"]
THRESHOLDS += ["interest_floor", "required_answers"]
CONDITION = ("source", "domain")
NAMES_SHOWN = 5
"""So many rules are named of those that were added, say."""


class LeadScoringModel(models.Model):
    """Which versions of a model there are, and what each changed."""

    _inherit = "lead.scoring.model"

    version = fields.Integer(
        readonly=True,
        copy=False,
        help="Number among the versions of this model that were published; none for a "
        "draft.",
    )
    published_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Published by",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Who published the model, or brought it back.",
    )
    version_ids = fields.Many2many(
        comodel_name="lead.scoring.model",
        string="Versions",
        compute="_compute_version_ids",
        help="The versions of this model, the newest first.",
    )
    change_note = fields.Text(
        string="Changes",
        compute="_compute_change_note",
        help="In what the model and its rules differ from the version it replaces.",
    )

    @api.depends("origin_id")
    def _compute_version_ids(self):
        for model in self:
            model.version_ids = model._origin._get_versions().sorted("id", reverse=True)

    def _get_versions(self):
        """Return the models that this one was made from, or that were made from it or
        from one of these; archived ones, too.
        """
        versions = newest = self._get_lineage()
        models = self.with_context(active_test=False)
        while newest:
            newest = models.search([("origin_id", "in", newest.ids)]) - versions
            versions |= newest
        return versions

    def _number_versions(self):
        """Give models that are published for the first time their number."""
        # sudo: only code sets it; numbers follow from all versions
        for model in self.sudo():
            if model.published_at and not model.version:
                model.version = 1 + max(model._get_versions().mapped("version"))

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    @api.depends("origin_id", "domain", "rule_ids", *THRESHOLDS)
    @api.depends_context("lang", "uid")
    def _compute_change_note(self):
        for model in self:
            before = model.origin_id
            notes = []
            if before and before.has_access("read"):
                notes = [*model._note_thresholds(before), *model._note_rules(before)]
                notes = notes or [self.env._("Nothing changed")]
            model.change_note = " ".join(f"{note}." for note in notes) or False

    def _note_thresholds(self, before):
        """Return sentences on what else than rules differs from ``before``."""
        notes = [
            self.env._(
                "%(field)s: %(before)s → %(now)s",
                field=self._fields[name]._description_string(self.env),
                before=before[name],
                now=self[name],
            )
            for name in THRESHOLDS
            if self[name] != before[name]
        ]
        if (self.domain or "[]") != (before.domain or "[]"):
            notes.append(self.env._("It is for other leads"))
        return notes

    def _note_rules(self, before):
        """Return sentences on rules that were added, removed, paused, resumed or
        changed; those that are paused in both are left out.
        """
        ours, theirs = (
            model.with_context(active_test=False).rule_ids for model in (self, before)
        )
        pairs = {rule: rule._get_counterpart(theirs) for rule in ours}
        kept = theirs.browse().concat(*pairs.values())
        added = ours.filtered(lambda rule: rule.active and not pairs[rule])
        both = (ours - added).filtered(lambda rule: pairs[rule])
        lists = (
            (self.env._("Added: %s"), added),
            (self.env._("Removed: %s"), (theirs - kept).filtered("active")),
            (
                self.env._("Paused: %s"),
                both.filtered(lambda rule: pairs[rule].active and not rule.active),
            ),
            (
                self.env._("Resumed: %s"),
                both.filtered(lambda rule: rule.active and not pairs[rule].active),
            ),
        )
        notes = [sentence % rules._name_some() for sentence, rules in lists if rules]
        changed = [rule._note_changes(pairs[rule]) for rule in both.filtered("active")]
        return notes + [note for note in changed if note]


class LeadScoringRule(models.Model):
    _inherit = "lead.scoring.rule"

    def _get_counterpart(self, rules):
        """Return the one of ``rules``, of another version, that this one is a copy of,
        else the one that is called the same.
        """
        self.ensure_one()
        if self.origin_id in rules:
            return self.origin_id
        return rules.filtered(lambda rule: rule.name == self.name)[:1]

    def _name_some(self):
        """Return the names of the first rules, and how many more there are."""
        names = [f"«{rule.name}»" for rule in self]
        return format_list(self.env, self._first_ones(names, NAMES_SHOWN))

    @api.model
    def _first_ones(self, texts, shown):
        """Return the first ``shown`` of ``texts``, and how many more there are."""
        more = len(texts) - shown
        if more > 0:
            return [*texts[:shown], self.env._("%s more", more)]
        return texts

    def _note_changes(self, before):
        """Return a sentence on how the rule differs from ``before``, or nothing.

        :param before: a rule, or a dict of values
        """
        self.ensure_one()
        changes = [
            self.env._(
                "%(field)s %(before)s → %(now)s",
                field=self._fields[name]._description_string(self.env),
                before=f"{before[name]:g}",
                now=f"{self[name]:g}",
            )
            for name in ("value", "maximum", "half_life", "minimum_count")
            if self[name] != before[name]
        ]
        if any(self[name] != before[name] for name in CONDITION):
            changes.append(self.env._("another condition"))
        if self.dimension != before["dimension"]:
            labels = dict(self._fields["dimension"]._description_selection(self.env))
            changes.append(self.env._("counts as %s", labels[self.dimension]))
        if not changes:
            return ""
        return f"«{self.name}»: {', '.join(changes)}"
