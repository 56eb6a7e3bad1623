from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class LeadScoringLeadMixin(models.AbstractModel):
    """Rows that belong to a lead. Who may read the lead may read them, and who may
    write it may write them, as far as the model's own rights allow.

    A record rule can't say so: its domain is compiled as superuser, so a condition
    ``('lead_id', 'any', [])`` in one would let every row through.
    """

    _name = "lead.scoring.lead.mixin"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Lead Scoring Data of a Lead"

    lead_id = fields.Many2one(
        comodel_name="crm.lead",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="The lead or opportunity this belongs to.",
    )

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain) & self._readable_by_lead()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _readable_by_lead(self):
        """Return the Domain of the rows whose lead the current user may read."""
        return Domain("lead_id", "any", Domain.TRUE)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if result or self.env.su or not any(self._ids):
            return result
        # sudo: to read whose the rows are, and nothing else, before access is checked
        owners = self.sudo()._get_lead_ids()
        leads = self.env["crm.lead"].browse(set().union(*owners.values()))
        allowed = leads._filtered_access("read" if operation == "read" else "write")
        forbidden = self.filtered(
            lambda row: owners.get(row.id) and owners[row.id].isdisjoint(allowed._ids)
        )
        if not forbidden:
            return None
        if operation != "read":
            return forbidden, lambda: AccessError(
                self.env._("You can't change the scoring of leads that you can't edit.")
            )
        return forbidden, lambda: AccessError(
            self.env._(
                "You have no access to the scoring of leads that you can't read."
            )
        )

    def _get_lead_ids(self):
        """Return ``{row id: set of lead ids}``: the leads that a row belongs to, of
        which one that the user may read is enough.
        """
        return {row.id: {row.lead_id.id} for row in self if row.lead_id}

    def _field_to_sql(self, alias, field_expr, query=None):
        field = self._fields.get(field_expr.partition(".")[0])
        if field and field.groups:
            # core skips the groups of related fields, when it sorts or groups by them
            self._check_field_access(field, "read")
        return super()._field_to_sql(alias, field_expr, query)
