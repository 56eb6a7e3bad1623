import base64
import json

import psycopg2
import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

from ...tools.domain_text import UNPRINTABLE

FORMAT = "odoo_lead_scoring_model"
VERSION = 1
SIZE_LIMIT = 1_000_000
"""Bytes of a file."""
RULE_LIMIT = 500
INTEGER_LIMIT = 2**31
TYPES = {
    "boolean": (bool,),
    "char": (str,),
    "float": (int, float),
    "integer": (int,),
    "selection": (str,),
}
"""What a JSON value of a field's type is in Python."""


class LeadScoringModel(models.Model):
    """A model as a file, to be read by people and imported by another database.

    Odoo's own export leaves out paused rules, and its import can't set the language and
    time zone in which an author's conditions are to be read: in another language they
    would quietly mean something else. It also writes over the live model if a file has
    external identifiers, and does not try whether the rules can be compiled here.
    """

    _inherit = "lead.scoring.model"

    export_file = fields.Binary(
        string="File",
        compute="_compute_export_file",
        groups="lead_scoring.group_scoring_manager",
        help="The model and its rules, to be imported elsewhere.",
    )

    @api.model
    def _file_fields(self):
        """Return the names of the fields that a file has of a model, and of a rule. An
        override may add some of the types boolean, char, float, integer and selection.
        """
        author = ["lang", "tz"]
        thresholds = ["warm_score", "hot_score", "margin", "fit_floor"]
        thresholds += ["interest_floor", "required_answers"]
        of_rule = ["name", "value", "dimension", "source", "maximum", "half_life"]
        of_rule += ["minimum_count", "domain", "active"]
        return (
            ["name", "domain", *thresholds, *author],
            [*of_rule, *author],
        )

    # ------------------------------------------------------------------
    # Export
    # ------------------------------------------------------------------

    # it is read for a download only: nothing caches it
    @api.depends()
    def _compute_export_file(self):
        for model in self:
            text = json.dumps(model._to_file(), indent=2, ensure_ascii=False)
            model.export_file = base64.b64encode(text.encode())

    def _to_file(self):
        """Return the content of the file. Company, state and place among the models
        are matters of a database, so they stay behind.
        """
        self.ensure_one()
        of_model, of_rule = self._file_fields()
        rules = self.with_context(active_test=False).rule_ids
        return {
            "format": FORMAT,
            "version": VERSION,
            **self._filled(of_model),
            "rules": [rule._filled(of_rule) for rule in rules],
        }

    def action_export(self):
        """Download the model as a file."""
        self.ensure_one()
        self.check_access("read")
        name = "".join(c if c.isalnum() else "_" for c in self.name)
        path = f"/web/content/{self._name}/{self.id}/export_file/{name}.json"
        return {"type": "ir.actions.act_url", "url": f"{path}?download=true"}

    # ------------------------------------------------------------------
    # Import
    # ------------------------------------------------------------------

    @api.model
    def _from_file(self, content):
        """Return the new draft that is in a file, all of it or nothing. Its content is
        checked as if the user had typed it.

        :param content: bytes
        :raise UserError: something is wrong; it names the rule and the reason
        """
        self.check_access("create")
        data = self._read_file(content)
        rules = data.pop("rules")
        of_model, of_rule = self._file_fields()
        with self.env.cr.savepoint():
            part = self.env._("The model")
            # before others: after a model without condition it would get no lead
            place = {"sequence": 0, "rule_ids": []}
            draft = self._create_part(part, of_model, data, place)
            for number, vals in enumerate(rules, start=1):
                part = self.env._("Rule %s", number)
                place = {"model_id": draft.id, "sequence": 10 * number}
                draft.rule_ids._create_part(part, of_rule, vals, place)
            draft.invalidate_recordset(["rule_ids"])
            # a condition that can be read may still fail, such as names in a language
            # that is not active
            compiled = self.env["lead.scoring.engine"]._compile(
                draft.company_id or self.env.company, draft=draft
            )
            self.env["lead.scoring.simulator"]._check_compiled(draft, [compiled])
        return draft

    def _list_missing(self):
        """Return a sentence for each thing that the model or one of its rules names and
        that is not there.
        """
        self.ensure_one()
        self.env.flush_all()
        return [
            self.env._("«%(name)s»: %(reason)s", name=record.name, reason=sentence)
            for record in (self, *self.with_context(active_test=False).rule_ids)
            for sentence in record._find_missing()
        ]

    @api.model
    def _read_file(self, content):
        """Return the dict in a file's content, its format and version checked."""
        if len(content) > SIZE_LIMIT:
            raise UserError(
                self.env._("The file is larger than a megabyte: that is no model.")
            )
        try:
            data = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise UserError(
                self.env._("This is not a JSON file: %s", str(error)[:200])
            ) from error
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise UserError(
                self.env._(
                    "This file is no scoring model. Choose one that was exported from "
                    "CRM ‣ Lead Scoring ‣ Scoring Models."
                )
            )
        version = data.pop("version", None)
        if version != VERSION or isinstance(version, bool):
            raise UserError(
                self.env._(
                    "The file is of version %(version)s; this release reads version "
                    "%(supported)s.",
                    version=str(version)[:20],
                    supported=VERSION,
                )
            )
        rules = data.setdefault("rules", [])
        if not isinstance(rules, list) or len(rules) > RULE_LIMIT:
            raise UserError(
                self.env._("«rules» must be a list of at most %s rules.", RULE_LIMIT)
            )
        return data


