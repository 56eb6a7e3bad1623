from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestMatrix(LeadScoringCommon):
    """Bands of fit and interest, and the win rate of the leads in each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls._rule(20, "[('city', '=', 'Ghent')]")
        cls._rule(40, "[('city', '=', 'Antwerp')]")
        cls._rule(7, "[('city', '=', 'Bruges')]")
        cls._rule(-7, "[('city', '=', 'Ostend')]")
        interest = {"dimension": "interest"}
        cls._rule(20, "[('referred', '=', 'twice')]", **interest)
        cls._rule(3, "[('referred', '=', 'once')]", **interest)

    def _bands(self, lead):
        return lead.fit_band, lead.interest_band

    def test_bands_follow_from_points_and_floors(self):
        expected = {
            ("Ghent", "twice"): ("reached", "reached"),
            ("Antwerp", "once"): ("high", "some"),
            ("Bruges", False): ("some", "none"),
            ("Ostend", False): ("none", "none"),
            (False, False): ("none", "none"),
        }
        leads = {
            points: self._lead(city=points[0], referred=points[1])
            for points in expected
        }
        self._score()
        self.assertEqual(
            {points: self._bands(lead) for points, lead in leads.items()}, expected
        )

    def test_save_sets_bands_at_once(self):
        lead = self._scored_lead(city="Ghent", referred="once")
        self.assertEqual(self._bands(lead), ("reached", "some"))
        lead.write({"city": "Bruges", "referred": "twice"})
        self._score()
        self.assertEqual(self._bands(lead), ("some", "reached"))

    def test_margin_keeps_the_band_and_gives_none(self):
        self._rule(15, "[('city', '=', 'Namur')]")
        self._rule(14, "[('city', '=', 'Mons')]")
        for score in (self._score, self._run_pass):
            above = self._scored_lead(city="Ghent")
            below = self._scored_lead(city="Bruges")
            for city, bands in (
                ("Namur", ["reached", "some"]),
                ("Mons", ["some", "some"]),
                ("Namur", ["some", "some"]),
            ):
                self._set_columns(above + below, city=city)
                if score == self._score:
                    (above + below)._schedule_scoring()
                score()
                self.assertEqual((above + below).mapped("fit_band"), bands, city)

    def test_wider_margin_and_replay(self):
        lead = self._scored_lead(city="Ghent")
        self.scoring_model.write({"fit_floor": 24, "margin": 5})
        for _replay in range(2):
            self._run_pass()
            self.assertEqual(lead.fit_band, "reached")
        self.scoring_model.margin = 3
        for _replay in range(2):
            self._run_pass()
            self.assertEqual(lead.fit_band, "some")
        self.scoring_model.margin = 5
        self._run_pass()
        self.assertEqual(lead.fit_band, "some", "The margin keeps, it does not give.")

    def test_lead_that_is_not_scored_any_more_has_no_bands(self):
        lead = self._scored_lead(city="Ghent", referred="once")
        other = self._scored_lead(city="Ghent")
        lead.do_not_score = True
        self._score()
        self.scoring_model.state = "retired"
        self._run_pass()
        self.assertEqual(self._bands(lead), ("none", "none"))
        self.assertEqual(self._bands(other), ("none", "none"))

    def test_pass_sets_bands_when_a_floor_changes_and_no_points(self):
        lead = self._scored_lead(city="Bruges")
        self.assertEqual(lead.fit_band, "some")
        self.scoring_model.fit_floor = 7
        self._run_pass()
        self.assertEqual(self._bands(lead), ("reached", "none"))
        self.assertEqual(lead.segment, "remarket")
        self.scoring_model.fit_floor = 3
        self._run_pass(silent=True)
        self.assertEqual(lead.fit_band, "high")

    def test_unchanged_rows_are_not_written_again(self):
        leads = self._scored_lead(city="Ghent") + self._scored_lead()
        self._run_pass()
        before = self._versions(leads)
        self._run_pass()
        self.assertEqual(self._versions(leads), before)

    def test_closed_leads_keep_their_bands(self):
        lead = self._scored_lead(city="Ghent", type="opportunity")
        lead.action_set_won()
        self.scoring_model.fit_floor = 50
        self._run_pass()
        self.assertEqual(lead.fit_band, "reached")

    def test_win_rate_counts_closed_leads_only(self):
        won, lost, lost_too, _open = (
            self._scored_lead(city="Ghent", type="opportunity") for _ in range(4)
        )
        other = self._scored_lead(type="opportunity")
        won.action_set_won()
        (lost + lost_too).action_set_lost()
        Lead = self.env["crm.lead"].with_context(active_test=False)
        groups = Lead._read_group(
            [], ["fit_band", "interest_band"], ["__count", "win_rate:avg"]
        )
        rates = {(fit, interest): values for fit, interest, *values in groups}
        self.assertEqual(set(rates), {("reached", "none"), ("none", "none")})
        self.assertEqual(rates["none", "none"], [1, False])
        count, rate = rates["reached", "none"]
        self.assertEqual(count, 4)
        self.assertAlmostEqual(rate, 1 / 3)
        self.assertEqual((won.win_rate, lost.win_rate, other.win_rate), (1, 0, 0))

    def test_screen_leaves_out_leads_closed_before_there_were_scores(self):
        unscored, unscored_too = (self._lead(type="opportunity") for _ in range(2))
        unscored.action_set_won()
        unscored_too.action_set_lost()
        self._score()
        won, lost, pending = (self._scored_lead(city="Ghent") for _ in range(3))
        won.action_set_won()
        lost.action_set_lost()
        action = self.env.ref("lead_scoring.crm_lead_action_matrix")
        Lead = self.env["crm.lead"].with_context(active_test=False)
        for user in (self.salesman, self.sales_manager):
            won.user_id = lost.user_id = pending.user_id = user
            found = Lead.with_user(user).search(safe_eval(action.domain))
            self.assertEqual(set(found.ids), set((won + lost + pending).ids))

    def test_salesperson_searches_and_groups_own_leads_only(self):
        own = self._lead(city="Ghent", user_id=self.salesman.id)
        self._lead(city="Ghent", user_id=self.sales_manager.id)
        self._score()
        Lead = self.env["crm.lead"].with_user(self.salesman)
        self.assertEqual(Lead.search([("fit_band", "=", "reached")]), own)
        groups = Lead._read_group([], ["fit_band"], ["__count", "win_rate:avg"])
        self.assertEqual([row[:2] for row in groups], [("reached", 1)])
        fields = Lead.fields_get(["fit_band", "interest_band", "win_rate"])
        self.assertTrue(fields["fit_band"]["groupable"])
        self.assertTrue(fields["interest_band"]["groupable"])
        self.assertEqual(fields["win_rate"]["aggregator"], "avg")
