from odoo.modules import Manifest
from odoo.tests import TransactionCase, tagged
from odoo.tools import convert_file


@tagged("post_install", "-at_install")
class TestDemo(TransactionCase):
    """Demo data is loaded where an uninstallation has left an earlier demo behind."""

    def test_demo_data_loads_twice(self):
        self._have("base.user_demo", "res.users", login="demo-user")
        self._have("sales_team.crm_team_1", "crm.team")
        self._have("utm.utm_campaign_email_campaign_services", "utm.campaign")
        for addon in ("lead_scoring", "lead_scoring_learning"):
            manifest = Manifest.for_addon(addon)
            # an add-on that is not installed has no demo data to load
            for filename in manifest["demo"] if self._is_installed(addon) else ():
                for _time in range(2):
                    self._forget(addon)
                    convert_file(
                        self.env, addon, filename, {}, mode="init", noupdate=True
                    )
        leads = self.env["crm.lead"].with_context(active_test=False)
        self.assertEqual(leads.search_count([("referred", "=like", "Deal ___")]), 240)

    def _have(self, xml_id, model, **vals):
        """Have a record of the demo data of Odoo, which tests run without."""
        if not self.env.ref(xml_id, raise_if_not_found=False):
            record = self.env[model].create({"name": "Demo", **vals})
            data = [{"xml_id": xml_id, "record": record}]
            self.env["ir.model.data"]._update_xmlids(data)

    def _is_installed(self, addon):
        return self.env["ir.module.module"]._get(addon).state == "installed"

    def _forget(self, addon):
        """Delete the external IDs, as an uninstallation does that deletes no more."""
        names = [("name", "=like", r"%\_demo\_%"), ("module", "=", addon)]
        self.env["ir.model.data"].search(names).unlink()
        self.env.flush_all()
