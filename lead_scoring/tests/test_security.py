from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadScoringCommon

OWN_MODELS = [
    "lead.scoring.rule",
    "lead.scoring.model",
    "lead.scoring.score",
    "lead.scoring.history",
    "lead.scoring.pass",
    "lead.scoring.rule.test",
]


@tagged("post_install", "-at_install")
class TestSecurity(LeadScoringCommon):
    """Who reads and who changes what."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.portal = cls._user("portal-user", "base.group_portal")
        cls.rule = cls._rule(40)
        cls.own = cls._lead(city="Ghent", name="Own", user_id=cls.salesman.id)
        cls.foreign = cls._lead(
            city="Ghent", name="Foreign", user_id=cls.all_leads_salesman.id
        )
        cls._rule(-7, "[('name', '=', 'Foreign')]")
        cls._score()
        cls.leads = cls.own + cls.foreign
        cls.foreign_history = cls.env["lead.scoring.history"].search(
            [("lead_id", "=", cls.foreign.id)]
        )

    def _as(self, user, records):
        """Return ``records`` of ``user``, with nothing in the cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_user(user)

    # ------------------------------------------------------------------
    # Reading scores
    # ------------------------------------------------------------------

    def test_fixture(self):
        self.assertEqual(self.leads.mapped("score"), [40, 33])
        self.assertEqual(self.leads.mapped("temperature"), ["warm", "warm"])
        self.assertTrue(self.foreign_history)

    def test_salesman_reads_the_score_of_his_leads(self):
        own = self._as(self.salesman, self.own)
        self.assertEqual((own.score, own.temperature), (40, "warm"))
        self.assertEqual(own.score_explanation["score"], 40)
        self.assertEqual(own.score_id.fit, 40)
        self.assertIn("team", own.routing_note)

    def test_salesman_finds_only_rows_of_his_leads(self):
        for model_name in ("lead.scoring.score", "lead.scoring.history"):
            with self.subTest(model_name):
                model = self._as(self.salesman, self.env[model_name])
                mine = [("lead_id", "in", self.leads.ids)]
                self.assertEqual(model.search(mine).lead_id, self.own)
                self.assertEqual(model.search([]).lead_id, self.own)
                self.assertEqual(
                    model.search_count([]), len(model.sudo().search([])) // 2
                )
                self.assertFalse(model.search([("lead_id", "=", self.foreign.id)]))
                self.assertFalse(model.search([("lead_id.name", "=", "Foreign")]))
                self.assertFalse(model.name_search("Foreign"))
                groups = model._read_group(mine, ["lead_id"], ["score:sum"])
                self.assertEqual([lead for lead, _sum in groups], [self.own])
                rows = model.search_read(mine, ["score"])
                self.assertEqual(len(rows), model.search_count([]))

    def test_salesman_can_not_read_a_foreign_row(self):
        rows = self.foreign.score_id, self.foreign_history
        for row in rows:
            row = self._as(self.salesman, row)
            with self.assertRaises(AccessError):
                row.read(["score"])
            with self.assertRaises(AccessError):
                row.mapped("score")
            with self.assertRaises(AccessError):
                row.mapped("display_name")
            with self.assertRaises(UserError):
                row.export_data(["score"])
            self.assertFalse(row.has_access("read"))
            self.assertFalse(row._filtered_access("read"))

    def test_scoring_manager_reads_all_leads_and_changes_own_ones(self):
        manager = self.scoring_manager
        leads = self._as(manager, self.env["crm.lead"])
        self.assertLessEqual(self.leads, leads.search([]).sudo())
        foreign = self._as(manager, self.foreign)
        self.assertEqual(foreign.score_id.score, 33)
        self.assertTrue(foreign.score_explanation["rules"])
        for change in (
            lambda: foreign.write({"name": "Mine"}),
            lambda: foreign.unlink(),
            lambda: leads.create({"name": "New", "user_id": self.salesman.id}),
        ):
            with self.assertRaises(AccessError):
                change()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.foreign.write({"user_id": False, "company_id": elsewhere.id})
        self.assertNotIn(self.foreign, leads.search([]).sudo())

    def test_rows_of_own_and_foreign_leads_together(self):
        rows = self._as(self.salesman, self.leads.score_id)
        self.assertEqual(rows._filtered_access("read").lead_id, self.own)
        with self.assertRaises(AccessError):
            rows.check_access("read")

    def test_salesman_does_not_find_foreign_leads_by_score(self):
        Lead = self._as(self.salesman, self.env["crm.lead"])
        self.assertEqual(Lead.search([("score", ">=", 40)]), self.own)
        groups = Lead._read_group([("score", ">", 0)], ["score"], ["__count"])
        self.assertEqual(groups, [(40, 1)])

    def test_salesman_can_not_read_a_foreign_lead(self):
        lead = self._as(self.salesman, self.foreign)
        for name in ("score", "temperature", "score_explanation", "routing_note"):
            with self.subTest(name), self.assertRaises(AccessError):
                lead.read([name])
        with self.assertRaises(AccessError):
            lead.action_score_now()

    def test_salesman_of_all_leads_reads_all(self):
        Score = self._as(self.all_leads_salesman, self.env["lead.scoring.score"])
        found = Score.search([("lead_id", "in", self.leads.ids)])
        self.assertEqual(found.lead_id, self.leads)
        self.assertEqual(found.mapped("score"), [40, 33])

    def test_rows_follow_customised_lead_rules(self):
        """A record rule on leads, whatever it says, holds for scores too."""
        self.env["ir.rule"].create(
            {
                "name": "No lead of Ghent",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": "[('city', '!=', 'Ghent')]",
            }
        )
        Score = self._as(self.all_leads_salesman, self.env["lead.scoring.score"])
        self.assertFalse(Score.search([("lead_id", "in", self.leads.ids)]))
        with self.assertRaises(AccessError):
            Score.browse(self.own.score_id.id).read(["score"])

    def test_rows_of_archived_leads_are_read_like_the_leads(self):
        self.own.active = False
        self.foreign.active = False
        Score = self._as(self.salesman, self.env["lead.scoring.score"])
        self.assertEqual(Score.browse(self.own.score_id.id).score, 40)
        with self.assertRaises(AccessError):
            Score.browse(self.foreign.score_id.id).read(["score"])

    # ------------------------------------------------------------------
    # Writing what only scoring writes
    # ------------------------------------------------------------------

    def test_nobody_writes_scoring_fields_of_a_lead(self):
        vals = {
            "score_id": self.foreign.score_id.id,
            "temperature": "hot",
            "temperature_date": "2026-01-01 00:00:00",
            "segment": "sales",
            "segment_date": "2026-01-01 00:00:00",
        }
        for user in (self.salesman, self.scoring_manager, self.sales_manager):
            for name, value in vals.items():
                lead = self._as(user, self.own)
                Lead = lead.browse()
                with self.subTest(name, user=user.login):
                    with self.assertRaises(AccessError):
                        lead.write({name: value})
                    with self.assertRaises(AccessError):
                        Lead.create({"name": "New", name: value})
                    context = {f"default_{name}": value}
                    made = Lead.with_context(**context).create({"name": "New"})
                    self._score()
                    self.assertNotEqual(made.read([name], load=None)[0][name], value)
                    self.assertFalse(made.temperature_date)
                    self.assertEqual(made.score, 0)
                    self.assertEqual(made.score_id.lead_id, made)
                    self.assertEqual(made.temperature, "cold")
                    self.assertEqual(made.segment, "discard")

    def test_points_themselves_can_not_be_written(self):
        lead = self._as(self.sales_manager, self.own)
        lead.write({"score": 99, "fit_score": 99})
        made = lead.create({"name": "New", "score": 99})
        self._score()
        self.env.invalidate_all()
        self.assertEqual((lead.score, lead.fit_score, made.score), (40, 40, 0))

    def test_copy_starts_anew(self):
        self.rule.active = False
        copied = self.own.copy()
        self._score()
        self.assertEqual(copied.score_id.lead_id, copied)
        self.assertNotEqual(copied.score_id, self.own.score_id)
        self.assertEqual((copied.score, copied.temperature), (0, "cold"))
        self.assertFalse(copied.temperature_date)
        with self.assertRaises(AccessError):
            self._as(self.sales_manager, self.own).copy({"temperature": "hot"})

    def test_import_can_not_set_a_score(self):
        Lead = self._as(self.sales_manager, self.env["crm.lead"])
        with mute_logger("odoo.sql_db"):
            result = Lead.load(["name", "temperature"], [["Imported", "hot"]])
        self.assertFalse(result["ids"])
        self.assertEqual(result["messages"][0]["type"], "error")

    def test_form_can_not_show_a_foreign_score(self):
        """The web client may ask what a form would show with another score row."""
        Lead = self._as(self.salesman, self.env["crm.lead"])
        spec = {"score_id": {}, "score": {}, "fit_score": {}, "name": {}}
        foreign = self.foreign.score_id.id
        shown = Lead.onchange({"score_id": foreign}, ["score_id"], spec)
        self.assertFalse(shown["value"].get("score"))
        shown = Lead.onchange({"score_id": foreign}, [], spec)
        self.assertFalse(shown["value"].get("score"))
        context = {"default_score_id": foreign}
        shown = Lead.with_context(**context).onchange({}, [], spec)
        self.assertFalse(shown["value"].get("score"))
        own = self._as(self.salesman, self.own)
        shown = own.onchange({"score_id": foreign}, ["score_id"], spec)
        self.assertFalse(shown["value"].get("score"))
        partner_spec = {"opportunity_ids": {"fields": spec}}
        for command in (
            [0, "x", {"score_id": foreign}],
            [1, self.own.id, {"score_id": foreign}],
        ):
            values = {"opportunity_ids": [command]}
            Partner = self._as(self.salesman, self.env["res.partner"])
            shown = Partner.onchange(values, ["opportunity_ids"], partner_spec)
            self.assertNotIn("'score': 33", str(shown))

    def test_nobody_writes_score_rows_and_history(self):
        for user in (self.salesman, self.scoring_manager, self.sales_manager):
            for row in (self.own.score_id, self.foreign_history):
                row = self._as(user, row)
                with self.subTest(row._name, user=user.login):
                    with self.assertRaises(AccessError):
                        row.write({"score": 1})
                    with self.assertRaises(AccessError):
                        row.create({"lead_id": self.own.id, "reason": "move"})
                    with self.assertRaises(AccessError):
                        row.unlink()

    # ------------------------------------------------------------------
    # Windows
    # ------------------------------------------------------------------

    def test_rule_test_on_a_foreign_lead(self):
        """A scoring manager tries rules on leads of his companies only."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.foreign.write({"user_id": False, "company_id": elsewhere.id})
        Test = self._as(self.scoring_manager, self.env["lead.scoring.rule.test"])
        vals = {"rule_id": self.rule.id, "lead_id": self.foreign.id}
        with self.assertRaises(AccessError):
            Test.create(vals).read(["score_with"])
        with self.assertRaises(AccessError):
            Test.new(vals).mapped("matches")

    # ------------------------------------------------------------------
    # Rules, models and teams
    # ------------------------------------------------------------------

    def test_salesman_reads_rules_and_changes_none(self):
        rule = self._as(self.salesman, self.rule)
        self.assertEqual(rule.name, self.rule.name)
        for record in (rule, rule.model_id):
            with self.assertRaises(AccessError):
                record.write({"name": "Mine"})
            with self.assertRaises(AccessError):
                record.create({"name": "Mine", "value": 100})
            with self.assertRaises(AccessError):
                record.unlink()

    def test_scoring_manager_edits_rules_and_models(self):
        rule = self._as(self.scoring_manager, self.rule)
        rule.value = 7
        rule.create({"name": "Own", "value": 100, "domain": "[('city', '=', 'X')]"})
        rule.model_id.write({"hot_score": 90})
        rule.unlink()
        self.assertFalse(rule.exists())

    def test_scoring_manager_sets_no_minimum(self):
        team = self._as(self.scoring_manager, self.team)
        for vals in ({"minimum_score": 3}, {"convert_by_score": True}):
            with self.assertRaises(AccessError):
                team.write(vals)

    def test_sales_manager_sets_the_minimum_and_edits_rules(self):
        team = self._as(self.sales_manager, self.team)
        team.write({"minimum_score": 3, "convert_by_score": True})
        self.assertEqual(team.convert_ready_count, 0)
        self._as(self.sales_manager, self.rule).value = 7

    def test_salesman_sets_no_minimum(self):
        with self.assertRaises(AccessError):
            self._as(self.salesman, self.team).write({"minimum_score": 3})

    def test_strangers_read_nothing(self):
        public = self.env.ref("base.public_user")
        for user in (self.stranger, self.portal, public):
            for model_name in OWN_MODELS:
                model = self._as(user, self.env[model_name])
                with self.subTest(model_name, user=user.login):
                    self.assertFalse(model.has_access("read"))
                    with self.assertRaises(AccessError):
                        model.search_count([])
            lead = self._as(user, self.own)
            for name in ("score", "temperature", "segment", "score_explanation"):
                with self.subTest(name, user=user.login):
                    with self.assertRaises(AccessError):
                        lead.read([name])
                    with self.assertRaises(AccessError):
                        lead.search([(name, "!=", False)])

    def test_stranger_given_a_lead_sees_no_score(self):
        """Some module or rule may let others read leads: the score is not theirs."""
        self.env["ir.model.access"].create(
            {
                "name": "all read leads",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "group_id": self.env.ref("base.group_user").id,
                "perm_read": True,
            }
        )
        lead = self._as(self.stranger, self.own)
        self.assertEqual(lead.read(["name"])[0]["name"], "Own")
        names = ("score", "fit_score", "temperature", "segment", "fit_band", "win_rate")
        for name in names:
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    lead.read([name])
                with self.assertRaises(AccessError):
                    lead.search([], order=name)
                with self.assertRaises(AccessError):
                    lead.formatted_read_group([], [name], ["__count"])
                with self.assertRaises(AccessError):
                    lead.formatted_read_group([], [], [f"{name}:max"])
        self.assertNotIn("score", lead.fields_get())

    def test_page_views_of_a_lead_are_read_by_its_salesman(self):
        self._visitor(self.own, pages=["/price"])
        own = self._as(self.salesman, self.own)
        self.assertEqual(own.score_pageview_ids.mapped("url"), ["/price"])
        self.assertEqual(own.score_pageview_count, 1)
        found = own.search([("score_pageview_ids.url", "ilike", "price")])
        self.assertEqual(found, own)

    def test_giving_somebody_the_group_is_enough(self):
        self.stranger.group_ids += self.env.ref("lead_scoring.group_scoring_manager")
        rule = self._as(self.stranger, self.rule)
        rule.name = "Now I may"
        self.assertTrue(rule.model_id.has_access("write"))
        self.sales_manager.group_ids = [
            Command.unlink(self.env.ref("sales_team.group_sale_manager").id)
        ]
        self.assertFalse(self._as(self.sales_manager, rule).has_access("write"))
