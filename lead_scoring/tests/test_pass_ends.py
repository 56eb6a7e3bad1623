import math
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_scoring.models.lead.crm_lead import CrmLead
from odoo.addons.lead_scoring.models.scoring import (
    lead_scoring_pass_mixin,
    lead_scoring_transition,
)
from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass_mixin import (
    LeadScoringPassMixin,
)
from odoo.addons.lead_scoring.models.scoring.lead_scoring_transition import (
    LeadScoringTransition,
)

from .common import LeadScoringCommon

LATE = -math.inf


@tagged("post_install", "-at_install")
class TestPassEnds(LeadScoringCommon):
    """However late a pass is and whatever fails, it gets on, and ends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.env["crm.lead"].concat(
            *(cls._lead(city="Ghent") for _number in range(6))
        )
        # else what a pass does would score them as what was just saved
        cls._score()
        cls.rule = cls._rule(70, "[('city', '=', 'Ghent')]")

    def _failing_for(self, bad):
        """Have an automation that fails for these leads."""
        write = CrmLead.write

        def failing_write(records, vals):
            if "temperature" in vals and bad & records:
                raise ValueError("This automation is broken")
            return write(records, vals)

        return patch.object(CrmLead, "write", failing_write)

    def _suspecting(self, rules):
        """Have a pass look for what is broken in this order."""
        return patch.object(LeadScoringPassMixin, "_suspects", lambda *args: rules)

    def _run_until_done(self, most):
        """Run a pass whose time is always up, again and again, at most so often."""
        with (
            patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 4),
            mute_logger(lead_scoring_transition.__name__),
        ):
            for _run in range(most):
                scoring_pass = self.env["lead.scoring.pass"]._start(full=True)
                # does what Odoo does before a commit
                if scoring_pass._run(LATE, self.env.cr.flush):
                    return
        self.fail("The pass does not end")

    def test_pass_ends_though_an_automation_fails_for_all_leads(self):
        with self._failing_for(self.leads):
            self._run_until_done(10)
        self.assertEqual(set(self.leads.mapped("score")), {70})
        self.assertEqual(set(self.leads.mapped("temperature")), {"cold"})

    def test_leads_that_fail_do_not_keep_the_others_from_following(self):
        bad = self.leads[:3]
        with self._failing_for(bad):
            self._run_until_done(50)
        self.assertEqual(set(bad.mapped("temperature")), {"cold"})
        self.assertEqual(set((self.leads - bad).mapped("temperature")), {"hot"})

    def test_lead_that_fails_just_before_the_commit_stops_no_other(self):
        bad = self.leads[2]

        write = CrmLead.write

        def fail():
            raise ValueError("This add-on is broken")

        def write_and_fail_later(records, vals):
            if "temperature" in vals and bad & records:
                self.env.cr.precommit.add(fail)
            return write(records, vals)

        with patch.object(CrmLead, "write", write_and_fail_later):
            self._run_until_done(10)
        self.assertEqual(bad.temperature, "cold")
        self.assertEqual(set((self.leads - bad).mapped("temperature")), {"hot"})

    def test_broken_rule_that_there_is_no_time_to_find_is_left_to_the_next_run(self):
        broken = self._rule(5)
        engine = type(self.env["lead.scoring.engine"])
        compile_rule = engine._compile_rule

        def compile_badly(self, rule, *args):
            if rule == broken:
                return SQL("1 / 0")
            return compile_rule(self, rule, *args)

        scoring_pass = self.env["lead.scoring.pass"]._start(full=True)
        with (
            patch.object(engine, "_compile_rule", compile_badly),
            mute_logger("odoo.sql_db", "odoo.addons.lead_scoring"),
        ):
            # one is tried each time, however late it is
            with self._suspecting(self.rule + broken):
                self.assertFalse(scoring_pass._run(LATE, lambda: None))
            self.assertFalse(broken.error)
            with self._suspecting(broken + self.rule):
                scoring_pass._run(LATE, lambda: None)
            self.assertTrue(broken.error)
            self.assertTrue(scoring_pass._run(math.inf, lambda: None))
        self.assertEqual(set(self.leads.mapped("score")), {70})

    def test_pass_ends_where_rules_change_between_its_chunks(self):
        """Its points would be of before, and newer passes would not see them."""
        score_chunk = LeadScoringPassMixin._score_chunk

        def change_rules(scoring_pass, *args):
            later = scoring_pass.date_start + timedelta(seconds=1)
            self._set_columns(self.scoring_model, changed_at=later)
            return score_chunk(scoring_pass, *args)

        scoring_pass = self.env["lead.scoring.pass"]._start(full=True)
        with (
            patch.object(lead_scoring_pass_mixin, "LEADS_PER_CHUNK", 4),
            patch.object(LeadScoringPassMixin, "_score_chunk", change_rules),
        ):
            self.assertFalse(scoring_pass._run(math.inf, lambda: None))
        self.assertEqual(self.leads.mapped("score"), [70, 70, 70, 70, 0, 0])
        self.assertNotEqual(self.env["lead.scoring.pass"]._start(True), scoring_pass)

    def test_changes_count_though_the_leads_follow_in_a_later_run(self):
        passes = self.env["lead.scoring.pass"]
        with patch.object(LeadScoringTransition, "_follow", return_value=False):
            stopped = passes._start(full=True)
            self.assertFalse(stopped._run(math.inf, lambda: None))
        self.assertEqual(passes._start(full=True), stopped)
        self.assertTrue(stopped._run(math.inf, lambda: None))
        self.assertEqual(stopped.change_count, len(self.leads))

    def test_broken_rules_that_there_is_no_time_to_try_stay_marked(self):
        rules = self._rule(5) + self._rule(6)
        rules.error = "It was broken"
        passes = self.env["lead.scoring.pass"]._start(full=True)
        marked = [("error", "!=", False)]
        where = self.env["lead.scoring.engine"]._open_sql()
        passes._try_domains(marked, where, lambda: None, deadline=LATE)
        self.assertEqual(rules.mapped(lambda rule: bool(rule.error)).count(True), 1)
        passes._try_domains(marked, where, lambda: None)
        self.assertFalse(any(rules.mapped("error")))
