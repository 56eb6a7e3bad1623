from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tools import convert_file

from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestUi(HttpCase, LearningCommon):
    """Learning, in a real browser."""

    def test_manager_learns_from_demo_leads_publishes_and_reverts(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        demo = "demo/crm_lead_demo.xml"
        convert_file(self.env, "lead_scoring_learning", demo, {}, mode="init")
        self._scored_lead(function="Director", email_from="kim@company.example.com")
        jobs = self.env.registry["lead.scoring.job"]
        queue = jobs._queue

        def do_at_once(job, *args, **kwargs):
            queue(job, *args, **kwargs)
            self.env.flush_all()
            job.env["lead.scoring.job"]._next()._run(lambda: None)

        with patch.object(jobs, "_queue", do_at_once):
            self.start_tour("/odoo", "lead_scoring_learning", login="tour-scoring")
        self.env.invalidate_all()
        learned = self.env["lead.scoring.model"].search([("learned_note", "!=", False)])
        self.assertEqual(learned.state, "retired")
        rules = learned.with_context(active_test=False).rule_ids
        self.assertGreaterEqual(len(rules), 3)
        self.assertEqual(max(rules.mapped("value")) >= 20, True)
        self.assertEqual(self.scoring_model.state, "live")
