import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

from odoo.addons.base_automation.models.base_automation import (
    DATE_RANGE,
    TIME_TRIGGERS,
)

_logger = logging.getLogger(__name__)


class LeadScoringPlaybook(models.Model):
    """A line of the page Playbooks: an automation rule on leads that those may switch
    on who may not write automation rules.
    """

    _name = "lead.scoring.playbook"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Lead Scoring Playbook"
    _order = "sequence, id"

    automation_id = fields.Many2one(
        comodel_name="base.automation",
        string="Automation Rule",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('model_name', '=', 'crm.lead'), ('active', 'in', [True, False])]",
        help="What is done, and when: an ordinary automation rule on leads.",
    )
    sequence = fields.Integer(default=10, help="The order on the page.")
    name = fields.Char(
        related="automation_id.name", help="The name of the automation rule."
    )
    summary = fields.Char(
        translate=True, help="What the playbook does, in a sentence or two."
    )
    enabled = fields.Boolean(
        string="On",
        compute="_compute_enabled",
        inverse="_inverse_enabled",
        help="When off, nothing happens. When on, it acts on leads from now on. A "
        "playbook that waits some days also acts on leads whose waiting time is "
        "already over.",
    )
    lead_count = fields.Integer(
        string="Leads That Fit",
        compute="_compute_lead_count",
        help="Open leads that meet the conditions now, whenever they began to.",
    )
    today_count = fields.Integer(
        string="Today",
        compute="_compute_lead_count",
        help="Leads the playbook would act on today: those that changed in the last "
        "24 hours, or whose waiting time is over.",
    )
    has_text = fields.Boolean(
        compute="_compute_has_text", help="The playbook sends an e-mail or a message."
    )
    on_import = fields.Boolean(
        string="Imports",
        help="Also act on leads imported from a file. Otherwise, the playbook "
        "ignores them for one day after the import.",
    )
    quiet_days = fields.Integer(
        string="Pause Between Messages (days)",
        default=30,
        help="The playbook does not write to the same lead or address again for "
        "this many days. Nobody gets messages of two playbooks within a day.",
    )
    error = fields.Text(
        string="Last Error",
        readonly=True,
        copy=False,
        help="What failed last; it disappears when the automation rule is changed.",
    )
    problem = fields.Text(
        compute="_compute_lead_count",
        help="Why the conditions can't be read, or what failed last; it disappears "
        "when the automation rule is changed.",
    )

    _quiet_days_bounds = models.Constraint(
        "CHECK(quiet_days BETWEEN 0 AND 365)",
        "The pause between messages must be between 0 and 365 days.",
    )

    @api.depends("automation_id.active")
    def _compute_enabled(self):
        for playbook in self:
            # sudo: scoring managers read no automation
            playbook.enabled = playbook.automation_id.sudo().active

    def _inverse_enabled(self):
        """Switch the automation on or off.

        :raise AccessError: to those who may not act in all companies
        :raise UserError: when the automation is not about leads
        """
        # the ORM calls this as superuser
        check = self.env["lead.scoring.access.check"].sudo(False)
        if not check._acts_in_all_companies():
            raise AccessError(
                self.env._(
                    "Playbooks act on the leads of all companies. Only administrators, "
                    "and users who may act in all companies, can switch them."
                )
            )
        for playbook in self:
            # sudo: scoring managers write no automation, but may switch these
            automation = playbook.automation_id.sudo()
            if automation.model_name != "crm.lead":
                raise UserError(
                    self.env._("%s is not about leads.", automation.display_name)
                )
            automation.active = playbook.enabled

    @api.depends("automation_id.filter_domain", "automation_id.last_run", "error")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_lead_count(self):
        """Of the leads the user may read: one query a figure. One playbook whose
        conditions can't be read does not keep the page from opening.
        """
        self.env.flush_all()
        for playbook in self:
            counts = (0, 0)
            playbook.problem = playbook.error
            try:
                with self.env.cr.savepoint(flush=False):
                    counts = playbook._count_leads()
            except OperationalError:
                # another transaction is in the way: Odoo tries the request again
                raise
            except Exception as error:
                # conditions are code of users, which may raise anything
                _logger.warning(
                    "Playbook %s: leads can't be counted",
                    playbook.id,
                    exc_info=not isinstance(error, UserError),
                )
                playbook.problem = playbook.automation_id._short(error)
            playbook.lead_count, playbook.today_count = counts

    def _count_leads(self):
        """Return how many leads meet the conditions, and how many of them are due.

        :raise Exception: whatever is wrong with the conditions
        """
        leads = self.env["crm.lead"]
        domain = self._lead_domain()
        due = domain & self._due_domain()
        return leads.search_count(domain), leads.search_count(due)

    @api.depends("automation_id.action_server_ids")
    def _compute_has_text(self):
        for playbook in self:
            playbook.has_text = any(playbook._templates())

    def _lead_domain(self):
        """Return the automation's own conditions as a Domain, open leads only."""
        # sudo: scoring managers read no automation
        automation = self.automation_id.sudo()
        domain = self.env["lead.scoring.engine"]._open_leads()
        if automation.filter_domain:
            context = automation._get_eval_context()
            domain &= Domain(safe_eval(automation.filter_domain, context))
        return domain

    def _due_domain(self):
        """Return the Domain of the leads that are due: their date is so long ago as the
        automation waits, or they crossed within a day.
        """
        # sudo: scoring managers read no automation
        automation = self.automation_id.sudo()
        now = self.env.cr.now()
        if automation.trigger in TIME_TRIGGERS and automation.trg_date_id:
            name = automation.trg_date_id.name
            sign = 1 if automation.trg_date_range_mode == "before" else -1
            delay = DATE_RANGE[automation.trg_date_range_type]
            delay *= sign * automation.trg_date_range
            due = Domain(name, "<", now + delay)
            if automation.last_run:
                due &= Domain(name, ">=", automation.last_run + delay)
            return due
        since = now - timedelta(days=1)
        watched = set(automation.trigger_field_ids.mapped("name"))
        return Domain.OR(
            Domain(f"{name}_date", ">=", since)
            for name in ("temperature", "segment")
            if name in watched
        )

    def write(self, vals):
        """Refuse another automation to those who may not write automations: they could
        switch it on.

        :raise AccessError: for another automation, to all but administrators
        """
        if "automation_id" in vals:
            self.env["base.automation"].check_access("write")
        return super().write(vals)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_switch_on(self):
        """Ask before a playbook that sends something is switched on."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "lead.scoring.playbook.switch",
            "view_mode": "form",
            "target": "new",
            "context": {"default_playbook_id": self.id},
        }

    def action_open_leads(self):
        """Open the leads that fit.

        :raise UserError: when the conditions can't be read
        """
        self.ensure_one()
        self.check_access("read")
        try:
            domain = list(self._lead_domain())
            self.env["crm.lead"]._search(domain)
        except (AccessError, OperationalError):
            # the user may not, or Odoo tries the request again
            raise
        except Exception as error:
            # conditions are code of users, which may raise anything
            raise UserError(
                self.env._(
                    "The conditions of %(name)s can't be read: %(error)s",
                    name=self.name,
                    error=self.automation_id._short(error),
                )
            ) from error
        action = self.env["ir.actions.actions"]._for_xml_id("crm.crm_lead_all_leads")
        return action | {
            "name": self.name,
            "display_name": self.name,
            "domain": domain,
            "context": {},
        }

    def action_open_automation(self):
        """Open the automation rule, for those who may change it."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "base.automation",
            "res_id": self.automation_id.id,
            "view_mode": "form",
        }

    def _templates(self):
        """Return the mail.template and sms.template records the playbook sends."""
        # sudo: scoring managers read no automation
        actions = self.automation_id.sudo().action_server_ids
        return actions.template_id, actions.sms_template_id

    def _sends_mail(self):
        """Whether the playbook writes e-mails."""
        self.ensure_one()
        return bool(self._templates()[0])

    def action_open_texts(self):
        """Open the text the playbook sends.

        :raise UserError: when it sends none
        """
        self.ensure_one()
        self.check_access("read")
        for templates in self._templates():
            if templates:
                return {
                    "type": "ir.actions.act_window",
                    "name": self.name,
                    "res_model": templates._name,
                    "view_mode": "list,form" if len(templates) > 1 else "form",
                    "res_id": templates[:1].id,
                    "domain": [("id", "in", templates.ids)],
                }
        raise UserError(self.env._("This playbook sends no text."))

    def action_reset_texts(self):
        """Give the texts back the wording they were delivered with."""
        self.check_access("read")
        for templates in self._templates():
            # the user's own right to change templates decides
            templates.sudo(False).reset_template()