def _refuse(constant):
    raise ValueError(constant)


class LeadScoringDomainMixin(models.AbstractModel):
    _inherit = "lead.scoring.domain.mixin"

    def _filled(self, names):
        """Return the values of those of the fields that have one."""
        self.ensure_one()
        values = {name: self[name] for name in names}
        # an empty text is False
        return {
            name: value
            for name, value in values.items()
            if value is not False or self._fields[name].type == "boolean"
        }

    @api.model
    def _create_part(self, part, names, vals, others):
        """Create the record that a part of a file describes.

        :param part: what to call it in errors
        :param names: of the fields it may have
        :param others: further values, of ours
        """
        if isinstance(vals, dict) and isinstance(vals.get("name"), str):
            part = f"{part}, «{vals['name'][:80]}»"
        if reason := self._find_mistake(names, vals):
            raise self._refused(part, reason)
        try:
            with self.env.cr.savepoint():
                self.check_access("create")
                # sudo: only code sets language and time zone; the values were looked
                # at one by one, and a condition is checked with the user's own rights
                part_model = self.with_context(clean_context(self.env.context)).sudo()
                record = part_model.create({**vals, **others}).with_env(self.env)
                # once more, by the record rules
                record.check_access("create")
                return record
        except psycopg2.IntegrityError as error:
            raise self._refused(part, self._sql_error_to_message(error)) from error
        except UserError as error:
            # ValidationError and AccessError are some
            raise self._refused(part, error) from error

    def _refused(self, part, reason):
        return UserError(
            self.env._("%(part)s: %(reason)s", part=part, reason=str(reason))
        )

    @api.model
    def _find_mistake(self, names, vals):
        """Return what is wrong with the values of a file, or None."""
        if not isinstance(vals, dict):
            return self.env._("this is not a list of fields and values.")
        for name, value in vals.items():
            if name not in names:
                return self.env._("there is no field «%s».", name[:80])
            if reason := self._find_wrong_value(self._fields[name], value):
                return self.env._(
                    "«%(field)s» is wrong: %(reason)s", field=name, reason=reason
                )
        required = {"name", "value"}.intersection(names)
        for name in sorted(required.difference(vals)):
            return self.env._("«%s» is missing.", name)
        return None

    @api.model
    def _find_wrong_value(self, field, value):
        types = TYPES[field.type]
        if not isinstance(value, types) or (
            isinstance(value, bool) and bool not in types
        ):
            return self.env._("%s is not of its type.", json.dumps(value)[:80])
        if isinstance(value, str) and UNPRINTABLE.search(value):
            return self.env._("there is a character that can't be seen.")
        if isinstance(value, int) and abs(value) >= INTEGER_LIMIT:
            return self.env._("the number is too large.")
        if field.type == "selection" and value not in field.get_values(self.env):
            return self.env._("«%s» is not among its values.", value[:80])
        if field.name == "tz" and value not in pytz.all_timezones_set:
            return self.env._("there is no time zone «%s».", value[:80])
        languages = self.env["res.lang"].with_context(active_test=False)
        if field.name == "lang" and not languages.search_count([("code", "=", value)]):
            return self.env._("there is no language «%s».", value[:80])
        return None
