import re

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.date_utils import parse_date

EQUALITIES = ("=", "!=", "=?", "in", "not in")
ESCAPED = re.compile(r"\\([\\%_]?)")
"""A backslash in a pattern, with the sign that it makes a plain one."""


def is_unfinished(condition):
    """Whether ``condition`` compares with a pattern that ends within an escape:
    PostgreSQL finds that wrong only when there is something to compare.
    """
    value = condition.value
    if not (condition.operator.endswith("like") and isinstance(value, str)):
        return False
    return (len(value) - len(value.rstrip("\\"))) % 2 == 1


def double_backslashes(pattern):
    """Return ``pattern`` with those backslashes doubled that make no sign a plain one:
    PostgreSQL leaves them out of what it compares.
    """
    return ESCAPED.sub(lambda match: match[0] if match[1] else "\\\\", pattern)


class LeadScoringValueCheck(models.AbstractModel):
    """Refuses conditions that compare a field with what it never holds. Most of them
    Odoo accepts: they match nothing, or everything, or fail on the first record.

    Values of a field type are checked by ``_check_<type>``, where there is one.
    """

    _name = "lead.scoring.value.check"
    _description = "Lead Scoring Value Check"

    @api.model
    def _check(self, records, condition, field, field_type):
        """Refuse ``condition`` if ``field`` can't be compared with its value.

        :param records: empty recordset of the author, of the model that the field
            points to, else of its own
        :param field_type: type of the values: a part of a date is an ``integer``
        :raise ValidationError: why not and, where that is plain, what to write
        """
        value = condition.value
        is_list = isinstance(value, list | tuple)
        values = list(value) if is_list else [value]
        # by identity, for 1 equals True
        is_yes = field_type != "boolean" and any(v is True for v in values)
        if is_yes or field_type == "binary" and any(values):
            raise self._presence(condition, field)
        if condition.operator in ("child_of", "parent_of"):
            return
        if is_list and condition.operator not in EQUALITIES:
            raise self._one_value(condition)
        if condition.operator.endswith("like") and field_type != "boolean":
            self._check_pattern(records, condition, field)
        elif checker := getattr(self, f"_check_{field_type}", None):
            checker(records, condition, field, [v for v in values if v])

    def _label(self, field):
        return field.get_description(self.env, ["string"])["string"]

    def _refusal(self, reason, *corrected):
        """Return the error that says ``reason`` and the ``corrected`` condition."""
        if corrected:
            reason += " " + self.env._("Write: %s", repr(corrected))
        return ValidationError(reason)

    def _presence(self, condition, field):
        positive = condition.operator not in ("!=", "not in")
        return self._refusal(
            self.env._(
                "«%s» is not a yes/no field. You can only check whether it is set.",
                self._label(field),
            ),
            condition.field_expr,
            "!=" if positive else "=",
            False,
        )

    def _one_value(self, condition):
        return self._refusal(
            self.env._(
                "'%s' compares with one value, not with a list. Write a condition for "
                "each, and '|' before them.",
                condition.operator,
            )
        )

    # ------------------------------------------------------------------
    # Types
    # ------------------------------------------------------------------

    def _check_boolean(self, records, condition, field, values):
        is_text = any(isinstance(value, str) for value in values)
        if condition.operator in EQUALITIES and not is_text:
            return
        raise self._refusal(
            self.env._("«%s» is a yes/no field.", self._label(field)),
            condition.field_expr,
            "=",
            True,
        )

    def _check_integer(self, records, condition, field, values):
        for text in values:
            if not isinstance(text, str):
                continue
            reason = self.env._(
                "«%(field)s» is a number, and '%(value)s' is a text.",
                field=self._label(field),
                value=text,
            )
            try:
                number = int(text)
            except ValueError:
                raise self._refusal(reason) from None
            raise self._refusal(reason, *self._replaced(condition, text, number))

    _check_float = _check_monetary = _check_integer

    def _check_date(self, records, condition, field, values):
        for value in values:
            if self._is_date(records.env, value):
                continue
            raise self._refusal(
                self.env._(
                    "«%(field)s» is a date, but %(value)s is not. Write a date like "
                    "'2026-05-31', or a relative one: 'today', '-7d', 'today -1m', "
                    "'=monday'.",
                    field=self._label(field),
                    value=repr(value),
                )
            )

    _check_datetime = _check_date

    def _is_date(self, env, value):
        if not isinstance(value, str):
            return False
        try:
            return bool(parse_date(value, env))
        except (ValueError, OverflowError):
            return False

    def _check_selection(self, records, condition, field, values):
        selection = field.get_description(records.env, ["selection"])["selection"]
        by_label = {label.casefold(): value for value, label in selection}
        for value in values:
            if value in dict(selection):
                continue
            reason = self.env._(
                "%(value)s is not a value of «%(field)s». These are: %(allowed)s.",
                value=repr(value),
                field=self._label(field),
                allowed=", ".join(f"{val!r} ({label})" for val, label in selection),
            )
            known = by_label.get(str(value).casefold())
            if known is None:
                raise self._refusal(reason)
            raise self._refusal(reason, *self._replaced(condition, value, known))

    def _check_many2one(self, records, condition, field, values):
        names = [value for value in values if isinstance(value, str)]
        if not names:
            return
        self._check_has_name(records, condition)
        for name in names:
            self._check_language(records, condition, name)

    _check_one2many = _check_many2many = _check_many2one

    def _replaced(self, condition, old, new):
        """Return the parts of ``condition`` with another value."""
        value = condition.value
        if isinstance(value, list | tuple):
            value = [new if v == old else v for v in value]
        else:
            value = new
        return condition.field_expr, condition.operator, value

    # ------------------------------------------------------------------
    # Texts
    # ------------------------------------------------------------------

    @api.model
    def _check_backslashes(self, domain):
        """Refuse patterns of ``domain``, optimized, with a backslash that PostgreSQL
        leaves out.
        """
        for condition in domain.iter_conditions():
            if isinstance(condition.value, Domain):
                self._check_backslashes(condition.value)
            elif condition.operator.endswith("like"):
                self._check_backslash(condition)

    def _check_pattern(self, records, condition, field):
        """Refuse patterns that match something else than they seem to."""
        if field.relational or field.name == "display_name":
            self._check_has_name(records, condition)
        self._check_backslash(condition)

    @api.model
    def _check_backslash(self, condition):
        value = condition.value
        if not isinstance(value, str):
            return
        if is_unfinished(condition):
            reason = self.env._("A backslash at the end of a pattern must be doubled.")
        elif value != double_backslashes(value):
            reason = self.env._(
                "PostgreSQL leaves out a single backslash in a pattern, and would find "
                "something else. It must be doubled."
            )
        else:
            return
        corrected = double_backslashes(value)
        raise self._refusal(reason, *self._replaced(condition, value, corrected))

    def _check_has_name(self, records, condition):
        """Refuse to compare names of records that have none: Odoo would match all."""
        is_default = (
            type(records)._search_display_name is models.BaseModel._search_display_name
        )
        if records._rec_names_search or records._rec_name or not is_default:
            return
        reason = self.env._(
            "«%s» have no name to compare with. Say which of their fields is meant.",
            self.env["ir.model"]._get(records._name).name,
        )
        if "url" not in records._fields:
            raise self._refusal(reason)
        path = condition.field_expr.removesuffix(".display_name")
        raise self._refusal(reason, f"{path}.url", condition.operator, condition.value)

    def _check_language(self, records, condition, name):
        """Refuse a name that records have only in another language than the author's.
        A name that they have in none is accepted: the record may come later.
        """
        lang = records.env.lang
        installed = dict(self.env["res.lang"].get_installed())
        for code in sorted(installed, key=lambda code: code != lang):
            record = records.with_context(lang=code, active_test=False).search(
                [("display_name", "=", name)], limit=1
            )
            if not record:
                continue
            if code == lang:
                return
            reason = self.env._(
                "The rule is read in %(language)s, and '%(name)s' is a name in another "
                "language.",
                language=installed.get(lang, lang),
                name=name,
            )
            own_name = record.with_context(lang=lang).display_name
            raise self._refusal(reason, *self._replaced(condition, name, own_name))
