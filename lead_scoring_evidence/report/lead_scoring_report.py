from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring.lead_scoring_transition import (
    SEGMENTS,
    TEMPERATURES,
)

from ..tools.view import create_view

SCORE_BANDS = [
    ("b00", "Below 0"),
    *((f"b{n + 1:02}", f"{10 * n} – {10 * n + 9}") for n in range(10)),
    ("b11", "100 and more"),
    ("b99", "Not evaluated"),
]
"""Ten points each; the keys sort as the bands do."""


class LeadScoringReport(models.Model):
    """Leads by what their score was when something was decided, and how they ended.

    One row a lead, open or closed, with the same id. What is told of its score comes
    from one row of the history: that of its conversion, else of when marketing
    qualified it, else of some time after its creation; never one later than its
    outcome. Leads without any have no score here and are not judged.
    """

    _name = "lead.scoring.report"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Scoring Analysis"
    _auto = False
    _rec_name = "lead_id"
    _order = "date desc nulls last, id desc"
    _depends = {
        "crm.lead": [
            "active",
            "company_id",
            "create_date",
            "date_closed",
            "expected_revenue",
            "routing_sample",
            "score_id",
            "source_id",
            "team_id",
            "type",
            "user_id",
            "won_status",
        ],
        "lead.scoring.history": [
            "date",
            "fit",
            "interest",
            "lead_id",
            "reason",
            "score",
        ],
        "lead.scoring.model": ["fit_floor", "interest_floor"],
        "lead.scoring.score": ["qualified_at"],
    }

    lead_id = fields.Many2one()
    name = fields.Char(related="lead_id.name", help="What the lead is about.")
    # of the decision
    reason = fields.Selection(
        string="Decision",
        selection=[
            ("created", "Created"),
            ("qualified", "Qualified"),
            ("converted", "Converted"),
        ],
        readonly=True,
        help="When the score used to evaluate the lead was recorded.",
    )
    date = fields.Datetime(
        string="Decided On",
        readonly=True,
        help="When the score used to evaluate the lead was recorded.",
    )
    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        readonly=True,
        help="The scoring model that scored the lead then.",
    )
    score = fields.Integer(
        readonly=True, aggregator="avg", help="Fit and interest together, then."
    )
    fit = fields.Integer(
        readonly=True, aggregator="avg", help="Points for who the lead was then."
    )
    interest = fields.Integer(
        readonly=True, aggregator="avg", help="Points for what it had done then."
    )
    score_band = fields.Selection(
        selection=SCORE_BANDS,
        readonly=True,
        help="The score at the decision, in steps of ten points. Leads without a "
        "recorded score before they were won or lost are not evaluated.",
    )
    temperature = fields.Selection(
        selection=TEMPERATURES, readonly=True, help="The lead's temperature then."
    )
    segment = fields.Selection(
        selection=SEGMENTS,
        readonly=True,
        help="The segment that follows from the points then and the floors of the "
        "scoring model.",
    )
    by_score = fields.Boolean(
        string="Converted by Score",
        readonly=True,
        help="The score alone converted the lead, not a user.",
    )
    routing_sample = fields.Boolean(
        readonly=True,
        help="The lead was chosen at random, whatever its score.",
    )
    automated_probability = fields.Float(
        string="Predicted Probability",
        readonly=True,
        aggregator="avg",
        help="What Odoo itself predicted then, in percent.",
    )
    decision_id = fields.Many2one(
        comodel_name="lead.scoring.history",
        string="Score History",
        readonly=True,
        help="The row of the history used to evaluate the lead.",
    )
    # of the lead
    create_date = fields.Datetime(
        string="Created On", readonly=True, help="When the lead was created."
    )
    date_closed = fields.Datetime(
        string="Closed On", readonly=True, help="When the lead was won or lost."
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        readonly=True,
        help="The lead's sales team.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Who works on the lead, or did.",
    )
    source_id = fields.Many2one(
        comodel_name="utm.source",
        readonly=True,
        help="Where the lead came from.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", readonly=True, help="The lead's company."
    )
    outcome = fields.Selection(
        selection=[("won", "Won"), ("lost", "Lost"), ("pending", "Open")],
        readonly=True,
        help="What became of the lead.",
    )
    # measures
    qualified = fields.Integer(
        readonly=True, help="Leads whose score ever met the minimum of a sales team."
    )
    converted = fields.Integer(readonly=True, help="Leads that are opportunities.")
    closed = fields.Integer(readonly=True, help="Leads that were won or lost.")
    won = fields.Integer(readonly=True, help="Leads that were won.")
    win_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="The won ones among those that were won or lost. Open leads don't count.",
    )
    expected_revenue = fields.Float(
        readonly=True, help="Expected revenue of all the leads, however they ended."
    )
    won_revenue = fields.Float(
        string="Actual Revenue",
        readonly=True,
        help="Revenue of the leads that were won.",
    )
    days_to_contact = fields.Float(
        string="Days to First Contact",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="From the lead's creation to the first message a colleague sent, the "
        "first call that was done, or the first meeting.",
    )
    days_to_close = fields.Float(
        string="Days to Close",
        readonly=True,
        digits=(16, 1),
        aggregator="avg",
        help="From the lead's creation until it was won or lost.",
    )

    def init(self):
        create_view(self, self._query())

    def _query(self):
        """Return the query of the view.

        It groups nothing: so PostgreSQL does not compute the columns that a report does
        not read, and applies conditions on leads before it looks into the history.
        """
        return SQL(
            """SELECT lead.id, lead.id AS lead_id, %(decided)s, %(outcome)s
                 FROM crm_lead lead
            LEFT JOIN lead_scoring_score score ON score.id = lead.score_id
           CROSS JOIN LATERAL (
                      SELECT (COALESCE(lead.won_status, '') = 'won')::integer AS won,
                             (COALESCE(lead.won_status, '') IN ('won', 'lost'))::integer
                                 AS closed
                      ) AS closed
            LEFT JOIN LATERAL (%(decision)s) AS decision ON TRUE
            LEFT JOIN lead_scoring_model model ON model.id = decision.model_id
                WHERE lead.active OR closed.closed = 1""",
            decided=self._decided_columns(),
            outcome=self._outcome_columns(),
            decision=self._decision(),
        )

    def _decided_columns(self):
        """Return the columns of what was known when something was decided."""
        return SQL(
            """decision.reason,
               decision.date,
               decision.model_id,
               decision.score,
               decision.fit,
               decision.interest,
               decision.by_score,
               decision.automated_probability,
               decision.id AS decision_id,
               decision.temperature,
               %s AS score_band,
               %s AS segment""",
            self._score_band(),
            self._segment(),
        )

    def _outcome_columns(self):
        """Return the columns of the lead, and of what became of it."""
        return SQL(
            """lead.create_date,
               CASE WHEN closed.closed = 1 THEN lead.date_closed END AS date_closed,
               lead.team_id,
               lead.user_id,
               lead.source_id,
               lead.company_id,
               lead.routing_sample,
               COALESCE(lead.won_status, 'pending') AS outcome,
               (score.qualified_at IS NOT NULL)::integer AS qualified,
               (lead.type = 'opportunity')::integer AS converted,
               closed.closed,
               closed.won,
               CASE WHEN closed.closed = 1 THEN closed.won::float8 END AS win_rate,
               lead.expected_revenue::float8 AS expected_revenue,
               (closed.won * lead.expected_revenue)::float8 AS won_revenue,
               %s AS days_to_contact,
               CASE WHEN closed.closed = 1 THEN %s END AS days_to_close""",
            self._days(self._first_contact()),
            self._days(SQL("lead.date_closed")),
        )

    def _decision(self):
        """Return the query of the history row that ``lead`` is judged by.

        Its order is that of an index of the history: with another one PostgreSQL would
        have to sort the rows of each lead.
        """
        return SQL(
            """SELECT history.*
                 FROM lead_scoring_history history
                WHERE history.lead_id = lead.id
                  AND history.reason IN ('created', 'qualified', 'converted')
                  AND (closed.closed = 0 OR lead.date_closed IS NULL
                       OR history.date <= lead.date_closed)
             ORDER BY CASE history.reason WHEN 'converted' THEN 1
                                          WHEN 'qualified' THEN 2 ELSE 3 END,
                      history.date DESC, history.id DESC
                LIMIT 1"""
        )

    def _score_band(self):
        return SQL(
            """CASE WHEN decision.score IS NULL THEN 'b99'
                    ELSE 'b' || lpad(LEAST(11, GREATEST(0,
                         floor(decision.score / 10.0)::integer + 1))::text, 2, '0')
               END"""
        )

    def _segment(self):
        """Return the segment that follows from the points then. The model's margin is
        left out: it takes the segment before, which the history does not have.
        """
        return SQL(
            """CASE WHEN decision.id IS NULL OR model.id IS NULL THEN NULL
                    WHEN decision.fit >= model.fit_floor
                     AND decision.interest >= model.interest_floor THEN 'sales'
                    WHEN decision.fit >= model.fit_floor
                     AND decision.interest > 0 THEN 'nurture'
                    WHEN decision.fit >= model.fit_floor
                      OR decision.interest >= model.interest_floor THEN 'remarket'
                    ELSE 'discard' END"""
        )

    def _first_contact(self):
        """Return the expression of when somebody first got in touch with ``lead``:
        what was sent automatically does not count, nor notes.
        """
        return SQL(
            """LEAST(
                   (SELECT min(message.date)
                      FROM mail_message message
                      JOIN res_users author ON author.partner_id = message.author_id
                       AND author.share IS NOT TRUE AND author.id <> 1
                 LEFT JOIN mail_message_subtype subtype
                        ON subtype.id = message.subtype_id
                 LEFT JOIN mail_activity_type activity
                        ON activity.id = message.mail_activity_type_id
                     WHERE message.model = 'crm.lead' AND message.res_id = lead.id
                       AND message.date >= lead.create_date
                       AND (message.message_type = 'sms'
                            OR (message.message_type = 'comment'
                                AND subtype.id IS NOT NULL
                                AND subtype.internal IS NOT TRUE)
                            OR activity.category = 'phonecall')),
                   (SELECT min(meeting.start)
                      FROM calendar_event meeting
                     WHERE meeting.opportunity_id = lead.id AND meeting.active
                       AND meeting.start BETWEEN lead.create_date
                                             AND now() AT TIME ZONE 'UTC'))"""
        )

    def _days(self, until):
        return SQL("(EXTRACT(EPOCH FROM %s - lead.create_date) / 86400)::float8", until)

    @api.model
    def _open_leads(
        self, name, domain, modes=("list", "kanban", "pivot", "graph"), context=None
    ):
        """Return the action that shows the leads of ``domain``, a list, as far as the
        user may read them.

        :param modes: its views, the one that opens first comes first
        """
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_report_action"
        )
        return {
            **action,
            "name": name,
            "display_name": name,
            "view_mode": ",".join(modes),
            "views": [(False, mode) for mode in modes],
            "mobile_view_mode": "graph" if modes[0] == "graph" else "kanban",
            "domain": domain,
            "context": context or {},
        }

    def action_open_lead(self):
        """Open the lead."""
        self.check_access("read")
        return self.lead_id._get_records_action()
