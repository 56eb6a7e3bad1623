from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import LeadScoringCommon

EXTENDED = ("crm.lead", "crm.team", "crm.team.member")
FILTERS = ("assignment_domain", "assignment_domain_preferred", "domain")


@tagged("post_install", "-at_install")
class TestFormReach(LeadScoringCommon):
    """A form shows nothing that its reader could not find, whatever it sends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.elsewhere = cls.env["res.company"].create({"name": "Secret company"})
        mine = {"company_ids": cls.company.ids}
        group = "sales_team.group_sale_manager,lead_scoring.group_scoring_manager"
        cls.manager = cls._user("form", group, **mine)
        cls.seller = cls._user("form-seller", "sales_team.group_sale_salesman", **mine)
        cls.foreign_model = cls.env["lead.scoring.model"].create(
            {"name": "Secret", "company_id": cls.elsewhere.id, "state": "live"}
        )
        cls._rule(5, "[]", name="Secret rule", model_id=cls.foreign_model.id)
        cls.foreign_lead = cls._scored_lead(
            name="Secret lead", company_id=cls.elsewhere.id
        )
        cls.lead = cls._scored_lead(company_id=cls.company.id)
        server = cls.env["ir.mail_server"].create(
            {"name": "Mail", "smtp_host": "mail", "smtp_user": "u", "smtp_pass": "key"}
        )
        cls.lead.message_post(body="Hello").mail_server_id = server

    def _forms(self, user):
        """Yield an empty record of each model of ours that the user has a form of."""
        for name in sorted(self.env.registry):
            records = self.env[name].with_user(user)
            ours = name.startswith("lead.scoring.") or name in EXTENDED
            if not ours or records._abstract or not records._auto:
                continue
            if records.has_access("create") or records.has_access("write"):
                yield records

    def _spec(self, records):
        """Ask a form for everything, names of records included."""
        named = {"fields": {"display_name": {}}}
        fields = records.fields_get(attributes=["type", "relation"])
        return {
            name: named if description.get("relation") in self.env else {}
            for name, description in fields.items()
        }

    def _shown(self, record, values, name):
        """Return what a form shows once somebody has changed the field ``name``: one
        with all fields, and forms with one that depends on it, since a field that is
        refused would keep the others from being shown.
        """
        spec = self._spec(record)
        dependent = self.env.registry.get_dependent_fields(record._fields[name])
        alone = {f.name for f in dependent if f.model_name == record._name}
        # names of records in a list are read, and refused, before anything is shown
        is_list = record._fields[name].type in ("one2many", "many2many")
        changed = {name: {} if is_list else spec[name]}
        alone = sorted(alone & spec.keys() - {name})
        specs = [spec, *(changed | {n: spec[n]} for n in alone)]
        shown = {}
        for asked in specs:
            self.env.invalidate_all()
            try:
                with self.env.cr.savepoint():
                    result = record.onchange(dict(values), [name], dict(asked))
            except (AccessError, UserError):
                continue
            shown |= result.get("value", {})
        shown.pop(name, None)
        return shown

    # ------------------------------------------------------------------
    # Filters that are not saved
    # ------------------------------------------------------------------

    def test_filter_that_is_not_saved_tells_nothing_hidden(self):
        member = self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.seller.id}
        )
        saved = {
            "crm.team": self.team,
            "crm.team.member": member,
            "lead.scoring.model": self.scoring_model,
            "lead.scoring.rule": self._rule(),
        }
        ours = {"convert_by_score": True, "minimum_score": -5, "use_opportunities": 1}
        asked = 0
        for user in (self.manager, self.seller):
            for records in self._forms(user):
                values = ours if records._name == "crm.team" else {}
                for name in set(FILTERS) & records._fields.keys():
                    for record in (records, saved.get(records._name, records)):
                        shown = [
                            self._shown(
                                record.with_user(user), {**values, name: text}, name
                            )
                            for text in map(self._secret, "kz")
                        ]
                        asked += 1
                        with self.subTest(record=record, field=name, user=user.login):
                            self.assertEqual(*shown)
        self.assertGreater(asked, 10)

    def _secret(self, start):
        path = "message_ids.mail_server_id.smtp_pass"
        return f"[('{path}', '=like', '{start}%')]"

    def test_form_of_a_team_counts_by_a_filter_that_its_reader_may_use(self):
        team = self.team.with_user(self.manager)
        values = {"convert_by_score": True, "minimum_score": -5}
        for text, count in (
            ("[]", 1),
            ("[('company_id.name', '!=', 'x')]", 1),
            ("[('name', '=', 'x')]", 0),
            (self._secret("k"), 0),
        ):
            values["assignment_domain"] = text
            shown = self._shown(team, values, "assignment_domain")
            self.assertEqual(shown.get("convert_ready_count", 0), count, text)
            if text == self._secret("k"):
                self.assertFalse(shown.get("minimum_proposal"))
                self.assertFalse(shown.get("broken_filters"))

    def test_form_counts_no_leads_of_companies_that_its_reader_may_not_use(self):
        teams = self.env["crm.team"].with_user(self.manager)
        teams = teams.with_context(allowed_company_ids=self.elsewhere.ids)
        values = {"convert_by_score": True, "minimum_score": -5, "name": "New"}
        values |= {"use_opportunities": True, "company_id": False}
        for name in ("minimum_proposal", "convert_ready_count"):
            with self.assertRaises(AccessError):
                teams.onchange(dict(values), ["minimum_score"], {name: {}})

    def test_number_of_leads_is_shown_to_who_sets_the_minimum(self):
        self.team.convert_by_score = True
        self.team.with_user(self.manager).read(["convert_ready_count"])
        stranger = self._user("form-stranger", "base.group_user")
        for user in (self.seller, stranger):
            with self.assertRaises(AccessError):
                self.team.with_user(user).read(["convert_ready_count"])

    # ------------------------------------------------------------------
    # Records that the reader may not see
    # ------------------------------------------------------------------

    def _relations(self, records):
        """Yield the fields of ours by which a form may name other records."""
        for field in records._fields.values():
            ours = field._modules and field._modules[0].startswith("lead_scoring")
            if ours and field.comodel_name in self.env:
                if records._has_field_access(field, "read"):
                    yield field

    def _hidden(self, records):
        """Return a record of the model that its user may not read, or none."""
        everything = records.sudo().with_context(active_test=False).search([], limit=50)
        everything += everything.search([], limit=50, order="id desc")
        everything = everything.sudo(False)
        return (everything - everything._filtered_access("read"))[:1]

    def test_form_shows_nothing_of_a_record_that_its_reader_may_not_see(self):
        asked = set()
        for user in (self.manager, self.seller):
            for records in self._forms(user):
                for field in self._relations(records):
                    name = field.name
                    hidden = self._hidden(records.env[field.comodel_name])
                    if not hidden:
                        continue
                    link, nothing = hidden.id, False
                    if field.type != "many2one":
                        link, nothing = [Command.link(hidden.id)], []
                    none = self._shown(records, {name: nothing}, name)
                    shown = self._shown(records, {name: link}, name)
                    asked.add(str(field))
                    with self.subTest(field=str(field), user=user.login):
                        told = {n: v for n, v in shown.items() if v != none.get(n)}
                        self.assertFalse({n: v for n, v in told.items() if v})
        self.assertIn("lead.scoring.model.origin_id", asked)
        self.assertIn("lead.scoring.rule.model_id", asked)

    def test_form_shows_nothing_by_a_default_in_the_context_either(self):
        rules = self.env["lead.scoring.rule"].with_user(self.manager)
        rules = rules.with_context(default_model_id=self.foreign_model.id)
        spec = self._spec(rules)
        value = rules.onchange({}, [], spec)["value"]
        self.assertFalse(value["model_id"])
        self.assertFalse(value["company_id"])

    def test_form_keeps_what_is_saved_and_what_its_reader_chooses(self):
        draft = self.env["lead.scoring.model"].create(
            {"name": "Draft", "origin_id": self.foreign_model.id}
        )
        mine = draft.with_user(self.manager)
        shown = self._shown(mine, {"origin_id": self.scoring_model.id}, "origin_id")
        self.assertEqual(shown.get("origin_state", "live"), "live")
        values = {"origin_id": self.foreign_model.id, "warm_score": 3}
        form = mine.new(values, origin=mine)
        self.assertEqual(form.origin_id.sudo(), self.foreign_model)
        form = mine.new({"origin_id": self.scoring_model.id})
        self.assertEqual(form.origin_id, self.scoring_model)

    def test_draft_replaces_another_model_that_its_author_may_read(self):
        models = self.env["lead.scoring.model"].with_user(self.manager)
        with self.assertRaises(AccessError):
            models.create({"name": "Draft", "origin_id": self.foreign_model.id})
        draft = models.create({"name": "Draft", "origin_id": self.scoring_model.id})
        newer = models.create({"name": "Newer", "origin_id": draft.id})
        for origin in (draft, newer, self.foreign_model):
            with self.subTest(origin=origin), self.assertRaises(UserError):
                draft.origin_id = origin
        draft.origin_id = False
