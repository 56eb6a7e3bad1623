from odoo import models

from .crm_lead import FORM_FIELDS


class IrModel(models.Model):
    _inherit = "ir.model"

    def _get_form_writable_fields(self, property_origins=None):
        """Describe only those fields of leads that a website form may fill in. Core
        describes all and then drops the others, three times a submission. Leads have so
        many fields that submissions would take a third more processor time.
        """
        if self.model != "crm.lead":
            return super()._get_form_writable_fields(property_origins)
        # sudo: visitors may read no field's definition
        allowed = self.env["ir.model.fields"].sudo()
        allowed = allowed.search(
            [("model_id", "=", self.id), ("website_form_blacklisted", "=", False)]
        )
        leads = self.env["crm.lead"]
        fields = [leads._fields[name] for name in allowed.mapped("name")]
        # and the records that say which properties there are
        origins = [f.definition_record for f in fields if f.type == "properties"]
        names = (*(field.name for field in fields), *origins)
        forms = self.with_context(**{FORM_FIELDS: names})
        return super(IrModel, forms)._get_form_writable_fields(property_origins)
