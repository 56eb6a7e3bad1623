from odoo import api, fields, models
from odoo.tools import SQL


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
            ("salesperson", "Its salesperson's team asks more"),
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
                       INSERT INTO lead_scoring_score (lead_id, fit, interest, score)
                       SELECT crm_lead.id, 0, 0, 0
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

    @api.model
    def _transitions(self, where):
        """Return the query of the open leads whose temperature or segment no longer
        follows from their numbers: ``lead_id``, ``temperature`` and ``segment`` as they
        should be, NULL where it is already so.

        Derived from the rows as they stand, so a pass that was cut off loses none.

        :param where: SQL condition on crm_lead
        """
        return SQL(
            """SELECT crm_lead.id AS lead_id,
                      NULLIF(band.temperature, crm_lead.temperature) AS temperature,
                      NULLIF(band.segment, crm_lead.segment) AS segment
                 FROM crm_lead
                 JOIN lead_scoring_score score ON score.id = crm_lead.score_id
            LEFT JOIN lead_scoring_model model ON model.id = score.model_id
                 JOIN LATERAL (
                      SELECT %(temperature)s AS temperature, %(segment)s AS segment
                      ) AS band ON TRUE
                WHERE crm_lead.active
                  AND crm_lead.won_status IS DISTINCT FROM 'won'
                  AND crm_lead.won_status IS DISTINCT FROM 'lost'
                  AND (band.temperature <> crm_lead.temperature
                       OR band.segment <> crm_lead.segment)
                  AND %(where)s
                ORDER BY score.score DESC, crm_lead.id""",
            temperature=self._temperature(),
            segment=self._segment(),
            where=where,
        )

    @api.model
    def _temperature(self):
        """Return the temperature that follows from ``score`` and ``model``, an SQL
        expression: up at the threshold, down below threshold minus margin.
        """
        return SQL(
            """CASE
               WHEN score.score >= model.hot_score - CASE crm_lead.temperature
                    WHEN 'hot' THEN model.margin ELSE 0 END THEN 'hot'
               WHEN score.score >= model.warm_score - CASE
                    WHEN crm_lead.temperature IN ('warm', 'hot')
                    THEN model.margin ELSE 0 END THEN 'warm'
               ELSE 'cold' END"""
        )

    @api.model
    def _segment(self):
        """Return the segment that follows from the two axes, an SQL expression.

        Who fits and is interested is for sales; who fits and shows some interest is to
        be nurtured; one of both alone is to be won back. The margin of an axis counts
        where the present segment says that its floor was reached.
        """
        fits = SQL(
            """score.fit >= model.fit_floor - CASE
               WHEN crm_lead.segment IN ('sales', 'nurture')
                    OR crm_lead.segment = 'remarket' AND score.interest <= 0
               THEN model.margin ELSE 0 END"""
        )
        interested = SQL(
            """score.interest >= model.interest_floor - CASE
               WHEN crm_lead.segment = 'sales'
                    OR crm_lead.segment = 'remarket' AND score.fit < model.fit_floor
               THEN model.margin ELSE 0 END"""
        )
        return SQL(
            """CASE WHEN %(fits)s AND %(interested)s THEN 'sales'
                    WHEN %(fits)s AND score.interest > 0 THEN 'nurture'
                    WHEN %(fits)s OR %(interested)s THEN 'remarket'
                    ELSE 'discard' END""",
            fits=fits,
            interested=interested,
        )
