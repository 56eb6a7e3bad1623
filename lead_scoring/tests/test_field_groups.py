from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged

from .common_access import AccessCommon

COMPARED = {
    "boolean": [("=", True)],
    "char": [("ilike", "x"), ("!=", False)],
    "date": [(">=", "2000-01-01"), ("!=", False)],
    "datetime": [(">=", "2000-01-01 00:00:00"), ("<", "2100-01-01"), ("!=", False)],
    "float": [(">", 0), ("=", 1), ("!=", False)],
    "integer": [(">", 0), ("=", 1), ("!=", False)],
    "many2many": [("!=", False), ("in", [1]), ("any", [("id", ">", 0)])],
    "many2one": [("!=", False), ("in", [1]), ("any", [("id", ">", 0)])],
    "one2many": [("!=", False), ("in", [1]), ("any", [("id", ">", 0)])],
}
"""Operators and values to search by, for each type of field."""


@tagged("post_install", "-at_install")
class TestFieldGroups(AccessCommon):
    """Who may not read a field does not find records by it either."""

    def setUp(self):
        super().setUp()
        names = {model._name for model, _field in self._our_fields()}
        groups = ("base.group_user", "base.group_portal", "base.group_public")
        self.env["ir.model.access"].create(
            [
                {
                    "name": f"{group} reads {name}",
                    "model_id": self.env["ir.model"]._get_id(name),
                    "group_id": self.env.ref(group).id,
                    "perm_read": True,
                }
                for name in names | {"res.partner"}
                for group in groups
            ]
        )
        rules = self.env["ir.rule"].search([("model_id.model", "in", list(names))])
        rules.active = False
        self.foreign.partner_id = self.env["res.partner"].create({"name": "Ann"})

    def _closed_fields(self):
        """Yield the record, as a user who may read it, and a field that this user may
        not read.
        """
        for model, field in self._our_fields():
            record = self._record_of_b(model)
            for user in (self.stranger, self.portal, self.public):
                mine = record.with_user(user)
                if not mine._has_field_access(field, "read"):
                    yield mine, field

    def _domains(self, field, prefix=""):
        """Return domains that tell something of the field."""
        if field.type == "selection":
            compared = [("=", field.get_values(self.env)[0])]
        else:
            compared = COMPARED.get(field.type, [("!=", False)])
        return [[(f"{prefix}{field.name}", *condition)] for condition in compared]

    def _assert_refused(self, call, *args, **kwargs):
        """Check that nothing is told: where nobody can sort or group by a field, Odoo
        raises a ValueError.
        """
        try:
            with self.env.cr.savepoint():
                told = call(*args, **kwargs)
        except (UserError, ValueError):
            self.env.invalidate_all()
        else:
            self.fail(f"told: {told}")

    def test_there_are_such_fields(self):
        names = {
            field.name
            for mine, field in self._closed_fields()
            if mine._name == "crm.lead"
        }
        searched = {"score_last_signal", "score_won_count", "scoring_rule_ids"}
        self.assertLessEqual({"score", "win_rate", *searched}, names)

    def test_search(self):
        for mine, field in self._closed_fields():
            for domain in self._domains(field):
                with self.subTest(f"{mine._name}: {domain}", user=mine.env.user.login):
                    self.assertTrue(mine.search([], limit=1))
                    with self.assertRaises(AccessError):
                        mine.search(domain)
                    with self.assertRaises(AccessError):
                        mine.search(~Domain(domain))
                    with self.assertRaises(AccessError):
                        mine.name_search("", domain)
                    # which can't be called from outside; by such a field Odoo filters
                    # as superuser
                    if not getattr(field, "bypass_search_access", False):
                        with self.assertRaises(AccessError):
                            mine.filtered_domain(domain)

    def test_search_through_another_model(self):
        for mine, field in self._closed_fields():
            if mine._name != "crm.lead":
                continue
            partners = mine.env["res.partner"]
            for domain in self._domains(field, "opportunity_ids."):
                with self.subTest(domain, user=mine.env.user.login):
                    with self.assertRaises(AccessError):
                        partners.search(domain)

    def test_sort_group_and_sum(self):
        for mine, field in self._closed_fields():
            name = field.name
            group = f"{name}:month" if field.type in ("date", "datetime") else name
            with self.subTest(f"{mine._name}.{name}", user=mine.env.user.login):
                grouped = mine.formatted_read_group
                self._assert_refused(mine.search, [], order=name)
                self._assert_refused(grouped, [], [group], ["__count"])
                for function in ("max", "count_distinct", "array_agg"):
                    aggregate = f"{name}:{function}"
                    self._assert_refused(grouped, [], [], [aggregate])

    def test_read(self):
        for mine, field in self._closed_fields():
            name = field.name
            with self.subTest(f"{mine._name}.{name}", user=mine.env.user.login):
                with self.assertRaises(AccessError):
                    mine.read([name])
                with self.assertRaises(AccessError):
                    mine.search_read([], [name], limit=1)
                with self.assertRaises(AccessError):
                    mine.mapped(name)
                with self.assertRaises(UserError):
                    mine.export_data([name])
                self.assertNotIn(name, mine.fields_get())
