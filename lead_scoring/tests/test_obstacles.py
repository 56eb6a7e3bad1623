from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import LeadScoringCommon
from .common_contact_page import ContactPageMixin


class ObstacleCommon(LeadScoringCommon):
    """Who meets the page Getting Started first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.admin = cls._user(
            "first-admin",
            "base.group_system,sales_team.group_sale_manager,"
            "website.group_website_designer",
        )
        cls.editor = cls._user(
            "editor",
            "lead_scoring.group_scoring_manager,website.group_website_designer",
        )
        cls.website = cls.env["website"].search([], limit=1, order="id")

    def _found(self, user=None):
        """Return what stands in the way, by name, as the page shows it to ``user``."""
        scoring_model = self.scoring_model.with_user(user or self.admin)
        scoring_model.invalidate_recordset(["setup_obstacles"])
        return {found["name"]: found for found in scoring_model.setup_obstacles}

    def _mend(self, name, user=None):
        return self.scoring_model.with_user(user or self.admin).action_mend(name)


@tagged("post_install", "-at_install")
class TestObstacles(ObstacleCommon):
    """What keeps leads from being made, scored and given to somebody."""

    def test_leads_feature_is_switched_on_by_a_click(self):
        self.assertNotIn("leads", self._found())
        group = self.env.ref("crm.group_use_lead")
        self.env.ref("base.group_user").implied_ids = [Command.unlink(group.id)]
        self.team.use_leads = False
        self.assertFalse(self._found(self.scoring_manager)["leads"].get("button"))
        with self.assertRaises(AccessError):
            self._mend("leads", self.scoring_manager)
        self._mend("leads")
        self.assertNotIn("leads", self._found())
        self.assertTrue(self.team.use_leads)

    def test_scheduled_action_that_is_off_or_deleted_comes_back_by_a_click(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        self.env.ref("lead_scoring.ir_cron_score_all_leads").unlink()
        cron.active = False
        self.assertFalse(self._found(self.sales_manager)["cron"].get("button"))
        self._mend("cron")
        self.assertNotIn("cron", self._found())
        self.assertTrue(cron.active)
        self.assertTrue(self.env.ref("lead_scoring.ir_cron_score_all_leads").active)

    def test_scheduled_action_that_is_late_is_told(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        now = self.env.cr.now()
        cron.nextcall = now - timedelta(hours=1)
        self.assertNotIn("cron", self._found())
        cron.nextcall = now - timedelta(hours=4)
        self.assertIn("late", self._found()["cron"]["text"])

    def test_team_converts_from_hot_on_what_is_born_after_the_click(self):
        self.website.crm_default_team_id = self.other_team
        self.assertFalse(self._found(self.scoring_manager)["team"].get("button"))
        self.assertIn("60", self._found()["team"]["button"])
        self._mend("team", self.sales_manager)
        self.assertTrue(self.other_team.convert_by_score)
        self.assertTrue(self.other_team.convert_new_only)
        self.assertEqual(self.other_team.minimum_score, 60)
        self.assertNotIn("team", self._found())
        with self.assertRaises(UserError):
            self._mend("team")

    def test_team_without_members_is_told_and_opened(self):
        self.team.convert_by_score = True
        self.assertEqual(self._found()["members"]["record"], self.team.id)
        self.assertEqual(self._mend("members")["res_id"], self.team.id)
        self.env["crm.team.member"].create(
            {"crm_team_id": self.team.id, "user_id": self.salesman.id}
        )
        self.assertNotIn("members", self._found())

    def test_untracked_page_is_tracked_by_a_click(self):
        self._page_view_rule(domain="[('url', 'ilike', '/obstacle-prices')]")
        found = self._found(self.scoring_manager)
        self.assertEqual(found["no_page"]["kind"], "advice")
        self.assertEqual(
            self._mend("no_page", self.scoring_manager)["res_model"],
            "lead.scoring.rule",
        )
        page = self.env["website.page"].create(
            {
                "name": "Prices",
                "url": "/obstacle-prices",
                "type": "qweb",
                "arch": "<p>Prices</p>",
            }
        )
        found = self._found(self.scoring_manager)
        self.assertNotIn("no_page", found)
        self.assertIn("/obstacle-prices", found["pages"]["text"])
        self.assertFalse(found["pages"].get("button"))
        self._mend("pages", self.editor)
        self.assertTrue(page.track)
        self.assertNotIn("pages", self._found())

    def test_salesperson_mends_nothing(self):
        with self.assertRaises(AccessError):
            self._mend("team", self.salesman)

    def test_what_stands_in_the_way_of_another_name_is_refused(self):
        for name in ("", "find_all", "_mend", ["team"]):
            with self.subTest(name), self.assertRaises(UserError):
                self._mend(name)


@tagged("post_install", "-at_install")
class TestContactForm(ContactPageMixin, ObstacleCommon, HttpCase):
    """The page that Odoo ships, as visitors get it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_registry_readonly_mode(False)
        cls.website.cookies_bar = False
        page = cls.env.ref("website.contactus_page")
        cls.env["website.page"].search(
            [("url", "=", "/contactus"), ("id", "!=", page.id)]
        ).view_id.unlink()
        page.view_id.with_context(lang=None).reset_arch("hard")

    def _new_leads(self, **values):
        leads = self.env["crm.lead"]
        before = leads.search([])
        self.authenticate(None, None)
        self.assertTrue(self._submit_contact_page(**values))
        return leads.search([]) - before

    def test_form_as_shipped_makes_no_lead_and_the_page_says_so(self):
        self.assertFalse(self._new_leads())
        self.assertIn("/contactus", self._found()["contact_form"]["text"])

    def test_one_click_makes_it_create_leads_and_another_undoes_it(self):
        shipped = self.env.ref("website.contactus").arch_db
        self.assertFalse(
            self._found(self.scoring_manager)["contact_form"].get("button")
        )
        with self.assertRaises(AccessError):
            self._mend("contact_form", self.scoring_manager)
        self._mend("contact_form", self.editor)
        self.assertEqual(self.env.ref("website.contactus").arch_db, shipped)
        self.assertNotIn("contact_form", self._found())
        lead = self._new_leads()
        self.assertEqual(lead.type, "lead")
        self.assertEqual(lead.name, "Desks")
        self.assertEqual((lead.contact_name, lead.partner_name), ("Ann", "Customer"))
        self.assertEqual(lead.email_from, "ann@customer.example")
        self.assertIn("twenty desks", lead.description)
        self.assertTrue(lead.phone)

        self._mend("contact_form_undo", self.editor)
        self.assertIn("contact_form", self._found())
        self.assertNotIn("contact_form_undo", self._found())
        self.assertFalse(self._new_leads())

    def test_click_keeps_what_somebody_changed_on_the_page(self):
        view = self.env.ref("website.contactus").with_context(
            website_id=self.website.id, lang=None
        )
        view.write({"arch": view.arch_db.replace("Contact us about", "Ask us about")})
        self._mend("contact_form", self.editor)
        self.assertIn("Ask us about", self.url_open("/contactus").text)
        self.assertTrue(self._new_leads())

    def test_another_website_keeps_its_form(self):
        other = self.env["website"].create({"name": "Other"})
        self._mend("contact_form", self.editor)
        found = self._found(self.editor)["contact_form"]
        self.assertIn("Other", found["text"])
        page = self.env["website.page"].browse(int(found["record"].partition("-")[2]))
        self.assertFalse(page.website_id)
        self.assertTrue(found["record"].startswith(f"{other.id}-"))

    def test_undo_is_not_offered_after_the_page_was_changed_again(self):
        self._mend("contact_form", self.editor)
        view = self.env["ir.ui.view"].search(
            [("key", "=", "website.contactus"), ("website_id", "=", self.website.id)]
        )
        self.assertIn("contact_form_undo", self._found())
        view.arch = view.arch_db.replace("Contact us about", "Ask us about")
        self.assertNotIn("contact_form_undo", self._found())
