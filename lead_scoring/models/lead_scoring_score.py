from odoo import api, fields, models
from odoo.tools import SQL

FIT_BANDS = [
    ("none", "No Fit"),
    ("some", "Some Fit"),
    ("reached", "Fits"),
    ("high", "Fits Well"),
]
INTEREST_BANDS = [
    ("none", "No Interest"),
    ("some", "Some Interest"),
    ("reached", "Interested"),
    ("high", "Very Interested"),
]


class LeadScoringScore(models.Model):
    """The numbers of a lead, one narrow row each: updating them does not touch the
    lead, so a pass over all leads is cheap and seldom meets a user's edit.
    """

    _name = "lead.scoring.score"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Score"
    _log_access = False
    _rec_name = "lead_id"
    _order = "score desc, id desc"

    lead_id = fields.Many2one(index=False)  # the unique constraint's index serves
    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        readonly=True,
        index=True,
        ondelete="set null",
        help="The model the lead belongs to: the first live one that fits. "
        "Without one the lead has no points.",
    )
    fit = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        aggregator="avg",
        help="Points for who the lead is.",
    )
    interest = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        aggregator="avg",
        help="Points for what the lead does.",
    )
    fit_band = fields.Selection(
        selection=FIT_BANDS,
        readonly=True,
        required=True,
        default="none",
        help="The fit points beside the model's floor: none (0 or less), some, the "
        "floor reached, or twice the floor. It counts as reached until the points fall "
        "more than the model's margin below it. With the interest band it makes the "
        "segment.",
    )
    interest_band = fields.Selection(
        selection=INTEREST_BANDS,
        readonly=True,
        required=True,
        default="none",
        help="The interest points beside the model's floor: none (0 or less), some, "
        "the floor reached, or twice the floor. It counts as reached until the points "
        "fall more than the model's margin below it. With the fit band it makes the "
        "segment.",
    )
    score = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        index=True,
        aggregator="avg",
        help="Fit and interest together.",
    )
    scored_at = fields.Datetime(
        string="Score Changed On",
        readonly=True,
        help="When the points last changed.",
    )
    computed_at = fields.Datetime(
        readonly=True,
        help="When the points were last computed together with a change of the lead. "
        "A running pass leaves such a row alone.",
    )
    waiting_reason = fields.Selection(
        selection=[
            ("below_minimum", "Below every minimum score"),
            ("no_team", "No team converts such leads"),
            ("salesperson", "Its salesperson's team does not take it"),
            ("answers", "Questions to be answered"),
            ("returned", "Sent back by sales"),
        ],
        readonly=True,
        index="btree_not_null",
        help="Why the lead has not become an opportunity.",
    )
    waiting_since = fields.Datetime(
        readonly=True, help="Since when the lead waits for this reason."
    )

    _lead_uniq = models.Constraint("UNIQUE(lead_id)", "A lead has one score.")

    @api.model
    def _link_leads(self, where):
        """Give a row of 0 to the leads that have none and meet ``where``, an SQL
        condition on crm_lead. Caches are the caller's to invalidate.
        """
        self.env.cr.execute(
            SQL(
                """WITH added AS (
                       INSERT INTO lead_scoring_score
                           (lead_id, fit, interest, score, fit_band, interest_band)
                       SELECT crm_lead.id, 0, 0, 0, 'none', 'none'
                         FROM crm_lead
                        WHERE crm_lead.score_id IS NULL AND %s
                  ON CONFLICT (lead_id) DO UPDATE SET lead_id = EXCLUDED.lead_id
                    RETURNING id, lead_id
                   )
                   UPDATE crm_lead SET score_id = added.id
                     FROM added WHERE added.lead_id = crm_lead.id""",
                where,
            )
        )
