import inspect

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common_access import AccessCommon

READ_BY_ALL = {
    "lead.scoring.pass": "no company and no lead: when scores were computed",
    "lead.scoring.playbook": "no company and no lead: which automations are on",
}
"""Models all records of which may be read by who may read the model at all."""


@tagged("post_install", "-at_install")
class TestAccess(AccessCommon):
    """Whatever can be called from outside looks at access first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [
            cls.salesman,
            cls.scoring_manager,
            cls.sales_manager,
            cls.portal,
            cls.public,
        ]

    def _call(self, user, record, name):
        """Call as from outside, with arguments that say nothing."""
        method = getattr(type(record), name)
        parameters = list(inspect.signature(method).parameters.values())[1:]
        needed = [p for p in parameters if p.default is p.empty]
        arguments = [False] * len(needed)
        if not getattr(method, "_api_model", False):
            arguments.insert(0, record.ids)
        return call_kw(record.browse().with_user(user), name, arguments, {})

    def test_methods_refuse_records_that_the_user_may_not_read(self):
        called = 0
        for model, name in self._our_methods():
            method = getattr(type(model), name)
            record = model.browse(1) if model._abstract else self._record_of_b(model)
            for user in self.users:
                allowed = model.with_user(user).has_access("read")
                takes_records = not getattr(method, "_api_model", False)
                if allowed and (not takes_records or model._name in READ_BY_ALL):
                    continue
                with self.subTest(f"{model._name}.{name}", user=user.login):
                    if allowed:
                        self.assertTrue(record, "no record to try it with")
                        self.assertFalse(record.with_user(user).has_access("read"))
                    # what superuser has read is in the cache, where nothing is checked
                    if not model._abstract:
                        stored = [n for n, f in model._fields.items() if f.column_type]
                        record.read([n for n in stored if model._fields[n].store])
                    with self.assertRaises(AccessError):
                        self._call(user, record, name)
                called += 1
        self.assertGreater(called, 200)

    def test_page_views_and_team_of_a_foreign_lead_are_not_opened(self):
        self._visitor(self.foreign, pages=["/secret"])
        for name in ("action_redirect_to_page_views", "action_open_team"):
            with self.subTest(name), self.assertRaises(AccessError):
                self._call(self.salesman, self.foreign, name)

    # ------------------------------------------------------------------
    # Names
    # ------------------------------------------------------------------

    def test_every_model_can_be_searched_by_name(self):
        manager = self.sales_manager
        manager.company_ids += self.company_b
        for model in self._our_models():
            if model._abstract or not model.with_user(manager).has_access("read"):
                continue
            mine = model.with_user(manager).with_context(
                allowed_company_ids=manager.company_ids.ids
            )
            record = self._record_of_b(model)
            with self.subTest(model._name):
                mine.name_search("x")
                mine.name_search("x", operator="not ilike")
                mine.search([("display_name", "=", "x")])
                if record:
                    self.assertIsInstance(record.display_name, str)
