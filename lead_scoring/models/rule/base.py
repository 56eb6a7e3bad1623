from odoo import models

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

NAMED = frozenset(
    ["crm.lost.reason", "crm.stage", "crm.tag", "crm.team", "res.country"]
    + ["res.country.state", "utm.campaign", "utm.medium", "utm.source"]
)
"""What rules name most. What else is deleted, the nightly pass finds."""


class Base(models.AbstractModel):
    _inherit = "base"

    def unlink(self):
        """Tell scoring managers at once which rules name what is deleted."""
        result = super().unlink()
        if self._name in NAMED and not self.env.context.get(MODULE_UNINSTALL_FLAG):
            self.env["lead.scoring.rule"]._note_all_missing()
        return result
