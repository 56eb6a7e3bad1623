from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.statistics import Z_95

from ..tools.view import create_view

MIN_DEALS = 10
"""With fewer deals nothing is concluded."""
MIN_OTHERS = 5
"""With fewer deals of others in a band of scores nobody knows what to expect there."""
MIN_COVERAGE = 0.5
"""With a smaller share of deals that are comparable nothing is concluded."""
BANDS = 10
"""A tenth of the deals of a model is in each band of scores, as far as scores differ:
so bands are narrow where deals are many, whatever range the model's scores have.
"""
PERIODS = [
    ("1_quarter", "Last 90 Days"),
    ("2_year", "Last 365 Days"),
    ("3_all", "All Time"),
    ("4_this_quarter", "This Quarter"),
    ("5_previous_quarter", "Previous Quarter"),
    ("6_this_year", "This Year"),
    ("7_previous_year", "Previous Year"),
]


class LeadScoringSeller(models.Model):
    """What salespeople won beside what others win of leads with such scores.

    A row for each salesperson, company and period in which deals were closed. Whoever
    is judged has no part in the yardstick: of a deal one expects the rate at which
    *others* won deals of the same model in the same band of scores, in all teams and at
    any time. Where others have too few, nothing can be told: it may be the leads, it
    may be the person.

    The interval is that of the sum of such chances (Poisson's binomial), as a normal
    distribution; that the rates of others are known from so many deals only makes it
    wider.
    """

    _name = "lead.scoring.seller"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Salesperson Performance"
    _auto = False
    _rec_name = "user_id"
    _order = "period, deals desc, id"
    _depends = {"lead.scoring.report": ["lead_id"]}

    period = fields.Selection(
        selection=PERIODS, readonly=True, help="When the deals were won or lost."
    )
    since = fields.Datetime(
        readonly=True, help="When the period began; without it, all deals count."
    )
    until = fields.Datetime(
        readonly=True, help="When the period ended; empty for one that goes on."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Who worked on the deals.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        readonly=True,
        help="The company of the deals, or of the salesperson for deals of none.",
    )
    closed = fields.Integer(readonly=True, help="Deals that were won or lost.")
    known = fields.Integer(
        string="With a Score",
        readonly=True,
        help="Those of them whose score was kept before they were closed.",
    )
    deals = fields.Integer(
        string="Evaluated",
        readonly=True,
        help="Those of them whose score was kept before they were closed, and of which "
        "others closed enough with such scores to compare with.",
    )
    coverage = fields.Float(
        string="Comparable",
        readonly=True,
        aggregator=None,
        help="Share of the deals with a score that can be compared: others closed five "
        "or more with such scores. Below half of them nothing can be told.",
    )
    score = fields.Float(
        string="Average Score",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Average of the evaluated deals, at the decision.",
    )
    expected = fields.Float(
        string="Expected Wins",
        readonly=True,
        digits=(16, 1),
        help="Number of evaluated deals that others would have won, at their win "
        "rates for leads with such scores.",
    )
    won = fields.Integer(
        string="Wins", readonly=True, help="Number of evaluated deals that were won."
    )
    difference = fields.Float(
        readonly=True,
        digits=(16, 1),
        help="Wins less expected wins.",
    )
    low = fields.Float(
        string="Normal from",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Who sells as others do wins as many of such leads, or more, in 97.5 of "
        "100 cases.",
    )
    high = fields.Float(
        string="Normal to",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Who sells as others do wins as many of such leads, or fewer, in 97.5 of "
        "100 cases.",
    )
    verdict = fields.Selection(
        selection=[
            ("more", "More than expected"),
            ("expected", "As expected"),
            ("fewer", "Fewer than expected"),
            ("few", "Too early to tell"),
            ("unknown", "Not enough data"),
        ],
        readonly=True,
        help="Whether the wins are outside of the normal range. Not enough data: "
        "others closed too few deals with such scores to compare with.",
    )
    leads = fields.Selection(
        selection=[("better", "Better"), ("like", "Like others"), ("poorer", "Poorer")],
        readonly=True,
        help="Whether others win more of leads with such scores than of their own, or "
        "fewer, by a tenth at least.",
    )

    def init(self):
        create_view(self, self._query())

    def _query(self):
        """Return the query of the view. What is counted for a row is grouped by period:
        so PostgreSQL applies a condition on the period before it counts.
        """
        return SQL(
            """WITH deal AS MATERIALIZED (%(deals)s),
                    others AS (%(others)s),
                    judged AS (%(judged)s),
                    seller AS (%(sellers)s)
               SELECT (company_id::bigint << 35) + (user_id::bigint << 3)
                          + left(period, 1)::integer AS id,
                      period, since, until, company_id, user_id, closed::integer,
                      known::integer, deals::integer,
                      (deals / NULLIF(known, 0))::float8 AS coverage,
                      score::float8, expected::float8, won::integer,
                      (won - expected)::float8 AS difference,
                      GREATEST(0, expected - spread)::float8 AS low,
                      LEAST(deals, expected + spread)::float8 AS high,
                      verdict,
                      CASE WHEN verdict IN ('few', 'unknown') THEN NULL
                           WHEN expected > 1.1 * usual THEN 'better'
                           WHEN expected < 0.9 * usual THEN 'poorer'
                           ELSE 'like' END AS leads
                 FROM seller CROSS JOIN LATERAL (SELECT
                      CASE WHEN known < %(support)s THEN 'few'
                           WHEN deals < GREATEST(%(support)s, %(coverage)s * known)
                           THEN 'unknown'
                           WHEN won > expected + spread THEN 'more'
                           WHEN won < expected - spread THEN 'fewer'
                           ELSE 'expected' END) AS found(verdict)""",
            deals=self._deals(),
            others=self._others(),
            judged=self._judged(),
            sellers=self._sellers(),
            support=MIN_DEALS,
            coverage=MIN_COVERAGE,
        )

    def _deals(self):
        """Return the query of the closed deals, each with its band among those that the
        same model scored.
        """
        return SQL(
            """SELECT deal.*,
                      LEAST(%(bands)s - 1, floor(%(bands)s * percent_rank() OVER (
                          PARTITION BY company_id, model_id ORDER BY score
                      )))::integer AS band
                 FROM (SELECT lead.user_id, lead.date_closed, lead.won, lead.score,
                              lead.model_id,
                              COALESCE(lead.company_id, users.company_id) AS company_id
                         FROM lead_scoring_report lead
                         JOIN res_users users ON users.id = lead.user_id
                        WHERE lead.closed = 1) AS deal""",
            bands=BANDS,
        )

    def _others(self):
        """Return the query of what all others closed, and won, of the band of scores of
        a salesperson's deals, at any time; and the ``usual`` rate at which they win,
        whatever the score.
        """
        return SQL(
            """SELECT company_id, model_id, band, user_id,
                      sum(deals) OVER band - deals AS deals,
                      sum(won) OVER band - won AS won,
                      (sum(won) OVER everybody - sum(won) OVER own)
                      / NULLIF(sum(deals) OVER everybody - sum(deals) OVER own, 0)
                      AS usual
                 FROM (SELECT company_id, model_id, band, user_id,
                              count(*) AS deals, sum(won) AS won
                         FROM deal WHERE score IS NOT NULL GROUP BY 1, 2, 3, 4) AS part
               WINDOW band AS (PARTITION BY company_id, model_id, band),
                      everybody AS (PARTITION BY company_id, model_id),
                      own AS (PARTITION BY company_id, model_id, user_id)"""
        )

    def _judged(self):
        """Return the query of the deals by period, salesperson and band, with the rate
        at which others win such ones, if they closed enough of them. The ``careful``
        rate counts one more win and one more loss: so even of few that were all lost it
        is not taken for certain that they are.
        """
        return SQL(
            """SELECT part.*, others.usual, others.deals AS others,
                      others.won / others.deals AS rate,
                      (others.won + 1) / (others.deals + 2) AS careful
                 FROM (SELECT period.name AS period, period.since, period.until,
                              company_id, user_id, model_id, band, count(*) AS closed,
                              count(score) AS known, sum(won) AS won,
                              sum(score) AS score
                         FROM deal JOIN (%(periods)s) AS period(name, since, until)
                           ON (period.since IS NULL
                               OR deal.date_closed >= period.since)
                          AND (period.until IS NULL
                               OR deal.date_closed < period.until)
                     GROUP BY 1, 2, 3, 4, 5, 6, 7) AS part
            LEFT JOIN others
                   ON others.company_id = part.company_id
                  AND others.model_id = part.model_id
                  AND others.band = part.band
                  AND others.user_id = part.user_id
                  AND others.deals >= %(support)s""",
            periods=self._periods(),
            support=MIN_OTHERS,
        )

    def _sellers(self):
        """Return the query of the sums by period, company and salesperson."""
        return SQL(
            """SELECT period, since, until, company_id, user_id,
                      sum(closed) AS closed, sum(known) AS known,
                      COALESCE(sum(known) FILTER (WHERE rate IS NOT NULL), 0) AS deals,
                      sum(score) FILTER (WHERE rate IS NOT NULL)
                      / sum(known) FILTER (WHERE rate IS NOT NULL) AS score,
                      COALESCE(sum(won) FILTER (WHERE rate IS NOT NULL), 0) AS won,
                      COALESCE(sum(known * rate), 0) AS expected,
                      COALESCE(sum(known * usual) FILTER (WHERE rate IS NOT NULL), 0)
                      AS usual,
                      %s * sqrt(COALESCE(sum(known * careful * (1 - careful)
                                             * (1 + known / others)), 0)) AS spread
                 FROM judged GROUP BY 1, 2, 3, 4, 5""",
            Z_95,
        )

    def _periods(self):
        """Return the query of the periods, each with its beginning and end."""
        return SQL(
            """SELECT period.*
                 FROM (SELECT now() AT TIME ZONE 'UTC') AS utc(now)
           CROSS JOIN LATERAL (VALUES
                      ('1_quarter', now - interval '90 days', NULL::timestamp),
                      ('2_year', now - interval '365 days', NULL),
                      ('3_all', NULL, NULL),
                      ('4_this_quarter', date_trunc('quarter', now), NULL),
                      ('5_previous_quarter',
                       date_trunc('quarter', now - interval '3 months'),
                       date_trunc('quarter', now)),
                      ('6_this_year', date_trunc('year', now), NULL),
                      ('7_previous_year',
                       date_trunc('year', now - interval '1 year'),
                       date_trunc('year', now))
                      ) AS period(name, since, until)"""
        )

    def action_open_deals(self):
        """Open the closed deals, as far as one may read them."""
        self.ensure_one()
        self.check_access("read")
        domain = [
            ("user_id", "=", self.user_id.id),
            ("outcome", "!=", "pending"),
            ("company_id", "in", [False, self.company_id.id]),
        ]
        if self.since:
            domain.append(("date_closed", ">=", self.since))
        if self.until:
            domain.append(("date_closed", "<", self.until))
        return self.env["lead.scoring.report"]._open_leads(self.user_id.name, domain)
