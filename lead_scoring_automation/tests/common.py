from unittest.mock import patch

from odoo.addons.base.models.ir_cron import IrCron
from odoo.addons.lead_scoring.tests.common import LeadScoringCommon


class PlaybookCommon(LeadScoringCommon):
    """Playbooks as delivered, all off; tracking on, as for users."""

    @classmethod
    def default_env_context(cls):
        return {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.leader = cls._user("leader", "sales_team.group_sale_manager")
        cls.team.user_id = cls.leader
        cls.rule = cls._rule(70, dimension="interest")
        cls.env["base.automation"].search([]).active = False

    def setUp(self):
        super().setUp()
        # what switching on has patched
        self.addCleanup(self.env["base.automation"]._unregister_hook)

    def _playbook(self, name):
        return self.env.ref(f"lead_scoring_automation.playbook_{name}")

    def _switch_on(self, name):
        """Switch a playbook on as a scoring manager does, and return it."""
        playbook = self._playbook(name)
        playbook.with_user(self.scoring_manager).enabled = True
        return playbook

    def _open_lead(self, **vals):
        """Return a lead with salesperson and address whose creation is over."""
        mine = {"user_id": self.salesman.id, "team_id": self.team.id}
        mine |= {"email_from": "ann@customer.example", "phone": "+32470123456"}
        mine |= {"country_id": self.belgium.id}
        lead = self._lead(**{**mine, **vals})
        self._score()
        return lead

    def _run_timed(self):
        """Run the scheduled action of automations, as if its time had come."""
        self.env.flush_all()
        with patch.object(IrCron, "_commit_progress", return_value=60):
            self.env["base.automation"]._cron_process_time_based_actions()
        self._score()

    def _mails(self, lead):
        """Return what was sent to the lead, or waits for it."""
        return self.env["mail.mail"].search(
            [
                ("model", "=", "crm.lead"),
                ("res_id", "=", lead.id),
                ("message_type", "=", "email_outgoing"),
            ]
        )
