"""What the tests walk that look at all models, methods and fields of our add-ons."""

import inspect

from odoo.exceptions import AccessError
from odoo.service.model import get_public_method

from .common import LeadScoringCommon

OUR_ADDONS = "lead_scoring"
NUMBERS = ["minimum", "count", "capacity", "value", "share_won", "share_lost"]
NEEDED = {
    "rank": "director",
    "numbers": {"suggested": None, **dict.fromkeys(NUMBERS, 1)},
}
"""Values of fields that are not required, but that names are made of."""


class AccessCommon(LeadScoringCommon):
    """A lead of another salesperson and another company, and of each of our models a
    record that belongs to it, or to a scoring model of that company.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.portal = cls._user("portal-user", "base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.env.user.company_ids += cls.company_b
        cls.seller_b = cls._user(
            "seller-b",
            "sales_team.group_sale_salesman",
            company_id=cls.company_b.id,
            company_ids=cls.company_b.ids,
        )
        cls.model_b = cls.env["lead.scoring.model"].create(
            {"name": "B", "state": "live", "company_id": cls.company_b.id}
        )
        cls._rule(7, "[]", model_id=cls.model_b.id)
        cls.foreign = cls._lead(
            name="Foreign",
            function="Zookeeper",
            company_id=cls.company_b.id,
            user_id=cls.seller_b.id,
            type="opportunity",
        )
        cls._score()
        cls.view_b = cls._visitor(cls.foreign, pages=["/price"]).website_track_ids
        cls.foreign.action_set_won()
        cls._score()
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        # those that a test makes are gone after it
        self.belongs = {
            "crm.lead": self.foreign,
            "lead.scoring.model": self.model_b,
            "lead.scoring.rule": self.model_b.rule_ids,
            "lead.scoring.title.unknown": self.env["lead.scoring.title.unknown"].browse(
                self.foreign.id
            ),
            "res.company": self.company_b,
            "res.users": self.seller_b,
            "website.track": self.view_b,
        }

    # ------------------------------------------------------------------
    # Walking
    # ------------------------------------------------------------------

    def _our_models(self):
        """Return all our models, mixins too; empty and superuser's."""
        return [
            model.sudo()
            for model in self.env.values()
            if model._original_module.startswith(OUR_ADDONS)
        ]

    def _our_methods(self):
        """Yield model and name of each method that only our add-ons define, and that
        users can call from outside.
        """
        for model in self.env.values():
            ours, others = set(), set()
            for cls in type(model).mro():
                is_ours = cls.__module__.startswith(f"odoo.addons.{OUR_ADDONS}")
                (ours if is_ours else others).update(
                    name
                    for name, value in vars(cls).items()
                    if inspect.isroutine(value)
                )
            for name in sorted(ours - others):
                try:
                    get_public_method(model, name)
                except AccessError:
                    continue
                yield model.sudo(), name

    def _our_fields(self):
        """Yield model and field of each field of ours that is for some groups only."""
        for model in self.env.values():
            if model._abstract:
                continue
            for field in model._fields.values():
                if field.groups and field._modules[0].startswith(OUR_ADDONS):
                    yield model.sudo(), field

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    def _record_of_b(self, model):
        """Return a record of the model that belongs to company B's lead or scoring
        model; a new one where there is none yet.
        """
        if model._name not in self.belongs:
            self.belongs[model._name] = self._find(model) or self._make(model)
        return self.belongs[model._name].sudo()

    def _find(self, model):
        model = model.with_context(active_test=False)
        if "lead_id" in model._fields and not model._transient:
            return model.search([("lead_id", "=", self.foreign.id)], limit=1)
        if not model._auto and "user_id" in model._fields:
            return model.search([("user_id", "=", self.seller_b.id)], limit=1)
        ours = model._original_module.startswith(OUR_ADDONS)
        return model.browse() if ours else model.search([], limit=1)

    def _make(self, model):
        if not model._auto:
            return model.browse()
        values = {}
        for name, field in model._fields.items():
            if not field.store or field.compute or name in ("create_uid", "write_uid"):
                continue
            if field.type == "many2one" and (
                field.required or field.comodel_name in self.belongs
            ):
                values[name] = self._record_of_b(self.env[field.comodel_name].sudo()).id
            elif name in NEEDED:
                values[name] = NEEDED[name]
            elif field.required and not field.default:
                values[name] = self._value_of(field)
        return model.create(values)

    def _value_of(self, field):
        if field.type in ("many2many", "one2many"):
            return self._record_of_b(self.env[field.comodel_name].sudo()).ids
        if field.type == "selection":
            return field.get_values(self.env)[0]
        values = {"char": "x", "text": "x", "integer": 1, "float": 1, "binary": "eA=="}
        return values.get(field.type, self.env.cr.now())
