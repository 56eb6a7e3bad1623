from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestDiscovery(LearningCommon):
    """Conditions found in closed leads."""

    def test_condition_that_won_leads_meet_is_found(self):
        self._directors_win()
        discovery = self._discover()
        self.assertEqual(discovery.job_state, "done", discovery.message)
        self.assertEqual((discovery.won_count, discovery.lost_count), (90, 110))
        best = discovery.candidate_ids[0]
        self.assertEqual(best.domain, "[('function', 'ilike', 'director')]")
        self.assertEqual(best.name, "Job Position has «director»")
        self.assertEqual(best.support, 80)
        self.assertAlmostEqual(best.win_rate, 0.75)
        self.assertAlmostEqual(best.win_rate_without, 0.25)
        self.assertAlmostEqual(best.lift, 0.75 / 0.25)
        self.assertTrue(best.low < 0.75 < best.high)
        self.assertGreater(best.low, 0.6)
        self.assertTrue(best.is_clear)
        self.assertGreater(best.value, 10)
        self.assertTrue(best.use, "it is suggested")
        self.assertEqual(best.change, f"New rule: +{best.value} points")

    def test_told_in_three_sentences_with_an_example(self):
        leads = self._directors_win()
        discovery = self._discover()
        found = discovery.findings
        self.assertIn("Job Position has «director»", found)
        self.assertIn("is a good sign", found)
        self.assertIn("Out of 100 such leads, 75 were won", " ".join(found.split()))
        example = discovery.candidate_ids[0]._find_example()
        self.assertIn(example, leads)
        self.assertEqual((example.function, example.won_status), ("Director", "won"))
        self.assertIn(f"/odoo/crm.lead/{example.id}", found)
        self.assertIn("Of 100 leads with the most points", discovery.benefit)
        self.assertIn("on the 40 leads decided last", discovery.benefit)
        self.assertIn("switch off what makes no sense", discovery.next_step)
        discovery.candidate_ids.use = False
        self.assertIn("Keep the points as they are", discovery.next_step)
        discovery.candidate_ids[0].use = True
        discovery.action_learn()
        self._run_job(discovery)
        self.assertIn(f"together: {discovery.benefit}", discovery.learned_note)
        self.assertIn("Open the draft", discovery.next_step)
        discovery.draft_id._publish()
        self.assertIn("were published", discovery.next_step)

    def test_what_may_be_chance_is_no_sign(self):
        self._closed(60, True, function="Director")
        self._closed(60, False, function="Director")
        self._closed(20, True, city="Ghent")
        self._closed(21, False, city="Ghent")
        discovery = self._discover()
        discovery.candidate_ids.is_clear = False
        self.assertIn("No condition stands out beyond chance", discovery.findings)
        self.assertIn("not better", discovery.benefit)

    def test_example_is_a_lead_that_one_may_read(self):
        self._create_users()
        self._show_only_own_leads(self.scoring_manager)
        self._directors_win(user_id=self.sales_manager.id)
        discovery = self._discover()
        self.assertIn("For example", discovery.findings)
        with patch.object(
            self.env["crm.lead"]._fields["function"], "groups", "base.group_system"
        ):
            best = discovery.candidate_ids[0]
            self.assertFalse(best.with_user(self.scoring_manager)._find_example())
        theirs = discovery.with_user(self.scoring_manager)
        self.assertIn("is a good sign", theirs.findings)
        self.assertNotIn("For example", theirs.findings)

    def test_seen_while_one_of_its_companies_is_chosen(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        both = self.env.company + company
        self._create_users()
        self.scoring_manager.company_ids = both
        discovery = self.env["lead.scoring.discovery"].create(
            {"model_id": self.scoring_model.id, "company_ids": both.ids}
        )
        version = self.env["lead.scoring.prediction"].create(
            {"model_id": self.scoring_model.id, "company_ids": both.ids}
        )
        third = self.env["res.company"].create({"name": "Third"})
        for record in (discovery, version):
            records = record.with_user(self.scoring_manager)
            for chosen in (self.env.company, company, both):
                here = records.with_context(allowed_company_ids=chosen.ids)
                self.assertIn(record, here.search([]))
            self.scoring_manager.company_ids += third
            here = records.with_context(allowed_company_ids=third.ids)
            self.assertNotIn(record, here.search([]), "of none of them")
            self.scoring_manager.company_ids = self.env.company
            here = records.with_context(allowed_company_ids=self.env.company.ids)
            self.assertNotIn(record, here.search([]), "one of them is not theirs")
            self.scoring_manager.company_ids = both

    def test_kinds_of_conditions(self):
        country, source = self.belgium, self.env["utm.source"].search([], limit=1)
        leads = self._directors_win(
            country_id=country.id, source_id=source.id, employee_count=200
        )
        leads[90:].source_id = False
        leads[70:].employee_count = 0
        self._closed(50, False, email_from="kim@gmail.com")
        self._closed(30, False, partner_name="Bakery Kim")
        self._closed(30, True, partner_name="Butcher")
        self._closed(25, True, email_from="a@b.example.com")
        self._visitor(leads[:60], pages=[("/prices", 10)])
        discovery = self._discover()
        domains = set(discovery.candidate_ids.mapped("domain"))
        for domain in (
            f"[('country_id', '=', {country.id})]",
            f"[('source_id', '=', {source.id})]",
            "[('employee_count', '>=', 200)]",
            "[('email_domain_criterion', '!=', False),"
            " ('email_domain_criterion', 'not =like', '@%')]",
            "[('partner_name', 'ilike', 'bakery')]",
        ):
            self.assertIn(domain, domains)
        self.assertTrue(self._found(discovery, source="page_view", support=60))
        names = discovery.candidate_ids.mapped("name")
        self.assertIn("Country: Belgium", names)
        self.assertIn("Employees: at least 200", names)

    def test_fields_that_know_the_outcome_are_left_out_with_the_reason(self):
        self._directors_win()
        tag = self.env["crm.tag"].create({"name": "Signed"})
        won = self.env["crm.lead"].search([("won_status", "=", "won")])
        won.write({"tag_ids": tag.ids, "priority": "3", "expected_revenue": 5000})
        discovery = self._discover()
        left_out = {line.name: line.reason for line in discovery.field_ids}
        for name in (
            "stage_id lost_reason_id probability automated_probability type active "
            "won_status date_closed date_conversion date_last_stage_update user_id "
            "team_id priority tag_ids expected_revenue temperature segment handover "
            "returned_reason qualified_budget"
        ).split():
            self.assertTrue(left_out.get(name), name)
            self.assertNotIn(name, self._fields_found(discovery))

    def test_field_that_is_filled_in_after_the_decision_is_not_proposed(self):
        """History knows when: contact names were only known once the deal was near."""
        leads = self._directors_win()
        self._born(leads)
        won = leads.filtered(lambda lead: lead.won_status == "won")
        won.write({"contact_name": "Kim"})
        self.env.cr.flush()
        self.assertNotIn("contact_name", self._fields_found(self._discover()))

    def test_field_left_out_can_be_used_anyway(self):
        self._directors_win()
        tag = self.env["crm.tag"].create({"name": "Fair"})
        directors = self.env["crm.lead"].search([("function", "=", "Director")])
        directors.with_context(active_test=False).tag_ids = tag
        discovery = self._discover()
        discovery.field_ids.filtered(lambda line: line.name == "tag_ids").use = True
        discovery.action_discover()
        self._run_job(discovery)
        self.assertIn("tag_ids", self._fields_found(discovery))
        self.assertTrue(discovery.field_ids.filtered("use"), "it is remembered")

    def test_field_that_one_may_not_read_is_not_used_whatever_is_ticked(self):
        self._create_users()
        self._directors_win()
        fields = self.env["crm.lead"]._fields
        discovery = (
            self.env["lead.scoring.discovery"]
            .with_user(self.scoring_manager)
            .create({"model_id": self.scoring_model.id})
        )
        hidden = ("function", "priority")
        with (
            patch.object(fields["function"], "groups", "base.group_system"),
            patch.object(fields["priority"], "groups", "base.group_system"),
        ):
            for _time in range(2):
                discovery.action_discover()
                self._run_job(discovery)
                self.assertEqual(discovery.job_state, "done", discovery.message)
                self.assertTrue(self._fields_found(discovery).isdisjoint(hidden))
                lines = discovery.field_ids.filtered(lambda line: line.name in hidden)
                self.assertEqual(sorted(lines.mapped("name")), sorted(hidden))
                self.assertEqual(set(lines.mapped("reason")), {"You may not read it."})
                lines.use = True

    def test_condition_that_tells_the_outcome_alone_is_suspicious(self):
        self._closed(60, True, referred="Signed at once")
        self._closed(60, False, city="Ghent")
        discovery = self._discover()
        best = discovery.candidate_ids[0]
        self.assertTrue(best.is_telltale)

    def test_too_few_closed_leads_are_refused_with_their_number(self):
        self._closed(39, True)
        self._closed(100, False)
        discovery = self._discover()
        self.assertEqual(discovery.job_state, "failed")
        self.assertIn("39 won and 100 lost", discovery.message)
        self.assertFalse(discovery.candidate_ids)

    def test_leads_closed_long_ago_do_not_tell(self):
        leads = self._directors_win()
        self._set_columns(leads, date_closed="2020-01-01")
        discovery = self._discover()
        self.assertEqual(discovery.job_state, "failed")
        discovery.since = False
        discovery.action_discover()
        self._run_job(discovery)
        self.assertEqual(discovery.job_state, "done")

    def test_what_a_rule_asks_already_is_not_proposed(self):
        self._directors_win()
        rule = self._rule(1, "[('function', 'ilike', 'director')]")
        found = self._discover().candidate_ids
        line = found.filtered(lambda c: c.domain == rule.domain)
        self.assertEqual((line.rule_id, line.old_value), (rule, 1))
        self.assertFalse(line.use, "it puts leads in the same order")
        self.assertEqual(line.change, f"+{line.value} instead of +1 points")

    def test_leads_of_other_companies_do_not_tell(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self._directors_win(company_id=company.id)
        self.env = self.env(context={"allowed_company_ids": self.env.company.ids})
        self.assertEqual(self._discover().job_state, "failed")
        self.env = self.env(context={"allowed_company_ids": company.ids})
        self.assertEqual(self._discover().job_state, "done")

    def test_ticked_conditions_become_rules_of_a_draft(self):
        self._directors_win()
        discovery = self._discover()
        discovery.candidate_ids.use = False
        with self.assertRaisesRegex(UserError, "Tick"):
            discovery.action_add_rules()
        best = discovery.candidate_ids[0]
        best.use = True
        discovery.action_add_rules()
        draft = discovery.draft_id
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.origin_id, self.scoring_model)
        rule = draft.rule_ids
        self.assertEqual((rule.name, rule.value), (best.name, best.value))
        self.assertFalse(self.scoring_model.rule_ids)
        discovery.action_add_rules()
        self.assertEqual(discovery.draft_id, draft)
        self.assertEqual(len(draft.rule_ids), 1, "once")

    def test_queued_search_can_be_stopped(self):
        discovery = self.env["lead.scoring.discovery"].create({})
        discovery.action_discover()
        with self.assertRaisesRegex(UserError, "running already"):
            discovery.action_discover()
        discovery.action_stop()
        self.assertEqual(discovery.job_state, "stopped")
        self.assertFalse(self.env["lead.scoring.job"]._next())

    def test_running_search_stops_with_its_next_step(self):
        self._directors_win()
        discovery = self.env["lead.scoring.discovery"].create(
            {"model_id": self.scoring_model.id}
        )
        discovery.action_discover()
        states = []

        def checkpoint():
            states.append((discovery.job_state, discovery.progress))
            if discovery.progress == 10:
                discovery.action_stop()

        self.env["lead.scoring.job"]._next()._run(checkpoint)
        self.env.invalidate_all()
        self.assertEqual(discovery.job_state, "stopped")
        self.assertFalse(discovery.candidate_ids)
        self.assertIn(("running", 10), states)

    def test_running_search_stops_within_a_step_that_takes_long(self):
        self._directors_win()
        discovery = self.env["lead.scoring.discovery"].create(
            {"model_id": self.scoring_model.id}
        )
        discovery.action_discover()
        proposal = self.env.registry["lead.scoring.proposal"]

        def propose(*_args):
            self.env.cr.execute(
                "UPDATE lead_scoring_discovery SET stop_requested = TRUE WHERE id = %s",
                [discovery.id],
            )
            return [], {}

        self.patch(proposal, "_propose", propose)
        sample = self.env.registry["lead.scoring.sample"]
        self.patch(sample, "_matrix", lambda *_args: self.fail("it goes on"))
        with self.enter_registry_test_mode():
            self._run_job(discovery)
        self.assertEqual(discovery.job_state, "stopped", discovery.message)

    def test_interrupted_search_is_marked(self):
        discovery = self.env["lead.scoring.discovery"].create({})
        discovery.job_state = "running"
        self.assertFalse(self.env["lead.scoring.job"]._next())
        self.assertEqual(discovery.job_state, "failed")
        self.assertIn("Interrupted", discovery.message)

    def test_unexpected_error_is_shown(self):
        self._directors_win()
        proposal = self.env.registry["lead.scoring.proposal"]
        self.patch(proposal, "_propose", lambda *_args: 1 / 0)
        with self.assertLogs("odoo.addons.lead_scoring_learning", "ERROR"):
            discovery = self._discover()
        self.assertEqual(discovery.job_state, "failed")
        self.assertIn("division by zero", discovery.message)

    def test_scheduled_action_does_what_waits(self):
        self._directors_win()
        discovery = self.env["lead.scoring.discovery"].create(
            {"model_id": self.scoring_model.id}
        )
        discovery.action_discover()
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring_learning.ir_cron_learn").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(discovery.job_state, "done", discovery.message)

    def test_only_scoring_managers_of_the_companies_see_it(self):
        self._create_users()
        self._directors_win()
        discovery = self._discover()
        model = self.env["lead.scoring.discovery"]
        for user in (self.salesman, self.stranger):
            with self.assertRaises(AccessError):
                model.with_user(user).search([])
        self.assertIn(discovery, model.with_user(self.scoring_manager).search([]))
        company = self.env["res.company"].create({"name": "Elsewhere"})
        manager = self._user(
            "elsewhere",
            "lead_scoring.group_scoring_manager",
            company_id=company.id,
            company_ids=company.ids,
        )
        self.assertNotIn(discovery, model.with_user(manager).search([]))
        lines = self.env["lead.scoring.discovery.candidate"].with_user(manager)
        self.assertFalse(lines.search([]))

    def test_manager_does_it_all(self):
        self._create_users()
        self._directors_win()
        manager = self.scoring_manager
        discovery = (
            self.env["lead.scoring.discovery"]
            .with_user(manager)
            .create({"model_id": self.scoring_model.id})
        )
        discovery.action_discover()
        self._run_job(discovery)
        self.assertEqual(discovery.job_state, "done", discovery.message)
        discovery.candidate_ids[0].use = True
        discovery.action_learn()
        self._run_job(discovery)
        self.assertEqual(discovery.job_state, "done", discovery.message)
        self.assertEqual(discovery.draft_id.create_uid, manager)
