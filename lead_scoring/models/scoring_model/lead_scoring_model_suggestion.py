from odoo import models
from odoo.exceptions import UserError

from ..rule.lead_scoring_rule import MAXIMUM_LIMIT


class LeadScoringModel(models.Model):
    """Puts suggested points, and suggested rules, into a draft, where they can be
    simulated.
    """

    _inherit = "lead.scoring.model"

    def _get_newest_draft(self):
        """Return the newest draft that is to replace this model, or a new one."""
        self.ensure_one()
        draft = self.search(
            [("origin_id", "=", self.id), ("state", "=", "draft")],
            order="id desc",
            limit=1,
        )
        return draft or self.copy({"origin_id": self.id})

    def _take_over(self, values):
        """Write points into the newest draft that is to replace this model, or into a
        new one, and return it.

        :param values: ``{rule of this model: points}``
        :raise UserError: the draft has no copy of a rule any more
        """
        draft = self._get_newest_draft()
        copies = draft.with_context(active_test=False).rule_ids.grouped("origin_id")
        for rule, value in values.items():
            if rule not in copies:
                raise UserError(
                    self.env._(
                        "«%(draft)s» no longer has the rule «%(rule)s». Change it "
                        "there by hand, or delete the draft.",
                        draft=draft.display_name,
                        rule=rule.name,
                    )
                )
            vals = {"value": value}
            if rule.maximum and rule.value:
                maximum = round(rule.maximum * abs(value / rule.value)) or 1
                vals["maximum"] = min(MAXIMUM_LIMIT, maximum)
            copies[rule].write(vals)
        return draft
