from odoo.modules.neutralize import neutralize_database
from odoo.tests import tagged

from .common_website import WebsiteCommon


@tagged("post_install", "-at_install")
class TestNeutralize(WebsiteCommon):
    """A neutralized copy of a database accepts nothing and does nothing by itself."""

    def test_nothing_runs_by_itself(self):
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        crons = self.env["ir.cron"].with_context(active_test=False).search([])
        ours = crons.filtered(
            lambda cron: cron.get_external_id()[cron.id].startswith("lead_scoring")
        )
        self.assertTrue(ours)
        self.assertFalse(ours.filtered("active"))

    def test_event_of_a_visitor_is_refused(self):
        self.assertTrue(self._send_event(name="Price list"))
        neutralize_database(self.env.cr)
        self.env.registry.clear_all_caches()
        self._use_browser()
        before = self.env["lead.scoring.event"].search_count([])
        self.assertFalse(self._send_event(name="Price list"))
        self._submit(email_from="ann@customer.example", contact_name="Ann")
        self.assertEqual(self.env["lead.scoring.event"].search_count([]), before)

    def test_nobody_may_push_events(self):
        pusher = self._user("pusher", "base.group_user,lead_scoring.group_push_events")
        self.assertTrue(pusher.has_group("lead_scoring.group_push_events"))
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        self.assertFalse(pusher.has_group("lead_scoring.group_push_events"))
