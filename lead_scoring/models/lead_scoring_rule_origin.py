from odoo import fields, models


class LeadScoringRule(models.Model):
    """Versions of a model have copies of its rules: each knows what it is a copy of."""

    _inherit = "lead.scoring.rule"

    origin_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        string="Copied from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The rule of another version of the model that this is a copy of. What "
        "deals say of that one counts for this one, while both read the same.",
    )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [
            {**vals, "origin_id": rule.id}
            for rule, vals in zip(self, vals_list, strict=True)
        ]

    def _get_versions(self):
        """Return this rule and those of other versions of its model that it is a copy
        of and reads the same as, the newest first.
        """
        self.ensure_one()
        versions = rule = self.sudo()
        while (origin := rule.origin_id) and origin.model_id not in versions.model_id:
            if (origin.source, origin.domain) != (rule.source, rule.domain):
                break
            versions += origin
            rule = origin
        return versions
