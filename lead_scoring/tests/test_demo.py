from collections import defaultdict
from unittest.mock import patch

from lxml import etree

from odoo.tests import TransactionCase, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.mail.tests.common import mail_new_test_user

from ..demo import lead_scoring_demo
from .common_demo import DemoMixin

SEGMENTS = ["discard", "remarket", "nurture", "sales"]
TEMPERATURES = ["cold", "warm", "hot"]


@tagged("post_install", "-at_install")
class TestDemo(DemoMixin, TransactionCase):
    """The demo of all add-ons that are installed, loaded where an uninstallation has
    left an earlier one behind, and what ``./dev demo`` does with it.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with patch.multiple(lead_scoring_demo, DEALS=40, UNSCORED_DEALS=5):
            names = cls._load_demo()
        cls._load(names)
        cls._score_demo()
        leads = cls.env["crm.lead"].with_context(active_test=False)
        cls.deals = leads.search([("referred", "=like", "Deal ___")])
        cls.closed = cls.deals.filtered(
            lambda lead: lead.won_status != "pending" and lead.score_id.model_id
        )

    def _win_rates(self, key):
        """Return ``{key: win rate}`` of the closed leads, in percent."""
        ended = defaultdict(list)
        for lead in self.closed:
            ended[key(lead)].append(100 * (lead.won_status == "won"))
        return {found: sum(rates) / len(rates) for found, rates in ended.items()}

    def assertRises(self, rates, least=0.0):
        """Check that each rate is above the one before, by ``least`` points."""
        for lower, higher in zip(rates, rates[1:], strict=False):
            self.assertGreaterEqual(higher - lower, least, rates)

    # ------------------------------------------------------------------
    # The story it tells
    # ------------------------------------------------------------------

    def test_an_earlier_demo_is_replaced(self):
        made = lead_scoring_demo.DEALS + lead_scoring_demo.UNSCORED_DEALS
        self.assertEqual(len(self.deals), made)

    def test_hot_leads_win_more_often_than_warm_and_cold_ones(self):
        rates = self._win_rates(lambda lead: lead.temperature)
        self.assertRises([rates[name] for name in TEMPERATURES], 10)

    def test_win_rates_rise_from_discard_to_sales(self):
        rates = self._win_rates(lambda lead: lead.segment)
        self.assertRises([rates[name] for name in SEGMENTS], 3)

    def test_win_rates_rise_with_the_score(self):
        rates = self._win_rates(lambda lead: max(0, min(lead.score // 10, 10)))
        self.assertEqual(sorted(rates), list(range(11)))
        self.assertRises([rates[band] for band in range(11)], -5)

    def test_every_cell_of_the_matrix_has_leads_and_the_best_wins_most(self):
        rates = self._win_rates(lambda lead: (lead.fit_band, lead.interest_band))
        self.assertEqual(len(rates), 16)
        best = rates.pop(("high", "high"))
        worst = rates.pop(("none", "none"))
        self.assertGreaterEqual(best, max(rates.values()))
        self.assertLessEqual(worst, min(rates.values()))

    def test_quarters_and_salespeople_do_not_differ_by_much(self):
        last = max(self.closed.mapped("create_date"))
        quarters = self._win_rates(lambda lead: (last - lead.create_date).days // 91)
        self.assertLess(max(quarters.values()) - min(quarters.values()), 15, quarters)
        sellers = self._win_rates(
            lambda lead: lead.type == "opportunity" and lead.user_id
        )
        self.assertEqual(len(sellers), 5)

    def test_leads_have_no_placeholders_for_names(self):
        for lead in self.deals:
            for name in ("name", "partner_name", "phone", "city", "function"):
                self.assertNotIn(lead[name], ("0", "False"), name)

    def test_leads_did_before_the_decision_what_they_had_points_for(self):
        leads = self.closed
        decided = {
            row.lead_id: row.date
            for row in self.env["lead.scoring.history"].search(
                [("lead_id", "in", leads.ids), ("reason", "=", "created")]
            )
        }
        self.assertEqual(decided.keys(), set(leads))
        for lead, date in decided.items():
            self.assertLess(lead.create_date, date)
            self.assertLess(date, lead.date_closed)
            self.assertLess(lead.date_closed, self.env.cr.now())
            seen = lead.visitor_ids.website_track_ids.mapped("visit_datetime")
            self.assertLess(max(seen, default=lead.create_date), date)

    def test_the_model_is_judged_ready_and_has_no_symptoms(self):
        if "lead.scoring.quality" not in self.env:
            self.skipTest("the add-on of evidence is not installed")
        standard = self.env.ref("lead_scoring.scoring_model_standard")
        quality = standard.quality_ids[:1]
        self.assertEqual(quality.verdict, "ready", quality.summary)
        self.assertEqual(quality.symptom_ids.mapped("name"), [])
        self.assertEqual(standard._find_drift(quality.company_id), {})

    def test_no_rule_is_judged_to_hurt(self):
        if "lead.scoring.rule.evidence" not in self.env:
            self.skipTest("the add-on of evidence is not installed")
        evidence = self.env["lead.scoring.rule.evidence"]
        evidence.action_open()
        hints = evidence.search([]).grouped("hint")
        self.assertEqual(hints.get("1_hurts", evidence).rule_id.mapped("name"), [])
        self.assertGreater(len(hints["2_helps"]), 8)

    # ------------------------------------------------------------------
    # Menus
    # ------------------------------------------------------------------

    def test_every_menu_shows_something(self):
        groups = "sales_team.group_sale_manager"
        manager = mail_new_test_user(self.env, "demo-manager", groups)
        menus = self.env["ir.ui.menu"].with_user(manager)
        root = self.env.ref("lead_scoring.lead_scoring_menu")
        menus = menus.search([("id", "child_of", root.id), ("action", "!=", False)])
        self.assertGreater(len(menus), 10)
        empty = menus.filtered(lambda menu: not self._count_rows(menu.action, manager))
        self.assertEqual(empty.mapped("complete_name"), [])

    def _count_rows(self, action, user):
        """Return how many records the user sees first when he chooses the action."""
        action = action.sudo()
        if action.type == "ir.actions.server":
            found = action.with_user(user).run()
        else:
            found = action._get_action_dict()
        if found.get("res_id"):
            return 1
        names = {"uid": user.id}
        context, domain = (
            safe_eval(value or empty, names) if isinstance(value, str) else value
            for value, empty in (
                (found.get("context"), "{}"),
                (found.get("domain") or "[]", "[]"),
            )
        )
        model = self.env[found["res_model"]].with_user(user).with_context(**context)
        view_id = found.get("search_view_id")
        view = model.get_view(view_id and view_id[0], "search")
        for node in etree.fromstring(view["arch"]).iter("filter"):
            if context.get(f"search_default_{node.get('name')}"):
                domain = domain + safe_eval(node.get("domain") or "[]", names)
        return model.search_count(domain)
