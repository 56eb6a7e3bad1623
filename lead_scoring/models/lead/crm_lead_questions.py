from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

ANSWERS = [("yes", "Yes"), ("no", "No")]
QUESTIONS = (
    "qualified_need",
    "qualified_fit",
    "qualified_budget",
    "qualified_authority",
    "qualified_timeline",
)
"""The five questions before a lead goes to sales."""
CALL_INTERVAL = timedelta(days=30)
"""How long after one qualifying call the next may be planned."""


class CrmLead(models.Model):
    """The five questions before a lead goes to sales."""

    _inherit = "crm.lead"

    qualified_need = fields.Selection(
        selection=ANSWERS,
        string="Need",
        help="Do they have a problem that we solve? Empty while nobody has asked.",
    )
    qualified_fit = fields.Selection(
        selection=ANSWERS,
        string="Right Fit",
        help="Is what we offer right for them, and are they right for us? Empty while "
        "nobody has asked.",
    )
    qualified_budget = fields.Selection(
        selection=ANSWERS,
        string="Has Budget",
        help="Can they pay for it? Empty while nobody has asked.",
    )
    qualified_authority = fields.Selection(
        selection=ANSWERS,
        string="Authority",
        help="Do we talk to someone who decides? Empty while nobody has asked.",
    )
    qualified_timeline = fields.Selection(
        selection=ANSWERS,
        string="Timeline",
        help="Do they want it soon enough? Empty while nobody has asked.",
    )
    qualification_count = fields.Integer(
        string="Answered Yes",
        compute="_compute_qualification_count",
        store=True,
        aggregator="avg",
        help="Number of the five questions answered Yes: need, fit, budget, "
        "authority, timeline.",
    )
    qualifying_call_date = fields.Date(
        string="Qualifying Call Planned On",
        groups="sales_team.group_sale_salesman",
        readonly=True,
        copy=False,
        help="When scoring last planned a call to ask the missing questions.",
    )

    @api.depends(*QUESTIONS)
    def _compute_qualification_count(self):
        for lead in self:
            answers = [lead[name] for name in QUESTIONS]
            lead.qualification_count = answers.count("yes")

    @api.model
    def _leads_lacking_answers(self):
        """Return the Domain of the leads with fewer answers than their model asks."""
        # sudo: models that the user may not read ask questions as well
        models_asking = self.env["lead.scoring.model"].sudo()
        models_asking = models_asking.search([("required_answers", ">", 0)])
        return Domain.OR(
            Domain("score_id.model_id", "in", asking.ids)
            & Domain("qualification_count", "<", count)
            for count, asking in models_asking.grouped("required_answers").items()
        )

    @api.model
    def _leads_to_call(self):
        """Return the Domain of the leads for which a qualifying call is to be planned:
        they wait for answers only, and none was planned lately or is still to do.
        """
        ask_again = fields.Date.context_today(self) - CALL_INTERVAL
        return (
            Domain("score_id.waiting_reason", "=", "answers")
            & Domain.OR(Domain(name, "=", False) for name in QUESTIONS)
            & Domain("activity_ids", "not any", Domain("active", "=", True))
            & (
                Domain("qualifying_call_date", "=", False)
                | Domain("qualifying_call_date", "<", ask_again)
            )
        )

    def _plan_qualifying_call(self, user):
        """Plan a call by ``user`` for each of these leads, today where the user lives,
        without mails about them.
        """
        self = user._in_own_zone(self)
        self.with_context(mail_activity_quick_update=True).activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("Qualifying call: ask the missing questions"),
            user_id=user.id,
        )
        self.qualifying_call_date = fields.Date.context_today(self)
