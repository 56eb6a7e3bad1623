from datetime import timedelta

from odoo.tests import tagged

from ..hooks import uninstall_hook
from .common_decisions import DecisionCommon


@tagged("post_install", "-at_install")
class TestDrift(DecisionCommon):
    """A weekly look at the newest deals."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.users"].search(
            [("all_group_ids", "in", cls._managers().ids)]
        ).group_ids -= cls._managers()
        cls.manager = cls._user("drift", "lead_scoring.group_scoring_manager")
        # of older deals, 80 % are won with a high score and 20 % with a low one
        cls._deals(200, high=(40, 10), low=(10, 40))

    @classmethod
    def _managers(cls):
        groups = ("lead_scoring.group_scoring_manager", "sales_team.group_sale_manager")
        return cls.env["res.groups"].union(*map(cls.env.ref, groups))

    @classmethod
    def _deals(cls, days, high, low, **vals):
        """Add deals with 80 and with 20 points: so many won, and lost."""
        for score, counts in ((80, high), (20, low)):
            for outcome, count in zip(("won", "lost"), counts, strict=True):
                cls._decided([score] * count, outcome, days, **vals)

    def _check(self, company=None):
        """Return the activities of drift after a check."""
        self.env.flush_all()
        self.scoring_model._check_drift(company or self.env.company)
        drift = self.env.ref("lead_scoring_evidence.mail_activity_type_drift")
        return self.scoring_model.activity_ids.filtered(
            lambda activity: activity.activity_type_id == drift
        )

    def test_nothing_moves(self):
        self._deals(10, high=(16, 4), low=(4, 16))
        self.assertFalse(self._check())
        self.assertFalse(self.scoring_model.drift_company_ids)

    def test_ranking_falls(self):
        self._deals(10, high=(10, 10), low=(10, 10))
        moved = self.scoring_model._find_drift(self.env.company)
        self.assertEqual(moved, {"ranking": {"before": 0.8, "now": 0.5}})
        activity = self._check()
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("in 80 before, and in 50 among the newest", activity.note)
        self.assertNotIn("instead of", activity.note)

    def test_slow_fall_since_the_model_was_first_judged(self):
        """The older deals are no better by now: what was kept tells."""
        self.env.flush_all()
        quality = self.env["lead.scoring.quality"]
        first = quality._judge(self.scoring_model, self.env.company)
        self._deals(120, high=(50, 50), low=(50, 50))
        self._deals(10, high=(10, 10), low=(10, 10))
        company = self.env.company
        first.date = self.now
        self.assertFalse(
            self.scoring_model._find_drift(company), "none is closed since"
        )
        first.date = self.now - timedelta(days=150)
        quality._judge(self.scoring_model, company)
        moved = self.scoring_model._find_drift(company)
        self.assertEqual(moved, {"ranking": {"before": 0.8, "now": 0.5}})

    def test_fewer_wins_than_expected(self):
        self._deals(10, high=(8, 12), low=(2, 18))
        moved = self.scoring_model._find_drift(self.env.company)
        self.assertEqual(list(moved), ["calibration"])
        numbers = moved["calibration"]
        self.assertEqual(
            (numbers["count"], numbers["wins"], numbers["expected"]), (40, 10, 20)
        )
        # 40 chances of about 0.2 or 0.8 have a standard deviation of about 2.5
        self.assertEqual((numbers["low"], numbers["high"]), (15, 25))
        self.assertIn("Fewer deals are won", self._check().note)

    def test_wins_are_outside_of_what_chance_is_said_to_explain(self):
        # chance explains up to 28.6 of 44 even chances: 29 are no part of it
        moved = self.scoring_model._compare_wins(0, 0, [(0, 44, 29)])
        self.assertEqual(moved["calibration"]["high"], 28)
        moved = self.scoring_model._compare_wins(0, 0, [(0, 44, 15)])
        self.assertEqual(moved["calibration"]["low"], 16)

    def test_more_wins_than_expected(self):
        self._deals(10, high=(19, 1), low=(11, 9))
        self.assertIn("More deals are won", self._check().note)

    def test_not_repeated_while_it_stands(self):
        self._deals(10, high=(8, 12), low=(2, 18))
        activity = self._check()
        self.assertEqual(self._check(), activity)
        activity.action_done()
        self.assertFalse(self._check())
        # it ends, and comes back
        before = self.env["crm.lead"].with_context(active_test=False).search([])
        self._deals(5, high=(160, 40), low=(40, 160))
        self.assertFalse(self._check())
        self.assertFalse(self.scoring_model.drift_company_ids)
        leads = self.env["crm.lead"].with_context(active_test=False)
        (leads.search([]) - before).unlink()
        self.assertEqual(len(self._check()), 1)

    def test_end_of_it_is_noticed(self):
        self.scoring_model.drift_company_ids = self.env.company
        self._deals(10, high=(16, 4), low=(4, 16))
        self.assertFalse(self._check())
        self.assertFalse(self.scoring_model.drift_company_ids)

    def test_type_of_its_activities_can_go_with_the_add_on(self):
        self._deals(10, high=(10, 10), low=(10, 10))
        self._check().action_done()
        drift = self.env.ref("lead_scoring_evidence.mail_activity_type_drift")
        uninstall_hook(self.env)
        drift.unlink()
        self.assertFalse(drift.exists())

    def test_too_few_deals(self):
        """Of 40 newest deals 9 are won: nothing is concluded."""
        self._deals(10, high=(5, 15), low=(4, 16))
        self.assertFalse(self._check())

    def test_too_few_older_deals(self):
        self._deals(10, high=(8, 12), low=(2, 18))
        leads = self.env["crm.lead"].with_context(active_test=False)
        leads.search([("won_status", "=", "won")], limit=12, order="id").unlink()
        self.assertFalse(self._check())

    def test_reviewer_is_told(self):
        reviewer = self._user("reviewer", "lead_scoring.group_scoring_manager")
        self.scoring_model.review_user_id = reviewer
        self.scoring_model.next_review = self.now.date()
        self._deals(10, high=(8, 12), low=(2, 18))
        self.assertEqual(self._check().user_id, reviewer)

    def test_nobody_to_tell(self):
        self.manager.group_ids -= self._managers()
        self._deals(10, high=(8, 12), low=(2, 18))
        self.assertFalse(self._check())
        self.assertFalse(self.scoring_model.drift_company_ids)

    def test_two_companies(self):
        company = self.env["res.company"].create({"name": "Other"})
        self._deals(10, high=(8, 12), low=(2, 18), company_id=company.id)
        self.assertFalse(self._check())
        self.assertFalse(self._check(company), "nobody of them manages scoring")
        self.manager.company_ids += company
        activity = self._check(company)
        self.assertEqual(activity.user_id, self.manager)
        self.assertIn("Deals of Other", activity.note)
        self.assertEqual(self.scoring_model.drift_company_ids, company)

    def test_companies_without_deals_are_not_looked_at(self):
        company = self.env["res.company"].create({"name": "Other"})
        model = self.scoring_model
        self.assertEqual(model._get_drift_companies(), self.env.company)
        self._decided([10], "won", company_id=company.id)
        self.env.flush_all()
        self.assertEqual(model._get_drift_companies(), company)
        model.company_id = self.env.company
        self.assertEqual(model._get_drift_companies(), self.env.company)

    def test_cron(self):
        self._deals(10, high=(8, 12), low=(2, 18))
        draft = self.scoring_model.copy()
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(
                "lead_scoring_evidence.ir_cron_check_drift"
            ).method_direct_trigger()
        self.assertEqual(self.scoring_model.drift_company_ids, self.env.company)
        self.assertFalse(draft.drift_company_ids)
