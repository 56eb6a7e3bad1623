import math
import time
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.hooks import post_init_hook

from ..models.scoring import lead_scoring_history
from ..models.website import lead_scoring_retention
from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestHistory(ConversionCommon):
    """What is kept of a score: moves, and what it was when something was decided."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.fit_rule = cls._rule(20)
        cls.view_rule = cls._page_view_rule(4)
        cls.History = cls.env["lead.scoring.history"]

    def _rows(self, leads, reason=None):
        domain = [("lead_id", "in", leads.ids)]
        if reason:
            domain += [("reason", "=", reason)]
        return self.History.search(domain, order="id")

    def _scores(self, lead, reason=None):
        return self._rows(lead, reason).mapped("score")

    def _past(self, lead, **ago):
        """Let a lead's ``created`` row be due since some time."""
        self._set_columns(
            lead.score_id, created_due=self.env.cr.now() - timedelta(**ago)
        )

    def test_converted_between_a_publication_and_its_pass(self):
        """Model and points are of one model, in the history and on the lead."""
        for on_save in ("yes", "no"):
            with self.subTest(on_save=on_save):
                lead = self._scored_lead(city="Ghent")
                self.env["ir.config_parameter"].sudo().set_param(
                    "lead_scoring.score_on_save", on_save
                )
                old = lead.score_id.model_id
                draft = old.copy()
                draft.rule_ids.filtered(lambda rule: rule.source == "lead").value += 50
                draft._publish()
                lead.convert_opportunity(False)
                self._score()
                row = self._rows(lead, "converted")
                kept = (row.model_id, row.score, row.temperature)
                now = lead.score_id
                rules = self.env["lead.scoring.rule"].browse(map(int, row.rules))
                self.assertEqual(rules.model_id, row.model_id)
                self.assertEqual(sum(row.rules.values()), row.score)
                self.assertEqual(kept, (now.model_id, now.score, lead.temperature))

    # ------------------------------------------------------------------
    # Moves
    # ------------------------------------------------------------------

    def test_move_of_a_saved_lead(self):
        lead = self._scored_lead(city="Ghent")
        row = self._rows(lead)
        self.assertEqual((row.reason, row.score, row.fit), ("move", 20, 20))
        self.assertEqual(row.model_id, self.scoring_model)
        self.assertEqual(row.temperature, "cold")
        self._visitor(lead, pages=["/price"])
        self._score()
        self.assertEqual(lead.score, 24)
        self.assertEqual(self._scores(lead), [20], "4 points are less than 5")
        self._visitor(lead, pages=["/price"])
        self._score()
        self.assertEqual(self._scores(lead), [20, 28], "8 since the last row")

    def test_move_in_a_pass(self):
        leads = self._scored_lead(city="Ghent") + self._scored_lead()
        self.fit_rule.value = 26
        self._run_pass()
        self.assertEqual(self._scores(leads[0]), [20, 26])
        self.assertFalse(self._scores(leads[1]))
        self._run_pass()
        self._run_pass(full=False)
        self.assertEqual(self._scores(leads[0]), [20, 26], "a replay adds nothing")
        self.fit_rule.value = 22
        self._run_pass()
        self.fit_rule.value = 21
        self._run_pass()
        self.assertEqual(self._scores(leads[0]), [20, 26, 21])

    def test_crossing_is_row_enough(self):
        lead = self._scored_lead()
        self.fit_rule.value = 70
        lead.city = "Ghent"
        self._score()
        self.assertEqual(self._rows(lead).mapped("reason"), ["crossing"])
        self.fit_rule.value = 20
        self._run_pass()
        self.assertEqual(self._rows(lead).mapped("reason"), ["crossing", "crossing"])
        self.fit_rule.value = 24
        self._run_pass()
        self.assertEqual(self._scores(lead), [70, 20])

    def test_move_that_a_cut_off_pass_did_not_write(self):
        lead = self._scored_lead(city="Ghent")
        # as a pass leaves it that is killed after it wrote the numbers
        self._set_columns(lead.score_id, recorded_score=5)
        self._run_pass()
        self.assertEqual(self._scores(lead), [20, 20])

    def test_silent_pass_adds_none_and_moves_count_from_it(self):
        lead = self._scored_lead(city="Ghent")
        self.fit_rule.value = 80
        self._run_pass(silent=True)
        self.assertEqual(lead.score, 80)
        self.assertEqual(self._scores(lead), [20])
        self.fit_rule.value = 83
        self._run_pass()
        self.assertEqual(self._scores(lead), [20])
        self.fit_rule.value = 86
        self._run_pass()
        self.assertEqual(self._scores(lead), [20, 86])

    def test_closed_leads_have_no_moves(self):
        lead = self._scored_lead(city="Ghent")
        lead.action_set_lost()
        self._score()
        self._set_columns(lead.score_id, score=90)
        self._run_pass()
        lead._score_now()
        self.assertEqual(self._scores(lead), [20])

    def test_lead_that_leaves_its_model_has_a_move(self):
        lead = self._scored_lead(city="Ghent")
        self.scoring_model.domain = "[('city', '=', 'Antwerp')]"
        self._run_pass()
        self.assertEqual(self._scores(lead), [20, 0])

    # ------------------------------------------------------------------
    # Created
    # ------------------------------------------------------------------

    def test_created_after_the_delay(self):
        lead = self._scored_lead(city="Ghent")
        self._visitor(lead, pages=["/price"])
        due = lead.score_id.created_due
        self.assertEqual(due, self.env.cr.now() + timedelta(hours=24))
        self._run_pass()
        self.assertFalse(self._rows(lead, "created"))
        self._past(lead, minutes=1)
        self._run_pass(full=False)
        row = self._rows(lead, "created")
        self.assertEqual((row.fit, row.interest, row.score), (20, 4, 24))
        self.assertEqual(
            row.rules, {str(self.fit_rule.id): 20, str(self.view_rule.id): 4}
        )
        self.assertEqual(row.model_id, self.scoring_model)
        self._run_pass()
        self.assertEqual(len(self._rows(lead, "created")), 1)

    def test_created_row_without_points(self):
        lead = self._scored_lead()
        self._past(lead, minutes=1)
        self._run_pass(full=False)
        row = self._rows(lead, "created")
        self.assertEqual((row.score, row.rules or {}), (0, {}))
        self.assertFalse(row.adjustments)

    def test_created_row_keeps_adjustments(self):
        lead = self._scored_lead(city="Ghent")
        self.env["lead.scoring.adjustment"].create(
            {"lead_id": lead.id, "name": "Called", "points": 9}
        )
        self._score()
        self._past(lead, minutes=1)
        self._run_pass()
        row = self._rows(lead, "created")
        self.assertEqual(row.score, 29)
        (adjustment,) = row.adjustments
        self.assertEqual((adjustment["name"], adjustment["points"]), ("Called", 9))

    def test_created_delay_setting(self):
        settings = self.env["res.config.settings"]
        self.assertEqual(settings.create({}).lead_scoring_created_delay, "24")
        settings.create({"lead_scoring_created_delay": "0"}).execute()
        self.assertEqual(settings.create({}).lead_scoring_created_delay, "0")
        lead = self._scored_lead(city="Ghent")
        self._run_pass(full=False)
        self.assertEqual(self._scores(lead, "created"), [20])

    def test_lead_closed_before_it_is_due_gets_no_created_row(self):
        lead = self._scored_lead(city="Ghent")
        lead.action_set_lost()
        self._score()
        self._past(lead, minutes=1)
        self._run_pass()
        lead.action_unarchive()
        self._score()
        self._run_pass()
        self.assertFalse(self._rows(lead, "created"))

    def test_created_in_batches_and_within_time(self):
        leads = self.env["crm.lead"]
        for _number in range(5):
            leads += self._scored_lead(city="Ghent")
        self._past(leads, minutes=1)
        commits = []
        with patch.object(lead_scoring_history, "DECISIONS_PER_TRANSACTION", 2):
            late = time.monotonic() - 1
            self.assertFalse(self.History._record_created(late, lambda: None))
            self.assertFalse(self._rows(leads, "created"))
            self.assertTrue(
                self.History._record_created(math.inf, lambda: commits.append(1))
            )
        self.assertEqual(len(self._rows(leads, "created")), 5)
        self.assertEqual(len(commits), 3)

    def test_installation_adds_nothing(self):
        leads = self._lead(city="Ghent") + self._lead()
        self._score()
        self._rows(leads).unlink()
        leads.score_id.unlink()
        leads.invalidate_recordset()
        post_init_hook(self.env)
        self.assertEqual(leads.mapped("score"), [20, 0])
        self.assertFalse(any(leads.score_id.mapped("created_due")))
        self._run_pass()
        self._convert()
        self.assertFalse(self._rows(leads))

    def test_broken_rule_costs_its_own_points_only(self):
        lead = self._scored_lead(city="Ghent")
        broken = self._rule(7, "[('name', '!=', False)]")
        self._score()
        self._set_columns(broken, domain="[('expected_revenue', '>', 'abc')]")
        self.env.registry.clear_cache()
        self._past(lead, minutes=1)
        with mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"):
            self.History._record_created(math.inf, lambda: None)
        self.assertEqual(self._scores(lead, "created"), [20])

    def test_broken_rule_leaves_the_others_to_the_leads_of_their_model(self):
        special = self.env["lead.scoring.model"].create(
            {
                "name": "Special",
                "state": "live",
                "sequence": 1,
                "domain": "[('city', '=', 'Antwerp')]",
            }
        )
        self._rule(99, "[]", model_id=special.id)
        lead = self._scored_lead(city="Ghent")
        broken = self._rule(7, "[('name', '!=', False)]")
        self.env["lead.scoring.adjustment"].create(
            {"lead_id": lead.id, "name": "Called", "points": 9}
        )
        self._score()
        self._set_columns(broken, domain="[('expected_revenue', '>', 'abc')]")
        self.env.registry.clear_cache()
        self._past(lead, minutes=1)
        with mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"):
            self.History._record_created(math.inf, lambda: None)
        row = self._rows(lead, "created")
        self.assertEqual((row.score, row.model_id), (29, self.scoring_model))
        self.assertEqual(row.rules, {str(self.fit_rule.id): 20})

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        leads = self._scored_lead(city="Ghent")
        leads += self._scored_lead(city="Ghent", company_id=company.id)
        only = self.env["lead.scoring.model"].create(
            {
                "name": "Other",
                "state": "live",
                "company_id": company.id,
                "sequence": 1,
            }
        )
        self._rule(33, model_id=only.id)
        self._run_pass()
        self._past(leads, minutes=1)
        self._run_pass()
        self.assertEqual(self._scores(leads[0], "created"), [20])
        self.assertEqual(self._scores(leads[1], "created"), [33])
        self.assertEqual(self._scores(leads[1]), [20, 33, 33])

    # ------------------------------------------------------------------
    # Qualified
    # ------------------------------------------------------------------

    def test_qualified_when_a_team_would_take_it(self):
        self.fit_rule.value = 40
        lead, low = self._scored_lead(city="Ghent"), self._scored_lead()
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertEqual(lead.marketing_qualified_date, self.env.cr.now())
        self.assertFalse(low.marketing_qualified_date)
        row = self._rows(lead, "qualified")
        self.assertEqual((row.score, row.rules), (40, {str(self.fit_rule.id): 40}))
        reasons = self._rows(lead).mapped("reason")
        self.assertLess(reasons.index("qualified"), reasons.index("converted"))

    def test_qualified_once(self):
        self.fit_rule.value = 40
        lead = self._scored_lead(city="Ghent")
        route = [planned.lead_id for planned in self.env["crm.team"]._route()]
        for _time in range(2):
            self.History._record_qualified(route, lambda: None)
        self.assertEqual(len(self._rows(lead, "qualified")), 1)
        earlier = self.env.cr.now() - timedelta(days=9)
        self._set_columns(lead.score_id, qualified_at=earlier)
        self.History._record_qualified(route, lambda: None)
        self.assertEqual(lead.score_id.qualified_at, earlier)

    def test_no_team_no_qualification(self):
        self.fit_rule.value = 40
        lead = self._scored_lead(city="Ghent")
        self.env["crm.team"].search([]).convert_by_score = False
        self._convert()
        lead.convert_opportunity(self.env["res.partner"])
        self.assertFalse(lead.marketing_qualified_date)

    def test_qualified_although_somebody_is_faster(self):
        self.fit_rule.value = 40
        lead = self._scored_lead(city="Ghent", user_id=self.salesman.id)
        lead.team_id = self.team
        self.team.minimum_score = 40
        lead.with_user(self.salesman).convert_opportunity(self.env["res.partner"])
        self.assertTrue(lead.marketing_qualified_date)
        self.assertEqual(self._scores(lead, "qualified"), [40])

    def test_below_the_minimum_by_hand(self):
        lead = self._scored_lead(city="Ghent")
        lead.convert_opportunity(self.env["res.partner"])
        self.assertFalse(lead.marketing_qualified_date)
        self.assertFalse(self._rows(lead, "qualified"))

    def test_search_and_group_by_qualified_date(self):
        self.fit_rule.value = 40
        lead, _low = self._scored_lead(city="Ghent"), self._scored_lead()
        self._convert()
        leads = self.env["crm.lead"].with_user(self.sales_manager)
        qualified = [("marketing_qualified_date", "!=", False)]
        self.assertEqual(leads.search(qualified), lead)
        groups = leads._read_group(qualified, ["marketing_qualified_date:month"])
        self.assertEqual(len(groups), 1)

    def test_nobody_sets_the_date(self):
        lead = self._scored_lead(user_id=self.salesman.id)
        with self.assertRaises(AccessError):
            lead.score_id.with_user(self.salesman).qualified_at = self.env.cr.now()
        now = self.env.cr.now()
        lead.with_user(self.salesman).write({"marketing_qualified_date": now})
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertFalse(lead.marketing_qualified_date)

    def test_merge_keeps_the_first_date(self):
        first, second = self._scored_lead(), self._scored_lead()
        early = self.env.cr.now() - timedelta(days=9)
        self._set_columns(first.score_id, qualified_at=early + timedelta(days=1))
        self._set_columns(second.score_id, qualified_at=early)
        merged = (first + second).merge_opportunity()
        self.assertEqual(merged.marketing_qualified_date, early)

    # ------------------------------------------------------------------
    # Retention and access
    # ------------------------------------------------------------------

    def test_old_moves_go(self):
        lead = self._scored_lead(city="Ghent")
        self._past(lead, minutes=1)
        self._run_pass()
        rows = self._rows(lead)
        self.assertEqual(rows.mapped("reason"), ["move", "created"])
        self._set_columns(rows, date=self.env.cr.now() - timedelta(days=31))
        retention = self.env["lead.scoring.retention"]
        self.assertEqual(retention._gc_moves(), (0, 0))
        settings = self.env["res.config.settings"]
        settings.create({"lead_scoring_move_days": 30}).execute()
        with patch.object(lead_scoring_retention, "RECORDS_PER_RUN", 1):
            self.assertEqual(retention._gc_moves(), (1, 1))
            self.assertEqual(retention._gc_moves(), (0, 0))
        self.assertEqual(self._rows(lead).mapped("reason"), ["created"])

    def test_salesman_reads_that_of_his_leads(self):
        mine = self._scored_lead(city="Ghent", user_id=self.salesman.id)
        foreign = self._scored_lead(city="Ghent", user_id=self.sales_manager.id)
        rows = self._rows(mine + foreign).with_user(self.salesman)
        found = self.History.with_user(self.salesman).search([])
        self.assertEqual(found.lead_id, mine)
        with self.assertRaises(AccessError):
            rows.mapped("score")
