from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.lead.crm_lead import CrmLead
from odoo.addons.lead_scoring.models.routing import (
    crm_lead_conversion,
    crm_team_conversion,
    crm_team_filters,
)

from .common import ConversionCommon

CONVERSION_LOG = crm_team_conversion.__name__
FILTERS_LOG = crm_team_filters.__name__


@tagged("post_install", "-at_install")
class TestConversion(ConversionCommon):
    """What the scheduled action makes an opportunity of, and for which team."""

    # ------------------------------------------------------------------
    # The minimum
    # ------------------------------------------------------------------

    def test_at_above_and_below_the_minimum(self):
        at, above = self._lead_of(50), self._lead_of(51)
        between, below = self._lead_of(49), self._lead_of(29)
        self.assertEqual(self._convert(), 3)
        self.assertConverted(at, self.team)
        self.assertConverted(above, self.team)
        self.assertConverted(between, self.other_team)
        note = "Direct requires 50, Inside requires 30; its last score was 29."
        self.assertWaits(below, "below_minimum", note)

    def test_lead_converts_when_it_reaches_the_minimum_later(self):
        lead = self._lead_of(29)
        self._convert()
        since = lead.score_id.waiting_since
        self._convert()
        self.assertEqual(lead.score_id.waiting_since, since)
        self._set_points(lead, 30)
        self.assertIn("The next run converts it for Inside", lead.routing_note)
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertFalse(lead.score_id.waiting_since)

    def test_lead_that_may_now_be_converted_asks_for_the_scheduled_action(self):
        self._rule(60, "[('city', '=', 'Ghent')]")
        self._rule(60, "[('city', '=', 'Namur')]", dimension="interest")
        lead = self._lead_of(20)
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()

        def is_asked_for(**changes):
            lead.write(changes)
            self._score()
            asked = triggers.search([("cron_id", "=", cron.id)])
            found = bool(asked)
            asked.unlink()
            return found

        self.assertFalse(is_asked_for(city="Mons"))
        self.assertTrue(is_asked_for(city="Ghent"))
        # the same score in another segment, which another team may want
        self.assertTrue(is_asked_for(city="Namur"))

    def test_minimum_of_zero_takes_leads_without_points(self):
        self.other_team.minimum_score = 0
        lead, negative = self._scored_lead(), self._lead_of(-1)
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertWaits(negative, "below_minimum")

    def test_negative_minimum(self):
        self.other_team.minimum_score = -5
        lead = self._lead_of(-5)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_twice_changes_nothing(self):
        leads = self._lead_of(60) + self._lead_of(10)
        self._convert()
        self._score()
        versions = self._versions(leads)
        history = self.env["lead.scoring.history"].search_count([])
        self.assertEqual(self._convert(), 0)
        self._score()
        self.assertEqual(self._versions(leads), versions)
        self.assertEqual(self.env["lead.scoring.history"].search_count([]), history)

    def test_best_score_first(self):
        points = {self._lead_of(n).id: n for n in (60, 90, 70)}
        converted = []
        assign = crm_lead_conversion.CrmLead._assign_by_score

        def remember(leads, assignments):
            converted.extend(points[lead.id] for lead in leads)
            return assign(leads, assignments)

        with (
            patch.object(crm_lead_conversion.CrmLead, "_assign_by_score", remember),
            patch.object(crm_team_conversion, "LEADS_PER_TRANSACTION", 2),
        ):
            self._convert()
        self.assertEqual(converted, [90, 70, 60])

    def test_more_leads_than_a_batch(self):
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(5)))
        self._rule(60, "[]")
        self._run_pass()
        checkpoints = []
        with patch.object(crm_team_conversion, "LEADS_PER_TRANSACTION", 2):
            count = self.env["crm.team"]._convert_by_score(
                lambda: checkpoints.append(leads.filtered("date_conversion"))
            )
        self.assertEqual(count, 5)
        # the first are those of what is noted as qualified, and of the plan
        self.assertEqual([len(done) for done in checkpoints][:5], [0, 0, 2, 4, 5])

    def test_lead_that_fails_is_found_in_few_tries(self):
        leads = self.env["crm.lead"].concat(*(self._lead() for _n in range(8)))
        self._rule(60, "[]")
        self._run_pass()
        tries = []
        assign = crm_lead_conversion.CrmLead._assign_by_score

        def failing(records, assignments):
            tries.append(len(records))
            if leads[5] in records:
                raise ValueError("This automation is broken")
            return assign(records, assignments)

        with (
            patch.object(crm_lead_conversion.CrmLead, "_assign_by_score", failing),
            mute_logger(CONVERSION_LOG),
        ):
            self._convert()
        self.assertEqual(sorted(tries), [1, 1, 2, 2, 4, 4, 8])
        self.assertEqual(leads.filtered("date_conversion"), leads - leads[5])

    def test_leads_that_fail_each_time_keep_no_seat_from_the_others(self):
        salesman = self._user("seller", "sales_team.group_sale_salesman")
        seat = {"crm_team_id": self.team.id, "user_id": salesman.id}
        self.env["crm.team.member"].create({**seat, "assignment_max": 2})
        bad = self._lead_of(90) + self._lead_of(90)
        good = self._lead_of(70)
        assign = crm_lead_conversion.CrmLead._assign_by_score

        def failing(records, assignments):
            if bad & records:
                raise ValueError("This automation is broken")
            return assign(records, assignments)

        with (
            patch.object(crm_lead_conversion.CrmLead, "_assign_by_score", failing),
            mute_logger(CONVERSION_LOG),
        ):
            for _run in range(2):
                self._convert()
        self.assertEqual(good.user_id, salesman)
        self.assertFalse(bad.user_id)

    def test_lead_that_nobody_can_be_given_is_not_last_for_ever(self):
        lead = self._lead_of(90)
        self._set_columns(lead.score_id, routing_error="This was broken")
        self.other_team.convert_by_score = self.team.convert_by_score = False
        self._convert()
        self.assertFalse(lead.score_id.routing_error)

    # ------------------------------------------------------------------
    # Which team
    # ------------------------------------------------------------------

    def test_own_team_first_even_if_another_asks_more(self):
        lead = self._lead_of(60, team_id=self.other_team.id)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_another_team_takes_what_the_own_one_does_not(self):
        lead = self._lead_of(40, team_id=self.team.id)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_most_demanding_team_wins(self):
        third = self._team("Third", convert_by_score=True, minimum_score=45)
        self.assertTrue(third)
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.team)

    def test_sequence_then_id_break_a_tie(self):
        self.other_team.minimum_score = 50
        self.team.sequence = 9
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.team.sequence = self.other_team.sequence
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.team)

    def test_team_that_does_not_convert_never_takes_nor_loses(self):
        self.closed_team.minimum_score = 1
        lead = self._lead_of(90)
        kept = self._lead_of(90, team_id=self.closed_team.id)
        self._convert()
        self.assertConverted(lead, self.team)
        note = "Closed to scoring does not convert leads by score."
        self.assertWaits(kept, False, note, team=self.closed_team)

    def test_team_that_opted_out_of_assignment(self):
        self.team.assignment_optout = True
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_team_without_opportunities(self):
        self.team.use_opportunities = False
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_archived_team(self):
        self.team.active = False
        lead = self._lead_of(90)
        self._convert()
        self.assertConverted(lead, self.other_team)

    def test_assignment_domain_of_the_team(self):
        self.team.assignment_domain = "[('country_id.code', '=', 'BE')]"
        belgian = self._lead_of(90, country_id=self.belgium.id)
        other = self._lead_of(90)
        self._convert()
        self.assertConverted(belgian, self.team)
        self.assertConverted(other, self.other_team)

    def test_lead_that_no_team_wants(self):
        (self.team + self.other_team).assignment_domain = "[('city', '=', 'Ghent')]"
        lead = self._lead_of(90)
        self._convert()
        note = (
            "No sales team takes it. Direct and Inside: the lead does not "
            "meet the assignment filter."
        )
        self.assertWaits(lead, "no_team", note)

    def test_broken_assignment_domain_stops_only_its_team(self):
        for domain in ("[('x_gone', '=', 1)]", "nonsense(", "[('name', '=')]"):
            with self.subTest(domain):
                self._set_columns(self.team, assignment_domain=domain)
                lead, below = self._lead_of(90), self._lead_of(3)
                with mute_logger(FILTERS_LOG, "odoo.domains", "odoo.sql_db"):
                    self._convert()
                    self.assertConverted(lead, self.other_team)
                    self.assertWaits(below, "below_minimum")

    def test_no_team_converts(self):
        (self.team + self.other_team).convert_by_score = False
        lead = self._lead_of(90)
        self.assertEqual(self._convert(), 0)
        self.assertEqual(lead.type, "lead")
        note = "No sales team converts leads by score yet."
        self.assertEqual(lead.routing_note, note)

    def test_from_now_on_only(self):
        old = self._lead_of(90)
        self._set_columns(old, create_date="2020-01-01 00:00:00")
        self.team.convert_new_only = True
        self.other_team.convert_new_only = True
        new = self._lead_of(90)
        self.assertEqual(self._convert(), 1)
        self.assertEqual(old.type, "lead")
        self.assertConverted(new, self.team)
        self.team.convert_new_only = False
        self._convert()
        self.assertConverted(old, self.team)

    def test_ready_count_is_what_the_next_run_converts(self):
        self._lead_of(60)
        self._lead_of(40)
        self._lead_of(40, team_id=self.closed_team.id)
        self._lead_of(40, team_id=self.other_team.id)
        self._lead_of(20)
        teams = self.team + self.other_team
        counts = teams.mapped("convert_ready_count")
        self._convert()
        converted = [
            self.env["crm.lead"].search_count(
                [("team_id", "=", team.id), ("date_conversion", "!=", False)]
            )
            for team in teams
        ]
        self.assertEqual(converted, [1, 2])
        self.assertEqual(counts, converted)

    def test_ready_count_of_a_form_not_saved_yet(self):
        self._lead_of(60)
        self._lead_of(60, team_id=self.closed_team.id)
        form = self.closed_team.new(origin=self.closed_team)
        form.convert_by_score = True
        form.minimum_score = 55
        self.assertEqual(form.convert_ready_count, 2)
        form.minimum_score = 61
        self.assertEqual(form.convert_ready_count, 0)

    # ------------------------------------------------------------------
    # What the lead keeps
    # ------------------------------------------------------------------

    def test_salesperson_keeps_the_lead(self):
        salesman = self._user("seller", "sales_team.group_sale_salesman")
        self.other_team.member_ids = salesman
        lead = self._lead_of(90, user_id=salesman.id, team_id=self.other_team.id)
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertEqual(lead.user_id, salesman)

    def test_lead_of_a_salesperson_is_taken_by_no_other_team(self):
        salesman = self._user("seller", "sales_team.group_sale_salesman")
        self.team.member_ids = salesman
        lead = self._lead_of(40, user_id=salesman.id, team_id=self.team.id)
        self._convert()
        note = "Direct requires 50; its last score was 40."
        self.assertWaits(lead, "below_minimum", note, team=self.team)

    def test_lead_of_a_salesperson_whose_team_does_not_want_it(self):
        salesman = self._user("seller", "sales_team.group_sale_salesman")
        self.team.assignment_domain = "[('city', '=', 'Ghent')]"
        lead = self._lead_of(90, user_id=salesman.id, team_id=self.team.id)
        self._convert()
        self.assertWaits(lead, "salesperson", team=self.team)
        self.assertIn("seller", lead.routing_note)

    def test_partner_survives(self):
        lead = self._lead_of(90, partner_id=self.partner.id)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.partner_id, self.partner)

    def test_no_partner_is_invented(self):
        partners = self.env["res.partner"].search_count([])
        lead = self._lead_of(90, contact_name="Ann", email_from="ann@example.com")
        self._convert()
        self.assertFalse(lead.partner_id)
        self.assertEqual(self.env["res.partner"].search_count([]), partners)

    def test_company_survives_a_team_without_one(self):
        lead = self._lead_of(90, company_id=self.env.company.id)
        self.assertEqual(lead.company_id, self.env.company)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.company_id, self.env.company)

    def test_everything_else_survives(self):
        tag = self.env["crm.tag"].create({"name": "Kept"})
        lead = self._lead_of(
            90, tag_ids=tag.ids, description="Text", expected_revenue=7, priority="2"
        )
        names = ["tag_ids", "description", "expected_revenue", "priority", "name"]
        before = lead.read([*names, "score", "temperature"], load=None)
        self._convert()
        self._score()
        self.assertEqual(lead.read([*names, "score", "temperature"], load=None), before)

    def test_stage_of_the_new_team(self):
        Stage = self.env["crm.stage"]
        mine = Stage.create({"name": "Mine", "sequence": -5, "team_ids": self.team.ids})
        Stage.create(
            {"name": "Theirs", "sequence": -9, "team_ids": self.closed_team.ids}
        )
        lead = self._lead_of(90)
        self._set_columns(lead, stage_id=None)
        self._convert()
        self.assertEqual(lead.stage_id, mine)

    def test_stage_is_not_one_of_the_team_it_left(self):
        Stage = self.env["crm.stage"]
        theirs = Stage.create(
            {"name": "Theirs", "sequence": -9, "team_ids": self.other_team.ids}
        )
        self.other_team.assignment_optout = True
        lead = self._lead_of(90, team_id=self.other_team.id)
        self._set_columns(lead, stage_id=None)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertNotEqual(lead.stage_id, theirs)

    # ------------------------------------------------------------------
    # What is left alone, and what goes wrong
    # ------------------------------------------------------------------

    def test_closed_leads_stay(self):
        archived = self._lead_of(90)
        archived.active = False
        lost, won = self._lead_of(90), self._lead_of(90)
        lost.action_set_lost()
        won.action_set_won()
        self._score()
        self.assertEqual(self._convert(), 0)
        for lead in (archived, lost, won):
            self.assertEqual((lead.type, lead.score), ("lead", 90))

    def test_lead_that_can_not_be_converted_stops_no_other(self):
        bad, good = self._lead_of(91), self._lead_of(90)
        write = CrmLead.write

        def fail(leads, vals):
            write(leads, vals)
            if bad in leads and vals.get("type") == "opportunity":
                raise ValueError("Not this one")
            return True

        with patch.object(CrmLead, "write", fail), mute_logger(CONVERSION_LOG):
            self.assertEqual(self._convert(), 1)
            self._score()
        self.assertConverted(good, self.team)
        self.assertEqual(bad.type, "lead")
        self.assertFalse(bad.date_conversion)
        self._convert()
        self.assertConverted(bad, self.team)

    def test_failure_is_told_where_managers_look_and_forgotten_when_mended(self):
        bad = self._lead_of(91)
        told = "No such stage.\nAsk somebody."
        values_of = crm_lead_conversion.CrmLead._values_of

        def fail(lead, assignment):
            if lead == bad:
                raise UserError(told)
            return values_of(lead, assignment)

        with (
            patch.object(crm_lead_conversion.CrmLead, "_values_of", fail),
            mute_logger(CONVERSION_LOG),
        ):
            self._convert()
            self._score()
            messages = bad.message_ids
            self._convert()
            self._score()
        note = "It could not be converted. The next run tries again. No such stage."
        self.assertWaits(bad, "failed", note)
        self.assertEqual(bad.message_ids, messages)
        self._convert()
        self.assertConverted(bad, self.team)
        self.assertFalse(bad.score_id.routing_error)

    def test_leads_that_get_the_same_are_written_together(self):
        for _n in range(6):
            self._lead_of(60)
        writes = []
        write = CrmLead.write

        def remember(leads, vals):
            writes.append((len(leads), vals.get("type")))
            return write(leads, vals)

        with patch.object(CrmLead, "write", remember):
            self._convert()
        self.assertEqual([n for n, kind in writes if kind == "opportunity"], [6])

    def test_values_of_other_modules_count(self):
        lead, other = self._lead_of(60), self._lead_of(60)
        convert_data = crm_lead_conversion.CrmLead._convert_opportunity_data

        def with_priority(record, *args, **kwargs):
            vals = convert_data(record, *args, **kwargs)
            return vals | ({"priority": "3"} if record == lead else {})

        with patch.object(
            crm_lead_conversion.CrmLead, "_convert_opportunity_data", with_priority
        ):
            self._convert()
        self.assertEqual((lead.priority, other.priority), ("3", "0"))

    def test_one_message_tells_of_a_conversion_and_one_mail_who_has_it(self):
        member = self._user(
            "member", "sales_team.group_sale_salesman", notification_type="email"
        )
        self.team.member_ids = member
        lead = self._lead_of(60)
        messages, mails = lead.message_ids, self.env["mail.mail"].search([])
        server = self.env.registry["ir.mail_server"]
        with patch.object(server, "_connect__", side_effect=OSError("down")):
            # the context of tests has nothing tracked
            teams = self.env(context={})["crm.team"]
            teams._convert_by_score(lambda: None)
            self._score()
        self.assertEqual(lead.user_id, member)
        new = lead.message_ids - messages
        fields = new.tracking_value_ids.field_id.mapped("name")
        self.assertLessEqual({"type", "team_id", "user_id"}, set(fields))
        self.assertEqual(len(new), 1)
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(mail.subject, "You got 1 hot lead: Lead")
        self.assertEqual(mail.recipient_ids, member.partner_id)

    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def _decisions(self, lead):
        return self.env["lead.scoring.history"].search(
            [("lead_id", "=", lead.id), ("reason", "=", "converted")]
        )

    def test_history_keeps_the_points_per_rule(self):
        fit = self._rule(35)
        interest = self._rule(25, "[]", dimension="interest")
        lead = self._scored_lead(city="Ghent")
        self._convert()
        row = self._decisions(lead)
        self.assertEqual((row.fit, row.interest, row.score), (35, 25, 60))
        self.assertEqual(row.rules, {str(fit.id): 35, str(interest.id): 25})
        self.assertEqual(row.temperature, "hot")
        self.assertEqual(row.model_id, self.scoring_model)
        fit.unlink()
        self._run_pass()
        self.assertEqual(row.score, 60)

    def test_history_is_of_the_moment_before(self):
        """A rule on what conversion changes does not colour the decision."""
        self._rule(55, "[('type', '=', 'lead')]")
        self._rule(5, "[('team_id', '!=', False)]")
        lead = self._scored_lead()
        self._convert()
        row = self._decisions(lead)
        self.assertEqual(row.score, 55)
        self.assertEqual(sum(row.rules.values()), 55)
        self._score()
        self.assertScores({lead: 5})

    def test_history_of_a_manual_conversion(self):
        rule = self._rule(12)
        salesman = self._user("seller", "sales_team.group_sale_salesman")
        lead = self._scored_lead(city="Ghent", user_id=salesman.id)
        wizard = self.env["crm.lead2opportunity.partner"].with_user(salesman)
        wizard = wizard.with_context(active_model="crm.lead", active_ids=lead.ids)
        wizard.create({"name": "convert", "lead_id": lead.id}).action_apply()
        self.assertEqual(lead.type, "opportunity")
        row = self._decisions(lead)
        self.assertEqual((row.score, row.rules), (12, {str(rule.id): 12}))

    def test_leads_converted_together_by_hand_are_recorded_together(self):
        rule = self._rule(12)
        leads = self._scored_lead(city="Ghent") + self._scored_lead() + self._lead()
        history = type(self.env["lead.scoring.history"])
        wizard = self.env["crm.lead2opportunity.partner.mass"].with_context(
            active_model="crm.lead", active_ids=leads.ids
        )
        with patch.object(
            history,
            "_record_decisions",
            autospec=True,
            side_effect=history._record_decisions,
        ) as record:
            wizard.create({"deduplicate": False}).action_mass_convert()
        self.assertEqual(set(leads.mapped("type")), {"opportunity"})
        written = [call for call in record.call_args_list if call.args[1]]
        self.assertEqual([call.args[1] for call in written], [leads.ids])
        self.assertEqual(
            [self._decisions(lead).rules for lead in leads],
            [{str(rule.id): 12}, {}, {}],
        )

    def test_history_of_a_new_lead_converted_at_once(self):
        """Within one transaction the numbers of the row would still be 0."""
        self._rule(12)
        lead = self._lead(city="Ghent")
        lead.convert_opportunity(self.partner)
        row = self._decisions(lead)
        self.assertEqual((row.score, sum(row.rules.values())), (12, 12))

    def test_broken_rule_does_not_stop_a_manual_conversion(self):
        """Whether or not a pass has marked it by then."""
        for domain in ("[('x_gone', '=', 1)]", "[('name', '=like', 'Le\\\\')]"):
            with self.subTest(domain):
                sound, broken = self._rule(12), self._rule(5)
                lead = self._scored_lead(city="Ghent")
                self._set_columns(broken, domain=domain)
                self.env.registry.clear_cache()
                with mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"):
                    lead.convert_opportunity(self.partner)
                    self._score()
                self.assertEqual(lead.type, "opportunity")
                self.assertEqual(self._decisions(lead).rules, {str(sound.id): 12})
                (sound + broken).unlink()

    def test_lead_that_odoo_does_not_convert_leaves_no_row(self):
        self._rule(12)
        won, other = self._scored_lead(city="Ghent"), self._scored_lead()
        won.action_set_won()
        (won + other).convert_opportunity(self.partner)
        self.assertEqual((won.type, other.type), ("lead", "opportunity"))
        self.assertFalse(self._decisions(won))
        self.assertTrue(self._decisions(other))

    def test_opportunity_converted_again_leaves_no_second_row(self):
        lead = self._lead_of(90)
        self._convert()
        lead.convert_opportunity(self.partner)
        self.assertEqual(len(self._decisions(lead)), 1)
