import re
from ast import literal_eval
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.routing import crm_team_eligibility, crm_team_waiting
from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestWaitingLeads(ConversionCommon):
    """The list of leads that wait, and what one click does about each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()

    def _waiting(self, user):
        """Return ``{reason: leads}`` as the list groups them."""
        action = self.env.ref("lead_scoring.crm_lead_action_waiting")
        return dict(
            self.env["crm.lead"]
            .with_user(user)
            ._read_group(
                literal_eval(action.domain), ["waiting_reason"], ["id:recordset"]
            )
        )

    def test_grouped_by_reason_with_since_when_and_what_to_do(self):
        low = self._lead_of(20)
        closed = self._lead_of(90, team_id=self.closed_team.id)
        owned = self._lead_of(90, user_id=self.salesman.id, team_id=False)
        unscored = self._lead(do_not_score_reason="competitor")
        converted = self._lead_of(60)
        self._convert()
        waiting = self._waiting(self.sales_manager)
        self.assertEqual(
            waiting,
            {
                "below_minimum": low,
                "salesperson": owned,
                "do_not_score": unscored,
            },
        )
        self.assertNotIn(closed + converted, list(waiting.values()))
        for leads in waiting.values():
            self.assertEqual(leads.waiting_since, self.env.cr.now())
            self.assertTrue(leads.routing_note)
            self.assertTrue(leads.waiting_advice)

    def test_each_reason_has_its_advice(self):
        field = self.env["lead.scoring.score"]._fields["waiting_reason"]
        reasons = {value for value, _label in field._description_selection(self.env)}
        advice = self.env["crm.lead"]._waiting_advice()
        self.assertEqual(reasons - advice.keys(), set())
        self.assertTrue(all(advice.values()))

    def test_another_module_adds_a_reason(self):
        waiting_reasons = crm_team_waiting.CrmTeam._waiting_reasons

        def with_reason(team, *domains):
            reason = crm_team_waiting.WaitingReason(
                "shop_closed",
                Domain("city", "=", "Ghent"),
                lambda lead, teams: f"{lead.city} is closed",
            )
            return [reason, *waiting_reasons(team, *domains)]

        lead, low = self._lead_of(20, city="Ghent"), self._lead_of(20)
        none_that_waits = self._lead_of(20, city="Ghent", active=False)
        none_that_waits += self._lead_of(20, city="Ghent", type="opportunity")
        with patch.object(crm_team_waiting.CrmTeam, "_waiting_reasons", with_reason):
            self.env["crm.team"]._store_waiting_reasons(lambda: None)
            self.assertWaits(lead, "shop_closed", "Ghent is closed")
            self.assertWaits(low, "below_minimum")
        for other in none_that_waits:
            self.assertFalse(other.score_id.waiting_reason)

    def test_each_lead_is_read_once_for_all_teams_and_reasons(self):
        for city in ("Ghent", "Bruges", "Antwerp"):
            team = self._team(city, convert_by_score=True, minimum_score=10)
            team.assignment_domain = f"[('city', '=', '{city}')]"
        self.env.flush_all()
        teams = self.env["crm.team"]
        for statement in (
            teams._storing_reasons(),
            teams._converting_teams()._taking(Domain.TRUE),
        ):
            plan = self.env.execute_query(SQL("EXPLAIN %s", statement))
            reads = [line for (line,) in plan if re.search(r"\bon crm_lead\b", line)]
            self.assertEqual(len(reads), 1, plan)

    def test_another_module_narrows_what_teams_take(self):
        eligible_leads = crm_team_eligibility.CrmTeam._eligible_leads

        def with_phone(team, fitting=None):
            return eligible_leads(team, fitting) & Domain("phone", "!=", False)

        without, lead = self._lead_of(60), self._lead_of(60, phone="+32 470 12 34 56")
        with patch.object(crm_team_eligibility.CrmTeam, "_eligible_leads", with_phone):
            planned = self.env["crm.team"]._route()
            self._convert()
        self.assertEqual([assignment.lead_id for assignment in planned], lead.ids)
        self.assertConverted(lead, self.team)
        self.assertEqual(without.type, "lead")

    def test_without_a_score_it_waits_for_the_next_pass(self):
        """A lead that was added by SQL; also where the minimum is 0."""
        self.team.minimum_score = 0
        lead = self._lead()
        self._set_columns(lead, score_id=None)
        self._convert()
        self.assertEqual(lead.type, "lead")
        self.assertIn("no score yet", lead.routing_note)

    def test_marketing_sees_the_leads_it_may_read(self):
        self._show_only_own_leads(self.scoring_manager)
        own = self._lead_of(20, user_id=self.scoring_manager.id, team_id=self.team.id)
        self._lead_of(20, user_id=self.salesman.id, team_id=self.team.id)
        self._convert()
        waiting = self._waiting(self.scoring_manager)
        self.assertEqual(waiting, {"below_minimum": own})

    def test_opens_the_team_with_the_lowest_minimum_that_would_take_it(self):
        self._team("Elsewhere", convert_by_score=True, minimum_score=10).write(
            {"assignment_domain": "[('city', '=', 'Nowhere')]"}
        )
        lead = self._lead_of(20).with_user(self.sales_manager)
        action = lead.action_open_team()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("crm.team", self.other_team.id)
        )

    def test_opens_all_teams_where_none_would_take_it(self):
        lead = self._lead_of(90, user_id=self.salesman.id, team_id=False)
        action = lead.with_user(self.sales_manager).action_open_team()
        self.assertEqual(action["res_model"], "crm.team")
        self.assertFalse(action.get("res_id"))

    def test_opens_the_model_that_asks_questions(self):
        self.scoring_model.required_answers = 2
        lead = self._lead_of(60)
        self._convert()
        self.assertEqual(self._waiting(self.scoring_manager), {"answers": lead})
        action = lead.with_user(self.scoring_manager).action_open_scoring_model()
        self.assertEqual(action["res_id"], self.scoring_model.id)

    def test_scores_again_unless_it_is_the_contact_that_is_not_scored(self):
        lead = self._lead(do_not_score_reason="competitor", city="Ghent")
        partner = self.env["res.partner"].create(
            {"name": "Objects", "do_not_score_reason": "objection"}
        )
        other = self._lead(partner_id=partner.id)
        self._rule(60)
        self._convert()
        lead.with_user(self.sales_manager).action_score_again()
        self._score()
        self.assertScores({lead: 60})
        with self.assertRaisesRegex(UserError, "Objects"):
            other.with_user(self.sales_manager).action_score_again()
