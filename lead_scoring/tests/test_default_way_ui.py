from odoo.tests import tagged

from .common_default_way import DefaultWayCommon


@tagged("post_install", "-at_install")
class TestDefaultWayUi(DefaultWayCommon):
    """The same way in a real browser, a tour for each role."""

    def setUp(self):
        super().setUp()
        # Chromium without a window says that a program drives it
        machine = self.env.registry["lead.scoring.machine"]
        self.patch(machine, "_is_program", lambda self, agent: False)

    def start_tour(self, *args, timeout=180, **kwargs):
        return super().start_tour(*args, timeout=timeout, **kwargs)

    def _desks(self):
        """Return the hot lead of a visitor."""
        self._visit()
        return self.env["crm.lead"].browse(self._submit_contact_page()["id"])

    def test_visitor(self):
        self._set_up()
        self.start_tour("/pricing", "lead_scoring_way_visitor")
        self.env.invalidate_all()
        lead = self.env["crm.lead"].search([("name", "=", "Desks")])
        self.assertEqual((lead.type, lead.temperature), ("lead", "hot"))
        self.assertLessEqual({"form", "download", "video"}, self._points(lead).keys())

    def test_administrator(self):
        self.start_tour("/odoo", "lead_scoring_way_admin", login="admin")
        self.env.invalidate_all()
        team = self.env["crm.team"].search([("convert_by_score", "=", True)])
        self.assertEqual((len(team), team.minimum_score), (1, 60))
        self.assertTrue(self._submit_contact_page()["id"])

    def test_salesperson(self):
        team = self._set_up()
        for number in range(3):
            self.env["crm.lead"].create(
                {
                    "name": f"Older {number}",
                    "type": "opportunity",
                    "user_id": self.salesperson.id,
                    "team_id": team.id,
                }
            )
        lead = self._desks()
        self._run_scheduled_action()
        self.assertEqual(lead.user_id, self.salesperson)
        self.start_tour(
            "/odoo/crm", "lead_scoring_way_salesperson", login="way-salesperson"
        )
        self.assertEqual(lead.handover, "accepted")

    def test_marketing(self):
        self._set_up()
        self._desks()
        self.env["lead.scoring.pass"]._start(True)._run(float("inf"), lambda: None)
        self.start_tour("/odoo", "lead_scoring_way_marketing", login="way-marketing")
        self.env.invalidate_all()
        self.assertEqual(self.scoring_model.state, "retired")

    def test_sales_manager(self):
        self._set_up()
        self._desks()
        self.start_tour(
            "/odoo", "lead_scoring_way_sales_manager", login="way-sales_manager"
        )
        team = self.env["crm.team"].search([("convert_by_score", "=", True)])
        self.assertEqual(team.minimum_score, 50)
