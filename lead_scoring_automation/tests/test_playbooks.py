from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.scoring import lead_scoring_transition

from .common import PlaybookCommon

LOG = "odoo.addons.lead_scoring_automation.models.base_automation"


@tagged("post_install", "-at_install")
class TestPlaybooks(PlaybookCommon):
    """Each playbook, from the pass to what comes of it."""

    def _age(self, lead, **ago):
        """Let all that happened to the lead be so long ago."""
        past = self.env.cr.now() - timedelta(**ago)
        self._set_columns(
            lead, temperature_date=past, segment_date=past, create_date=past
        )
        self._set_columns(lead.message_ids, date=past)

    # ------------------------------------------------------------------
    # Hot
    # ------------------------------------------------------------------

    def test_hot_lead_is_to_be_called_today(self):
        self._switch_on("hot")
        lead = self._open_lead()
        lead.city = "Ghent"
        self._score()
        activity = lead.activity_ids
        self.assertEqual(activity.user_id, self.salesman)
        self.assertEqual(activity.date_deadline, fields.Date.context_today(lead))
        self.assertEqual(activity.activity_type_id.category, "phonecall")

    def test_salesperson_is_told_once_that_a_lead_is_hot(self):
        self._switch_on("hot")
        lead = self._open_lead(user_id=self.salesman.id)
        told = [("notified_partner_ids", "in", self.salesman.partner_id.ids)]
        before = self.env["mail.message"].search(told)
        lead.city = "Ghent"
        self._score()
        self.assertTrue(lead.activity_ids)
        message = self.env["mail.message"].search(told) - before
        self.assertEqual(message.subject, f"{lead.name} became hot")

    def test_hot_lead_of_nobody_is_the_team_leaders(self):
        self._switch_on("hot")
        lead = self._open_lead(user_id=False)
        lead.city = "Ghent"
        self._score()
        self.assertEqual(lead.activity_ids.user_id, self.leader)

    def test_hot_lead_of_nobody_waits_for_somebody_to_call(self):
        self._switch_on("hot")
        self.team.user_id = False
        lead = self._open_lead(user_id=False)
        lead.city = "Ghent"
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(lead.activity_ids)
        lead.user_id = self.salesman
        self.assertEqual(lead.activity_ids.user_id, self.salesman)
        # one call, whoever has the lead later
        lead.user_id = self.leader
        self.assertEqual(len(lead.activity_ids), 1)

    def test_nothing_is_planned_for_the_robot(self):
        self._switch_on("cooled")
        self.team.user_id = False
        lead = self._open_lead(user_id=False, city="Ghent")
        lead.city = "Namur"
        self._score()
        self.assertEqual(lead.temperature, "cold")
        self.assertTrue(lead.tag_ids)
        self.assertFalse(lead.activity_ids)

    def test_pass_fires_once_and_not_on_replay(self):
        self._switch_on("hot")
        self.rule.active = False
        lead = self._open_lead(city="Ghent")
        self.rule.active = True
        for _time in range(3):
            self._run_pass()
            lead.name = "Other"
            self._score()
        self.assertEqual(len(lead.activity_ids), 1)

    def test_fires_again_after_the_lead_has_cooled_down(self):
        self._switch_on("hot")
        lead = self._open_lead()
        for points in (70, 56, 70, 40, 60):
            self._set_points(lead, points)
        self.assertEqual(len(lead.activity_ids), 2)

    def test_silent_pass_fires_nothing(self):
        self._switch_on("hot")
        self.rule.active = False
        lead = self._open_lead(city="Ghent")
        self.rule.active = True
        self._run_pass(silent=True)
        self._run_pass()
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(lead.activity_ids)

    def test_switched_off_does_nothing(self):
        playbook = self._switch_on("hot")
        playbook.with_user(self.scoring_manager).enabled = False
        lead = self._open_lead(city="Ghent")
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(lead.activity_ids)

    def test_call_is_due_on_the_day_of_the_one_responsible(self):
        """At three at night in Ho Chi Minh City it is yesterday in Greenwich."""
        self._switch_on("hot")
        self.salesman.tz = "Asia/Ho_Chi_Minh"
        self.leader.tz = "America/New_York"
        with freeze_time("2026-11-17 20:00:00"):
            leads = self._open_lead() + self._open_lead(user_id=self.leader.id)
            leads.city = "Ghent"
            self._score()
        days = [lead.activity_ids.date_deadline.day for lead in leads]
        self.assertEqual(days, [18, 17])

    def test_team_leader_is_told_after_an_hour_once(self):
        self._switch_on("hot")
        self._switch_on("hot_late")
        lead = self._open_lead(city="Ghent")
        call = lead.activity_ids
        self._run_timed()
        self.assertEqual(lead.activity_ids, call)
        self._let_run("hot_late", minutes=30)
        self._age(lead, minutes=61)
        for _time in range(2):
            self._run_timed()
        told = lead.activity_ids - call
        self.assertEqual(told.user_id, self.leader)
        mails = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.leader.partner_id.ids)]
        )
        self.assertEqual(len(mails), 1)

    def _let_run(self, name, **ago):
        """Let the last run of a timed playbook be so long ago."""
        automation = self._playbook(name).automation_id
        automation.last_run = self.env.cr.now() - timedelta(**ago)

    def test_nobody_is_told_of_who_was_called(self):
        self._switch_on("hot")
        self._switch_on("hot_late")
        lead = self._open_lead(city="Ghent")
        lead.activity_ids.action_done()
        self._age(lead, minutes=61)
        self._run_timed()
        self.assertFalse(lead.activity_ids)

    # ------------------------------------------------------------------
    # Warm and cold
    # ------------------------------------------------------------------

    def test_warm_lead_gets_a_text_message(self):
        self._switch_on("warm")
        lead = self._open_lead(contact_name="Ann")
        self.salesman.booking_url = "https://book.example/me"
        self._set_points(lead, 40)
        sms = self.env["sms.sms"].search([("number", "=", lead.phone_sanitized)])
        self.assertEqual(len(sms), 1)
        self.assertIn("Ann", sms.body)
        self.assertIn("https://book.example/me", sms.body)

    def test_blacklisted_number_gets_none(self):
        self._switch_on("warm")
        lead = self._open_lead()
        self.env["phone.blacklist"].add(lead.phone_sanitized)
        self._set_points(lead, 40)
        self.assertEqual(lead.temperature, "warm")
        self.assertFalse(
            self.env["sms.sms"].search([("number", "=", lead.phone_sanitized)])
        )

    def test_lead_that_went_cold_gets_a_mail(self):
        self._switch_on("cold")
        self.salesman.booking_url = "https://book.example/me"
        lead = self._open_lead(contact_name="Ann")
        self.assertFalse(self._mails(lead), "It was never warm.")
        self._set_points(lead, 40)
        self._set_points(lead, 0)
        mail = self._mails(lead)
        self.assertEqual(mail.subject, "Are you still interested?")
        self.assertIn("https://book.example/me", mail.body_html)
        self.assertIn("Ann", mail.body_html)

    def test_blacklisted_lead_gets_no_mail(self):
        """Not even when somebody has deleted the condition."""
        lead = self._open_lead()
        self.env["mail.blacklist"]._add(lead.email_normalized)
        playbook = self._switch_on("cold")
        playbook.automation_id.filter_domain = "[('temperature', '=', 'cold')]"
        self._set_points(lead, 40)
        self._set_points(lead, 0)
        self.assertEqual(lead.temperature, "cold")
        self.assertFalse(self._mails(lead))

    def test_text_names_persona_and_pages(self):
        lead = self._open_lead()
        self.assertEqual(lead.persona, "Test")
        page = self.env["website.page"].search([("url", "!=", False)], limit=1)
        visitor = self._visitor(lead, pages=["/somewhere"])
        visitor.website_track_ids.page_id = page
        lead.invalidate_recordset()
        self.assertEqual(lead.pages_read, page.name)
        self.assertEqual(lead.with_user(self.all_leads_salesman).pages_read, page.name)

    # ------------------------------------------------------------------
    # Remarket and nurture
    # ------------------------------------------------------------------

    def test_remarket_tells_fit_from_interest(self):
        self._switch_on("fits")
        self._switch_on("interested")
        self._rule(70, "[('city', '=', 'Bruges')]", dimension="fit")
        interested = self._open_lead(city="Ghent")
        fits = self._open_lead(city="Bruges", email_from="bob@customer.example")
        self.assertEqual((interested | fits).mapped("segment"), ["remarket"] * 2)
        tags = {
            name: self.env.ref(f"lead_scoring_automation.tag_{name}")
            for name in ("fits", "interested")
        }
        self.assertEqual(interested.tag_ids, tags["interested"])
        self.assertEqual(fits.tag_ids, tags["fits"])
        subjects = {self._mails(lead).subject for lead in interested | fits}
        self.assertEqual(len(subjects), 2)

    def test_cooled_lead_goes_back_to_nurture_and_is_let_go(self):
        self._switch_on("cooled")
        self._switch_on("let_go")
        lead = self._open_lead()
        self._set_points(lead, 70)
        self._set_points(lead, 0)
        nurture = self.env.ref("lead_scoring_automation.tag_nurture")
        self.assertEqual(lead.tag_ids, nurture)
        self.assertEqual(lead.activity_ids.user_id, self.salesman)
        self._age(lead, days=91)
        self._run_timed()
        self.assertTrue(lead.active, "There is something to do.")
        lead.activity_ids.unlink()
        self._let_run("let_go", days=2)
        self._age(lead, days=91)
        self._run_timed()
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(self._mails(lead).subject, "Should I close your request?")

    # ------------------------------------------------------------------
    # Discard
    # ------------------------------------------------------------------

    def _discarded(self, **ago):
        lead = self._open_lead()
        self._set_points(lead, 70)
        self._set_points(lead, 0)
        self.assertEqual(lead.segment, "discard")
        self._age(lead, **ago)
        return lead

    def test_discarded_lead_is_lost_after_30_quiet_days(self):
        self._switch_on("discard")
        old, fresh = self._discarded(days=31), self._discarded(days=29)
        newborn = self._open_lead()
        self._run_timed()
        self.assertEqual(old.won_status, "lost")
        reason = self.env.ref("lead_scoring_automation.lost_reason_discard")
        self.assertEqual(old.lost_reason_id, reason)
        self.assertEqual((fresh | newborn).mapped("won_status"), ["pending"] * 2)

    def test_signal_reply_or_activity_keeps_a_discarded_lead(self):
        self._switch_on("discard")
        leads = [self._discarded(days=40) for _n in range(4)]
        visited, replied, planned, quiet = leads
        self._visitor(visited, pages=[("/somewhere", 5)])
        replied.message_post(body="Not yet", message_type="email")
        planned.activity_schedule("mail.mail_activity_data_todo")
        self._run_timed()
        self.assertEqual(quiet.won_status, "lost")
        kept = visited | replied | planned
        self.assertEqual(kept.mapped("won_status"), ["pending"] * 3)
        self.assertLess(quiet.quiet_since, visited.quiet_since)

    # ------------------------------------------------------------------
    # Failures
    # ------------------------------------------------------------------

    def _break(self, name):
        """Switch a playbook on whose mail can't be rendered for Bruges."""
        playbook = self._switch_on(name)
        template = playbook.automation_id.action_server_ids.template_id
        template.body_html = """<p t-if="object.city == 'Bruges'" t-out="1 / 0"/>"""
        return playbook

    def test_broken_template_undoes_no_other_lead_and_is_reported(self):
        playbook = self._break("interested")
        self._switch_on("hot")
        self.rule.active = False
        self.rule.domain = "[('city', '!=', False)]"
        cities = ("Ghent", "Bruges", "Ostend")
        leads = [
            self._open_lead(city=city, email_from=f"{city}@customer.example")
            for city in cities
        ]
        self.rule.active = True
        with (
            patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 2),
            self.assertLogs(LOG, "WARNING") as logs,
            mute_logger("odoo.addons.mail.models.mail_render_mixin"),
        ):
            self._run_pass()
        self.assertEqual([lead.temperature for lead in leads], ["hot"] * 3)
        self.assertEqual([len(self._mails(lead)) for lead in leads], [1, 0, 1])
        calls = [
            lead.activity_ids.filtered(
                lambda activity: activity.activity_type_id.category == "phonecall"
            )
            for lead in leads
        ]
        self.assertEqual([len(call) for call in calls], [1, 1, 1])
        self.assertFalse(leads[1].tag_ids, "All of it, or nothing.")
        self.assertEqual(len(logs.output), 1)
        self.assertTrue(playbook.error)
        self.assertIn(leads[1].name, playbook.automation_id.message_ids[0].body)

    def test_broken_conditions_keep_no_lead_from_its_temperature(self):
        playbook = self._switch_on("hot")
        self._set_columns(playbook.automation_id, filter_domain="[('nothing', '=', 1)]")
        other = self._switch_on("interested")
        with self.assertLogs(LOG, "WARNING"):
            lead = self._open_lead(city="Ghent")
            lead.name = "Saved all the same"
            self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertTrue(lead.tag_ids, other.name)
        self.assertIn("nothing", playbook.error)
        self.assertIn("nothing", playbook.automation_id.message_ids[0].body)

    def test_timed_playbook_with_broken_conditions_stops_no_other(self):
        self._switch_on("discard")
        broken = self._switch_on("hot_late").automation_id
        self._set_columns(broken, filter_domain="[('nothing', '=', 1)]")
        lead = self._discarded(days=31)
        with self.assertLogs(LOG, "WARNING"):
            self._run_timed()
        self.assertEqual(lead.won_status, "lost")

    def test_same_error_is_reported_once_until_something_changes(self):
        playbook = self._break("fits")
        before = len(playbook.automation_id.message_ids)
        with mute_logger(LOG, "odoo.addons.mail.models.mail_render_mixin"):
            for _number in range(2):
                lead = self._open_lead(city="Bruges")
                self._set_points(lead, 70)
        bodies = playbook.automation_id.message_ids.mapped("body")
        self.assertEqual(len(bodies), before + 1, bodies)
        self.assertTrue(playbook.error)
        playbook.automation_id.description = "Mended"
        self.assertFalse(playbook.error)

    def test_timed_playbook_goes_on_after_a_lead_that_fails(self):
        self._break("let_go")
        nurture = self.env.ref("lead_scoring_automation.tag_nurture")
        leads = [
            self._open_lead(
                city=city, tag_ids=nurture.ids, email_from=f"{city}@customer.example"
            )
            for city in ("Bruges", "Ostend")
        ]
        for lead in leads:
            self._age(lead, days=91)
        with mute_logger(LOG, "odoo.addons.mail.models.mail_render_mixin"):
            self._run_timed()
        self.assertEqual([lead.won_status for lead in leads], ["pending", "lost"])
