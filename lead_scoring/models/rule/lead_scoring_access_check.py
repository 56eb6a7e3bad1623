from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import Query

from .ir_rule import note_models

POINTED_TO = {
    "crm.lead.company_id": "whoever sees a lead sees whose it is",
    "crm.lead.partner_id": "the contact of a lead is of its company or of none",
    "crm.lead.team_id": "the team of a lead is of its company or of none",
    "crm.lead.user_id": "Odoo shows who is responsible to whoever sees the lead",
}
"""Fields that may be followed although record rules hide records of their model, and
why: these never lead from a lead that one sees to a record that one may not see. Other
fields to the same models do: a contact of all companies may be below one of another.
"""

OWN_RECORDS = {
    "crm.lead.activity_ids": "who may read a lead may read its activities",
    "crm.lead.message_ids": "who may read a lead may read its messages",
    "crm.lead.website_message_ids": "who may read a lead may read its messages",
    "res.partner.activity_ids": "who may read a contact may read its activities",
    "res.partner.message_ids": "who may read a contact may read its messages",
}
"""Fields that lead to several records that may be compared all the same, and why."""

SEARCHED = {
    "mail.activity": "Odoo's fields on activities ask for those of the same record",
    "mail.message": "Odoo's fields on messages ask for those of the same record",
}
"""Models that the search method of a field may read, and why."""

SOURCES = {
    "crm.lead": "what is shown of leads is shown to those who may read them",
    "lead.scoring.event": "events are compared for the lead that they belong to",
    "mail.message": "replies are compared for the lead that they belong to",
}
"""Models that rules are about although access to each record is restricted, and why."""


class LeadScoringAccessCheck(models.AbstractModel):
    """Refuses conditions that would tell their author what the author could not find by
    searching: record rules restrict users, but a pass reads all records.
    """

    _name = "lead.scoring.access.check"
    _description = "Lead Scoring Access Check"

    @api.model
    def _check(self, records, domain):
        """Refuse what record rules hide from the author; a superuser may ask all.

        :param records: an empty recordset of the author, of the domain's model
        :param domain: Domain of fields and operators that there are
        :raise ValidationError: which field, and what to use instead
        """
        if records.env.su:
            return
        conditions = list(domain.iter_conditions())
        if conditions and records._name not in SOURCES:
            # a signal counts for leads of its company only
            if self._hides(records, settled=True):
                raise self._refused_source(records)
        for condition in conditions:
            self._check_condition(records, condition)

    @api.model
    def _check_condition(self, records, condition):
        rest = condition.field_expr
        is_any = condition.operator in ("any", "not any")
        while rest:
            name, _dot, after = rest.partition(".")
            field = records._fields[name]
            if not field.relational or not (after or is_any):
                break
            if not field.store:
                self._check_search(records, field, Domain(name, "!=", False))
            if not self._is_open(records, field):
                raise self._refused(records, field, field.comodel_name)
            records, rest = records.env[field.comodel_name], after
        if is_any:
            for inner in Domain(condition.value).iter_conditions():
                self._check_condition(records, inner)
        else:
            last = Domain(rest, condition.operator, condition.value)
            self._check_search(records, field, last)

    @api.model
    def _check_search(self, records, field, domain):
        """Refuse to compare a field where that reads what is hidden: names of records,
        records below others, or whatever the field's search method reads.
        """
        query = Query(records.env, records._table, records._table_sql)
        with note_models() as read:
            domain.optimize_full(records)._to_sql(records, records._table, query)
        if field.relational and self._is_open(records, field):
            read.discard(field.comodel_name)
        for name in sorted(read - SEARCHED.keys()):
            if self._hides(records.env[name]):
                raise self._refused(records, field, name)

    @api.model
    def _is_open(self, records, field):
        """Whether a relational field leads to nothing that is hidden from the user of
        ``records``.
        """
        if str(field) in POINTED_TO or str(field) in OWN_RECORDS:
            return True
        # searches past it ask no record rules either
        if field.bypass_search_access:
            return True
        return not self._hides(records.env[field.comodel_name])

    @api.model
    def _hides(self, records, settled=False):
        """Whether record rules, or access to each record by itself, hide any record of
        a model from the user of ``records``.

        :param settled: without what rules on companies hide
        """
        usual = type(self.env["base"])._check_access
        if type(records)._check_access is not usual:
            return True
        domain = records.env["ir.rule"]._compute_domain(records._name, "read")
        if settled or self._sees_all_companies(records.env.user):
            domain = self._without_companies(records, domain)
        return not domain.is_true()

    @api.model
    def _sees_all_companies(self, user):
        """Whether the user may switch to every company of the database, archived ones
        too: their records are still hidden from others.
        """
        # sudo: only whether there is another company
        user = user.sudo().with_context(active_test=False)
        others = [("id", "not in", user.company_ids.ids)]
        return not user.env["res.company"].search_count(others, limit=1)

    @api.model
    def _acts_in_all_companies(self):
        """Whether the current user may change what counts for all companies: may act in
        each of them, or is an administrator.
        """
        if self.env.is_system():
            return True
        # sudo: other companies may be hidden; nobody works in an archived one any more
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        return companies <= self.env.user.company_ids

    @api.model
    def _without_companies(self, records, domain):
        """Return the domain of a record rule for somebody who has all companies."""
        # sudo: conditions of record rules are read, no data
        records = records.sudo()

        def without(condition):
            field = records._fields[condition.field_expr.partition(".")[0]]
            if condition.operator in ("!=", "not in", "not any"):
                return condition
            if "res.company" in (field.comodel_name, records._name):
                return Domain.TRUE
            if condition.operator == "any" and isinstance(condition.value, Domain):
                target = records.env[field.comodel_name]
                if self._without_companies(target, condition.value).is_true():
                    return Domain.TRUE
            return condition

        return domain.optimize(records).map_conditions(without).optimize(records)

    def _refused(self, records, field, model_name):
        return ValidationError(
            self.env._(
                "«%(field)s» refers to %(model)s, and you may not see all of these, "
                "but a rule reads them all. Use fields of the lead or its contact "
                "instead.",
                field=field.get_description(records.env, ["string"])["string"],
                model=self.env["ir.model"]._get(model_name).name,
            )
        )

    def _refused_source(self, records):
        return ValidationError(
            self.env._(
                "You may not see all records of %s, and a rule reads them all. Count "
                "them without a condition instead.",
                self.env["ir.model"]._get(records._name).name,
            )
        )
