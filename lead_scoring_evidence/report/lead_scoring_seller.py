from odoo import api, fields, models
from odoo.tools import SQL, formatLang

from odoo.addons.lead_scoring.tools.statistics import Z_95

from ..tools.view import create_view

MIN_DEALS = 10
"""With fewer deals nothing is concluded."""
PERIODS = [
    ("1_quarter", "Last 90 Days"),
    ("2_year", "Last 365 Days"),
    ("3_all", "Ever"),
    ("4_this_quarter", "This Quarter"),
    ("5_previous_quarter", "Previous Quarter"),
    ("6_this_year", "This Year"),
    ("7_previous_year", "Previous Year"),
]


class LeadScoringSeller(models.Model):
    """What salespeople won beside what the leads they were given let expect.

    A row for each salesperson, company and period in which deals were closed. What to
    expect of a lead follows from its score at the decision, by the curve from scores to
    win rates that was fitted when its scoring model was last judged. The interval is
    that of the sum of such chances (Poisson's binomial), as a normal distribution.
    """

    _name = "lead.scoring.seller"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Salespeople and Their Leads"
    _auto = False
    _rec_name = "user_id"
    _order = "period, deals desc, id"
    _depends = {
        "lead.scoring.quality": [
            "company_id",
            "date",
            "intercept",
            "model_id",
            "slope",
        ],
        "lead.scoring.report": ["lead_id"],
    }

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
    deals = fields.Integer(
        string="Judged",
        readonly=True,
        help="Those of them whose score was kept before they were closed, and whose "
        "scoring model is known well enough to say what to expect.",
    )
    score = fields.Float(
        string="Average Score",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Of the deals that are judged, when something was decided.",
    )
    expected = fields.Float(
        string="Expected Wins",
        readonly=True,
        digits=(16, 1),
        help="Number of judged deals that their scores let one expect to be won.",
    )
    won = fields.Integer(
        string="Wins", readonly=True, help="Number of judged deals that were won."
    )
    difference = fields.Float(
        readonly=True,
        digits=(16, 1),
        help="Wins less expected wins.",
    )
    low = fields.Float(
        string="By Chance from",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Anybody wins as many of such leads, or more, in 97.5 of 100 cases.",
    )
    high = fields.Float(
        string="By Chance to",
        readonly=True,
        digits=(16, 1),
        aggregator=None,
        help="Anybody wins as many of such leads, or fewer, in 97.5 of 100 cases.",
    )
    chance = fields.Char(
        string="By Chance",
        compute="_compute_chance",
        help="As many of such leads anybody wins in 95 of 100 cases.",
    )
    verdict = fields.Selection(
        selection=[
            ("more", "More than expected"),
            ("expected", "As expected"),
            ("fewer", "Fewer than expected"),
            ("few", "Too few deals"),
        ],
        readonly=True,
        help="Whether the wins are outside of what chance alone explains.",
    )
    leads = fields.Selection(
        selection=[("better", "Better"), ("like", "Like others"), ("poorer", "Poorer")],
        readonly=True,
        help="Whether the leads were worth more, or less, than those that were judged "
        "of all salespeople, by a tenth at least.",
    )
    summary = fields.Char(
        string="In Words", compute="_compute_summary", help="What that means."
    )

    @api.depends("low", "high")
    @api.depends_context("lang")
    def _compute_chance(self):
        for row in self:
            low, high = (formatLang(self.env, n, digits=1) for n in (row.low, row.high))
            row.chance = f"{low} – {high}"

    @api.depends("verdict", "leads")
    @api.depends_context("lang")
    def _compute_summary(self):
        leads = {
            "better": self.env._("The leads were better than those of others."),
            "like": self.env._("The leads were like those of others."),
            "poorer": self.env._("The leads were poorer than those of others."),
        }
        verdicts = {
            "more": self.env._("Wins clearly more than such leads let expect."),
            "expected": self.env._("Wins about what such leads let expect."),
            "fewer": self.env._("Wins clearly fewer than such leads let expect."),
            "few": self.env._("Too few deals to say."),
        }
        for row in self:
            texts = [verdicts.get(row.verdict)]
            if row.verdict != "few":
                texts.append(leads.get(row.leads))
            row.summary = " ".join(text for text in texts if text)

    def init(self):
        create_view(self, self._query())

    def _query(self):
        """Return the query of the view. All of it is grouped by period: so PostgreSQL
        applies a condition on the period before it counts.
        """
        return SQL(
            """WITH curve AS (%(curve)s),
                    deal AS MATERIALIZED (%(deals)s),
                    seller AS (%(sellers)s),
                    compared AS (
                   SELECT seller.*, expected / NULLIF(deals, 0) AS rate,
                          sum(expected) OVER everybody
                          / NULLIF(sum(deals) OVER everybody, 0) AS usual
                     FROM seller WINDOW everybody AS (PARTITION BY company_id, period)
               )
               SELECT (company_id::bigint << 35) + (user_id::bigint << 3)
                          + left(period, 1)::integer AS id,
                      period, since, until, company_id, user_id, closed::integer,
                      deals::integer, score::float8, expected::float8, won::integer,
                      (won - expected)::float8 AS difference,
                      GREATEST(0, expected - spread)::float8 AS low,
                      LEAST(deals, expected + spread)::float8 AS high,
                      CASE WHEN deals < %(support)s THEN 'few'
                           WHEN won > expected + spread THEN 'more'
                           WHEN won < expected - spread THEN 'fewer'
                           ELSE 'expected' END AS verdict,
                      CASE WHEN rate > 1.1 * usual THEN 'better'
                           WHEN rate < 0.9 * usual THEN 'poorer'
                           WHEN rate IS NOT NULL THEN 'like' END AS leads
                 FROM compared""",
            curve=self._curves(),
            deals=self._deals(),
            sellers=self._sellers(),
            support=MIN_DEALS,
        )

    def _curves(self):
        """Return the query of the curves from scores to win rates."""
        return SQL(
            """SELECT DISTINCT ON (model_id, company_id)
                      model_id, company_id, intercept, slope
                 FROM lead_scoring_quality WHERE verdict <> 'missing'
             ORDER BY model_id, company_id, date DESC, id DESC"""
        )

    def _deals(self):
        """Return the query of the closed deals, each with its chance to be won."""
        return SQL(
            """SELECT lead.user_id, lead.date_closed, lead.won, lead.score,
                      COALESCE(lead.company_id, users.company_id) AS company_id,
                      CASE WHEN curve.slope IS NOT NULL THEN
                          1 / (1 + exp(-GREATEST(-30, LEAST(30,
                              curve.intercept + curve.slope * lead.score)))) END
                          AS chance
                 FROM lead_scoring_report lead
                 JOIN res_users users ON users.id = lead.user_id
            LEFT JOIN curve ON curve.model_id = lead.model_id
                  AND curve.company_id = COALESCE(lead.company_id, users.company_id)
                WHERE lead.closed = 1"""
        )

    def _sellers(self):
        """Return the query of the deals by period, company and salesperson."""
        return SQL(
            """SELECT period.name AS period, period.since, period.until,
                      deal.company_id, deal.user_id,
                      count(*) AS closed, count(chance) AS deals,
                      avg(score) FILTER (WHERE chance IS NOT NULL) AS score,
                      COALESCE(sum(won) FILTER (WHERE chance IS NOT NULL), 0) AS won,
                      COALESCE(sum(chance), 0) AS expected,
                      %(z)s * sqrt(COALESCE(sum(chance * (1 - chance)), 0))
                          AS spread
                 FROM deal JOIN (%(periods)s) AS period(name, since, until)
                   ON (period.since IS NULL OR deal.date_closed >= period.since)
                  AND (period.until IS NULL OR deal.date_closed < period.until)
             GROUP BY 1, 2, 3, 4, 5""",
            z=Z_95,
            periods=self._periods(),
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

    @api.model
    def action_open(self):
        """Judge the models that were never judged, and open the list."""
        self.check_access("read")
        if self.env.user.has_group("lead_scoring.group_scoring_manager"):
            quality = self.env["lead.scoring.quality"]
            company = self.env.company
            for scoring_model in self.env["lead.scoring.model"].search(
                [("state", "in", ["live", "retired"])]
            ):
                if not quality._get_latest(scoring_model, company):
                    quality._judge(scoring_model, company)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_seller_action"
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
