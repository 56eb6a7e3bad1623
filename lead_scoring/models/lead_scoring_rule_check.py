from ast import literal_eval

from odoo import api, models
from odoo.fields import Domain


class LeadScoringRuleCheck(models.AbstractModel):
    _name = "lead.scoring.rule.check"
    _description = "Lead Scoring Rule Check"

    @api.model
    def _read(self, text):
        return Domain(literal_eval(text or "[]"))

    @api.model
    def _check(self, model_name, text, lang=None, tz=None):
        return self._read(text)
