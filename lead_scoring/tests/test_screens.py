import json
import os
from datetime import timedelta
from pathlib import Path
from unittest import skipUnless

import polib

from odoo import fields
from odoo.modules import Manifest
from odoo.tests import HttpCase, tagged

from .common_demo import DemoMixin

try:
    import axe_core_python
except ImportError:  # a package of the environment of ./dev, no part of Odoo
    axe_core_python = None

LANGUAGES = {"vi": "vi_VN", "uk": "uk_UA"}
FOREIGN = ("crm", "sales_team", "utm", "website")
"""Add-ons of Odoo whose fields our screens show, too."""
WALK = """
(async () => {
    const {walk} = odoo.loader.modules.get("@lead_scoring/../tests/screens.esm");
    const problems = await walk(%s);
    if (problems.length) {
        console.error(problems.join("\\n"));
    } else {
        console.log("test successful");
    }
})();
"""


ALL = skipUnless(
    os.environ.get("LEAD_SCORING_SCREENS"),
    "each language is looked at in one width; set LEAD_SCORING_SCREENS=1 for both",
)


class ScreensCase(DemoMixin, HttpCase):
    """What is the same on a wide and on a narrow screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        languages = cls.env["res.lang"]
        for code in LANGUAGES.values():
            languages._activate_lang(code)
        names = cls._load_demo()
        modules = cls.env["ir.module.module"].search(
            [("name", "in", [*names, *FOREIGN]), ("state", "=", "installed")]
        )
        modules._update_translations(list(LANGUAGES.values()))
        cls._score_demo()
        cls.addons = names
        cls.axe = cls._axe_address()
        cls.admin = cls.env.ref("base.user_admin")
        # a dialog for who starts would hide what is looked at
        cls.admin.tour_enabled = False
        cls.env["res.users.settings"]._find_or_create_for_user(cls.admin)
        cls.env["ir.cron"].search([]).nextcall = fields.Datetime.now() + timedelta(1)

    @classmethod
    def _axe_address(cls):
        """Return where the browser finds the script of axe, if that is installed."""
        if axe_core_python is None:
            return False
        script = Path(axe_core_python.__file__).parent / "axe.min.js"
        vals = {"name": "axe.min.js", "public": True, "raw": script.read_bytes()}
        attachment = cls.env["ir.attachment"].create(vals)
        return f"/web/content/{attachment.id}/axe.min.js"

    def _walk(self, language=None):
        """Look at every screen in a language, English by default."""
        self.admin.lang = LANGUAGES.get(language, "en_US")
        options = {
            "menu": "lead_scoring.lead_scoring_menu",
            "screens": list(self._screens()),
            "english": sorted(self._english(language)) if language else [],
            "axe": not language and self.axe,
        }
        self.browser_js(
            "/odoo/action-lead_scoring.lead_scoring_rule_action",
            WALK % json.dumps(options),
            ready="!!document.querySelector('.o_action_manager .o_control_panel')",
            login="admin",
            timeout=400,
        )

    def _english(self, language):
        """Return our texts that read differently in a language. A word that Odoo's CRM
        has, too, may be its own, which it has left untranslated.
        """
        theirs = {
            entry.msgid for addon in FOREIGN for entry in self._texts(addon, addon)
        }
        return {
            entry.msgid
            for addon in self.addons
            for entry in self._texts(addon, language, "po")
            if entry.msgstr and entry.msgstr != entry.msgid
        } - theirs

    def _texts(self, addon, name, suffix="pot"):
        path = Path(Manifest.for_addon(addon).path) / "i18n" / f"{name}.{suffix}"
        return polib.pofile(str(path)) if path.exists() else []

    def _screens(self):
        """Yield the screens that no menu opens."""
        lead = self.env["crm.lead"].search(
            [("type", "=", "opportunity"), ("handover", "=", "offered")],
            order="score desc, id",
            limit=1,
        )
        rule = self.env.ref("lead_scoring.rule_pricing_page")
        team = self.env.ref("lead_scoring.team_direct_sales")
        draft = self.env["lead.scoring.model"].search(
            [("state", "=", "draft")], limit=1
        )
        simulation = self.env["lead.scoring.simulation"].browse(
            draft.with_user(self.admin)
            .with_context(lang=self.admin.lang)
            .action_simulate()["res_id"]
        )
        for record in (lead, rule, team, simulation):
            yield {"name": record._name, "action": self._form(record)}
        yield {
            "name": "explanation",
            "action": self._form(lead),
            "click": ".o_lead_score_strip",
        }
        for name in ("crm.crm_lead_action_pipeline", "crm.crm_lead_all_leads"):
            yield {"name": name, "action": name}

    def _form(self, record):
        """Return an action that opens a record."""
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }


@tagged("post_install", "-at_install")
class TestScreensWide(ScreensCase):
    """Each screen, and the first record of each list, on a laptop: no text is cut,
    none is left in English, and a keyboard or a screen reader meets no barrier.
    """

    browser_size = "1366x768"

    def test_english(self):
        self._walk()

    def test_vietnamese(self):
        self._walk("vi")

    @ALL
    def test_ukrainian(self):
        self._walk("uk")


@tagged("post_install", "-at_install")
class TestScreensNarrow(ScreensCase):
    """The same on a phone."""

    browser_size = "390x844"
    touch_enabled = True

    @ALL
    def test_english(self):
        self._walk()

    @ALL
    def test_vietnamese(self):
        self._walk("vi")

    def test_ukrainian(self):
        self._walk("uk")
