from lxml import etree

from odoo.tests import Form, tagged

from .common import LeadScoringCommon

EVERYBODY = {
    "lead_scoring_rule_action",
    "website_track_action",
    "lead_scoring_history_action",
    "crm_lead_action_scored",
}
MANAGERS = {
    "crm_lead_action_waiting",
    "lead_scoring_model_action",
    "lead_scoring_model_action_setup",
    "lead_scoring_pass_action",
}


@tagged("post_install", "-at_install")
class TestViews(LeadScoringCommon):
    """Every screen opens for those whose screen it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.managers = cls.scoring_manager + cls.sales_manager
        cls.rule = cls._rule(40)
        cls.page_rule = cls._page_view_rule(5, maximum=5, half_life=7)
        cls.lead = cls._lead(city="Ghent")
        cls.env.flush_all()
        cls._score()

    def test_screens_open(self):
        for user in self.salesman + self.managers:
            for action in EVERYBODY:
                with self.subTest(user=user.login, action=action):
                    self._read_screen(user, f"lead_scoring.{action}")
        for user in self.managers:
            for action in MANAGERS:
                with self.subTest(user=user.login, action=action):
                    self._read_screen(user, f"lead_scoring.{action}")

    def test_menus(self):
        """Salespeople look rules up; what is done about it is for managers."""
        root = self.env.ref("lead_scoring.lead_scoring_menu")
        # without those of other add-ons
        menus = root.search([("id", "child_of", root.id), ("action", "!=", False)])
        names = menus.get_external_id()
        logs = self.env.ref("lead_scoring.lead_scoring_log_menu").child_id
        both = menus.filtered(
            lambda menu: names[menu.id].startswith("lead_scoring.") and menu not in logs
        )
        managers_only = self.env.ref("lead_scoring.lead_scoring_model_menu")
        managers_only += self.env.ref("lead_scoring.lead_scoring_setup_menu")
        managers_only += self.env.ref("lead_scoring.lead_scoring_title_word_menu")
        managers_only += self.env.ref("lead_scoring.crm_lead_waiting_menu")
        sales_manager_only = self.env.ref("lead_scoring.lead_scoring_dry_run_menu")
        managers_only += sales_manager_only
        for user, expected in (
            (self.salesman, both - managers_only),
            (self.scoring_manager, both - sales_manager_only),
            (self.sales_manager, both),
            (self.stranger, both.browse()),
        ):
            with self.subTest(user=user.login):
                menus = self.env["ir.ui.menu"].with_user(user)
                visible = menus.browse(menus._visible_menu_ids())
                self.assertEqual(visible.sudo() & both, expected)

    def test_rule_form(self):
        for user in self.managers:
            with self.subTest(user=user.login):
                form = Form(self.env["lead.scoring.rule"].with_user(user))
                form.name = "Pricing"
                form.value = 10
                self.assertEqual(form.source_model, "crm.lead")
                form.domain = "[('city', '=', 'Ghent')]"
                form.source = "page_view"
                self.assertEqual(form.source_model, "website.track")
                self.assertEqual(form.domain, "[]")
                self.assertEqual(form.dimension, "interest")
                form.maximum = 30
                self.assertEqual(form.save().model_id, self.scoring_model)

    def test_rule_form_of_salesman_has_no_buttons(self):
        view = self.env["lead.scoring.rule"].with_user(self.salesman).get_view()
        arch = etree.fromstring(view["arch"])
        buttons = {node.get("name") for node in arch.iter("button")}
        self.assertIn("action_view_leads", buttons)
        self.assertFalse(buttons & {"action_test", "action_track_pages"})
        self.assertEqual(arch.get("create"), "False")

    def test_lead_form(self):
        for user in self.salesman + self.managers:
            with self.subTest(user=user.login):
                form = Form(self.lead.with_user(user), view="crm.crm_lead_view_form")
                self.assertEqual(form.score, 40)
                self.assertEqual(form.fit_score, 40)
                self.assertEqual(form.temperature, "warm")
                form.city = "Antwerp"
                form.save()
                form.city = "Ghent"
                form.save()

    def test_lead_form_of_stranger_has_no_score(self):
        """A lead may be readable by others, by some add-on or rule; scores are not."""
        view = self.env["crm.lead"].with_user(self.stranger).sudo(False)
        self.env["ir.model.access"].create(
            {
                "name": "leads for all",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        arch = view.get_view(self.env.ref("crm.crm_lead_view_form").id)["arch"]
        self.assertNotIn("score", arch)

    def test_nothing_moves_under_the_pointer_that_takes_a_lead(self):
        """In the header «Won» would, and a phone would hide the buttons there."""
        leads = self.env["crm.lead"].with_user(self.salesman)
        arch = etree.fromstring(leads.get_view(view_type="form")["arch"])
        for name in ("action_take", "action_send_back"):
            [button] = arch.iterfind(f".//button[@name='{name}']")
            tags = [parent.tag for parent in button.iterancestors()]
            self.assertIn("sheet", tags)
            self.assertNotIn("header", tags)

    def test_reason_and_advice_of_waiting_leads_wrap(self):
        view = self.env.ref("lead_scoring.crm_lead_view_list_waiting")
        arch = etree.fromstring(view.arch)
        for name in ("routing_note", "waiting_advice"):
            [field] = arch.iterfind(f".//field[@name='{name}']")
            self.assertIn("text-wrap", field.get("class", ""))

    def test_lists_best_first(self):
        view = self.env.ref("crm.crm_case_tree_view_leads")
        arch = etree.fromstring(self.env["crm.lead"].get_view(view.id)["arch"])
        self._lead(name="Without points")
        best = self._lead(city="Ghent", priority="3")
        self._score()
        leads = self.env["crm.lead"].with_user(self.all_leads_salesman)
        found = leads.search(
            [("id", ">=", self.lead.id)], order=arch.get("default_order")
        )
        self.assertEqual(found.mapped("score"), [40, 40, 0])
        self.assertEqual(found[0], best)

    def test_one_button_for_page_views(self):
        """Core's button counts and shows what scoring reads: those of the contact's
        visitors too.
        """
        self.lead.partner_id = self.env["res.partner"].create({"name": "Contact"})
        self._visitor(partner=self.lead.partner_id, pages=["/", "/price"])
        lead = self.lead.with_user(self.salesman)
        form = Form(lead, view="crm.crm_lead_view_form")
        self.assertEqual(form.score_pageview_count, 2)
        self.assertNotIn("visitor_page_count", form._view["fields"])
        action = lead.action_redirect_to_page_views()
        views = self.env["website.track"].with_user(self.salesman)
        urls = views.search(action["domain"]).mapped("url")
        self.assertEqual(sorted(urls), ["/", "/price"])

    def test_team_form_counts_before_saving(self):
        """What would be converted is known while the minimum is being typed."""
        for user in self.sales_manager:
            form = Form(self.team.with_user(user))
            self.assertEqual(form.convert_ready_count, 0)
            form.convert_by_score = True
            form.minimum_score = 41
            self.assertEqual(form.convert_ready_count, 0)
            form.minimum_score = 40
            self.assertEqual(form.convert_ready_count, 1)
            form.convert_new_only = True
            self.assertEqual(form.convert_ready_count, 0)
            form.save()
            self.assertTrue(self.team.convert_since)

    def test_team_card(self):
        """The card leads a manager to the minimum, and tells others what it is."""
        view = self.env.ref("sales_team.crm_team_view_kanban_dashboard")
        links = "//*[@t-name='card']//a[@type='open']"
        for user, expected in ((self.sales_manager, 1), (self.salesman, 0)):
            teams = self.env["crm.team"].with_user(user)
            arch = etree.fromstring(teams.get_view(view.id, "kanban")["arch"])
            self.assertEqual(len(arch.xpath(links)), expected)
            self.assertTrue(arch.xpath("//field[@name='minimum_score']"))

    def test_rule_test_window(self):
        for user in self.managers:
            action = self.rule.with_user(user).action_test()
            window = self.env[action["res_model"]].with_user(user)
            form = Form(window.with_context(**action["context"]))
            form.lead_id = self.lead
            self.assertTrue(form.matches)
            self.assertEqual((form.score_without, form.score_with), (0, 40))

    def test_rule_leads(self):
        action = self.rule.with_user(self.salesman).action_view_leads()
        leads = self.env["crm.lead"].with_user(self.salesman)
        self.assertIn(self.lead, leads.search(action["domain"]))

    def test_settings(self):
        parameters = self.env["ir.config_parameter"].sudo()
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.lead_scoring_website_leads, "reroute")
            form.lead_scoring_website_leads = "leave"
        form.record.execute()
        self.assertEqual(parameters.get_param("lead_scoring.website_leads"), "leave")
