import math
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.lead.crm_lead import CrmLead
from odoo.addons.lead_scoring.models.scoring import lead_scoring_transition
from odoo.addons.lead_scoring.models.scoring.lead_scoring_engine_leads import (
    LeadScoringEngine,
)
from odoo.addons.lead_scoring.tools import retry

from .common import LeadScoringCommon

LEAD_LOG = "odoo.addons.lead_scoring.models"


@tagged("post_install", "-at_install")
class TestTransitions(LeadScoringCommon):
    """What a change of temperature sets going, with tracking on as for users."""

    @classmethod
    def default_env_context(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman")
        cls.rule = cls._rule(70)
        cls.odoobot = cls.env.ref("base.partner_root")

    def _tracked(self, lead, name="temperature"):
        """Return ``[(old, new)]`` of the tracked changes of a field, oldest first."""
        values = self.env["mail.tracking.value"].search(
            [
                ("mail_message_id.model", "=", "crm.lead"),
                ("mail_message_id.res_id", "=", lead.id),
                ("field_id.name", "=", name),
            ],
            order="id",
        )
        return [(value.old_value_char, value.new_value_char) for value in values]

    def _quiet_lead(self, **vals):
        """Return a lead whose creation is over, messages and all."""
        lead = self._lead(user_id=self.salesman.id, **vals)
        self._score()
        return lead

    # ------------------------------------------------------------------
    # Tracking
    # ------------------------------------------------------------------

    def test_change_of_a_user_and_its_consequence_are_one_message(self):
        lead = self._quiet_lead()
        before = lead.message_ids
        lead.with_user(self.salesman).write({"city": "Ghent", "priority": "2"})
        stage = self.env["crm.stage"].create({"name": "Called"})
        lead.with_user(self.salesman).stage_id = stage
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertEqual(self._tracked(lead), [("Cold", "Hot")])
        [message] = lead.message_ids - before
        tracked = message.tracking_value_ids.field_id.mapped("name")
        self.assertLessEqual({"temperature", "stage_id"}, set(tracked))
        self.assertEqual(message.author_id, self.salesman.partner_id)

    def test_pass_tells_once_and_as_odoobot(self):
        self.rule.active = False
        lead = self._quiet_lead(city="Ghent")
        before = lead.message_ids
        self.rule.active = True
        for _time in range(3):
            self._run_pass()
            self._score()
        self.assertEqual(self._tracked(lead), [("Cold", "Hot")])
        [message] = lead.message_ids - before
        self.assertEqual(message.author_id, self.odoobot)

    def test_first_temperature_of_a_new_lead_is_no_change(self):
        lead = self._quiet_lead(city="Ghent")
        self.assertEqual((lead.temperature, lead.segment), ("hot", "remarket"))
        self.assertEqual(len(lead.message_ids), 1, "that it was created")
        self.assertFalse(self._tracked(lead))
        self.assertFalse(self._tracked(lead, "segment"))
        lead.city = "Bruges"
        self._score()
        self.assertEqual(self._tracked(lead), [("Hot", "Cold")])

    def test_change_beside_a_new_lead_is_told(self):
        """Two leads of one transaction, one of them new."""
        old = self._quiet_lead()
        new = self._lead(city="Ghent")
        old.city = "Ghent"
        self._score()
        self.assertEqual(self._tracked(old), [("Cold", "Hot")])
        self.assertFalse(self._tracked(new))

    def test_many_leads_are_tracked_together_as_one_by_one(self):
        self.rule.active = False
        leads = self._quiet_lead(city="Ghent")
        for _number in range(3):
            leads |= self._quiet_lead(city="Ghent", team_id=self.team.id)
        before = leads.message_ids
        leads[0].message_subscribe(self.salesman.partner_id.ids)
        self.rule.active = True
        created = []
        create = type(self.env["mail.message"]).create

        def counting(messages, vals_list):
            created.append(len(vals_list))
            return create(messages, vals_list)

        with patch.object(type(self.env["mail.message"]), "create", counting):
            self._run_pass()
            self._score()
        logs = (leads.message_ids - before).filtered("tracking_value_ids")
        self.assertCountEqual(logs.mapped("res_id"), leads.ids)
        self.assertIn(len(leads), created)
        self.assertEqual(len(set(logs.mapped("message_id"))), len(leads))
        self.assertEqual(logs.author_id, self.odoobot)
        self.assertEqual(logs.subtype_id, self.env.ref("mail.mt_note"))
        for lead in leads:
            self.assertEqual(self._tracked(lead), [("Cold", "Hot")])
            self.assertEqual(self._tracked(lead, "segment"), [("Discard", "Remarket")])

    def test_stages_of_many_leads_are_posted_for_each(self):
        """Followers of a stage are notified of each lead, as without us."""
        leads = self._quiet_lead() | self._quiet_lead()
        before = leads.message_ids
        stage = self.env["crm.stage"].create({"name": "Called"})
        leads.write({"stage_id": stage.id, "city": "Ghent"})
        self._score()
        posted = leads.message_ids - before
        self.assertEqual(posted.subtype_id, self.env.ref("crm.mt_lead_stage"))
        self.assertEqual(len(posted), 2)
        for message in posted:
            tracked = message.tracking_value_ids.field_id.mapped("name")
            self.assertLessEqual({"temperature", "stage_id"}, set(tracked))

    def test_import_without_tracking_stays_so(self):
        Lead = self.env["crm.lead"].with_context(tracking_disable=True)
        result = Lead.load(["name", "city"], [["Imported", "Ghent"]])
        lead = Lead.browse(result["ids"])
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertFalse(self._tracked(lead))

    def test_crossing_fires_once_and_again_after_the_margin(self):
        lead = self._quiet_lead()
        for points in (60, 58, 60, 55, 70, 54, 60, 61):
            self._set_points(lead, points)
        self.assertEqual(
            self._tracked(lead),
            [("Cold", "Hot"), ("Hot", "Warm"), ("Warm", "Hot")],
        )

    def test_segment_is_tracked(self):
        lead = self._quiet_lead()
        lead.city = "Ghent"
        self._score()
        self.assertEqual(self._tracked(lead, "segment"), [("Discard", "Remarket")])

    def test_history_row_at_each_crossing(self):
        lead = self._quiet_lead()
        for points in (40, 45, 60, 3):
            self._set_points(lead, points)
        rows = self.env["lead.scoring.history"].search(
            [("lead_id", "=", lead.id), ("reason", "=", "crossing")], order="id"
        )
        self.assertEqual(rows.mapped("temperature"), ["warm", "hot", "cold"])
        self.assertEqual(rows.mapped("score"), [40, 60, 3])

    # ------------------------------------------------------------------
    # Automations
    # ------------------------------------------------------------------

    def _automate(self, action):
        """Have ``action(leads)`` called on a change of temperature, as base_automation
        does: after write, with the new values.
        """
        write = CrmLead.write

        def automated_write(leads, vals):
            result = write(leads, vals)
            if "temperature" in vals:
                action(leads)
            return result

        self.enterContext(patch.object(CrmLead, "write", automated_write))

    def test_automation_fires_once_per_crossing(self):
        fired = []
        self._automate(lambda leads: fired.extend(leads.mapped("temperature")))
        lead = self._quiet_lead()
        lead.city = "Ghent"
        self._score()
        lead.name = "Other"
        self._score()
        self._run_pass()
        self._score()
        self.assertEqual(fired, ["hot"])

    def test_automation_writes_on_the_lead(self):
        def remember(leads):
            leads.write({"priority": "3"})
            leads.activity_schedule("mail.mail_activity_data_call")

        self._automate(remember)
        lead = self._quiet_lead()
        lead.city = "Ghent"
        self._score()
        self.assertEqual(lead.priority, "3")
        self.assertEqual(len(lead.activity_ids), 1)
        self.assertEqual(self._tracked(lead), [("Cold", "Hot")])

    def test_automation_that_undoes_its_cause_ends(self):
        """It would drive the lead up and down for ever."""
        self._rule(-70, "[('priority', '=', '3')]")

        def flip(leads):
            for lead in leads:
                lead.priority = "3" if lead.temperature == "hot" else "0"

        self._automate(flip)
        lead = self._quiet_lead()
        lead.city = "Ghent"
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self._run_pass()
        # down, and what the automation then wrote is scored before the commit
        self.assertEqual(lead.temperature, "hot")
        self._score()
        self.assertEqual(lead.temperature, "hot")
        self.assertLessEqual(len(self._tracked(lead)), 3)

    def test_failing_automation_stops_neither_batch_nor_pass(self):
        self.rule.active = False
        leads = self.env["crm.lead"].concat(
            *(self._quiet_lead(city="Ghent") for _n in range(5))
        )
        bad = leads[2]

        self.rule.active = True
        write = CrmLead.write

        def failing_write(records, vals):
            if "temperature" in vals and bad in records:
                raise ValueError("This automation is broken")
            return write(records, vals)

        with (
            patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 2),
            patch.object(CrmLead, "write", failing_write),
            mute_logger(LEAD_LOG),
        ):
            self._run_pass()
        self.assertEqual((leads - bad).mapped("temperature"), ["hot"] * 4)
        self.assertEqual((bad.score, bad.temperature), (70, "cold"))
        self._run_pass()
        self.assertEqual(bad.temperature, "hot")

    def test_lead_that_cooled_down_before_its_turn_does_not_turn_hot(self):
        """The batches of a pass may be minutes apart."""
        self.rule.active = False
        first, second = (self._quiet_lead(city="Ghent") for _n in range(2))
        self.rule.active = True
        commits = []

        def checkpoint():
            commits.append(True)
            if first.temperature == "hot" and second.score:
                second.city = "Paris"
                self._score()

        with (
            patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 1),
            patch.object(lead_scoring_transition.random, "shuffle"),
        ):
            self.env["lead.scoring.pass"]._start(full=True)._run(math.inf, checkpoint)
        self.assertEqual((first.temperature, second.temperature), ("hot", "cold"))
        self.assertEqual(second.score, 0)
        self.assertFalse(self._tracked(second))
        self.assertGreater(len(commits), 3)

    def test_pass_stops_between_batches_and_goes_on(self):
        self.rule.active = False
        leads = self._quiet_lead(city="Ghent") + self._quiet_lead(city="Ghent")
        self.rule.active = True
        passes = self.env["lead.scoring.pass"]
        with (
            patch.object(lead_scoring_transition, "LEADS_PER_TRANSACTION", 1),
            patch.object(lead_scoring_transition.random, "shuffle"),
        ):
            first = passes._start(full=True)
            self.assertFalse(first._run(-math.inf, lambda: None))
            self.assertEqual(leads.mapped("temperature"), ["hot", "cold"])
            self.assertEqual(passes._start(full=True), first)
            self.assertTrue(first._run(math.inf, lambda: None))
        self.assertEqual(leads.mapped("temperature"), ["hot", "hot"])

    def test_database_error_in_an_automation_stops_no_other_lead(self):
        self.rule.active = False
        leads = self._quiet_lead(city="Ghent") + self._quiet_lead(city="Ghent")
        bad = leads[0]
        self.rule.active = True

        def fail(records):
            if bad in records:
                self.env.cr.execute("SELECT 1 / 0")

        self._automate(fail)
        with mute_logger(LEAD_LOG, "odoo.sql_db"):
            self._run_pass()
        self.assertEqual(leads.mapped("temperature"), ["cold", "hot"])

    # ------------------------------------------------------------------
    # A user's change never fails because of scoring
    # ------------------------------------------------------------------

    def test_failing_automation_keeps_the_users_change(self):
        lead = self._quiet_lead()

        def fail(_leads):
            raise ValueError("This automation is broken")

        self._automate(fail)
        lead.with_user(self.salesman).city = "Ghent"
        with mute_logger(LEAD_LOG):
            self._score()
        lead.invalidate_recordset()
        self.assertEqual(lead.city, "Ghent")
        self.assertEqual(lead.temperature, "cold")

    def test_nothing_of_a_failed_automation_is_written_later(self):
        """Half of what it did, or a complaint that it is gone, at the commit."""
        lead = self._quiet_lead()

        def fail(leads):
            leads.write({"phone": "12345", "priority": "3"})
            raise ValueError("This automation is broken")

        self._automate(fail)
        lead.with_context(tracking_disable=True).city = "Ghent"
        with mute_logger(LEAD_LOG):
            self._score()
            self.env.flush_all()
            self._run_pass()
            self.env.flush_all()
        lead.invalidate_recordset()
        self.assertEqual((lead.city, lead.score), ("Ghent", 70))
        self.assertEqual((lead.phone, lead.priority), (False, "0"))

    def test_failing_engine_keeps_the_users_change(self):
        lead = self._quiet_lead()

        def fail(*_args):
            self.env.cr.execute("SELECT 1 / 0")

        lead.write({"city": "Ghent", "priority": "1"})
        with (
            patch.object(LeadScoringEngine, "_score", fail),
            self.assertLogs(LEAD_LOG, "WARNING"),
            mute_logger("odoo.sql_db"),
        ):
            self._score()
        lead.invalidate_recordset()
        self.assertEqual((lead.city, lead.priority), ("Ghent", "1"))
        self.assertEqual(lead.score, 0)
        self._run_pass(full=False)
        self.assertEqual(lead.score, 70)

    def test_users_own_error_is_told(self):
        """Scoring hides no error of the user."""
        lead = self._quiet_lead()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            lead.with_user(self.salesman).country_id = 10_000_000
            self._score()

    # ------------------------------------------------------------------
    # Silence
    # ------------------------------------------------------------------

    def test_silent_pass_fires_nothing(self):
        self.rule.active = False
        lead = self._quiet_lead(city="Ghent")
        messages = lead.message_ids
        self.rule.active = True
        fired = []
        self._automate(fired.append)
        self._run_pass(silent=True)
        self._score()
        self.assertEqual((lead.score, lead.temperature), (70, "hot"))
        self.assertEqual(lead.segment, "remarket")
        self.assertTrue(lead.temperature_date and lead.segment_date)
        self.assertFalse(fired)
        self.assertEqual(lead.message_ids, messages)
        self._run_pass()
        self.assertFalse(fired, "What silence did is done.")

    def test_many_leads_follow_silently_in_rounds(self):
        self.rule.active = False
        leads = self.env["crm.lead"].concat(
            *(self._quiet_lead(city="Ghent") for _number in range(5))
        )
        self.rule.active = True
        with patch.object(retry, "ROWS_PER_ROUND", 2):
            self._run_pass(silent=True)
        self.assertEqual(set(leads.mapped("temperature")), {"hot"})

    def test_rounds_are_all_rows_few_of_each_page(self):
        self.assertEqual(retry.rounds([]), [])
        self.assertEqual(retry.rounds([1, 2]), [[1, 2]])
        with patch.multiple(retry, ROUNDS=3, ROWS_PER_ROUND=2):
            self.assertEqual(retry.rounds([1, 2, 3, 4]), [[1, 3], [2, 4]])
            many = [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]
            self.assertEqual(retry.rounds(list(range(10))), many)
