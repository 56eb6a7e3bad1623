from lxml import etree

from odoo import api, models
from odoo.tools import file_open
from odoo.tools.convert import xml_import

DATA = "data/lead_scoring_rule_data.xml"
"""The file of an add-on with its starter rules."""


class LeadScoringObstacle(models.AbstractModel):
    """Offers the starter rules that a database does not have: an update brings none by
    itself, for they would change the scores of a live model.
    """

    _inherit = "lead.scoring.obstacle"

    @api.model
    def _starter_modules(self):
        """Return the names of the add-ons that have starter rules, in :data:`DATA`."""
        return ["lead_scoring"]

    @api.model
    def _missing_rules(self):
        """Return ``[(name of the add-on, XML of the rule)]`` of the starter rules that
        were never made here, or were deleted.
        """
        missing = []
        for module in self._starter_modules():
            with file_open(f"{module}/{DATA}", "rb") as file:
                records = etree.parse(file).iter("record")
                missing += [
                    (module, record)
                    for record in records
                    if not self.env.ref(f"{module}.{record.get('id')}", False)
                ]
        return missing

    @api.model
    def _find_suggested_rules(self, scoring_model):
        missing = self._missing_rules()
        if not missing or scoring_model.state != "live":
            return []
        names = [record.findtext("field[@name='name']") for _module, record in missing]
        return [
            {
                "kind": "advice",
                "text": self.env._("There are suggested rules that are not here."),
                "advice": self.env._(
                    "%s. They come into a draft: simulate it, delete what does not "
                    "suit you, and publish it.",
                    ", ".join(f"«{name}»" for name in names),
                ),
                "button": self.env._("Add to a Draft"),
            }
        ]

    @api.model
    def _mend_suggested_rules(self, scoring_model, _record):
        draft = scoring_model._get_newest_draft()
        missing = self._missing_rules()
        # sudo: external ids; what the rules ask was written by the add-on
        env = self.env(su=True)
        for module, record in missing:
            # of this model, not of the one that the file names, which may be gone
            (model_field,) = record.xpath("field[@name='model_id']")
            record.remove(model_field)
            importer = xml_import(env, module, {}, "init", noupdate=True)
            importer._tag_record(record, extra_vals={"model_id": draft.id})
        languages = [code for code, _name in env["res.lang"].get_installed()]
        modules = sorted({module for module, _record in missing})
        env["ir.module.module"]._load_module_terms(modules, languages)
        return draft.get_formview_action()
