from unittest.mock import patch

from odoo.tests import Form, tagged
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.lead import res_partner
from odoo.addons.lead_scoring.models.lead.crm_lead_scoring import SCHEDULED_IDS

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestLead(LeadScoringCommon):
    """Score, temperature and segment on the lead."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman")

    # ------------------------------------------------------------------
    # Temperature
    # ------------------------------------------------------------------

    def _temperatures(self, *points):
        """Return the temperatures of a lead that has these points one after another."""
        lead = self._lead()
        result = []
        for number in points:
            self._set_points(lead, number)
            result.append(lead.temperature)
        return result

    def test_new_lead_is_cold(self):
        lead = self._scored_lead()
        self.assertEqual((lead.temperature, lead.segment), ("cold", "discard"))
        self.assertFalse(lead.temperature_date)
        self.assertFalse(lead.segment_date)

    def test_temperature_rises_at_the_threshold(self):
        self.assertEqual(
            self._temperatures(29, 30, 59, 60, 61),
            ["cold", "warm", "warm", "hot", "hot"],
        )

    def test_temperature_falls_below_threshold_minus_margin(self):
        self.assertEqual(
            self._temperatures(60, 55, 54, 25, 24, 29, 30),
            ["hot", "hot", "warm", "warm", "cold", "cold", "warm"],
        )

    def test_hot_falls_to_cold_at_once(self):
        self.assertEqual(self._temperatures(90, 3), ["hot", "cold"])
        self.assertEqual(self._temperatures(90, 25, 24), ["hot", "warm", "cold"])

    def test_first_temperature_is_without_margin(self):
        self.assertEqual(self._temperatures(55), ["warm"])
        self.assertEqual(self._temperatures(25), ["cold"])

    def test_margin_of_zero(self):
        self.scoring_model.margin = 0
        self.assertEqual(
            self._temperatures(60, 59, 30, 29), ["hot", "warm", "warm", "cold"]
        )

    def test_negative_points_are_cold(self):
        self.assertEqual(self._temperatures(-100, 60, -1), ["cold", "hot", "cold"])

    def test_changed_thresholds(self):
        lead = self._lead()
        self._set_points(lead, 40)
        self.scoring_model.write({"warm_score": 10, "hot_score": 20})
        self._run_pass(full=False)
        self.assertEqual(lead.temperature, "hot")

    def test_date_is_of_the_last_change(self):
        lead = self._lead()
        self._set_points(lead, 40)
        self.assertEqual(lead.temperature_date, self.env.cr.now())
        self._set_columns(lead, temperature_date="2020-01-01 00:00:00")
        self._set_points(lead, 50)
        self.assertEqual(str(lead.temperature_date), "2020-01-01 00:00:00")
        self._set_points(lead, 60)
        self.assertGreater(str(lead.temperature_date), "2020-01-02")

    # ------------------------------------------------------------------
    # Segment
    # ------------------------------------------------------------------

    def _segments(self, *steps):
        """Return the segments of a lead that has ``(fit, interest)`` one by one."""
        lead = self._lead()
        fit = self._rule(1, "[]")
        interest = self._rule(1, "[]", dimension="interest")
        result = []
        for fit_points, interest_points in steps:
            fit.value, interest.value = fit_points, interest_points
            self._run_pass()
            self.assertEqual(
                (lead.fit_score, lead.interest_score), (fit_points, interest_points)
            )
            result.append(lead.segment)
        (fit + interest).unlink()
        return result

    def test_segment_table(self):
        table = {
            (20, 20): "sales",
            (99, 20): "sales",
            (20, 19): "nurture",
            (20, 1): "nurture",
            (20, 0): "remarket",
            (20, -5): "remarket",
            (19, 20): "remarket",
            (0, 99): "remarket",
            (-50, 20): "remarket",
            (19, 19): "discard",
            (0, 0): "discard",
            (-1, -1): "discard",
        }
        for points, segment in table.items():
            with self.subTest(points):
                self.assertEqual(self._segments(points), [segment])

    def test_segment_has_a_margin(self):
        steps = [(20, 20), (15, 15), (14, 15), (15, 15), (19, 19), (20, 19)]
        expected = ["sales", "sales", "remarket", "remarket", "remarket", "sales"]
        self.assertEqual(self._segments(*steps), expected)

    def test_fit_has_a_margin_in_nurture_and_remarket(self):
        self.assertEqual(
            self._segments((20, 5), (15, 5), (14, 5), (19, 5)),
            ["nurture", "nurture", "discard", "discard"],
        )
        self.assertEqual(
            self._segments((20, 0), (15, 0), (14, 0), (19, 0)),
            ["remarket", "remarket", "discard", "discard"],
        )

    def test_interest_has_a_margin_in_remarket(self):
        self.assertEqual(
            self._segments((0, 20), (0, 15), (0, 14)),
            ["remarket", "remarket", "discard"],
        )

    def test_margin_is_of_the_axis_that_had_reached_its_floor(self):
        self.assertEqual(self._segments((20, 0), (10, 16)), ["remarket", "discard"])
        self.assertEqual(self._segments((0, 20), (16, 0)), ["remarket", "discard"])

    # ------------------------------------------------------------------
    # Lists, filters, groups
    # ------------------------------------------------------------------

    def _three_leads(self):
        leads = self.env["crm.lead"]
        for points in (40, 70, None):
            lead = self._lead(user_id=self.salesman.id, type="lead")
            if points:
                self._set_points(lead, points)
            leads += lead
        self._score()
        self.env.invalidate_all()
        return leads.with_user(self.salesman)

    def test_salesman_sorts_by_score(self):
        warm, hot, zero = self._three_leads()
        found = warm.search([], order="score desc, id")
        self.assertEqual(found, hot + warm + zero)
        found = warm.search([], order="score, id")
        self.assertEqual(found, zero + warm + hot)

    def _plan(self, order):
        """Return how PostgreSQL reads a page of a list in this order."""
        query = self.env["crm.lead"]._search([], order=order, limit=80)
        self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
        return "\n".join(row[0] for row in self.env.cr.fetchall())

    def test_best_first_can_be_read_from_the_index_of_the_score(self):
        """An outer join would have all leads sorted for each page of a list."""
        for order in ("score", "score desc, priority desc, id desc", "fit_score desc"):
            self.assertNotRegex(self._plan(order), "(Left|Right) Join")

    def test_lead_without_a_row_is_in_lists_too(self):
        warm, hot, zero = self._three_leads()
        self.env.cr.execute(
            "UPDATE crm_lead SET score_id = NULL WHERE id = %s", zero.ids
        )
        self.env.invalidate_all()
        found = warm.search([], order="score desc nulls last, id")
        self.assertEqual(found, hot + warm + zero)
        self.assertRegex(self._plan("score"), "(Left|Right) Join")

    def test_sorting_others_by_their_lead_hides_none(self):
        others = self.env["lead.scoring.event"]
        query = others._search([])
        leads = self.env["crm.lead"]
        leads._order_to_sql("score desc", query, alias="elsewhere")
        self.assertNotIn("IS NOT NULL", query.select().code)

    def test_best_first_in_the_list_of_leads(self):
        warm, hot, zero = self._three_leads()
        view = self.env.ref("crm.crm_case_tree_view_leads").with_user(self.salesman)
        arch = warm.get_view(view.id, "list")["arch"]
        self.assertRegex(arch, r'default_order="[^"]*score desc')

    def test_salesman_searches_by_score(self):
        warm, hot, zero = self._three_leads()
        self.assertEqual(warm.search([("score", "<", 10)]), zero)
        self.assertEqual(warm.search([("score", "=", 0)]), zero)
        self.assertEqual(warm.search([("score", ">=", 40)], order="id"), warm + hot)
        self.assertEqual(warm.search([("temperature", "=", "hot")]), hot)
        self.assertEqual(warm.search([("fit_score", "in", [40])]), warm)
        self.assertEqual(warm.search([("score", "!=", 40)], order="id"), hot + zero)
        leads = warm + hot + zero
        self.assertEqual(leads.filtered_domain([("score", "<", 10)]), zero)

    def test_salesman_groups_by_temperature_and_adds_up_scores(self):
        leads = self._three_leads()
        groups = leads.formatted_read_group(
            [], ["temperature"], ["score:avg", "score:sum", "score:max", "__count"]
        )
        sums = {group["temperature"]: group["score:sum"] for group in groups}
        self.assertEqual(sums, {"cold": 0, "warm": 40, "hot": 70})
        groups = leads.formatted_read_group([], ["score"], ["__count"])
        self.assertEqual([group["score"] for group in groups], [0, 40, 70])
        average = leads.formatted_read_group([], [], ["score:avg"])[0]["score:avg"]
        self.assertAlmostEqual(average, 110 / 3)

    def test_every_lead_has_a_row(self):
        leads = self.env["crm.lead"].with_context(active_test=False)
        made = self._lead() + self._lead(active=False) + self._lead(type="opportunity")
        self.assertEqual(made.score_id.lead_id, made)
        self.assertFalse(leads.search([("score_id", "=", False)]))
        self.assertEqual(made.mapped("score"), [0, 0, 0])

    def test_deleted_lead_takes_its_rows_along(self):
        lead = self._lead()
        self._set_points(lead, 70)
        row = lead.score_id
        history = self.env["lead.scoring.history"].search([("lead_id", "=", lead.id)])
        self.assertTrue(history)
        lead.unlink()
        self.assertFalse(row.exists() or history.exists())

    def test_merged_lead_is_scored(self):
        self._rule(10)
        self._rule(5, "[('phone', '!=', False)]")
        leads = self._lead(city="Ghent") + self._lead(phone="1", email_from="a@b.com")
        self._score()
        merged = leads.merge_opportunity()
        self._score()
        self.assertScores({merged: 15})
        self.assertEqual(merged.score_id.lead_id, merged)

    # ------------------------------------------------------------------
    # Scoring on saving
    # ------------------------------------------------------------------

    def test_form_scores_on_saving(self):
        self._rule(10)
        form = Form(self.env["crm.lead"].with_user(self.salesman))
        form.name = "From a form"
        form.email_from = "ann@example.com"
        lead = form.save()
        self._score()
        self.assertScores({lead: 0})
        with Form(lead) as form:
            form.city = "Ghent"
        self._score()
        self.assertScores({lead: 10})

    def test_import_scores(self):
        self._rule(10)
        result = self.env["crm.lead"].load(
            ["name", "city"], [["One", "Ghent"], ["Two", ""]]
        )
        self._score()
        self.assertScores(
            dict(zip(self.env["crm.lead"].browse(result["ids"]), [10, 0], strict=True))
        )

    def test_many_leads_at_once(self):
        self._rule(10)
        leads = self._lead() + self._lead() + self._lead()
        leads.city = "Ghent"
        self._score()
        self.assertEqual(leads.mapped("score"), [10] * 3)

    def test_contact_changed(self):
        """What leads copy of their contact, and what rules read of it, at once."""
        self._rule(10, "[('email_from', '=like', '%@example.com')]")
        self._rule(5, "[('partner_id.city', '=', 'Ghent')]")
        company = self.env["res.partner"].create({"name": "C", "is_company": True})
        contact = company.create({"name": "P", "parent_id": company.id})
        lead = self._scored_lead(partner_id=contact.id)
        self.assertScores({lead: 0})
        contact.email = "ann@example.com"
        self._score()
        self.assertScores({lead: 10})
        company.city = "Ghent"
        self._score()
        self.assertEqual(contact.city, "Ghent")
        self.assertEqual(lead.score_id.score, 15)

    def test_contact_of_many_leads_leaves_them_to_a_pass_that_is_asked_for(self):
        self._rule(10, "[('partner_id.industry_id', '!=', False)]")
        company = self.env["res.partner"].create({"name": "C", "is_company": True})
        contact = company.create({"name": "P", "parent_id": company.id})
        leads = self._lead(partner_id=contact.id) + self._lead(partner_id=contact.id)
        self._score()
        self._run_pass()
        self._let_time_pass()
        runs = self.env["ir.cron.trigger"].search([("cron_id", "=", self.cron.id)])
        runs.unlink()
        with patch.object(res_partner, "LEADS_PER_TRANSACTION", 1):
            company.industry_id = self.env["res.partner.industry"].create({"name": "I"})
            self._score()
        self.assertEqual(leads.mapped("score"), [0, 0])
        self.assertTrue(runs.search([("cron_id", "=", self.cron.id)]))
        self._run_pass(full=False)
        self.assertEqual(leads.mapped("score"), [10, 10])

    def test_contact_change_that_matters_to_no_lead(self):
        lead = self._scored_lead(
            partner_id=self.env["res.partner"].create({"name": "P"}).id
        )
        lead.partner_id.comment = "Note"
        self.assertNotIn(SCHEDULED_IDS, self.env.cr.precommit.data)

    def test_visitor_created_with_its_lead(self):
        self._rule(10, "[('visitor_ids', '!=', False)]")
        lead = self._scored_lead()
        self._visitor(lead)
        self._score()
        self.assertScores({lead: 10})

    def test_created_and_deleted_in_one_transaction(self):
        self._rule(10)
        lead, kept = self._lead(), self._lead(city="Ghent")
        lead.unlink()
        self._score()
        self.assertScores({kept: 10})

    def test_written_again_after_scoring(self):
        """Each flush scores, however often in a transaction."""
        self._rule(10)
        lead = self._lead()
        for city, score in (("Ghent", 10), ("Antwerp", 0), ("Ghent", 10)):
            lead.city = city
            self._score()
            self.assertScores({lead: score})

    def test_explanation_lists_the_largest_first(self):
        self._rule(5, "[]", name="Small")
        self._rule(-30, "[]", name="Minus")
        self._rule(20, "[]", name="Large")
        self._rule(99, "[('city', '=', 'Ghent')]", name="Not this")
        lead = self._scored_lead()
        explanation = lead.score_explanation
        self.assertEqual(
            [(rule["name"], rule["points"]) for rule in explanation["rules"]],
            [("Minus", -30), ("Large", 20), ("Small", 5)],
        )
        self.assertEqual(explanation["model"], "Test")
        self.assertEqual(explanation["temperature"], "cold")
        self.assertEqual(explanation["segment"], "discard")

    def test_explanation_writes_nothing(self):
        rule = self._rule(5, "[]")
        lead = self._scored_lead()
        rule.value = 9
        versions = self._versions(lead)
        with self.assertQueryCount(15):
            self.assertEqual(lead.score_explanation["score"], 9)
        self.assertEqual(self._versions(lead), versions)
        self.assertEqual(lead.score, 5)

    def test_button_scores(self):
        rule = self._rule(5, "[]")
        lead = self._scored_lead()
        rule.value = 9
        self.assertEqual(lead.score, 5)
        lead.action_score_now()
        self.assertScores({lead: 9})

    def test_copied_model_scores_alike(self):
        self._rule(5, "[]")
        lead = self._scored_lead()
        copied = self.scoring_model.copy()
        self.assertEqual(copied.state, "draft")
        self.assertEqual(copied.rule_ids.mapped("value"), [5])
        self.scoring_model.state = "retired"
        copied.state = "live"
        self._run_pass(full=False)
        self.assertScores({lead: 5})
