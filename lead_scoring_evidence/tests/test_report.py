from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestReport(DecisionCommon):
    """Leads by what their score was when something was decided."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env["lead.scoring.report"]

    def _row(self, lead):
        self.env.invalidate_all()
        return self.Report.browse(lead.id)

    # ------------------------------------------------------------------
    # Which score counts
    # ------------------------------------------------------------------

    def test_conversion_counts_before_all_else(self):
        lead = self._decided([50], "won")
        self._decide(lead, 20, 11, "created")
        self._decide(lead, 40, 10.5, "qualified")
        row = self._row(lead)
        self.assertEqual((row.reason, row.score, row.outcome), ("converted", 50, "won"))
        self.assertEqual(row.model_id, self.scoring_model)

    def test_qualified_counts_before_created(self):
        lead = self._lead()
        self._decide(lead, 40, 3, "qualified")
        self._decide(lead, 20, 1, "created")
        row = self._row(lead)
        self.assertEqual((row.reason, row.score), ("qualified", 40))

    def test_last_conversion_counts(self):
        lead = self._decided([50], "pending")
        self._decide(lead, 70, 2)
        self.assertEqual(self._row(lead).score, 70)

    def test_nothing_later_than_the_outcome_counts(self):
        lead = self._decided([50], "lost", days=10)
        self._decide(lead, 90, 2)
        self.assertEqual(self._row(lead).score, 50)
        hindsight = self._lead(**self._ended("won"))
        self._decide(hindsight, 90, -1)
        self.assertFalse(self._row(hindsight).reason)
        self.assertEqual(self._row(hindsight).score_band, "b99")

    def test_moves_and_crossings_do_not_count(self):
        lead = self._lead()
        self._decide(lead, 40, 3, "move")
        self._decide(lead, 40, 3, "crossing")
        self.assertFalse(self._row(lead).reason)

    def test_what_was_kept_when_a_lead_is_converted_for_real(self):
        self._rule(40)
        lead = self._scored_lead(city="Ghent")
        lead.convert_opportunity(self.env["res.partner"])
        self.env.flush_all()
        row = self._row(lead)
        self.assertEqual((row.score, row.reason, row.converted), (40, "converted", 1))
        lead.city = False
        lead.action_set_won()
        self._score()
        row = self._row(lead)
        self.assertEqual((row.score, row.won, row.win_rate), (40, 1, 1))

    def test_prediction_is_kept_with_the_decision(self):
        lead = self._scored_lead()
        self._set_columns(lead, automated_probability=12.5)
        history = self.env["lead.scoring.history"]
        history._record_decisions(lead.ids, "created")
        history._record_decisions(lead.ids, "converted")
        rows = history.search([("lead_id", "=", lead.id)])
        self.assertEqual(rows.mapped("automated_probability"), [12.5, 12.5])

    # ------------------------------------------------------------------
    # Bands and measures
    # ------------------------------------------------------------------

    def test_bands(self):
        expected = {-1: "b00", 0: "b01", 9: "b01", 10: "b02", 99: "b10", 100: "b11"}
        expected |= {-500: "b00", 5000: "b11"}
        leads = self._decided(list(expected))
        rows = self.Report.browse(leads.ids)
        self.assertEqual(rows.mapped("score_band"), list(expected.values()))

    def test_segment_follows_from_the_points_then(self):
        lead = self._lead()
        decision = self._decide(lead, 0, 3)
        for fit, interest, segment in (
            (20, 20, "sales"),
            (20, 19, "nurture"),
            (20, 0, "remarket"),
            (19, 20, "remarket"),
            (19, 19, "discard"),
        ):
            decision.write({"fit": fit, "interest": interest})
            self.env.flush_all()
            self.assertEqual(self._row(lead).segment, segment)

    def test_model_that_is_gone(self):
        lead = self._decided([50], "won")
        row = self.env["lead.scoring.history"].search([("lead_id", "=", lead.id)])
        row.model_id = False
        self.env.flush_all()
        self.assertFalse(self._row(lead).model_id)
        self.assertFalse(self._row(lead).segment)
        self.assertEqual(self._row(lead).score, 50)

    def test_measures(self):
        self._decided([50] * 3, "won", expected_revenue=100)
        self._decided([50], "lost", expected_revenue=70)
        self._decided([50], "pending", expected_revenue=5)
        ((band, count, won, closed, rate, expected, actual, days),) = (
            self.Report._read_group(
                [],
                ["score_band"],
                ["__count", "won:sum", "closed:sum", "win_rate:avg"]
                + ["expected_revenue:sum", "won_revenue:sum", "days_to_close:avg"],
            )
        )
        self.assertEqual((band, count, won, closed), ("b06", 5, 3, 4))
        self.assertEqual((rate, expected, actual, days), (0.75, 375, 300, 3))

    def test_open_leads_have_no_win_rate(self):
        self._decided([50], "pending")
        ((rate,),) = self.Report._read_group([], [], ["win_rate:avg"])
        self.assertFalse(rate)
        self._decided([50], "lost")
        ((rate,),) = self.Report._read_group([], [], ["win_rate:avg"])
        self.assertEqual(rate, 0)

    def test_archived_leads_that_are_not_lost_are_left_out(self):
        lead = self._decided([50])
        lead.write({"active": False, "probability": 10})
        self.env.flush_all()
        self.assertFalse(self.Report.search([]))

    def test_funnel(self):
        leads = self._decided([70] * 4, "won") + self._lead()
        self._set_columns(leads[:3].score_id, qualified_at=self.now)
        groups = self.Report._read_group(
            [], ["temperature"], ["qualified:sum", "converted:sum", "won:sum"]
        )
        self.assertIn(("hot", 3, 4, 4), groups)
        self.assertIn((False, 0, 0, 0), groups)

    # ------------------------------------------------------------------
    # First contact
    # ------------------------------------------------------------------

    def _contacted(self, **message):
        """Return days to contact of a lead created 10 days ago, with a message of 6
        days ago.
        """
        lead = self._lead()
        self._set_columns(lead, create_date=self.now - timedelta(days=10))
        author = message.pop("author", self.salesman.partner_id)
        posted = lead.message_post(body="Hello", author_id=author.id, **message)
        self._set_columns(posted, date=self.now - timedelta(days=6))
        return self._row(lead).days_to_contact

    def test_message_of_a_colleague_is_contact(self):
        comment = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.assertAlmostEqual(self._contacted(**comment), 4)
        customer = self.env["res.partner"].create({"name": "Customer"})
        robot = self.env.ref("base.partner_root")
        self.assertFalse(self._contacted(**comment, author=customer))
        self.assertFalse(self._contacted(**comment, author=robot))
        self.assertFalse(
            self._contacted(message_type="comment", subtype_xmlid="mail.mt_note")
        )
        self.assertFalse(
            self._contacted(
                message_type="auto_comment", subtype_xmlid="mail.mt_comment"
            )
        )

    def test_done_call_is_contact(self):
        lead = self._lead(user_id=self.salesman.id)
        self._set_columns(lead, create_date=self.now - timedelta(days=10))
        call = lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.salesman.id
        )
        self.assertFalse(self._row(lead).days_to_contact)
        call.with_user(self.salesman).action_feedback()
        self.env.flush_all()
        self.assertAlmostEqual(self._row(lead).days_to_contact, 10, 2)

    def test_meeting_is_contact_once_it_began(self):
        lead = self._lead()
        self._set_columns(lead, create_date=self.now - timedelta(days=10))
        meeting = self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "opportunity_id": lead.id,
                "start": self.now + timedelta(days=1),
                "stop": self.now + timedelta(days=1, hours=1),
            }
        )
        self.env.flush_all()
        self.assertFalse(self._row(lead).days_to_contact)
        meeting.write(
            {
                "start": self.now - timedelta(days=8),
                "stop": self.now - timedelta(days=8) + timedelta(hours=1),
            }
        )
        self.env.flush_all()
        self.assertAlmostEqual(self._row(lead).days_to_contact, 2, 2)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_salesman_sees_his_own_leads_only(self):
        mine = self._decided([50], "won", user_id=self.salesman.id)
        other = self._decided([50], "won", user_id=self.sales_manager.id)
        report = self.Report.with_user(self.salesman)
        self.assertEqual(report.search([]).lead_id, mine)
        groups = report.formatted_read_group([], ["score_band"], ["won:sum"])
        self.assertEqual([group["won:sum"] for group in groups], [1])
        with self.assertRaises(AccessError):
            report.browse(other.id).mapped("score")
        before_after = self.env["lead.scoring.publication.report"]
        self._set_columns(self.scoring_model, published_at=self.now)
        self.assertEqual(before_after.with_user(self.salesman).search([]).lead_id, mine)
        with self.assertRaises(AccessError):
            report.browse(mine.id).write({"won": 0})
        with self.assertRaises(AccessError):
            self.Report.with_user(self.stranger).search([])

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        here = self._decided([50], "won", company_id=self.env.company.id)
        self._decided([50], "won", company_id=company.id)
        everybodys = self._decided([50], "won")
        report = self.Report.with_user(self.sales_manager)
        self.assertEqual(report.search([]).lead_id, here + everybodys)

    def test_open_the_lead(self):
        lead = self._decided([50], "won")
        action = self._row(lead).action_open_lead()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))

    # ------------------------------------------------------------------
    # Before and after
    # ------------------------------------------------------------------

    def _phases(self, scoring_model):
        self.env.invalidate_all()
        rows = self.env["lead.scoring.publication.report"].search(
            [("published_model_id", "=", scoring_model.id)]
        )
        return {row.lead_id: row.phase for row in rows}

    def _published(self, days, **vals):
        model = self.env["lead.scoring.model"].create({"name": "Other", **vals})
        self._set_columns(model, published_at=self.now - timedelta(days=days))
        return model

    def test_before_and_after_a_publication(self):
        self._set_columns(
            self.scoring_model, published_at=self.now - timedelta(days=30)
        )
        before, after = self._decided([5], "lost", 40), self._decided([5], "won", 20)
        self._decided([5], "lost", 400)
        self._decided([5], "pending", 20)
        self.assertEqual(
            self._phases(self.scoring_model), {before: "1_before", after: "2_after"}
        )
        groups = self.env["lead.scoring.publication.report"]._read_group(
            [], ["phase"], ["lost_rate:avg", "days_to_close:avg"]
        )
        self.assertEqual(groups, [("1_before", 1, 3), ("2_after", 0, 3)])

    def test_screen_begins_with_what_changed(self):
        self._set_columns(
            self.scoring_model, published_at=self.now - timedelta(days=30)
        )
        report = self.env["lead.scoring.publication.report"]
        self.assertEqual(report.get_sentences([]), [])
        self._decided([5] * 10, "lost", 40)
        self._decided([5] * 9, "won", 20)
        self.env.flush_all()
        [early] = report.get_sentences([])
        self.assertIn("Nothing can be told yet: 10 leads were closed before", early)
        self._decided([5], "lost", 20)
        self.env.flush_all()
        first, second = report.get_sentences([])
        self.assertEqual(
            first,
            "Fewer leads are lost since «Test»: of 100 closed ones, 10; before, 100.",
        )
        self.assertIn("takes 3 days on average; before, 3.", second)
        self._decided([5] * 30, "won", 40)
        self.env.flush_all()
        self.assertIn("No clear change since «Test»", report.get_sentences([])[0])
        self._decided([5] * 30, "lost", 20)
        self.env.flush_all()
        self.assertIn("More leads are lost since", report.get_sentences([])[0])
        self._published(25)
        self.env["lead.scoring.history"].search([]).unlink()
        self.assertIn("Choose one scoring model", *report.get_sentences([]))

    def test_after_ends_where_the_model_retires(self):
        self._set_columns(
            self.scoring_model,
            published_at=self.now - timedelta(days=30),
            retired_at=self.now - timedelta(days=15),
        )
        after = self._decided([5], "won", 20)
        self._decided([5], "won", 10)
        self.assertEqual(self._phases(self.scoring_model), {after: "2_after"})

    def test_leads_of_other_product_lines_do_not_count(self):
        version = self._published(30, origin_id=self.scoring_model.id)
        line = self._published(30)
        old = self._decided([5], "won", 40)
        new, foreign, unknown = (self._decided([5], "won", 20) for _number in range(3))
        history = self.env["lead.scoring.history"]
        for lead, model in ((new, version), (foreign, line), (unknown, None)):
            row = history.search([("lead_id", "=", lead.id)])
            if model:
                row.model_id = model
            else:
                row.unlink()
        self.env.flush_all()
        self.assertEqual(
            self._phases(version),
            {old: "1_before", new: "2_after", unknown: "2_after"},
        )
        self.assertEqual(self._phases(line), {foreign: "2_after", unknown: "2_after"})

    def test_leads_of_other_companies_do_not_count(self):
        company = self.env["res.company"].create({"name": "Other"})
        only = self._published(
            30, company_id=company.id, origin_id=self.scoring_model.id
        )
        theirs = self._decided([5], "won", 20, company_id=company.id)
        self._decided([5], "won", 20, company_id=self.env.company.id)
        self.assertEqual(self._phases(only), {theirs: "2_after"})
