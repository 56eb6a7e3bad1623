from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.lead import lead_scoring_change
from odoo.addons.lead_scoring.models.lead.lead_scoring_change import KEPT, RUNNING

from .common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestChanges(LeadScoringCommon):
    """Which leads were written, for incremental passes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.changes = cls.env["lead.scoring.change"]
        cls.lead = cls._lead()

    def _noted(self, act):
        """Return the ids of leads that are noted when ``act`` is done."""
        self.env.flush_all()
        self.changes.search([]).unlink()
        act()
        self.env.flush_all()
        return set(self.changes.search([]).mapped("res_id"))

    def test_whatever_the_orm_writes_is_noted(self):
        other = self._lead()
        stage = self.env["crm.stage"].create({"name": "Agreed"})
        other.stage_id = stage
        tag = self.env["crm.tag"].create({"name": "Fair"})
        for name, act, leads in (
            ("a field", lambda: self.lead.write({"city": "Ghent"}), self.lead),
            ("tags", lambda: self.lead.write({"tag_ids": [(4, tag.id)]}), self.lead),
            ("computed", lambda: stage.write({"is_won": True}), other),
            ("archived", lambda: other.write({"active": False}), other),
        ):
            with self.subTest(name):
                self.assertEqual(self._noted(act), set(leads.ids))

    def test_new_lead_is_noted(self):
        made = []
        noted = self._noted(lambda: made.append(self._lead()))
        self.assertEqual(noted, {made[0].id})

    def test_nothing_written_is_nothing_noted(self):
        leads = self.env["crm.lead"]
        self.assertEqual(self._noted(lambda: leads.create([])), set())
        self.assertEqual(self._noted(lambda: leads._write({"city": "Ghent"})), set())

    @mute_logger("odoo.addons.lead_scoring.models.lead.crm_lead_scoring")
    def test_next_pass_covers_a_lead_whose_scoring_failed(self):
        category = self.env["res.partner.category"].create({"name": "Fair"})
        partner = self.env["res.partner"].create({"name": "Ann"})
        self._rule(10, f"[('partner_id.category_id', '=', {category.id})]")
        self.lead.partner_id = partner
        self._score()
        self._run_pass()
        self._let_time_pass()
        with patch.object(type(self.lead), "_score_now", side_effect=ValueError):
            partner.category_id = category
            self._score()
        self.assertEqual(self.lead.score, 0)
        self._run_pass(full=False)
        self.assertEqual(self.lead.score, 10)

    def test_next_pass_covers_what_is_recorded_late(self):
        self.env["ir.config_parameter"].set_param("lead_scoring.score_on_save", "no")
        for source in ("reply", "meeting", "event"):
            self._rule(10, "[]", source=source, dimension="interest")
        lead, other = self._lead(), self._lead()
        yesterday = self.env.cr.now().replace(microsecond=0) - timedelta(days=1)
        times = {"start": yesterday, "stop": yesterday + timedelta(hours=1)}
        meeting = self.env["calendar.event"].create({"name": "Demo", **times})
        pusher = self._user("pusher", "lead_scoring.group_push_events")
        event = {"name": "Fair", "lead_id": lead.id, "date": str(yesterday)}
        for points, name, act in (
            (10, "mail", lambda: self._receive(lead, yesterday)),
            (20, "meeting", lambda: meeting.copy({"opportunity_id": lead.id, **times})),
            (30, "meeting given", lambda: meeting.write({"opportunity_id": lead.id})),
            (20, "meeting taken", lambda: meeting.write({"opportunity_id": other.id})),
            (
                30,
                "event",
                lambda: self.env["lead.scoring.event"].with_user(pusher).push([event]),
            ),
        ):
            with self.subTest(name):
                self._run_pass()
                self._let_time_pass(hours=2)
                act()
                self._run_pass(full=False)
                self.assertEqual(lead.score, points)

    def _receive(self, lead, date):
        """Have a mail come in that a customer has sent then."""
        lead.message_post(
            body="Hello",
            message_type="email",
            email_from="ann@example.com",
            author_id=False,
            date=date,
        )

    def test_what_code_computes_by_sql_is_not_noted(self):
        """Else a silent pass over all leads would call for another one."""
        self._rule(70, "[]")
        scoring_pass = self.env["lead.scoring.pass"]._start(True)
        noted = self._noted(
            lambda: scoring_pass._run(float("inf"), lambda: None, silent=True)
        )
        self.assertEqual(self.lead.temperature, "hot")
        self.assertEqual(noted, set())

    def test_no_index_of_ours_has_a_column_that_each_save_changes(self):
        self.env.cr.execute(
            """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
                 FROM pg_index WHERE indrelid = 'crm_lead'::regclass"""
        )
        for name, definition in self.env.cr.fetchall():
            self.assertNotIn("write_date", definition, name)

    def test_old_changes_are_forgotten_and_no_others(self):
        now = self.env.cr.now()
        self.changes.search([]).unlink()
        for ago in (timedelta(), KEPT + RUNNING / 2, 2 * KEPT):
            self._note_written(self.lead, now - ago)
        self.changes._gc_changes()
        self.changes.invalidate_model()
        self.assertEqual(
            set(self.changes.search([]).mapped("date")), {now, now - KEPT - RUNNING / 2}
        )

    def test_forgetting_goes_on_where_much_is_old(self):
        self.changes.search([]).unlink()
        for _row in range(3):
            self._note_written(self.lead, self.env.cr.now() - 2 * KEPT)
        with patch.object(lead_scoring_change, "ROWS_PER_RUN", 2):
            self.assertEqual(self.changes._gc_changes(), (2, 1))
            self.assertEqual(self.changes._gc_changes(), (1, 0))

    def test_incremental_pass_finds_leads_that_have_no_row(self):
        self._rule(10, "[]")
        self._run_pass()
        self._let_time_pass(hours=1)
        self.env.cr.execute(
            "UPDATE crm_lead SET score_id = NULL WHERE id = %s", self.lead.ids
        )
        self.env.cr.execute(
            "DELETE FROM lead_scoring_score WHERE lead_id = %s", self.lead.ids
        )
        self.env.invalidate_all()
        self._run_pass(full=False)
        self.assertEqual(self.lead.score, 10)

    def test_pass_after_a_long_pause_covers_all_leads(self):
        self._rule(10, "[('city', '=', 'Ghent')]")
        self._run_pass()
        self._set_columns(self.lead, city="Ghent")
        self._let_time_pass(hours=72)
        scoring_pass = self._run_pass(full=False)
        self.assertFalse(scoring_pass.since)
        self.assertEqual(self.lead.score, 10)

    def test_pass_that_stopped_long_ago_begins_anew(self):
        self._run_pass()
        self._let_time_pass(hours=1)
        waiting = self.env["lead.scoring.pass"]._start(False)
        self.assertEqual(self.env["lead.scoring.pass"]._start(False), waiting)
        waiting.since -= KEPT
        begun = self.env["lead.scoring.pass"]._start(False)
        self.assertNotEqual(begun, waiting)
        self.assertGreater(begun.since, self.changes._earliest())
