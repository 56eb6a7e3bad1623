from odoo.tests import TransactionCase, tagged
from odoo.tools.convert import convert_file

from odoo.addons.mail.tests.common import mail_new_test_user

DATA = "data/lead_scoring_rule_data.xml"
MODEL = "lead_scoring.scoring_model_standard"


@tagged("post_install", "-at_install")
class TestStarterRules(TransactionCase):
    """The rules that come with the add-on: what they give, and whose they are."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.country = cls.env.ref("base.vn")
        cls.phone_rule = cls.env.ref("lead_scoring.rule_phone")

    def _lead(self, *urls, **vals):
        """Return a scored lead, one that has seen the pages ``urls``."""
        lead = self.env["crm.lead"].create({"name": "Starter", **vals})
        self.env["website.visitor"].create(
            {
                "access_token": f"{lead.id:032x}",
                "lead_ids": [(4, lead.id)],
                "website_track_ids": [(0, 0, {"url": url}) for url in urls],
            }
        )
        lead._score_now()
        return lead

    def _points(self, lead):
        """Return ``{name of the rule's record: points}`` of what a lead has."""
        rules = self.env["lead.scoring.rule"].browse(
            line["rule_id"] for line in lead.score_explanation["rules"]
        )
        names = rules.get_external_id()
        return {
            names[line["rule_id"]].removeprefix("lead_scoring.rule_"): line["points"]
            for line in lead.score_explanation["rules"]
        }

    def _update(self):
        """Load the starter rules as an update of the add-on does."""
        convert_file(self.env, "lead_scoring", DATA, {}, mode="update")

    # ------------------------------------------------------------------
    # A fresh installation
    # ------------------------------------------------------------------

    def test_ideal_lead_is_hot(self):
        lead = self._lead(
            "https://www.example.com/pricing",
            "https://www.example.com/en/contactus?utm_source=mail",
            partner_name="Hanoi Robotics",
            email_from="an@hanoi-robotics.vn",
            phone="+84 24 3825 3535",
            function="Giám đốc",
            country_id=self.country.id,
            city="Hà Nội",
            source_id=self.env["utm.source"].create({"name": "Fair"}).id,
        )
        self.assertEqual((lead.temperature, lead.segment), ("hot", "sales"))
        self.assertEqual(lead.fit_score, 50)
        lead.write(
            {
                "industry_id": self.env.ref("base.res_partner_industry_C").id,
                "employee_count": 50,
                "company_revenue": 1,
                "budget": 1,
            }
        )
        lead._score_now()
        self.assertEqual(lead.fit_score, 59)

    def test_signals_give_points_in_the_order_of_closeness_to_buying(self):
        order = ["demo_request", "form", "reply", "meeting", "pricing_page"]
        order += ["download", "video", "returning_customer"]
        rules = [self.env.ref(f"lead_scoring.rule_{name}") for name in order]
        points = [rule.value for rule in rules]
        self.assertEqual(points, sorted(points, reverse=True))
        streams = [rule for rule in rules if rule.source != "lead"]
        self.assertTrue(all(rule.maximum and rule.half_life for rule in streams))

    def test_events_are_told_apart_by_their_names(self):
        kinds = {
            "Demo requested": {"demo_request": 25},
            "Yêu cầu dùng thử": {"demo_request": 25},
            "Запит на демо": {"demo_request": 25},
            "Played the demo video": {"video": 6},
            "Watched the webinar": {"video": 6},
            "Downloaded the price list": {"download": 8},
            "Tải bảng giá": {"download": 8},
            "Liked a post": {},
        }
        for name, points in kinds.items():
            with self.subTest(name):
                lead = self._lead()
                self.env["lead.scoring.event"].create(
                    {"name": name, "lead_id": lead.id}
                )
                lead._score_now()
                self.assertEqual(self._points(lead), points)

    def test_form_reply_and_meeting_count(self):
        lead = self._lead()
        event = {"name": "/contactus", "kind": "form", "lead_id": lead.id}
        self.env["lead.scoring.event"].create(event)
        lead._score_now()
        self.assertEqual(self._points(lead), {"form": 20})

    def test_average_lead_is_warm(self):
        lead = self._lead(
            partner_name="Hanoi Robotics",
            email_from="an@hanoi-robotics.vn",
            phone="+84 24 3825 3535",
            country_id=self.country.id,
        )
        self.assertEqual((lead.score, lead.temperature), (30, "warm"))

    def test_empty_lead_is_cold(self):
        lead = self._lead()
        self.assertEqual((lead.score, lead.temperature), (0, "cold"))

    def test_fit_alone_is_never_hot(self):
        rules = self.phone_rule.model_id.rule_ids.filtered(
            lambda rule: rule.get_external_id()[rule.id].startswith("lead_scoring.")
        )
        fit = rules.filtered(lambda rule: rule.dimension == "fit" and rule.value > 0)
        self.assertLess(sum(fit.mapped("value")), self.phone_rule.model_id.hot_score)

    # ------------------------------------------------------------------
    # What matches
    # ------------------------------------------------------------------

    def test_mail_addresses(self):
        kinds = {
            "olena@zavod-kyiv.ua": {"professional_email": 10},
            "olena@gmail.com": {"free_email": -5},
            "olena@ukr.net": {"free_email": -5},
            "olena@i.ua": {"free_email": -5},
            "olena@mail.ru": {"free_email": -5},
            "olena@163.com": {"free_email": -5},
            "not an address": {},
        }
        for address, points in kinds.items():
            with self.subTest(address):
                self.assertEqual(self._points(self._lead(email_from=address)), points)

    def test_functions(self):
        decides = ("Sales Director", "CEO", "cto", "CFO & partner", "Head of Buying")
        decides += ("Co-founder", "Owner", "VP Sales", "Phó giám đốc", "Trưởng phòng")
        decides += ("Генеральний директор", "КЕРІВНИК відділу", "Власник")
        others = ("Assistant to the CEO", "Contractor", "Product Owner", "Accountant")
        for function in decides + others:
            with self.subTest(function):
                points = self._points(self._lead(function=function))
                self.assertEqual("decision_maker" in points, function in decides)

    def test_page_views_count_up_to_a_maximum(self):
        pages = [f"https://www.example.com/vi/pricing/{page}" for page in range(5)]
        points = self._points(self._lead(*pages))
        self.assertEqual(points, {"pricing_page": 30, "any_page": 5})

    def test_careers_page_takes_points_away(self):
        lead = self._lead("https://www.example.com/jobs/welder-7")
        self.assertEqual(self._points(lead), {"careers_page": -10, "any_page": 1})

    def test_returning_customer(self):
        won = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        ann = {"email_from": "ann@gmail.com"}
        self.env["crm.lead"].create({"name": "Won", "stage_id": won.id, **ann})
        self.assertEqual(
            self._points(self._lead(**ann)),
            {"free_email": -5, "returning_customer": 5},
        )

    # ------------------------------------------------------------------
    # They are the user's
    # ------------------------------------------------------------------

    def test_update_keeps_changes(self):
        self.phone_rule.write({"value": 99, "name": "Ours", "active": False})
        self._update()
        self.assertEqual(self.phone_rule.value, 99)
        self.assertEqual(self.phone_rule.name, "Ours")
        self.assertFalse(self.phone_rule.active)

    def test_update_brings_nothing_back(self):
        rules = self.env["lead.scoring.rule"].with_context(active_test=False)
        self.phone_rule.unlink()
        count = rules.search_count([])
        self._update()
        self.assertFalse(self.env.ref("lead_scoring.rule_phone", False))
        self.assertEqual(rules.search_count([]), count)

    # ------------------------------------------------------------------
    # New ones are offered
    # ------------------------------------------------------------------

    def _offer(self, scoring_model=None):
        obstacles = self.env["lead.scoring.obstacle"]
        scoring_model = scoring_model or self.env.ref(MODEL)
        return obstacles._find_suggested_rules(scoring_model)

    def test_nothing_is_offered_where_all_are_there(self):
        self.assertFalse(self._offer())

    def test_update_brings_no_new_rule_but_offers_it_for_a_draft(self):
        """As in a database that was made when there were fewer."""
        model = self.env.ref(MODEL)
        names = ("rule_form", "rule_demo_request")
        for name in names:
            self.env.ref(f"lead_scoring.{name}").unlink()
        contact = self.env.ref("lead_scoring.rule_contact_page")
        contact.value = 15
        count = len(model.rule_ids)
        self._update()
        self.assertEqual((len(model.rule_ids), contact.value), (count, 15))
        [offer] = self._offer()
        self.assertIn("Filled in a form on the website", offer["advice"])

        manager = mail_new_test_user(
            self.env, "offered", "lead_scoring.group_scoring_manager"
        )
        action = model.with_user(manager).action_mend("suggested_rules")
        draft = self.env["lead.scoring.model"].browse(action["res_id"])
        self.assertEqual((draft.state, draft.origin_id), ("draft", model))
        self.assertEqual(len(draft.rule_ids), count + 2)
        self.assertEqual(len(model.rule_ids), count)
        for name in names:
            self.assertEqual(self.env.ref(f"lead_scoring.{name}").model_id, draft)
        self.assertFalse(self._offer())

    def test_rules_are_offered_for_another_live_model_where_the_standard_is_gone(self):
        self.env.ref(MODEL).state = "retired"
        self.env.ref(MODEL).unlink()
        model = self.env["lead.scoring.model"].create({"name": "Ours", "state": "live"})
        self.assertTrue(self._offer(model))
        draft = self.env["lead.scoring.model"].browse(
            model.action_mend("suggested_rules")["res_id"]
        )
        self.assertEqual(self.env.ref("lead_scoring.rule_phone").model_id, draft)

    def test_offered_rules_are_named_in_the_users_language(self):
        self.env["res.lang"]._activate_lang("uk_UA")
        self.env["ir.module.module"]._load_module_terms(["lead_scoring"], ["uk_UA"])
        before = self.phone_rule.with_context(lang="uk_UA").name
        self.assertNotEqual(before, self.phone_rule.with_context(lang="en_US").name)
        self.phone_rule.unlink()
        self.env.ref(MODEL).action_mend("suggested_rules")
        rule = self.env.ref("lead_scoring.rule_phone")
        self.assertEqual(rule.with_context(lang="uk_UA").name, before)

    def test_update_without_the_standard_model(self):
        scoring_model = self.phone_rule.model_id
        scoring_model.state = "retired"
        scoring_model.unlink()
        self._update()
        self.assertFalse(self.env.ref("lead_scoring.rule_phone", False))
