from odoo import models

from .crm_lead_form import DESCRIBED


class IrModel(models.Model):
    _inherit = "ir.model"

    def _get_form_writable_fields(self, property_origins=None):
        """Have only those fields of leads described that a website form may fill in.
        Core describes all and then keeps these, three times a submission: for a model
        of so many fields, that costs visitors more than to score the lead.
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
        described = (*(field.name for field in fields), *origins)
        forms = self.with_context(**{DESCRIBED: described})
        return super(IrModel, forms)._get_form_writable_fields(property_origins)
