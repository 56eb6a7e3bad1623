from odoo import api, fields, models


class IrActionsServer(models.Model):
    _inherit = "ir.actions.server"

    state = fields.Selection(
        selection_add=[("mailing_list", "Add to Mailing List"), ("followers",)],
        ondelete={"mailing_list": "cascade"},
    )
    mailing_list_id = fields.Many2one(
        comodel_name="mailing.list",
        index="btree_not_null",
        help="Leads are added to this list. Who has opted out of it, or is on the "
        "blocklist, is not.",
    )

    @api.depends("state")
    def _compute_available_model_ids(self):
        """Leads only."""
        listing = self.filtered(lambda action: action.state == "mailing_list")
        listing.available_model_ids = self.env["ir.model"]._get("crm.lead")
        return super(IrActionsServer, self - listing)._compute_available_model_ids()

    @api.onchange("mailing_list_id")
    def _onchange_mailing_list_id(self):
        """Have name and warning follow the list. They are not computed from it by their
        dependencies: at uninstall Odoo deletes, with a field, the records of all fields
        that scheduled actions inherit and that depend on it.
        """
        self._compute_name()
        self._compute_warning()

    def _generate_action_name(self):
        self.ensure_one()
        if self.state == "mailing_list" and self.mailing_list_id:
            return self.env._("Add to %s", self.mailing_list_id.name)
        return super()._generate_action_name()

    def _get_warning_messages(self):
        warnings = super()._get_warning_messages()
        if self.state == "mailing_list" and self.model_id.model != "crm.lead":
            warnings.append(self.env._("Only leads can be added to a mailing list."))
        if self.state == "mailing_list" and not self.mailing_list_id:
            warnings.append(self.env._("Choose a mailing list."))
        return warnings

    def _run_action_mailing_list_multi(self, eval_context=None):
        """Add the leads to the list."""
        if self.mailing_list_id and not self._is_recompute():
            leads = eval_context.get("records") or eval_context.get("record")
            if leads:
                leads._add_to_mailing_list(self.mailing_list_id)
        return False
