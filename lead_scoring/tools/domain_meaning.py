"""What the meaning of a domain depends on besides its text."""

from odoo import models
from odoo.fields import Domain
from odoo.orm.domains import STANDARD_CONDITION_OPERATORS

LASTING_TYPES = frozenset(
    ["boolean", "char", "float", "html", "integer", "many2one", "monetary"]
    + ["selection", "text"]
)
"""Types of fields compared with nothing that changes by itself, as dates do."""


def reads_names(domain, records):
    """Whether what ``domain`` means depends on the language it is read in.

    :param records: recordset of the domain's model
    """
    for condition in domain.iter_conditions():
        field = records._fields[condition.field_expr.partition(".")[0]]
        if field.name == "display_name" or getattr(field, "translate", False):
            return True
        if field.relational and isinstance(condition.value, Domain):
            if reads_names(condition.value, records.env[field.comodel_name]):
                return True
    return False


def is_lasting(domain, records, in_program=False):
    """Whether ``domain`` compiles to the same SQL at any time, in any time zone and for
    any company: it compares stored columns, of the records and of what they point to,
    and no add-on has a say in it that may look something up.

    :param domain: Domain, optimized
    :param records: recordset of the domain's model
    :param in_program: records of others are allowed, too, and dates: at another time
        the SQL is the same but for the :class:`~.moving_dates.Moving` in its parameters
    """
    return all(_is_lasting(c, records, in_program) for c in domain.iter_conditions())


def _is_lasting(condition, records, in_program):
    base = models.BaseModel
    field = records._fields[condition.field_expr.partition(".")[0]]
    if field.name == "display_name":
        if type(records)._search_display_name is not base._search_display_name:
            return False
        names = records._search_display_name(condition.operator, condition.value)
        return is_lasting(Domain(names).optimize(records), records, in_program)
    if (
        condition.operator not in STANDARD_CONDITION_OPERATORS
        or not field.store
        or field.search
        or field.company_dependent
    ):
        return False
    if field.type in ("date", "datetime"):
        # of a list of dates Odoo may drop one that another one covers now
        is_one_date = condition.operator in ("<", "<=", ">", ">=")
        return in_program and is_one_date and condition.field_expr == field.name
    if field.type in ("one2many", "many2many"):
        if not in_program or field.domain or not _is_related_by_column(field, records):
            return False
    elif field.type not in LASTING_TYPES:
        return False
    if not isinstance(condition.value, Domain):
        return True
    target = records.env[field.comodel_name]
    is_plain = type(target)._search is base._search
    return is_plain and is_lasting(condition.value, target, in_program)


def _is_related_by_column(field, records):
    """Whether PostgreSQL finds the records of an x2many field."""
    if field.type == "many2many":
        return True
    return records.env[field.comodel_name]._fields[field.inverse_name].store
