from odoo import api, fields, models

from odoo.addons.base_automation.models.base_automation import TIME_TRIGGERS


class LeadScoringPlaybookSwitch(models.TransientModel):
    """Asks before a playbook that sends something is switched on: to how many?"""

    _name = "lead.scoring.playbook.switch"
    _description = "Switch a Playbook On"

    playbook_id = fields.Many2one(
        comodel_name="lead.scoring.playbook",
        required=True,
        ondelete="cascade",
        help="The playbook to be switched on.",
    )
    summary = fields.Char(related="playbook_id.summary", help="What it does.")
    is_timed = fields.Boolean(
        compute="_compute_is_timed",
        help="Whether it waits, and so acts at once on those whose time is up.",
    )
    today_count = fields.Integer(
        related="playbook_id.today_count",
        string="Leads",
        help="To how many leads it would have written within the last day, or writes "
        "at once because their time is up.",
    )
    lead_count = fields.Integer(
        related="playbook_id.lead_count",
        help="Leads that meet its conditions now.",
    )
    has_mail_server = fields.Boolean(
        compute="_compute_is_timed",
        help="Whether Odoo can send e-mails at all.",
    )

    @api.depends("playbook_id")
    def _compute_is_timed(self):
        has_server = self.env["lead.scoring.obstacle"]._has_mail_server()
        for switch in self:
            # sudo: scoring managers read no automation
            trigger = switch.playbook_id.sudo().automation_id.trigger
            switch.is_timed = trigger in TIME_TRIGGERS
            switch.has_mail_server = has_server or not switch.playbook_id._sends_mail()

    def action_switch_on(self):
        """Switch the playbook on."""
        self.ensure_one()
        self.check_access("write")
        self.playbook_id.enabled = True
