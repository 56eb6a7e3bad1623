import math
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_transition import (
    LeadScoringTransition,
)

from .common import LeadScoringCommon

MIXIN = "odoo.addons.lead_scoring.models.rule.lead_scoring_code_only_mixin"


@tagged("post_install", "-at_install")
class TestPass(LeadScoringCommon):
    """What a pass covers, and that it may be stopped anywhere and run again."""

    def _change_unseen(self, leads, at=None, **values):
        """Change leads so that only a pass can notice it: an incremental one, if the
        time is given.
        """
        self._set_columns(leads, **values)
        if at:
            self._note_written(leads, at)

    def _covered_since(self, hours=1):
        """Let a full pass have covered all that happened until some hours ago."""
        self._run_pass()
        self._let_time_pass(hours)

    # ------------------------------------------------------------------
    # Full
    # ------------------------------------------------------------------

    def test_full_pass_covers_all_open_leads(self):
        self._rule(10, "[('city', '=', 'Ghent')]")
        leads = self._lead() + self._lead(type="opportunity")
        self._score()
        self._let_time_pass()
        self._change_unseen(leads, city="Ghent")
        self._run_pass()
        self.assertScores({leads[0]: 10, leads[1]: 10})

    def test_damaged_numbers_of_matches_are_counted_anew(self):
        rule = self._rule(10, "[]")
        self._scored_lead()
        for damaged in ([1], "text", 5, True, {"a": 1}, {"1": "many"}, {"1": [1]}):
            scoring_pass = self.env["lead.scoring.pass"]._start(True)
            scoring_pass.match_counts = damaged
            with self.subTest(damaged), self.assertLogs(MIXIN, "WARNING"):
                self.assertTrue(scoring_pass._run(math.inf, lambda: None))
                self.assertEqual(rule.match_count, 1)

    def test_matches_are_counted_once_where_a_pass_is_cut_off_in_a_chunk(self):
        rule = self._rule(10, "[]")
        self._lead()
        self._lead()
        self._score()
        cut = patch.object(LeadScoringTransition, "_follow", lambda *_args: False)
        scoring_pass = self.env["lead.scoring.pass"]._start(True)
        with cut:
            self.assertFalse(scoring_pass._run(math.inf, lambda: None))
        again = self.env["lead.scoring.pass"]._start(True)
        self.assertEqual(again, scoring_pass)
        self.assertTrue(again._run(math.inf, lambda: None))
        self.assertEqual((rule.match_count, again.lead_count), (2, 2))

    def test_unchanged_pass_writes_nothing(self):
        self._rule(40, "[]")
        leads = self._lead() + self._lead(city="Ghent")
        self._run_pass()
        versions = self._versions(leads)
        scored_at = leads.mapped("score_id.scored_at")
        for full in (True, False, True):
            self._run_pass(full)
        self.assertEqual(self._versions(leads), versions)
        self.assertEqual(leads.mapped("score_id.scored_at"), scored_at)

    def test_lead_without_a_row_gets_one(self):
        """Some other add-on may create leads by SQL."""
        self._rule(10, "[]")
        lead = self._scored_lead()
        self._set_columns(lead, score_id=None)
        self.env["lead.scoring.score"].search([("lead_id", "=", lead.id)]).unlink()
        self._run_pass()
        self.assertEqual(lead.score_id.lead_id, lead)
        self.assertScores({lead: 10})

    def test_row_without_a_link_is_linked_again(self):
        self._rule(10, "[]")
        lead = self._scored_lead()
        row = lead.score_id
        self._set_columns(lead, score_id=None)
        self._run_pass()
        self.assertEqual(lead.score_id, row)

    def test_pass_keeps_account_of_itself(self):
        self._rule(10, "[]")
        first = self._run_pass()
        self.assertTrue(first.date_end)
        open_leads = self.env["crm.lead"].search_count(
            [("won_status", "not in", ("won", "lost"))]
        )
        self.assertEqual(first.lead_count, open_leads)
        self.assertEqual(self._run_pass().change_count, 0)

    def test_no_leads_at_all(self):
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        rule = self._rule()
        self._run_pass()
        self._run_pass(full=False)
        self.assertEqual(rule.match_count, 0)

    def test_no_rules_at_all(self):
        lead = self._scored_lead()
        self._run_pass()
        self.assertScores({lead: 0})
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
            self._run_pass()
        self.assertScores({lead: 0})

    # ------------------------------------------------------------------
    # Closed leads, and leads of no model
    # ------------------------------------------------------------------

    def test_closed_leads_keep_their_last_row(self):
        rule = self._rule(40, "[]")
        won, lost, archived = (self._lead(type="opportunity") for _n in range(3))
        self._score()
        won.action_set_won()
        lost.action_set_lost()
        archived.active = False
        self._score()
        rule.unlink()
        self._run_pass()
        for lead in (won, lost, archived):
            self.assertEqual((lead.score, lead.temperature), (40, "warm"))
            lead._score_now()
            self.assertEqual((lead.score, lead.temperature), (40, "warm"))

    def test_explanation_of_a_closed_lead_sums_to_the_score_it_kept(self):
        rule = self._rule(40, "[]")
        lead = self._scored_lead()
        lead.action_set_won()
        self._run_pass()
        self.assertScores({lead: 40})
        rule.write({"value": 7, "dimension": "interest"})
        self._run_pass()
        self.assertScores({lead: 40})
        explanation = lead.score_explanation
        self.assertEqual((explanation["fit"], explanation["interest"]), (40, 0))
        rule.unlink()
        self._run_pass()
        self.assertScores({lead: 40})

    def test_explanation_of_a_lead_not_saved_yet(self):
        self._rule(40, "[]")
        lead = self.env["crm.lead"].new({"name": "New"})
        self.assertFalse(lead.score_explanation["rules"])
        self.assertFalse(lead.score_pageview_ids or lead.scoring_rule_ids)
        self.assertFalse(lead.score)
        self.assertFalse(lead.routing_note)

    def test_restored_lead_is_scored(self):
        rule = self._rule(40, "[]")
        lost, won = (self._lead(type="opportunity") for _n in range(2))
        self._score()
        stage = won.stage_id
        lost.action_set_lost()
        won.action_set_won()
        self._score()
        rule.value = 7
        lost.action_unarchive()
        won.stage_id = stage
        self._score()
        self.assertScores({lost: 7, won: 7})

    def test_lead_of_no_model_is_reset(self):
        self._rule(70, "[]")
        lead = self._scored_lead()
        self.assertEqual(lead.temperature, "hot")
        self.scoring_model.state = "retired"
        self._run_pass(full=False)
        self.assertScores({lead: 0})
        self.assertFalse(lead.score_id.model_id)
        self.assertEqual((lead.temperature, lead.segment), ("cold", "discard"))

    def test_model_for_some_leads_only(self):
        self._rule(70, "[]")
        lead, other = self._lead(city="Ghent"), self._lead()
        self.scoring_model.domain = "[('city', '=', 'Ghent')]"
        self._run_pass(full=False)
        self.assertScores({lead: 70, other: 0})
        lead.city, other.city = False, "Ghent"
        self._score()
        self.assertScores({lead: 0, other: 70})

    def test_first_model_that_fits_has_the_lead(self):
        self._rule(70, "[]")
        special = self.env["lead.scoring.model"].create(
            {
                "name": "Ghent",
                "state": "live",
                "sequence": 1,
                "domain": "[('city', '=', 'Ghent')]",
                "hot_score": 200,
                "warm_score": 100,
            }
        )
        self._rule(150, "[]", model_id=special.id)
        lead, other = self._lead(city="Ghent"), self._lead()
        self._score()
        self.assertScores({lead: 150, other: 70})
        self.assertEqual((lead.temperature, other.temperature), ("warm", "hot"))
        self.assertEqual(lead.score_explanation["model"], "Ghent")
        special.sequence = 99
        self._run_pass(full=False)
        self.assertScores({lead: 70, other: 70})
        self.assertEqual(lead.temperature, "hot")

    def test_draft_models_score_nothing(self):
        draft = self.env["lead.scoring.model"].create({"name": "D", "sequence": 1})
        self._rule(70, "[]", model_id=draft.id)
        self.assertScores({self._scored_lead(): 0})

    # ------------------------------------------------------------------
    # Incremental
    # ------------------------------------------------------------------

    def test_incremental_pass_sees_a_written_lead_and_no_other(self):
        self._rule(10)
        lead, other = self._lead(), self._lead()
        self._covered_since()
        self._change_unseen(lead, city="Ghent", at=self.env.cr.now())
        self._change_unseen(other, city="Ghent")
        scoring_pass = self._run_pass(full=False)
        self.assertEqual(lead.score, 10)
        self.assertEqual(other.score, 0, "An incremental pass is not a full one.")
        self.assertTrue(scoring_pass.since)
        self._run_pass()
        self.assertEqual(other.score, 10)

    def test_incremental_pass_sees_a_new_page_view(self):
        self._page_view_rule(10)
        lead = self._lead()
        contacts_lead = self._lead(partner_id=self.partner.id)
        visitor = self._visitor(lead)
        known = self._visitor(partner=self.partner)
        self._covered_since()
        for seen_by in (visitor, known):
            self.env["website.track"].create(
                {"visitor_id": seen_by.id, "url": "/price"}
            )
        self._run_pass(full=False)
        self.assertScores({lead: 10, contacts_lead: 10})

    def test_incremental_pass_sees_a_visitor_tied(self):
        """By whatever way: here neither lead nor visitor know of it."""
        self._page_view_rule(10)
        lead = self._lead()
        visitor = self._visitor(pages=["/price"])
        self._covered_since()
        self.env.cr.execute(
            "INSERT INTO crm_lead_website_visitor_rel (crm_lead_id, website_visitor_id)"
            " VALUES (%s, %s)",
            [lead.id, visitor.id],
        )
        self._set_columns(visitor, write_date=self.env.cr.now())
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    def test_incremental_pass_looks_back_a_little(self):
        """What was written before the last pass began, and committed after."""
        self._rule(10)
        lead = self._lead()
        self._covered_since()
        last = self.env["lead.scoring.pass"].search([], limit=1)
        late = last.date_start - timedelta(minutes=10)
        self._change_unseen(lead, city="Ghent", at=late)
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    def test_incremental_pass_covers_all_after_a_change_of_rules(self):
        lead = self._lead(city="Ghent")
        self._covered_since()
        rule = self._rule(10)
        self._run_pass(full=False)
        self.assertScores({lead: 10})
        self._let_time_pass(2)
        rule.value = 20
        self._run_pass(full=False)
        self.assertScores({lead: 20})
        self._let_time_pass(3)
        self.scoring_model.warm_score = 20
        self._run_pass(full=False)
        self.assertEqual(lead.temperature, "warm")
        self._let_time_pass(4)
        rule.unlink()
        self._run_pass(full=False)
        self.assertScores({lead: 0})

    def test_incremental_pass_sees_rules_changed_by_a_slow_transaction(self):
        """Begun before the last pass, committed after."""
        lead = self._lead(city="Ghent")
        self._covered_since()
        self._rule(10)
        last = self.env["lead.scoring.pass"].search([], limit=1)
        late = last.date_start - timedelta(minutes=5)
        self._set_columns(self.scoring_model, changed_at=late)
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    def test_model_archived_restored(self):
        self._rule(10, "[]")
        lead = self._lead()
        self._covered_since()
        self.scoring_model.action_archive()
        self._run_pass(full=False)
        self.assertScores({lead: 0})
        self._let_time_pass(2)
        self.scoring_model.action_unarchive()
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    # ------------------------------------------------------------------
    # Stopped and resumed
    # ------------------------------------------------------------------

    def _run_slowly(self, full=True, stop_after=1):
        """Run a pass in slices of one chunk of two leads.

        :param stop_after: number of slices to run, all when 0
        :return: whether it finished
        """
        late = -math.inf
        with patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 2):
            for _slice in range(stop_after or 10_000):
                scoring_pass = self.env["lead.scoring.pass"]._start(full)
                if scoring_pass._run(late, lambda: None):
                    return True
        return False

    def test_pass_stopped_and_resumed_gives_the_same(self):
        rule = self._rule(10)
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(7)))
        self._covered_since()
        self._change_unseen(leads, city="Ghent")
        self.assertFalse(self._run_slowly())
        self.assertLess(len(leads.filtered("score")), 7)
        self.assertTrue(self._run_slowly(stop_after=0))
        self.assertEqual(leads.mapped("score"), [10] * 7)
        self.assertEqual(rule.match_count, 7)
        versions = self._versions(leads)
        self._run_pass()
        self.assertEqual(self._versions(leads), versions)
        unfinished = [("date_end", "=", False)]
        self.assertFalse(self.env["lead.scoring.pass"].search(unfinished))

    def test_stopped_incremental_pass_resumes_too(self):
        self._rule(10)
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(5)))
        self._covered_since()
        self._change_unseen(leads, city="Ghent", at=self.env.cr.now())
        self.assertFalse(self._run_slowly(full=False))
        self.assertTrue(self._run_slowly(full=False, stop_after=0))
        self.assertEqual(leads.mapped("score"), [10] * 5)

    def test_rules_changed_while_a_pass_waits_begin_it_again(self):
        rule = self._rule(10, "[]")
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(5)))
        self._covered_since()
        self._run_slowly(stop_after=2)
        waiting = self.env["lead.scoring.pass"].search([("date_end", "=", False)])
        self._set_columns(waiting, date_start=self.env.cr.now() - timedelta(minutes=30))
        rule.value = 3
        self.assertTrue(self._run_slowly(stop_after=0))
        self.assertEqual(leads.mapped("score"), [3] * 5)
        published = rule.match_count
        self._run_pass()
        self.assertEqual(rule.match_count, published)

    def test_changes_while_a_pass_waits_are_left_to_the_next(self):
        """Nothing that happened behind the position of a pass is lost."""
        self._rule(10)
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(5)))
        self._covered_since()
        self._note_written(leads)
        self._run_slowly(full=False, stop_after=1)
        self._change_unseen(leads[0], city="Ghent", at=self.env.cr.now())
        self.assertTrue(self._run_slowly(full=False, stop_after=0))
        self._run_pass(full=False)
        self.assertScores({leads[0]: 10})
