from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..scoring.lead_scoring_transition import LEADS_PER_TRANSACTION
from .res_partner import DO_NOT_SCORE_REASONS


class CrmLead(models.Model):
    """Leads that are not to be scored: somebody objects to profiling, or is a
    competitor. They have no points and no model, are cold, and no score converts them.
    """

    _inherit = "crm.lead"

    do_not_score_reason = fields.Selection(
        selection=DO_NOT_SCORE_REASONS,
        string="Do Not Score",
        tracking=True,
        groups="sales_team.group_sale_salesman",
        help="Why this lead is not scored. Empty: it is, unless its contact is not.",
    )
    do_not_score = fields.Boolean(
        string="Not Scored",
        compute="_compute_do_not_score",
        inverse="_inverse_do_not_score",
        store=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="The lead, its contact or the contact's company is not to be scored: it "
        "has no points and no score converts it.",
    )
    do_not_score_note = fields.Char(
        string="Why It Is Not Scored",
        compute="_compute_do_not_score_note",
        groups="sales_team.group_sale_salesman",
        help="Who or what says that the lead is not to be scored.",
    )

    _do_not_score_idx = models.Index("(id) WHERE do_not_score")

    @api.depends("do_not_score_reason", "partner_id.do_not_score")
    def _compute_do_not_score(self):
        for lead in self:
            lead.do_not_score = bool(
                lead.do_not_score_reason or lead.partner_id.do_not_score
            )

    @api.depends("do_not_score")
    @api.depends_context("lang")
    def _compute_do_not_score_note(self):
        for lead in self:
            lead.do_not_score_note = lead.do_not_score and lead._do_not_score_note()

    def _inverse_do_not_score(self):
        for lead in self:
            # sudo: the user need not be allowed to read the contact
            if not lead.do_not_score and lead.sudo().partner_id.do_not_score:
                raise UserError(lead._do_not_score_note())
            if not lead.do_not_score:
                lead.do_not_score_reason = False
            elif not lead.do_not_score_reason:
                lead.do_not_score_reason = "other"

    def _unscore(self):
        """Score these leads again, for whether they are scored at all has changed:
        few of them before the commit, many by the next pass, which is asked for.
        """
        if len(self) <= LEADS_PER_TRANSACTION:
            self._schedule_scoring()
            return
        self.env.flush_all()
        where = SQL("crm_lead.id = ANY(%s)", self.ids)
        self.env.cr.execute(self.env["lead.scoring.score"]._reset(where))
        self._invalidate_scores()
        self.env["lead.scoring.pass"]._request_run()

    def _do_not_score_note(self):
        """Return why this lead is not scored, as a text."""
        self.ensure_one()
        # sudo: the user need not be allowed to read the contact
        lead = self.sudo()
        company = lead.partner_id.commercial_partner_id
        origins = (lead, lead.partner_id, company)
        origin = next((o for o in origins if o.do_not_score_reason), lead)
        field = self._fields["do_not_score_reason"]
        reasons = dict(field._description_selection(self.env))
        values = {
            "reason": reasons.get(origin.do_not_score_reason, ""),
            "name": origin.display_name,
        }
        if origin == lead:
            return self.env._("Not scored: %(reason)s.", **values)
        return self.env._("Not scored, because of %(name)s: %(reason)s.", **values)
