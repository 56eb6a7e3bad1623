from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import score_row

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
    lead, so a pass over all leads is cheap and rarely conflicts with a user's edit.
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
    recorded_score = fields.Integer(
        readonly=True,
        required=True,
        default=0,
        aggregator=None,
        help="Technical: the score when a row was last added to the lead's history.",
    )
    created_due = fields.Datetime(
        readonly=True,
        index="btree_not_null",
        help="Technical: when the history is to keep what the new lead's score is; "
        "empty once that is done.",
    )
    qualified_at = fields.Datetime(
        string="Marketing-Qualified On",
        readonly=True,
        index="btree_not_null",
        help="When the score first met the minimum of a sales team that may take the "
        "lead, be the questions answered or not.",
    )

    _lead_uniq = models.Constraint("UNIQUE(lead_id)", "A lead has one score.")

    @api.model
    def _link_leads(self, where, new=False):
        """Give a row of 0 to the leads that have none and meet ``where``, an SQL
        condition on crm_lead. Caches are the caller's to invalidate.

        :param new: the leads were just created; of older ones nobody knows any more
            what their score was then
        """
        due = SQL("NULL::timestamp")
        if new:
            delay = self.env["lead.scoring.history"]._created_delay()
            due = SQL("%s::timestamp", self.env.cr.now() + delay)
        values = {
            "lead_id": SQL("crm_lead.id"),
            **score_row.empty(),
            "created_due": due,
        }
        statement = SQL(
            """WITH added AS (
                   INSERT INTO lead_scoring_score (%s)
                   SELECT %s FROM crm_lead
                    WHERE crm_lead.score_id IS NULL AND %s
              ON CONFLICT (lead_id) DO UPDATE SET lead_id = EXCLUDED.lead_id
                RETURNING id, lead_id
               )
               UPDATE crm_lead SET score_id = added.id
                 FROM added WHERE added.lead_id = crm_lead.id""",
            score_row.names(values),
            SQL(", ").join(values.values()),
            where,
        )
        self.env.cr.execute(statement)

    @api.model
    def _reset(self, where):
        """Return the statement that takes points and model from the open leads that
        meet ``where``, an SQL condition on crm_lead, and are not to be scored.
        """
        return SQL(
            """UPDATE lead_scoring_score score
                  SET %(empty)s, scored_at = %(now)s, computed_at = %(now)s
                 FROM crm_lead
                WHERE crm_lead.id = score.lead_id
                  AND crm_lead.do_not_score AND %(open)s
                  AND (score.model_id IS NOT NULL OR score.fit <> 0
                       OR score.interest <> 0)
                  AND (%(where)s)""",
            empty=score_row.assign(score_row.empty()),
            now=SQL("%s::timestamp", self.env.cr.now()),
            open=self.env["lead.scoring.engine"]._open_sql(),
            where=where,
        )
