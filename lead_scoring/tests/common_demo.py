import math

from odoo.modules import Manifest
from odoo.tools import convert_file


class DemoMixin:
    """The demo data of all add-ons that are installed, with Odoo's own that it refers
    to, scored as ``./dev demo`` does: for a test case of any kind.
    """

    @classmethod
    def _load_demo(cls):
        """Load the demo of all our add-ons, and return their names."""
        seller = cls.env.ref("sales_team.group_sale_salesman")
        vals = {"login": "demo-user", "group_ids": seller.ids}
        cls._have("base.user_demo", "res.users", **vals)
        cls._have("sales_team.crm_team_1", "crm.team")
        # as in the demo data of Odoo; on screen people choose one of several
        company = cls.env["res.company"].create({"name": "Another"})
        cls.env.ref("base.user_admin").company_ids += company
        cls._have("utm.utm_campaign_email_campaign_services", "utm.campaign")
        modules = cls.env["ir.module.module"].search(
            [("name", "=like", r"lead\_scoring%"), ("state", "=", "installed")]
        )
        names = sorted(modules.mapped("name"))
        cls._load(names)
        return names

    @classmethod
    def _score_demo(cls):
        """Score all, convert, and judge the model."""
        cls.env.cr.flush()
        cls.env["lead.scoring.pass"]._start(True)._run(math.inf, lambda: None)
        cls.env["crm.team"]._convert_by_score(lambda: None)
        if "lead.scoring.quality" in cls.env:
            cls.env["lead.scoring.quality"].action_judge_live()

    @classmethod
    def _load(cls, addons):
        """Load the demo data of these add-ons, as if for the first time."""
        for addon in addons:
            cls._forget(addon)
            for filename in Manifest.for_addon(addon)["demo"]:
                convert_file(cls.env, addon, filename, {}, "init", noupdate=True)

    @classmethod
    def _have(cls, xml_id, model, **vals):
        """Have a record of the demo data of Odoo, which tests run without."""
        if not cls.env.ref(xml_id, raise_if_not_found=False):
            record = cls.env[model].create({"name": "Demo", **vals})
            data = [{"xml_id": xml_id, "record": record}]
            cls.env["ir.model.data"]._update_xmlids(data)

    @classmethod
    def _forget(cls, addon):
        """Delete the rules, and the external IDs of the rest, as an uninstallation does
        that deletes no more.
        """
        names = [("name", "=like", r"%\_demo\_%"), ("module", "=", addon)]
        data = cls.env["ir.model.data"].search(names)
        rules = data.filtered(lambda row: row.model == "lead.scoring.rule")
        cls.env["lead.scoring.rule"].browse(rules.mapped("res_id")).unlink()
        data.exists().unlink()
        cls.env.flush_all()
