from datetime import date, datetime

import psycopg2
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.models import MAGIC_COLUMNS
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadScoringCommon

MIXIN = "lead.scoring.code.only.mixin"
REFUSALS = (UserError, psycopg2.IntegrityError)
"""AccessError is a UserError; a record that lacks what only code sets is refused by the
database.
"""
NOT_IN_FORMS = {
    "base.automation.playbook_ids": "the other side of a playbook's automation",
    "crm.lead.do_not_score": "set by its inverse: the reason is what forms show",
    "lead.scoring.discovery.candidate.sequence": "the order of a list",
    "lead.scoring.import.file_name": "the client's own, of the file",
    "lead.scoring.model.sequence": "the order of a list",
    "lead.scoring.playbook.automation_id": "its write asks for the right itself",
    "lead.scoring.playbook.switch.playbook_id": "said by the one who switches it",
    "lead.scoring.publish.model_id": "said by the button that opens the window",
    "lead.scoring.rule.sequence": "the order of a list",
    "lead.scoring.rule.test.rule_id": "said by the button that opens the window",
    "lead.scoring.send.back.lead_ids": "said by the button that opens the window",
}
"""Fields that are not read-only although no form lets users fill them in, and why."""


@tagged("post_install", "-at_install")
class TestCodeOnly(LeadScoringCommon):
    """What only code may set refuses everybody else, on every model of ours and of
    Odoo's, of every add-on that is installed.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.rule = cls._rule(40)
        cls.lead = cls._scored_lead(city="Ghent", user_id=cls.salesman.id)
        cls._visitor(cls._scored_lead(city="Bruges"))
        cls._rule(5)
        cls.env["res.company"].create({"name": "Other"})
        cls.users = cls.salesman + cls.scoring_manager + cls.sales_manager

    # ------------------------------------------------------------------
    # Fields and their records
    # ------------------------------------------------------------------

    def _our_fields(self):
        """Yield the model and each stored field that an add-on of ours declares."""
        for model in self.env.values():
            if model._abstract:
                continue
            for field in model._fields.values():
                modules = field._modules
                is_ours = bool(modules) and modules[0].startswith("lead_scoring")
                if is_ours and field.store and field.name not in MAGIC_COLUMNS:
                    yield model, field

    def _forged_fields(self):
        """Yield ``(record, field, value)`` of each field that only code may set: a
        record that is there, and a value that the field does not have.
        """
        for model, field in self._our_fields():
            if field.readonly and model._auto:
                record = self._sample(model)
                yield record, field, self._forged(record, field)

    def _sample(self, model):
        """Return a record of a model."""
        if model._name == "crm.lead":
            return self.lead
        if model._name == "lead.scoring.score":
            return self.lead.score_id
        known = model.with_context(active_test=False).search([], limit=1)
        return known or model.create(self._required(model))

    def _required(self, model, code=True):
        """Return values of the fields that a record can't do without.

        :param code: of those that only code may set, too
        """
        given = {
            "crm.team.member": {
                "crm_team_id": self.env["crm.team"].search([], limit=1).id
            },
            "lead.scoring.event": {"lead_id": self.lead.id} if code else {},
            "mailing.trace": {"model": "crm.lead", "res_id": self.lead.id},
        }.get(model._name, {})
        return given | {
            name: self._value(field)
            for name, field in model._fields.items()
            if field.required and field.store and not field.related
            if not (field.compute or field.default or name in ("id", *given))
            if code or not field.readonly
        }

    def _value(self, field):
        if field.type == "many2one":
            return self._sample(self.env[field.comodel_name]).id
        if field.type in ("many2many", "one2many"):
            return [Command.set(self._sample(self.env[field.comodel_name]).ids)]
        if field.type == "selection":
            return field.get_values(self.env)[-1]
        return {
            "boolean": True,
            "char": "forged",
            "date": date(2001, 1, 1),
            "datetime": datetime(2001, 1, 1),
            "float": 77.0,
            "html": "forged",
            "integer": 77,
            "json": {"forged": 1},
            "text": "forged",
        }[field.type]

    def _forged(self, record, field):
        """Return a value that ``record`` does not have, nor a new one."""
        has = (record[field.name], record.new({})[field.name])
        if field.type == "boolean":
            return not record[field.name]
        if field.type == "selection":
            return next(v for v in field.get_values(self.env) if v not in has)
        if field.type == "one2many" or (field.type == "many2many" and any(has)):
            return [Command.set([])]
        if field.type == "many2one":
            others = self.env[field.comodel_name].with_context(active_test=False)
            known = [value.id for value in has if value]
            other = others.search([("id", "not in", known)], limit=1)
            if not other and not record[field.name]:
                return self._value(field)
            return other.id
        if field.type in ("char", "html", "text"):
            return "forged anew"
        if field.type in ("date", "datetime"):
            return self._value(field).replace(year=2002)
        return self._value(field)

    def _is_forged(self, record, field, value):
        """Return whether the field of ``record`` has the value."""
        record.invalidate_recordset([field.name], flush=False)
        has = record.sudo()[field.name]
        if field.relational:
            ids = [value] if field.type == "many2one" else value[0][2]
            return bool(ids) and set(ids) <= set(has.ids)
        return has == value and type(has) is type(value)

    def _try(self, call):
        """Return what ``call`` returns, None where it is refused; undone later."""
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                result = call()
                self.env.flush_all()
                return result
        except REFUSALS:
            return None

    def _each(self):
        """Yield user, record, field and value, each in a subtest."""
        for record, field, value in list(self._forged_fields()):
            for user in self.users:
                with self.subTest(str(field), user=user.login):
                    self.env.invalidate_all()
                    yield record.with_user(user), field, value

    # ------------------------------------------------------------------
    # Which they are
    # ------------------------------------------------------------------

    def test_each_stored_field_that_is_read_only_is_set_by_code_alone(self):
        missing = [
            str(field)
            for model, field in self._our_fields()
            if field.readonly
            and not (
                hasattr(model, "_is_code_only") and model._is_code_only(field.name)
            )
        ]
        self.assertEqual(missing, [])

    def test_each_other_stored_field_is_one_that_users_fill_in(self):
        """A field that no form lets users fill in has to be read-only: so the next
        technical field is not forgotten.
        """
        filled_in = set()
        views = self.env["ir.ui.view"].search([("mode", "=", "primary")])
        for view in views.filtered(lambda view: view.model in self.env):
            arch = view._get_combined_arch()
            self._find_editable(arch, self.env[view.model], filled_in)
        forgotten = [
            f"{model._name}.{field.name}"
            for model, field in self._our_fields()
            if not field.readonly and (model._name, field.name) not in filled_in
        ]
        self.assertEqual([name for name in forgotten if name not in NOT_IN_FORMS], [])

    def _find_editable(self, node, model, found):
        for child in node.iterchildren(etree.Element):
            field = child.tag == "field" and model._fields.get(child.get("name"))
            if not field:
                self._find_editable(child, model, found)
                continue
            if child.get("readonly") not in ("1", "True", "true"):
                found.add((model._name, field.name))
            if field.comodel_name:
                self._find_editable(child, self.env[field.comodel_name], found)

    # ------------------------------------------------------------------
    # Every way to set one
    # ------------------------------------------------------------------

    def test_write_is_refused(self):
        for record, field, value in self._each():
            with self.assertRaises(AccessError):
                record.write({field.name: value})
            self.assertFalse(self._is_forged(record, field, value))

    def test_create_is_refused(self):
        for record, field, value in self._each():
            vals = {**self._required(record.browse(), code=False), field.name: value}
            made = self._try(lambda: record.browse().create(vals))  # noqa: B023
            self.assertFalse(made and self._is_forged(made, field, value))

    def test_copy_is_refused(self):
        for record, field, value in self._each():
            made = self._try(lambda: record.copy({field.name: value}))  # noqa: B023
            self.assertFalse(made and self._is_forged(made, field, value))

    def test_default_of_the_context_or_of_the_user_does_not_count(self):
        for record, field, value in self._each():
            context = {f"default_{field.name}": value}
            model = record.browse().with_context(**context)
            for env in (model.env, model.sudo().env):
                new = model.with_env(env).new({})
                self.assertFalse(self._has(new, field, value))
            vals = self._required(record.browse(), code=False)
            made = self._try(lambda: model.create(vals))  # noqa: B023
            self.assertFalse(made and self._is_forged(made, field, value))
            if not field.relational and field.type not in ("date", "datetime"):
                defaults = self.env["ir.default"]
                defaults.set(record._name, field.name, value, user_id=record.env.uid)
                new = record.browse().default_get([field.name])
                self.assertNotEqual(new.get(field.name), value)

    def test_form_does_not_show_what_it_sends(self):
        for record, field, value in self._each():
            if not record.browse().has_access("read"):
                continue
            for form in (record.new({}), record.new({}, origin=record)):
                form._update_cache({field.name: value})
                self.assertFalse(self._has(form, field, value))

    def _has(self, form, field, value):
        """Return whether the form shows the value."""
        has = form.sudo()[field.name]
        if field.relational:
            ids = [value] if field.type == "many2one" else value[0][2]
            return bool(ids) and set(ids) <= set(has._origin.ids)
        return has == value and type(has) is type(value)

    def test_import_is_refused(self):
        for record, field, value in self._each():
            name, text = field.name, str(value)
            if field.relational:
                name = f"{name}/.id"
                text = str(value if field.type == "many2one" else sum(value[0][2]))
            with mute_logger("odoo.sql_db"):
                result = self._try(lambda: record.load([name], [[text]]))  # noqa: B023
            self.assertFalse(result and result["ids"])

    # ------------------------------------------------------------------
    # What users go on doing
    # ------------------------------------------------------------------

    def test_copies_of_a_manager_are_read_as_the_originals(self):
        paused = self._rule(7, "[('city', '=', 'Bruges')]", active=False)
        rules = self.scoring_model.with_context(active_test=False).rule_ids
        self.assertIn(paused, rules)
        rules.write({"lang": "fr_BE", "tz": "Asia/Tokyo"})
        self.scoring_model.write({"lang": "nl_BE", "tz": "Asia/Seoul"})
        model = self.scoring_model.with_user(self.scoring_manager)
        copied = model.copy().with_context(active_test=False)
        self.assertEqual((copied.lang, copied.tz), ("nl_BE", "Asia/Seoul"))
        self.assertEqual(copied.state, "draft")
        self.assertEqual(set(copied.rule_ids.mapped("lang")), {"fr_BE"})
        self.assertEqual(set(copied.rule_ids.mapped("tz")), {"Asia/Tokyo"})
        self.assertEqual(copied.rule_ids.origin_id, rules)
        for rule in copied.rule_ids:
            self.assertEqual(rule.domain, rule.origin_id.domain)
            self.assertEqual(rule.active, rule.origin_id.active)
        rule = self.rule.with_user(self.scoring_manager).copy()
        self.assertEqual((rule.origin_id, rule.lang), (self.rule, "fr_BE"))

    def test_default_meant_for_another_model_does_not_keep_a_user_from_creating(self):
        context = {"default_temperature": "hot", "default_name": "Named"}
        leads = self.env["crm.lead"].with_user(self.salesman)
        lead = leads.with_context(**context).create({})
        self.assertEqual((lead.name, lead.temperature), ("Named", "cold"))
        self.assertEqual(lead.env.context.get("default_temperature"), "hot")

    def test_the_refusal_names_the_field(self):
        draft = self.scoring_model.with_user(self.scoring_manager).copy()
        with self.assertRaisesRegex(AccessError, "lead scoring itself sets: Error"):
            draft.rule_ids.error = "None"
