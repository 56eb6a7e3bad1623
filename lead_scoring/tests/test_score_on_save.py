from unittest.mock import patch

from odoo.tests import Form, tagged

from odoo.addons.lead_scoring.models.lead.crm_lead_scoring import SCHEDULED_IDS

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestScoreOnSave(LeadScoringCommon):
    """The setting that leaves scoring to the scheduled actions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule(40, "[('city', '=', 'Ghent')]")

    def _set(self, on_save):
        with Form(self.env["res.config.settings"]) as form:
            self.assertNotEqual(form.lead_scoring_on_save, on_save)
            form.lead_scoring_on_save = on_save
        form.record.execute()

    def test_leads_are_scored_on_save_by_default(self):
        self.assertTrue(self.env["res.config.settings"].create({}).lead_scoring_on_save)
        lead = self._scored_lead(city="Ghent")
        self.assertEqual((lead.score, lead.temperature), (40, "warm"))

    def test_off_leaves_leads_to_the_next_pass(self):
        self._set(False)
        lead = self._scored_lead(city="Ghent")
        self.assertEqual((lead.score, lead.temperature), (0, "cold"))
        self._run_pass()
        self.assertEqual((lead.score, lead.temperature), (40, "warm"))
        self._let_time_pass()
        lead.city = "Bruges"
        self._score()
        self.assertEqual(lead.score, 40)
        self._run_pass(full=False)
        self.assertEqual(lead.score, 0)

    def test_off_does_nothing_on_save(self):
        partner = self.env["res.partner"].create({"name": "Contact"})
        lead = self._scored_lead(partner_id=partner.id)
        self._set(False)
        with patch.object(type(lead), "_score_safely") as score:
            lead.city = "Ghent"
            partner.city = "Ghent"
            self._visitor(leads=lead)
            self._lead(city="Ghent")
            self.assertNotIn(SCHEDULED_IDS, self.env.cr.precommit.data)
            self._score()
        score.assert_not_called()

    def test_off_costs_a_contact_no_query(self):
        partner = self.env["res.partner"].create({"name": "Contact"})
        self._set(False)
        self.env["crm.lead"]._is_scored_on_save()
        with self.assertQueryCount(0):
            partner._schedule_scoring()

    def test_off_still_scores_on_request(self):
        self._set(False)
        lead, other = self._lead(city="Ghent"), self._lead(city="Ghent")
        lead.action_score_now()
        other._score_now()
        self.assertEqual((lead.score, other.score), (40, 40))
        self.assertEqual(lead.temperature, "warm")

    def test_on_again(self):
        self._set(False)
        self._set(True)
        self.assertEqual(self._scored_lead(city="Ghent").score, 40)

    def test_what_is_computed_and_not_saved_costs_no_scoring(self):
        """Core writes such a field when it computes it for the sake of one screen."""
        lead = self._scored_lead(city="Ghent")
        lead.write({"duration_tracking": {}})
        self.assertNotIn(SCHEDULED_IDS, self.env.cr.precommit.data)
        lead.write({"duration_tracking": {}, "city": "Bruges"})
        self.assertEqual(self.env.cr.precommit.data[SCHEDULED_IDS], set(lead.ids))
