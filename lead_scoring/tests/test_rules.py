from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestRules(LeadScoringCommon):
    """What a rule on the lead itself gives, and takes back."""

    # ------------------------------------------------------------------
    # Each kind: matches, does not, stops matching
    # ------------------------------------------------------------------

    def _check_kind(self, domain, matching, other):
        """Check a rule's life with one lead that matches and one that doesn't."""
        rule = self._rule(8, domain)
        lead, stranger = self._lead(**matching), self._lead(**other)
        self._score()
        self.assertScores({lead: 8, stranger: 0})
        versions = self._versions(lead + stranger)
        self._run_pass()
        self.assertScores({lead: 8, stranger: 0})
        self.assertEqual(
            self._versions(lead + stranger), versions, "A second time changes nothing."
        )
        self.assertEqual(rule.match_count, 1)

        lead.write(other)
        stranger.write(matching)
        self._score()
        self.assertScores({lead: 0, stranger: 8})

    def test_country_by_name(self):
        self._check_kind(
            "[('country_id', '=', 'Belgium')]",
            {"country_id": self.belgium.id},
            {"country_id": self.env.ref("base.fr").id},
        )

    def test_stage_by_name(self):
        Stage = self.env["crm.stage"]
        wanted = Stage.create({"name": "Wanted"})
        unwanted = Stage.create({"name": "Unwanted here"})
        self._check_kind(
            "[('stage_id', '=', 'Wanted')]",
            {"stage_id": wanted.id},
            {"stage_id": unwanted.id},
        )

    def test_stage_by_id(self):
        Stage = self.env["crm.stage"]
        wanted, unwanted = Stage.create([{"name": "One"}, {"name": "Two"}])
        self._check_kind(
            f"[('stage_id', '=', {wanted.id})]",
            {"stage_id": wanted.id},
            {"stage_id": unwanted.id},
        )

    def test_mail_address(self):
        self._check_kind(
            "[('email_from', 'ilike', '@gmail.')]",
            {"email_from": "Ann <ann@gmail.com>"},
            {"email_from": "ann@example.com"},
        )

    def test_no_mail_address(self):
        self._check_kind(
            "[('email_from', '=', False)]",
            {"email_from": False},
            {"email_from": "ann@example.com"},
        )

    def test_campaign_by_name(self):
        Campaign = self.env["utm.campaign"]
        spring = Campaign.create({"title": "Spring", "name": "Spring"})
        autumn = Campaign.create({"title": "Autumn", "name": "Autumn"})
        self._check_kind(
            "[('campaign_id', '=', 'Spring')]",
            {"campaign_id": spring.id},
            {"campaign_id": autumn.id},
        )

    def test_lead_tags(self):
        wanted, other = self.env["crm.tag"].create(
            [{"name": "Wanted"}, {"name": "Unwanted"}]
        )
        self._check_kind(
            "[('tag_ids', 'any', [('name', '=', 'Wanted')])]",
            {"tag_ids": wanted.ids},
            {"tag_ids": other.ids},
        )

    def test_field_of_the_contact(self):
        partners = self.env["res.partner"].create(
            [{"name": "Known", "ref": "A1"}, {"name": "Unknown"}]
        )
        self._check_kind(
            "[('partner_id.ref', '=', 'A1')]",
            {"partner_id": partners[0].id},
            {"partner_id": partners[1].id},
        )

    def test_alternatives(self):
        self._check_kind(
            "['|', ('city', '=', 'Ghent'), '&', ('city', '=', 'Liège'),"
            " '!', ('zip', '=', '1')]",
            {"city": "Liège", "zip": "2"},
            {"city": "Liège", "zip": "1"},
        )

    def test_empty_domain_matches_every_lead(self):
        self._rule(3, "[]")
        self.assertScores({self._scored_lead(): 3})

    def test_points_can_be_negative(self):
        self._rule(-12)
        self._rule(5, "[]")
        self.assertScores({self._scored_lead(city="Ghent"): -7})

    def test_rules_add_up_on_two_axes(self):
        self._rule(7)
        self._rule(20, "[]", dimension="interest")
        lead = self._scored_lead(city="Ghent")
        self.assertScores({lead: 27})
        self.assertEqual((lead.fit_score, lead.interest_score), (7, 20))
        explanation = lead.score_explanation
        self.assertEqual((explanation["fit"], explanation["interest"]), (7, 20))
        self.assertEqual([r["points"] for r in explanation["rules"]], [20, 7])

    def test_stage_rules_read_opportunities_too(self):
        stage = self.env["crm.stage"].create({"name": "Qualified by phone"})
        self._rule(4, "[('stage_id', '=', 'Qualified by phone')]")
        lead = self._scored_lead(type="opportunity", stage_id=stage.id)
        self.assertScores({lead: 4})

    def test_archived_record_pointed_to_still_counts(self):
        """The lead has not changed when somebody archives its contact."""
        partner = self.env["res.partner"].create({"name": "Old", "ref": "A1"})
        self._rule(4, "[('partner_id.ref', '=', 'A1')]")
        lead = self._scored_lead(partner_id=partner.id)
        partner.active = False
        self._run_pass()
        self.assertScores({lead: 4})

    # ------------------------------------------------------------------
    # Life of a rule
    # ------------------------------------------------------------------

    def test_paused_rule_gives_its_points_back(self):
        rule = self._rule()
        lead = self._scored_lead(city="Ghent")
        rule.action_archive()
        self._run_pass(full=False)
        self.assertScores({lead: 0})
        rule.action_unarchive()
        self._run_pass(full=False)
        self.assertScores({lead: 10})

    def test_deleted_rule_gives_its_points_back(self):
        rule = self._rule()
        lead = self._scored_lead(city="Ghent")
        rule.unlink()
        self._run_pass(full=False)
        self.assertScores({lead: 0})

    def test_edited_rule_scores_anew(self):
        rule = self._rule()
        lead = self._scored_lead(city="Ghent")
        rule.value = -3
        self._run_pass(full=False)
        self.assertScores({lead: -3})
        rule.domain = "[('city', '=', 'Antwerp')]"
        self._run_pass(full=False)
        self.assertScores({lead: 0})

    def test_rule_moved_to_another_model_takes_its_points_along(self):
        other_model = self.env["lead.scoring.model"].create({"name": "Draft"})
        rule = self._rule()
        lead = self._scored_lead(city="Ghent")
        rule.model_id = other_model
        self._run_pass(full=False)
        self.assertScores({lead: 0})

    def test_rule_belongs_to_the_first_live_model_by_default(self):
        rule = self.env["lead.scoring.rule"].create({"name": "Any", "value": 1})
        self.assertEqual(rule.model_id, self.scoring_model)
        self.assertScores({self._scored_lead(): 1})

    def test_too_many_points_are_refused(self):
        for value in (10_001, -10_001):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self._rule(value).flush_recordset()

    def test_too_high_a_maximum_is_refused(self):
        self._page_view_rule(maximum=1_000_000)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._page_view_rule(maximum=1_000_001).flush_recordset()

    def test_only_what_changes_scores_scores_anew(self):
        rule = self._page_view_rule()
        scoring = {"domain": "[]", "value": 3, "maximum": 4, "half_life": 5}
        scoring |= {"dimension": "fit", "source": "event", "active": False}
        other = {"name": "Other", "sequence": 99}
        for vals, expected in ((scoring, True), (other, False)):
            for name, value in vals.items():
                with self.subTest(name):
                    self._set_columns(self.scoring_model, changed_at="2020-01-01")
                    rule[name] = value
                    changed = self.scoring_model.changed_at.year > 2020
                    self.assertEqual(changed, expected)
        self._set_columns(self.scoring_model, changed_at="2020-01-01")
        self.scoring_model.name = "Other"
        self.assertEqual(self.scoring_model.changed_at.year, 2020)
        self.scoring_model.warm_score = 20
        self.assertGreater(self.scoring_model.changed_at.year, 2020)

    def test_numbers_that_make_no_sense_are_refused(self):
        rule = self._page_view_rule()
        for record, vals in (
            (rule, {"maximum": -1}),
            (rule, {"half_life": -1}),
            (self.scoring_model, {"margin": -1}),
            (self.scoring_model, {"warm_score": 60, "hot_score": 60}),
        ):
            with self.subTest(vals), self.assertRaises(CheckViolation):
                with mute_logger("odoo.sql_db"), self.cr.savepoint():
                    record.write(vals)

    def test_live_model_is_not_deleted(self):
        with self.assertRaises(ValidationError):
            self.scoring_model.unlink()
        self.scoring_model.state = "retired"
        self.scoring_model.unlink()

    def test_maximum_and_half_life_are_of_streams_only(self):
        """Left over from a rule that counted something before."""
        self._rule(10, maximum=3, half_life=1)
        self.assertScores({self._scored_lead(city="Ghent"): 10})

    def test_broken_domain_is_refused(self):
        for domain in ("[('nothing', '=', 1)]", "[('city' = 'Ghent')]", "nonsense"):
            with self.subTest(domain), self.assertRaises(ValidationError):
                self._rule(1, domain)

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    def test_relative_date_moves_with_time(self):
        self._rule(6, "[('date_deadline', '>=', 'today')]")
        today = self.env.cr.now()
        lead = self._scored_lead(date_deadline=today.date() + timedelta(days=2))
        self.assertScores({lead: 6})
        with freeze_time(today + timedelta(days=4)):
            self._run_pass()
            self.assertScores({lead: 0})

    def test_day_begins_in_the_time_zone_of_the_author(self):
        self.env.user.tz = "Asia/Ho_Chi_Minh"
        rule = self._rule(6, "[('create_date', '>=', 'today')]")
        self.assertEqual(rule.tz, "Asia/Ho_Chi_Minh")
        self.env.user.tz = "America/Los_Angeles"
        lead = self._lead()
        self._set_columns(lead, create_date="2026-05-31 18:00:00")
        with freeze_time("2026-05-31 18:30:00"):
            # one in the morning of the first of June for the author
            self._run_pass()
            self.assertScores({lead: 6})
        with freeze_time("2026-06-01 17:30:00"):
            # half past midnight of the second for the author
            self._run_pass()
            self.assertScores({lead: 0})

    # ------------------------------------------------------------------
    # Match count
    # ------------------------------------------------------------------

    def test_match_count_opens_the_leads_it_counts(self):
        rule = self._rule()
        leads = self._lead(city="Ghent") + self._lead(city="Ghent", type="opportunity")
        self._lead(city="Antwerp")
        self._lead(city="Ghent", active=False)
        self._run_pass()
        self.assertEqual(rule.match_count, 2)
        action = rule.action_view_leads()
        found = self.env["crm.lead"].search(action["domain"])
        self.assertEqual(found, leads.sorted("id", reverse=True))

    def test_test_on_a_lead_changes_nothing(self):
        self._rule(5, "[]")
        rule = self._rule(10)
        lead = self._scored_lead(city="Ghent")
        rule.active = False
        self._run_pass()
        versions = self._versions(lead)
        test = self.env["lead.scoring.rule.test"].create(
            {"rule_id": rule.id, "lead_id": lead.id}
        )
        self.assertTrue(test.matches)
        self.assertEqual(
            (test.points, test.score_without, test.score_with), (10, 5, 15)
        )
        self.assertEqual(self._versions(lead), versions)

    def test_test_on_a_closed_lead(self):
        """It says what the rule reads, and that the score stays."""
        rule = self._rule(10)
        lead = self._scored_lead(city="Ghent")
        test = self.env["lead.scoring.rule.test"].create(
            {"rule_id": rule.id, "lead_id": lead.id}
        )
        self.assertFalse(test.closed)
        lead.action_set_lost()
        test.invalidate_recordset()
        self.assertTrue(test.closed)
        self.assertTrue(test.matches)
        self.assertEqual(test.points, 10)

    def test_leads_found_by_their_rules(self):
        """As by any other field of several records."""
        rule, other = self._rule(10, name="Town"), self._rule(5, "[]", name="All")
        lead, plain = self._lead(city="Ghent"), self._lead()
        none = self._lead(company_id=self.env.company.id, city="Bonn")
        self.scoring_model.domain = "[('city', '!=', 'Bonn')]"
        self._score()
        leads = lead + plain + none
        for operator, value, expected in (
            ("=", rule.id, lead),
            ("in", (rule + other).ids, lead + plain),
            ("!=", rule.id, plain + none),
            ("!=", False, lead + plain),
            ("=", False, none),
            ("in", [False, rule.id], lead + none),
            ("ilike", "tow", lead),
            ("not ilike", "tow", plain + none),
            ("any", [("value", ">", 5)], lead),
            ("not any", [("value", ">", 5)], plain + none),
        ):
            with self.subTest(operator=operator, value=value):
                domain = [("scoring_rule_ids", operator, value)]
                found = leads.search([("id", "in", leads.ids), *domain])
                self.assertEqual(found.sorted("id"), expected)
        by_path = leads.search([("scoring_rule_ids.name", "=", "Town")])
        self.assertEqual(by_path, lead)

    def test_test_on_a_lead_counts_points_by_hand(self):
        self._rule(5, "[]")
        rule = self._rule(10)
        lead = self._lead(city="Ghent")
        adjustments = self.env["lead.scoring.adjustment"]
        adjustments.create({"lead_id": lead.id, "name": "Met at a fair", "points": 30})
        self._score()
        test = self.env["lead.scoring.rule.test"].create(
            {"rule_id": rule.id, "lead_id": lead.id}
        )
        self.assertEqual((test.score_without, test.score_with), (35, 45))
        self.assertEqual(lead.score, test.score_with)
