import math
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.base.models import ir_cron
from odoo.addons.lead_scoring.hooks import (
    post_init_hook,
    pre_init_hook,
    uninstall_hook,
)
from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass_mixin import (
    LeadScoringPassMixin,
)

from .common import ConversionCommon


@tagged("post_install", "-at_install")
class TestInstall(ConversionCommon):
    """What is there after the installation, and both scheduled actions."""

    @classmethod
    def default_env_context(cls):
        return {}

    # ------------------------------------------------------------------
    # Leads are leads
    # ------------------------------------------------------------------

    def test_leads_feature_is_on(self):
        group = self.env.ref("crm.group_use_lead")
        self.assertIn(group, self.env.ref("base.group_user").all_implied_ids)
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.group_use_lead)

    def test_new_team_uses_leads(self):
        team = self.env["crm.team"].create({"name": "New"})
        self.assertTrue(team.use_leads)
        self.assertFalse(team.convert_by_score)

    def test_teams_there_were_use_leads(self):
        team = self._team("Old", use_leads=False, alias_name="old-team")
        idle = self._team("No sales", use_leads=False, use_opportunities=False)
        post_init_hook(self.env)
        self.assertTrue(team.use_leads)
        self.assertFalse(idle.use_leads)
        self.assertIn("'type': 'lead'", team.alias_defaults)

    def test_leads_there_were_have_the_industry_of_their_contacts(self):
        industry = self.env["res.partner.industry"].create({"name": "Breweries"})
        company = self.env["res.partner"].create(
            {"name": "Brewer", "is_company": True, "industry_id": industry.id}
        )
        contact = self.env["res.partner"].create(
            {"name": "Ann", "parent_id": company.id}
        )
        leads = self._lead(partner_id=contact.id) + self._lead()
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET industry_id = NULL")
        pre_init_hook(self.env)
        leads.invalidate_recordset(["industry_id"])
        self.assertEqual(leads.mapped("industry_id"), industry)
        self.assertFalse(leads[1].industry_id)

    def test_mail_to_a_team_makes_a_scored_lead(self):
        self._rule(40, "[('email_from', 'ilike', '@example.com')]")
        self.team.write({"alias_name": "direct-sales"})
        Lead = self.env["crm.lead"].with_context(mail_create_nosubscribe=True)
        lead = Lead.message_new(
            {
                "subject": "Question",
                "from": "Ann <ann@example.com>",
                "email_from": "Ann <ann@example.com>",
                "to": "direct-sales@example.org",
                "author_id": False,
            },
            custom_values={"type": "lead", "team_id": self.team.id},
        )
        self._score()
        self.assertScores({lead: 40})

    # ------------------------------------------------------------------
    # Leads there were
    # ------------------------------------------------------------------

    def test_leads_there_were_are_scored_silently(self):
        rule = self._rule(70, "[]")
        leads = self._lead() + self._lead(type="opportunity") + self._lead(active=False)
        leads.flush_recordset()
        self._set_columns(leads, score_id=None, temperature="cold", segment="discard")
        self.env.cr.execute(
            SQL("DELETE FROM lead_scoring_score WHERE lead_id = ANY(%s)", leads.ids)
        )
        self.env.cr.execute("DELETE FROM lead_scoring_pass")
        self.env.cr.precommit.clear()
        self.env.invalidate_all()
        messages = leads.message_ids
        post_init_hook(self.env)
        self.assertEqual(leads.mapped("score"), [70, 70, 0])
        self.assertEqual(leads.score_id.lead_id, leads)
        self.assertEqual(leads.mapped("temperature"), ["hot", "hot", "cold"])
        self.assertEqual(leads.message_ids, messages)
        self.assertEqual(rule.match_count, 2 + self._number_of_other_leads(leads))

    def _number_of_other_leads(self, leads):
        is_open = self.env["lead.scoring.engine"]._open_leads()
        return self.env["crm.lead"].search_count(is_open) - len(
            leads.filtered("active")
        )

    # ------------------------------------------------------------------
    # Scheduled actions
    # ------------------------------------------------------------------

    def _crons(self):
        hourly = self.env.ref("lead_scoring.ir_cron_score_leads")
        nightly = self.env.ref("lead_scoring.ir_cron_score_all_leads")
        return hourly, nightly

    def test_scheduled_actions_are_on(self):
        hourly, nightly = self._crons()
        self.assertTrue(hourly.active and nightly.active)
        self.assertEqual((hourly.interval_number, hourly.interval_type), (1, "hours"))
        self.assertEqual((nightly.interval_number, nightly.interval_type), (1, "days"))
        self.assertEqual(nightly.nextcall.hour, 2)
        self.assertEqual((hourly + nightly).user_id, self.env.ref("base.user_root"))

    def test_scheduled_actions_score_and_convert(self):
        self._rule(60)
        for number, cron in enumerate(self._crons()):
            with self.subTest(cron.name):
                best = self._lead(city="Ghent", name=f"Best {number}")
                low = self._lead(name=f"Low {number}")
                with self.enter_registry_test_mode():
                    cron.method_direct_trigger()
                self.assertConverted(best, self.team)
                self.assertWaits(low, "below_minimum")
                self.assertEqual(best.score, 60)

    def test_scheduled_action_run_twice_changes_nothing(self):
        self._rule(60)
        leads = self._lead(city="Ghent") + self._lead()
        with self.enter_registry_test_mode():
            for cron in self._crons():
                cron.method_direct_trigger()
        versions = self._versions(leads)
        with self.enter_registry_test_mode():
            for cron in self._crons() * 2:
                cron.method_direct_trigger()
        self.assertEqual(self._versions(leads), versions)

    def test_scheduled_action_without_enough_time_converts_and_goes_on(self):
        """Conversion does not wait for the end of a pass, and the pass is not lost."""
        self.env["crm.lead"].with_context(active_test=False).search([]).unlink()
        self._rule(60, "[]")
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(5)))
        leads.flush_recordset()
        self.env.cr.precommit.clear()
        _hourly, nightly = self._crons()

        run = LeadScoringPassMixin._run

        def run_one_chunk(scoring_pass, deadline, checkpoint, silent=False):
            return run(scoring_pass, -math.inf, checkpoint)

        done = []
        with (
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 2),
            # Odoo calls an action that is not done again within the same job
            patch.object(ir_cron, "MIN_RUNS_PER_JOB", 1),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 0),
            patch.object(LeadScoringPassMixin, "_run", run_one_chunk),
            mute_logger("odoo.addons.base.models.ir_cron"),
        ):
            for _run in range(4):
                with self.enter_registry_test_mode():
                    nightly.method_direct_trigger()
                converted = leads.filtered(lambda lead: lead.type == "opportunity")
                asked_again = self.env["ir.cron.trigger"].search_count(
                    [("cron_id", "=", nightly.id)]
                )
                done.append((len(converted), bool(asked_again)))
        self.assertEqual(done, [(2, True), (4, True), (5, True), (5, False)])
        waiting = self.env["lead.scoring.pass"].search([("date_end", "=", False)])
        self.assertFalse(waiting)

    def test_standard_model_matches_every_lead(self):
        standard = self.env.ref("lead_scoring.scoring_model_standard")
        self.assertEqual(standard.domain, "[]")
        self.assertFalse(standard.company_id)
        defaults = standard.read(
            ["warm_score", "hot_score", "fit_floor", "interest_floor", "margin"]
        )[0]
        defaults.pop("id")
        self.assertEqual(list(defaults.values()), [30, 60, 20, 20, 5])

    # ------------------------------------------------------------------
    # Leaving
    # ------------------------------------------------------------------

    def _uninstall(self):
        """Do what precedes an uninstallation of all of ours."""
        self.env.cr.execute(
            SQL(
                """UPDATE ir_module_module SET state = 'to remove'
                    WHERE state = 'installed' AND starts_with(name, 'lead_scoring')"""
            )
        )
        uninstall_hook(self.env)

    def test_filters_on_fields_that_go_are_switched_off(self):
        self.team.assignment_domain = "[('score', '>=', 50)]"
        self.other_team.assignment_domain = "[('name', 'ilike', 'score')]"
        member = self.env["crm.team.member"].create(
            {
                "crm_team_id": self.other_team.id,
                "user_id": self.env.user.id,
                "assignment_domain_preferred": "[('temperature', '=', 'hot')]",
            }
        )
        favorites = self.env["ir.filters"].create(
            [
                {"name": "Hot", "model_id": "crm.lead", "domain": domain}
                for domain in ("[('temperature', '=', 'hot')]", "[('city', '=', 'A')]")
            ]
        )
        self._uninstall()
        self.assertEqual(self.team.assignment_domain, "[]")
        self.assertTrue(self.team.assignment_optout)
        self.assertFalse(self.other_team.assignment_optout)
        self.assertIn("ilike", self.other_team.assignment_domain)
        self.assertEqual(member.assignment_domain_preferred, "[]")
        self.assertTrue(member.assignment_optout)
        self.assertEqual(favorites.exists(), favorites[1])

    def test_automations_on_fields_that_go_are_switched_off(self):
        if "base.automation" not in self.env:
            self.skipTest("Automation Rules are not installed.")
        model = self.env["ir.model"]._get("crm.lead")
        fields = self.env["ir.model.fields"]
        vals = {"model_id": model.id, "trigger": "on_create_or_write"}
        filtered, triggered, other = self.env["base.automation"].create(
            [
                {**vals, "name": "A", "filter_domain": "[('score', '>', 1)]"},
                {
                    **vals,
                    "name": "B",
                    "trigger_field_ids": fields._get("crm.lead", "temperature").ids,
                },
                {**vals, "name": "C", "filter_domain": "[('priority', '=', '1')]"},
            ]
        )
        self._uninstall()
        self.assertFalse(filtered.active or triggered.active)
        self.assertTrue(other.active)
