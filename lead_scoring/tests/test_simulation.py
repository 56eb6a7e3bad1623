from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring_model import lead_scoring_simulator
from odoo.addons.lead_scoring.models.scoring_model.lead_scoring_simulator import (
    NOW,
    THEN,
)

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestSimulation(ConversionCommon):
    """What a simulation says is what publishing does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.env.user.company_ids += cls.company_b
        cls._rule(40, name="Ghent")
        cls._rule(25, "[('phone', '!=', False)]", name="Phone")
        cls._page_view_rule(9, half_life=7, maximum=30, name="Prices")
        cls.model_b = cls.env["lead.scoring.model"].create(
            {"name": "B", "state": "live", "sequence": 1}
        )
        cls.model_b.company_id = cls.company_b
        cls._rule(50, "[]", model_id=cls.model_b.id)
        cities = ("Ghent", "Bruges", "Antwerp", False)
        cls.leads = cls.env["crm.lead"].concat(
            *(
                cls._lead(
                    name=f"Lead {number}",
                    city=cities[number % 4],
                    phone=number % 3 and "123",
                    company_id=(False, cls.env.company.id, cls.company_b.id)[
                        number % 3
                    ],
                    team_id=number % 5 == 0 and cls.other_team.id,
                )
                for number in range(24)
            )
        )
        for number, lead in enumerate(cls.leads):
            if number % 2:
                cls._visitor(lead, pages=[("/price", number), ("/price/2", 1)])
        cls._score()
        cls._run_pass()
        cls.draft = cls.scoring_model.copy()
        cls.draft.write({"hot_score": 50, "fit_floor": 40, "warm_score": 20})
        ghent, phone, prices = cls.draft.rule_ids
        ghent.value = 55
        phone.active = False
        prices.half_life = 1

    def _simulate(self, draft=None, user=None):
        user = user or self.env.user
        action = (draft or self.draft).with_user(user).action_simulate()
        return self.env[action["res_model"]].browse(action["res_id"]).result

    def _rows(self, table):
        self.env.cr.execute(
            SQL(
                """SELECT lead_id, model_id, fit, interest, score, temperature, segment
                     FROM %s ORDER BY lead_id""",
                SQL.identifier(table),
            )
        )
        return self.env.cr.fetchall()

    def _live_rows(self):
        self.env.invalidate_all()
        leads = self.env["crm.lead"].search([], order="id")
        return [
            (lead.id, lead.score_id.model_id.id or None, lead.fit_score)
            + (lead.interest_score, lead.score, lead.temperature, lead.segment)
            for lead in leads
        ]

    def _assert_comes_true(self, draft):
        result = self._simulate(draft)
        self.assertEqual(self._rows(NOW), self._live_rows())
        simulated = self._rows(THEN)
        self.assertNotEqual(simulated, self._rows(NOW))
        draft._publish()
        self._run_pass(full=False)
        self.assertEqual(self._live_rows(), simulated)
        return result

    def test_simulation_comes_true(self):
        result = self._assert_comes_true(self.draft)
        routed = self.env["crm.team"]._route()
        self.assertTrue(routed)
        for team in result["teams"]:
            count = sum(planned.team_id == team["id"] for planned in routed)
            self.assertEqual(team["then"], count, team["name"])

    def test_simulation_by_prepared_streams_comes_true(self):
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 1):
            self._assert_comes_true(self.draft)
        self.env.cr.execute("SELECT to_regclass('lead_scoring_stream_page_view')")
        self.assertTrue(self.env.cr.fetchone()[0], "the pass has made one")

    def test_added_model_comes_true(self):
        self.draft.write(
            {"origin_id": False, "sequence": 0, "domain": "[('city', '!=', 'Ghent')]"}
        )
        self._assert_comes_true(self.draft)
        self.assertEqual(self.scoring_model.state, "live")

    def test_model_of_a_company_comes_true(self):
        self.draft.company_id = self.env.company
        self._assert_comes_true(self.draft)

    def test_reverting_comes_true(self):
        before = self._live_rows()
        self.draft._publish()
        self._run_pass(full=False)
        self._assert_comes_true(self.scoring_model)
        self.assertEqual(self._live_rows(), before)

    def test_simulating_touches_nothing(self):
        versions = self._versions(self.leads)
        rules = self.env["lead.scoring.rule"].search([])
        before = rules.mapped("write_date"), self.draft.changed_at
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 1):
            self._simulate()
        self.assertEqual(self._versions(self.leads), versions)
        self.assertEqual((rules.mapped("write_date"), self.draft.changed_at), before)
        self.env.cr.execute("SELECT to_regclass('lead_scoring_stream_page_view')")
        self.assertFalse(self.env.cr.fetchone()[0], "what was prepared is gone")

    # ------------------------------------------------------------------
    # The result
    # ------------------------------------------------------------------

    def test_numbers_add_up(self):
        result = self._simulate()
        concerned = self.leads.filtered(
            lambda lead: lead.score_id.model_id == self.scoring_model
        )
        self.assertEqual(result["open_count"], len(self.leads))
        self.assertEqual(result["lead_count"], len(concerned))
        for name in ("bands", "temperatures", "segments"):
            for side in ("now", "then"):
                total = sum(row[side] for row in result[name])
                self.assertEqual(total, len(concerned), name)
        for row in result["temperatures"]:
            count = concerned.mapped("temperature").count(row["key"])
            self.assertEqual(row["now"], count)
        average = sum(concerned.mapped("score")) / len(concerned)
        self.assertEqual(result["average_now"], round(average, 1))

    def test_movers_are_explained(self):
        result = self._simulate()
        moves = [abs(lead["then"] - lead["now"]) for lead in result["movers"]]
        self.assertEqual(moves, sorted(moves, reverse=True))
        self.assertTrue(moves)
        for lead in result["movers"]:
            for side in ("now", "then"):
                points = sum(rule[side] for rule in lead["rules"])
                unchanged = lead[side] - points
                self.assertGreaterEqual(unchanged, 0)
            difference = sum(rule["then"] - rule["now"] for rule in lead["rules"])
            self.assertEqual(difference, lead["then"] - lead["now"])

    def test_bands_are_not_squeezed_by_an_extreme_lead(self):
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(200)))
        self.assertTrue(leads)
        self._rule(9000, "[('city', '=', 'Ghent')]", model_id=self.draft.id)
        self.leads[:12].city = False
        self.leads[13:].city = False
        self._score()
        bands = self._simulate()["bands"]
        self.assertLessEqual(len(bands), 12)
        self.assertLessEqual(bands[0]["to"], 100)
        self.assertIsNone(bands[-1]["to"])

    def test_draft_that_no_lead_belongs_to(self):
        self.draft.write({"origin_id": False, "sequence": 99})
        result = self._simulate()
        self.assertEqual((result["lead_count"], result["bands"]), (0, []))

    def test_without_any_lead(self):
        self.leads.unlink()
        result = self._simulate()
        self.assertEqual((result["open_count"], result["movers"]), (0, []))

    # ------------------------------------------------------------------
    # Teams
    # ------------------------------------------------------------------

    def test_capacity(self):
        self.team.write({"minimum_score": -100, "assignment_optout": False})
        self.other_team.convert_by_score = False
        member = self.env["crm.team.member"].create(
            {"user_id": self.salesman.id, "crm_team_id": self.team.id}
        )
        paused = self.env["crm.team.member"].create(
            {"user_id": self.all_leads_salesman.id, "crm_team_id": self.team.id}
        )
        paused.write({"assignment_optout": True, "assignment_max": 1000})
        considered = self.env["crm.lead"].search_count(
            self.env["crm.team"]._considered_leads()
        )
        for capacity, verdict in (
            (considered - 1, "many"),
            (considered, "fits"),
            (2 * considered, "fits"),
            (2 * considered + 1, "few"),
            (0, "none"),
        ):
            member.assignment_max = capacity
            team = self._simulate()["teams"][0]
            self.assertEqual(
                (team["then"], team["capacity"], team["verdict"]),
                (considered, capacity, verdict),
            )

    def test_team_form_dry_run_and_simulation_say_the_same_of_capacity(self):
        self.team.write({"minimum_score": -100, "assignment_optout": False})
        self.other_team.convert_by_score = False
        self.env["crm.team.member"].create(
            {
                "user_id": self.salesman.id,
                "crm_team_id": self.team.id,
                "assignment_max": 30,
            }
        )
        given = self.env["crm.lead"].create(
            [
                {
                    "name": "Given",
                    "type": "opportunity",
                    "user_id": self.salesman.id,
                    "team_id": self.team.id,
                }
                for _n in range(30)
            ]
        )
        for room, verdict in ((3, "many"), (0, "full")):
            with self.subTest(room):
                long_ago = self.env.cr.now() - timedelta(days=31)
                self._set_columns(given, date_open=self.env.cr.now())
                self._set_columns(given[:room], date_open=long_ago)
                self.env.invalidate_all()
                team = self.team.with_user(self.sales_manager)
                proposal = team.minimum_proposal
                self.assertEqual((proposal["capacity"], proposal["room"]), (30, room))
                simulated = self._simulate()["teams"][0]
                self.assertEqual((simulated["capacity"], simulated["room"]), (30, room))
                self.assertEqual(simulated["verdict"], verdict)
                planned = self.env["crm.team"]._route()
                self.assertEqual(sum(bool(p.user_id) for p in planned), room)

    def test_teams_that_do_not_convert_are_left_out(self):
        (self.team + self.other_team).convert_by_score = False
        self.assertEqual(self._simulate()["teams"], [])

    # ------------------------------------------------------------------
    # Access and companies
    # ------------------------------------------------------------------

    def test_manager_sees_figures_of_his_companies_only(self):
        manager = self._user(
            "manager-a",
            "lead_scoring.group_scoring_manager,"
            "sales_team.group_sale_salesman_all_leads",
            company_id=self.env.company.id,
            company_ids=self.env.company.ids,
        )
        team_b = self._team("Of B", convert_by_score=True, minimum_score=1)
        team_b.company_id = self.company_b
        result = self._simulate(user=manager)
        foreign = self.leads.filtered(lambda lead: lead.company_id == self.company_b)
        self.assertTrue(foreign)
        self.assertEqual(result["open_count"], len(self.leads - foreign))
        self.assertFalse({row["id"] for row in result["movers"]} & set(foreign.ids))
        self.assertNotIn(team_b.name, [team["name"] for team in result["teams"]])

    def test_leads_of_others_are_counted_but_not_named(self):
        self._show_only_own_leads(self.scoring_manager)
        self.leads.user_id = self.salesman
        self._score()
        own = self.leads[:2]
        own.user_id = self.scoring_manager
        result = self._simulate(user=self.scoring_manager)
        self.assertEqual(
            result["open_count"],
            len(self.leads.filtered(lambda lead: lead.company_id != self.company_b)),
        )
        self.assertLessEqual({row["id"] for row in result["movers"]}, set(own.ids))

    def test_simulation_is_its_makers(self):
        action = self.draft.with_user(self.scoring_manager).action_simulate()
        simulation = self.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(simulation.with_user(self.scoring_manager).result)
        with self.assertRaises(AccessError):
            simulation.with_user(self.sales_manager).read(["result"])
        with self.assertRaises(AccessError):
            simulation.with_user(self.salesman).read(["result"])

    # ------------------------------------------------------------------
    # What can go wrong
    # ------------------------------------------------------------------

    def test_too_slow(self):
        slow = self._page_view_rule(1, "[]", model_id=self.draft.id)
        self.assertTrue(slow)
        self.env.flush_all()

        def sleep(simulator, table, where, draft=None):
            self.env.cr.execute("SELECT pg_sleep(5)")

        with (
            mute_logger("odoo.sql_db"),
            patch.object(lead_scoring_simulator, "STATEMENT_SECONDS", 0.05),
            patch.object(
                type(self.env["lead.scoring.simulator"]), "_score_leads", sleep
            ),
            self.assertRaisesRegex(UserError, "too many leads"),
            self.env.cr.savepoint(),
        ):
            self._simulate()

    def test_broken_rule_of_a_live_model_is_skipped_or_named(self):
        """As a pass does: what is marked does not stop anybody."""
        rule = self._rule(1)
        self._set_columns(rule, domain="[('city', '=like', 'Gh\\\\')]")
        self.registry.clear_cache()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(UserError, "of «Test» can't be applied"),
            self.env.cr.savepoint(),
        ):
            self._simulate()
        self._set_columns(rule, error="Marked")
        self.assertTrue(self._simulate()["lead_count"])

    def test_queries_do_not_grow_with_the_leads(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["lead.scoring.simulator"]._simulate(self.draft)
            return self.env.cr.sql_log_count - before

        count()
        before = count()
        more = self.env["crm.lead"].concat(*(self._lead() for _number in range(40)))
        self._score()
        self.assertTrue(more)
        self.assertLessEqual(count(), before)

    def test_fading_points_are_those_of_now(self):
        """A score row may be a night old; both sides are computed alike."""
        self._set_columns(
            self.env["website.track"].search([]),
            visit_datetime=self.env.cr.now() - timedelta(days=60),
        )
        self._simulate()
        self.assertNotEqual(self._rows(NOW), self._live_rows())
        self._run_pass()
        self.assertEqual(self._rows(NOW), self._live_rows())
