from odoo import api, fields, models

from ...tools.faults import is_by_users


class LeadScoringRule(models.Model):
    """Notices a rule that asks for the same as another: points would count twice."""

    _inherit = "lead.scoring.rule"

    duplicate_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        string="Same Condition As",
        compute="_compute_duplicate_id",
        help="Another running rule of the model that the same leads meet. A lead gets "
        "the points of both.",
    )

    @api.depends("active", "domain", "minimum_count", "model_id", "source")
    def _compute_duplicate_id(self):
        for rule in self:
            meaning = rule._get_meaning()
            others = self.search(
                [
                    ("model_id", "=", rule.model_id.id),
                    ("source", "=", rule.source),
                    ("minimum_count", "=", rule.minimum_count),
                    ("id", "not in", rule._origin.ids),
                ]
            )
            same = others.filtered(lambda other, it=meaning: other._get_meaning() == it)
            rule.duplicate_id = rule.active and same[:1]

    def _get_meaning(self):
        """Return what is equal for rules that ask for the same: the Domain as Odoo puts
        it in order, or the text where there is none in it.
        """
        self.ensure_one()
        try:
            engine = self.env["lead.scoring.engine"]
            return engine._parse(self.source_model, self.domain or "[]")
        except Exception as error:
            # half a domain, while it is typed; a field may be gone
            if not is_by_users(error):
                raise
            return self.domain
