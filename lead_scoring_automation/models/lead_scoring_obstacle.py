from odoo import api, models
from odoo.tools import config


class LeadScoringObstacle(models.AbstractModel):
    """What keeps playbooks from writing to leads."""

    _inherit = "lead.scoring.obstacle"

    @api.model
    def _names(self):
        return [*super()._names(), "mail_server"]

    @api.model
    def _has_mail_server(self):
        """Whether e-mails go out: by a server in Settings, or by one that whoever runs
        Odoo has configured.
        """
        # sudo: only whether there is one
        servers = self.env["ir.mail_server"].sudo().search_count([], limit=1)
        return bool(servers) or config["smtp_server"] not in (False, "", "localhost")

    @api.model
    def _find_mail_server(self, scoring_model):
        # sudo: scoring managers read no automation
        playbooks = self.env["lead.scoring.playbook"].sudo()
        playbooks = playbooks.search([("automation_id.active", "=", True)])
        senders = playbooks.filtered(lambda playbook: playbook._sends_mail())
        if not senders or self._has_mail_server():
            return []
        obstacle = {
            "text": self.env._(
                "There is no outgoing mail server: what these playbooks write stays in "
                "Odoo: %s.",
                ", ".join(f"«{playbook.name}»" for playbook in senders),
            ),
            "advice": self.env._("An administrator adds one in Settings."),
        }
        if self.env.user.has_group("base.group_system"):
            obstacle["advice"] = ""
            obstacle["button"] = self.env._("Outgoing Mail Servers")
        return [obstacle]

    @api.model
    def _mend_mail_server(self, scoring_model, _record):
        actions = self.env["ir.actions.act_window"]
        return actions._for_xml_id("base.action_ir_mail_server_list")
