from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, clean_context

from ...tools.faults import reason_of
from ...tools.retry import wait_briefly

MENDING_FIELDS = frozenset(["domain", "source", "active", "model_id", "state"])
"""Fields whose change may mend what is broken."""


class LeadScoringDomainMixin(models.AbstractModel):
    """A domain that is read as its author means it, and skipped when it breaks."""

    _name = "lead.scoring.domain.mixin"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Lead Scoring Domain"

    lang = fields.Char(
        string="Language",
        default=lambda self: self._author()["lang"],
        readonly=True,
        help="Language of the one who wrote the domain: names in it are read so.",
    )
    tz = fields.Char(
        string="Time Zone",
        default=lambda self: self._author()["tz"],
        readonly=True,
        help="Time zone of the one who wrote the domain: days in it begin so.",
    )
    error = fields.Char(
        readonly=True,
        copy=False,
        help="Why the domain could not be applied. It is skipped until it is edited, "
        "or until the next nightly pass.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """:raise AccessError: see :meth:`_check_all_companies`"""
        records = super().create(vals_list)
        records._check_all_companies()
        records._note_missing(tell=False)
        return records

    def write(self, vals):
        """What may mend it clears the error; a new domain is read as its author means
        it. One that stays the same need not be checked again.

        :raise AccessError: the user may not write what becomes of these either, and see
            :meth:`_check_all_companies`
        """
        # fields that are not stored, such as the next review, change no score
        changes = any(self._fields[name].store for name in vals if name in self._fields)
        if changes:
            self._check_all_companies()
        mended = {} if MENDING_FIELDS.isdisjoint(vals) else {"error": False}
        author = {}
        if "domain" in vals:
            if any(record.domain != vals["domain"] for record in self):
                author = self._author()
            else:
                vals = {name: value for name, value in vals.items() if name != "domain"}
        if ours := {n: v for n, v in {**mended, **author}.items() if n not in vals}:
            self.check_access("write")
            # sudo: only code sets these; first, for a new domain is checked with them
            self.sudo().write(ours)
        result = super().write(vals)
        if changes:
            # record rules are asked before a write only, and it may have moved these to
            # another company or model
            self.check_access("write")
            self._check_all_companies()
        if not {"domain", "source"}.isdisjoint(vals):
            self._note_missing(tell=False)
        return result

    def update_field_translations(self, field_name, translations, source_lang=""):
        """The dialog for translations writes names without :meth:`write`.

        :raise AccessError: see :meth:`_check_all_companies`
        """
        self._check_all_companies()
        return super().update_field_translations(field_name, translations, source_lang)

    def unlink(self):
        self._check_all_companies()
        return super().unlink()

    def _check_all_companies(self):
        """Refuse changes of what scores the leads of all companies to those who may not
        act in each of them: of live models without company, and of their rules.

        :raise AccessError: to all others but administrators
        """
        if self.env["lead.scoring.access.check"]._acts_in_all_companies():
            return
        # sudo: the ORM checks access to the records; other companies may be hidden
        scoring_models = self.sudo()._get_scoring_models()
        shared = scoring_models.filtered(
            lambda model: (
                model.state == "live" and model.active and not model.company_id
            )
        )
        if shared:
            raise AccessError(
                self.env._(
                    "«%s» scores the leads of all companies. Only administrators, and "
                    "users who may act in all companies, can change, publish or retire "
                    "it. Publish a model of your own company instead.",
                    shared[0].name,
                )
            )

    def _get_scoring_models(self):
        """Return the models whose scores these records change."""
        raise NotImplementedError

    @api.model
    def _known_by(self):
        """Return the names of the fields that say what is asked."""
        return ["domain", "lang", "tz"]

    def _check_new(self, model_name, others):
        """Refuse a wrong domain, unless the user may read a record, an origin for
        example, that asks the same: it was checked when that one was saved.

        :param model_name: the model that the domain is about
        :param others: records of the same model that are being saved, too
        :raise ValidationError: what is wrong, and with which record
        """
        self.ensure_one()
        # the ORM calls constraints as superuser
        user = self.sudo(False).with_context(active_test=False)
        same = [(name, "=", self[name]) for name in self._known_by()]
        if user.search_count([("id", "not in", others.ids), *same], limit=1):
            return
        check = self.env["lead.scoring.rule.check"].sudo(False)
        try:
            check._check(model_name, self.domain, lang=self.lang, tz=self.tz)
        except ValidationError as error:
            raise ValidationError(
                self.env._("«%(name)s»: %(reason)s", name=self.name, reason=str(error))
            ) from error

    def copy(self, default=None):
        """A copy is read as the original, also where another user copies it."""
        default = default or {}
        kinds = {self._fields[name].type for name in default if name in self._fields}
        if self.env.su or not kinds.isdisjoint(["one2many", "many2many"]):
            # records that users describe within are made with their own rights
            return super().copy(default)
        self.check_access("read")
        self.check_access("create")
        for name in default:
            self._check_field_access(self._fields[name], "write")
        # sudo: only code sets what a copy keeps, see _copied_by_code
        original = self.with_context(clean_context(self.env.context)).sudo()
        copies = super(LeadScoringDomainMixin, original).copy(default)
        copies = copies.with_env(self.env)
        # once more, by the record rules
        copies.check_access("create")
        return copies

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if not self.env.su or "domain" in (default or {}):
            return vals_list
        return [
            vals and {**record._copied_by_code(), **vals}
            for record, vals in zip(self, vals_list, strict=True)
        ]

    def _copied_by_code(self):
        """Return the values that a copy has of what only code sets."""
        self.ensure_one()
        return {"lang": self.lang, "tz": self.tz, "error": self.error}

    @api.model
    def _author(self):
        """Return the values that keep how the current user reads a domain."""
        return {"lang": self.env.lang or "en_US", "tz": self.env.user.tz or "UTC"}

    def _check_rehearsal(self):
        """Refuse what a pass could not apply: it is compiled, and planned by
        PostgreSQL, as a full pass does. A copy of what is marked as broken stays so.

        :raise ValidationError: which record, and why
        """
        for record in self.filtered(lambda record: not record.error):
            if error := self.env["lead.scoring.engine"]._rehearse(record):
                raise ValidationError(
                    self.env._(
                        "«%(name)s» could not be applied: %(reason)s",
                        name=record.name,
                        reason=reason_of(error),
                    )
                )

    def _set_error(self, error):
        """Mark the record as broken by the exception ``error``; with None, as sound.
        The scoring managers are told when it breaks, not every night it stays so.

        By SQL, because ``write`` would make the next pass score all leads.

        :return: whether the record is broken
        """
        self.ensure_one()
        was_broken = self.error
        reason = error and reason_of(error)
        statement = SQL(
            "UPDATE %s SET error = %s WHERE id = %s",
            SQL.identifier(self._table),
            reason,
            self.id,
        )
        wait_briefly(self.env.cr)
        self.env.cr.execute(statement)
        self.invalidate_recordset(["error"], flush=False)
        if reason and not was_broken:
            self.env["lead.scoring.domain.notes"]._tell_managers(
                self,
                self.env._("Lead scoring: «%s» can't be applied", self.name),
                self.env._("It is skipped until it is edited. The reason: %s", reason),
            )
        return bool(reason)
