from lxml import etree

from odoo.tests import tagged

from odoo.addons.lead_scoring.tests.common import LeadScoringCommon

EVERYBODY = {
    "crm_lead_action_stuck",
    "lead_scoring_feedback_action",
    "lead_scoring_publication_report_action",
    "lead_scoring_report_action",
    "lead_scoring_report_action_funnel",
    "lead_scoring_report_action_missed",
    "lead_scoring_seller_action",
}
MANAGERS = {"lead_scoring_quality_action", "lead_scoring_rule_evidence_action"}


@tagged("post_install", "-at_install")
class TestViews(LeadScoringCommon):
    """Every screen opens for those whose screen it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.managers = cls.scoring_manager + cls.sales_manager
        cls.rule = cls._rule(40)
        cls._scored_lead(city="Ghent")

    def test_screens_open(self):
        for users, actions in (
            (self.salesman + self.managers, EVERYBODY),
            (self.managers, MANAGERS),
        ):
            for user in users:
                for action in actions:
                    with self.subTest(user=user.login, action=action):
                        self._read_screen(user, f"lead_scoring_evidence.{action}")

    def test_rule_form_of_salesman_has_no_button_but_those_that_look(self):
        view = self.env["lead.scoring.rule"].with_user(self.salesman).get_view()
        arch = etree.fromstring(view["arch"])
        self.assertEqual(
            [node.get("name") for node in arch.iter("button")],
            ["action_view_leads", "action_open_feedback"],
        )
