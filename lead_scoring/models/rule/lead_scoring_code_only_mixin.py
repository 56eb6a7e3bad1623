import logging
from contextlib import contextmanager

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

ADD_ONS = "lead_scoring"
"""How the names of these add-ons begin."""


class LeadScoringCodeOnlyMixin(models.AbstractModel):
    """Refuses what only code may set to everybody but the superuser.

    Odoo's ``readonly`` is a matter of forms: whoever may write a record may write its
    read-only fields by RPC or import. Here a field that one of these add-ons declares,
    stored and read-only, is set by code alone. Code that sets one for a user checks the
    user's rights and goes on as superuser.
    """

    _name = "lead.scoring.code.only.mixin"
    _description = "Fields That Only Code Sets"

    @api.model
    def _is_code_only(self, name):
        """Return whether only code may set the field called ``name``."""
        field = self._fields.get(name)
        # Odoo itself leaves out the magic ones, such as the date of creation
        is_magic = name in models.MAGIC_COLUMNS
        is_set = self._is_ours(field) and field.store and field.readonly
        return bool(is_set and not is_magic)

    @api.model
    def _is_ours(self, field):
        """Return whether one of these add-ons declares ``field``."""
        # the module that declares a field comes before those that extend it
        return bool(field and field._modules and field._modules[0].startswith(ADD_ONS))

    @api.model
    def _check_field_access(self, field, operation):
        """Say why a field is refused. Odoo calls it for each value that is to be
        created, written, imported or translated.
        """
        if operation == "write" and not self.env.su and self._is_code_only(field.name):
            label = field._description_string(self.env)
            raise AccessError(self.env._("Only lead scoring itself sets: %s.", label))
        return super()._check_field_access(field, operation)

    @api.model_create_multi
    def create(self, vals_list):
        """A default in the context does not count. It may be meant for another model,
        so it is no reason to refuse the record.
        """
        context = {
            key: value
            for key, value in self.env.context.items()
            if not (key.startswith("default_") and self._is_code_only(key[8:]))
        }
        if len(context) == len(self.env.context):
            return super().create(vals_list)
        # the whole context is given anew, because keys can't be taken out otherwise
        clean = self.with_context(context)  # pylint: disable=context-overridden
        cleaned = super(LeadScoringCodeOnlyMixin, clean)
        return cleaned.create(vals_list).with_env(self.env)

    @api.model
    def default_get(self, fields):
        """Neither the context nor a default that users keep says what only code sets,
        not even where code creates the record: users choose the context of their calls.
        """
        defaults = super().default_get(fields)
        for name in filter(self._is_code_only, list(defaults)):
            field = self._fields[name]
            del defaults[name]
            if field.default:
                value = field.convert_to_cache(field.default(self), self, False)
                defaults[name] = field.convert_to_write(value, self)
        return defaults

    def _update_cache(self, values, validate=True):
        """A form shows what is saved, whatever it sends: with another lead's score row
        it would be shown the points of that lead; and with a record that the user may
        not read, what related fields show of it, which are read as superuser.
        """
        if not self.env.su:
            values = {
                name: value if self._may_choose(name, value) else self._saved(name)
                for name, value in values.items()
                if not self._is_code_only(name)
            }
        return super()._update_cache(values, validate=validate)

    def _may_choose(self, name, value):
        """Whether a form may send ``value`` for a field: records of fields of ours that
        the user may read, or that are saved.
        """
        field = self._fields.get(name)
        if not value or not self._is_ours(field) or field.type != "many2one":
            return True
        value = field.convert_to_cache(value, self, validate=False)
        # the record of a form that this one is in has no id of its own
        record = self.env[field.comodel_name].browse(filter(None, [value]))
        return record == self._saved(name) or record.has_access("read")

    def _saved(self, name):
        # sudo: only which record it is; a form says so to whoever may read its own
        return self._origin.sudo()[name].sudo(False)

    def copy_data(self, default=None):
        """Copies begin anew; code that copies says in ``default`` what they keep."""
        vals_list = super().copy_data(default)
        return [
            vals
            and {
                name: value
                for name, value in vals.items()
                if name in (default or {}) or not self._is_code_only(name)
            }
            for vals in vals_list
        ]

    @contextmanager
    def _reading(self, name):
        """Go on after the block where the JSON that a field holds is not what code
        writes into it: the block leaves things as if the field were empty.

        :param name: the name of the field, for the log
        """
        try:
            yield
        except (psycopg2.Error, UserError):
            # nothing that is wrong with the field
            raise
        except Exception:
            # values of any kind may be in any place, and fail in any way
            _logger.warning(
                "%s: %s is damaged, and taken for empty", self, name, exc_info=True
            )
