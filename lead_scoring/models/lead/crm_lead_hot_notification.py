from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import groupby


class CrmLead(models.Model):
    """Who is told that a lead became hot."""

    _inherit = "crm.lead"

    responsible_id = fields.Many2one(
        comodel_name="res.users",
        groups="sales_team.group_sale_salesman",
        compute="_compute_responsible_id",
        compute_sudo=True,
        help="The salesperson; where nobody is assigned, the leader of the sales team.",
    )

    @api.depends("user_id.active", "team_id.user_id.active")
    def _compute_responsible_id(self):
        """An override may name somebody else: that user is told, and is given the calls
        that playbooks plan.
        """
        for lead in self:
            users = lead.user_id.filtered("active")
            lead.responsible_id = users or lead.team_id.user_id.filtered("active")

    def _notify_hot(self):
        """Tell the responsible user of each lead that it became hot, in the user's
        language and the way the user chose to be notified.

        Each user gets one notification of all leads that become hot together: a pass
        may find hundreds. Nobody is told of a lead that they may not read, nor during
        an import without tracking.
        """
        context = self.env.context
        if context.get("tracking_disable") or context.get("mail_notrack"):
            return
        for user, leads in groupby(self, lambda lead: lead.responsible_id):
            if user.notify_hot_leads:
                self.browse().concat(*leads)._notify_hot_to(user)

    def _notify_hot_to(self, user):
        """Tell ``user`` that these leads became hot.

        :return: the mail.message, empty when the user may read none of the leads
        """
        reader = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        leads = self.browse(reader._filtered_access("read").ids).with_context(
            lang=user.lang
        )
        if not leads:
            return self.env["mail.message"]
        if len(leads) == 1:
            thread = leads
            subject = leads.env._("%s became hot", leads.name)
        else:
            thread = leads.env["mail.thread"]
            subject = leads.env._("%s leads became hot", len(leads))
        return thread.message_notify(
            subject=subject,
            body=Markup("<br/>").join(lead._hot_line(len(leads) > 1) for lead in leads),
            author_id=self.env.ref("base.partner_root").id,
            partner_ids=user.partner_id.ids,
            email_layout_xmlid="mail.mail_notification_layout",
        )

    def _hot_line(self, linked):
        """Return what is told of one lead; if ``linked``, with a link to it."""
        score = self.score_id
        line = self.env._(
            "Score %(score)s: hot from %(threshold)s on",
            score=score.score,
            threshold=score.model_id.hot_score,
        )
        if not linked:
            return Markup("%s") % line
        link = Markup('<a href="%s">%s</a>') % (
            self._notify_get_action_link("view"),
            self.name,
        )
        return Markup("%s: %s") % (link, line)
