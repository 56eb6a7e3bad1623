from datetime import timedelta
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from .common import LearningCommon


@tagged("post_install", "-at_install")
class TestUi(HttpCase, LearningCommon):
    """Learning, in a real browser."""

    def test_manager_learns_from_closed_leads_publishes_and_reverts(self):
        self._user("tour-scoring", "lead_scoring.group_scoring_manager")
        self._close_enquiries()
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

    def _close_enquiries(self):
        """Close leads: directors, recommended ones and addresses of companies are won
        more often; chance has its share.
        """
        referral = self.env.ref("utm.utm_source_referral").id
        won_stage = self.env["crm.stage"].search([("is_won", "=", True)], limit=1)
        lost_stage = self.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        codes = ("nl", "fr", "uk", "at", "it")
        countries = [self.env.ref(f"base.{code}").id for code in codes]
        vals_list = []
        for number in range(240):
            director, company = number % 3 == 0, number % 2 == 0
            recommended = number % 4 == 1
            told = 5 * director + 6 * recommended + 4 * company
            won = told + number * 37 % 11 >= 12
            host = f"company{number}.example.com" if company else "gmail.com"
            vals_list.append(
                {
                    "active": won,
                    "country_id": countries[number % 5],
                    "date_closed": self.env.cr.now() - timedelta(number * 89 % 300),
                    "email_from": f"kim{number}@{host}",
                    "function": "Director" if director else "Assistant",
                    "name": f"Closed enquiry {number}",
                    "probability": 100 if won else 0,
                    "source_id": recommended and referral,
                    "stage_id": (won_stage if won else lost_stage).id,
                    "type": "opportunity",
                    "user_id": False,
                }
            )
        leads = self.env["crm.lead"].create(vals_list)
        self._born(leads, days=310)
