from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import groupby

TOLD_IDS = "lead_scoring.told"
"""Key of ``cr.precommit.data``: set of ids of the leads that a run is handing over. It
tells their new salespeople, also which are hot.
"""


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
        may find hundreds. Nobody is told of a lead that they may not read, nor of one
        that a run is just handing over, of which it tells itself; nor during an import
        without tracking.
        """
        context = self.env.context
        if context.get("tracking_disable") or context.get("mail_notrack"):
            return
        told = self.env.cr.precommit.data.get(TOLD_IDS, ())
        leads = self.filtered(lambda lead: lead.id not in told)
        for user, group in groupby(leads, lambda lead: lead.responsible_id):
            if user.notify_hot_leads:
                self.browse().concat(*group)._notify_hot_to(user)

    def _notify_hot_to(self, user):
        """Tell ``user`` that these leads became hot.

        :return: the mail.message, empty when the user may read none of the leads
        """
        leads = self._readable_by(user)
        if not leads:
            return self.env["mail.message"]
        if len(leads) == 1:
            subject = leads.env._("%s became hot", leads.name)
        else:
            subject = leads.env._("%s leads became hot", len(leads))
        lines = [lead._hot_line(len(leads) > 1) for lead in leads]
        return leads._tell(user, subject, lines)

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
        return Markup("%s: %s") % (self._link(), line)

    # ------------------------------------------------------------------
    # How somebody is told
    # ------------------------------------------------------------------

    def _readable_by(self, user):
        """Return those of these leads that ``user`` may read, with texts in the user's
        language.
        """
        reader = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        if not reader.browse().has_access("read"):
            return self.browse()
        # not _filtered_access, which reads all fields of all of them
        mine = reader.with_context(active_test=False)._search([("id", "in", self.ids)])
        readable = set(mine)
        ids = [lead_id for lead_id in self.ids if lead_id in readable]
        return self.browse(ids).with_context(lang=user.lang)

    def _tell(self, user, subject, lines):
        """Notify ``user`` of these leads, the way the user chose.

        :param lines: markup
        :return: the mail.message
        """
        thread = self if len(self) == 1 else self.env["mail.thread"]
        return thread.message_notify(
            subject=subject,
            body=Markup("<br/>").join(lines),
            author_id=self.env.ref("base.partner_root").id,
            partner_ids=user.partner_id.ids,
            email_layout_xmlid="mail.mail_notification_layout",
        )

    def _link(self):
        """Return a link to this lead, with its name."""
        return Markup('<a href="%s">%s</a>') % (
            self._notify_get_action_link("view"),
            self.name,
        )
