from odoo.tests import HttpCase, tagged

from .common import PlaybookCommon


@tagged("post_install", "-at_install")
class TestUi(HttpCase, PlaybookCommon):
    def test_manager_switches_a_playbook_on(self):
        self._user("tour-marketing", "lead_scoring.group_scoring_manager")
        self.start_tour("/odoo", "lead_scoring_playbooks", login="tour-marketing")
        self.assertTrue(self._playbook("hot").automation_id.active)
        self.assertFalse(self._playbook("warm").automation_id.active)
