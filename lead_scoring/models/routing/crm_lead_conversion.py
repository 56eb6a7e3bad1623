from odoo import fields, models
from odoo.fields import Domain

RECORDED_IDS = "lead_scoring_recorded"
"""Context key: ids of leads whose conversion is recorded already."""


class CrmLead(models.Model):
    """Becoming an opportunity, by a user or by the score."""

    _inherit = "crm.lead"

    marketing_qualified_date = fields.Datetime(
        string="Marketing-Qualified On",
        related="score_id.qualified_at",
        groups="sales_team.group_sale_salesman",
        help="When the score first met the minimum of a sales team that may take the "
        "lead, be the questions answered or not. It stays, whatever becomes of the "
        "score.",
    )
    routing_sample = fields.Boolean(
        string="Random Sample",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="Its score was below every minimum; it was chosen at random to be routed "
        "all the same, which shows what the scores miss.",
    )

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        """Record what the score was when somebody, or the score, decided to convert."""
        recorded = self.env.context.get(RECORDED_IDS, ())
        if new := self.filtered(lambda lead: lead.id not in recorded):
            new._record_conversion()
        return super().convert_opportunity(partner, user_ids=user_ids, team_id=team_id)

    def _assign_userless_lead_in_team(self, creation_source):
        """Leave leads by mail or live chat to nobody, where their team converts by
        score: their leader, whom Odoo gives them to, would keep them all. Odoo does the
        same where it assigns leads by its own rules.
        """
        routed = self.filtered(
            lambda lead: lead.type == "lead" and lead.team_id.convert_by_score
        )
        others = super(CrmLead, self - routed)
        return others._assign_userless_lead_in_team(creation_source)

    def _record_conversion(self, by_score=False):
        """Record what the scores of the leads among these records are now that they are
        converted.

        :param by_score: the score converts them, not a user
        """
        # sudo: who converts has no right on passes
        if self.env["lead.scoring.pass"].sudo()._is_all_uncovered():
            # else the history had the points of a new model, and the lead of the old
            self._score_safely()
        # a lead may be converted before the scheduled action has looked at it
        self._stamp_mqls()
        leads = self.filtered(lambda lead: lead.type == "lead")
        # those that are open: Odoo, too, converts no others
        self.env["lead.scoring.history"]._record_decisions(
            leads.ids, "converted", by_score
        )

    def _convert_opportunity_data(self, customer, team_id=False):
        """Add team and company to the values that convert a lead by score. They can't
        be written before: the change of type would compute another team, and a team
        without company would empty the company of the lead. A lead without company
        takes that of the team, as in Odoo's own assignment.
        """
        vals = super()._convert_opportunity_data(customer, team_id=team_id)
        if team_id := self.env.context.get("lead_scoring_team_id"):
            # sudo: a lead may go to a team that the user may not read
            team = self.env["crm.team"].sudo().browse(team_id)
            vals |= {
                "team_id": team.id,
                "company_id": (self.company_id or team.company_id).id,
                "handover": "offered",
                "routing_sample": bool(self.env.context.get("lead_scoring_sampled")),
            }
            # a stage of the old team; the ORM computes one of the new team
            vals.pop("stage_id", None)
        return vals

    def _assign_by_score(self, assignments):
        """Convert the leads among these records, and give each record its salesperson.

        What converts a lead is what ``_convert_opportunity_data`` returns for it, with
        ``lead_scoring_team_id`` in the context. Records with the same values are
        written together, so that a batch costs little more than its groups. Contact and
        company stay; nobody is told of each as if it had been assigned by hand. The
        chatter says why, beside what changes.

        :param assignments: an ``Assignment`` for each record
        """
        self._record_conversion(by_score=True)
        groups = {}
        for assignment in assignments:
            lead = self.browse(assignment.lead_id).with_prefetch(self._prefetch_ids)
            vals = lead._values_of(assignment)
            lead._log_assignment(assignment)
            # repr: an override may add lists, such as commands, which can't be keys
            key = repr(sorted(vals.items()))
            groups.setdefault(key, (vals, []))[1].append(lead.id)
        quiet = self.with_context(mail_auto_subscribe_no_notify=True)
        for vals, lead_ids in groups.values():
            # with those of the batch, so that what is read is read once
            quiet.browse(lead_ids).with_prefetch(self._prefetch_ids).write(vals)

    def _values_of(self, assignment):
        """Return what to write for an ``Assignment`` of this lead or opportunity."""
        vals = {}
        if self.type == "lead":
            lead = self.with_context(
                lead_scoring_team_id=assignment.team_id,
                lead_scoring_sampled=assignment.sampled,
            )
            vals = lead._convert_opportunity_data(lead.partner_id)
        if self.user_id.id != (assignment.user_id or False):
            vals["user_id"] = assignment.user_id or False
        return vals

    def _stamp_mqls(self):
        """Stamp as marketing-qualified those of these leads that meet a minimum score,
        and never did before.
        """
        # sudo: the users who convert may not read the rows of scores
        unstamped = self.sudo().filtered(
            lambda lead: lead.type == "lead" and not lead.score_id.qualified_at
        )
        if unstamped:
            new = self.env["crm.team"]._new_mql_ids(Domain("id", "in", unstamped.ids))
            self.env["lead.scoring.history"]._qualify(new)
