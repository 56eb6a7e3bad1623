from odoo import api, fields, models, tools
from odoo.tools import SQL

from ..tools.evidence import CERTAIN

SUPPORT = 10
"""Of fewer deals nothing is concluded."""
PERIODS = [
    ("1_quarter", "Last 90 Days"),
    ("2_year", "Last 365 Days"),
    ("3_all", "Ever"),
]


class LeadScoringSeller(models.Model):
    """What salespeople won beside what the leads they were given let expect.

    A row for each salesperson, company and period in which deals were closed. What to
    expect of a lead follows from its score at the decision, by the curve from scores to
    win rates that was fitted when its scoring model was last judged. The interval is
    that of the sum of such chances (Poisson's binomial), as a normal distribution.
    """

    _name = "lead.scoring.seller"
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

    @api.depends("verdict", "leads")
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
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), self._query())
        )

    def _query(self):
        """Return the query of the view."""
        return SQL(
            """WITH curve AS (
                   SELECT DISTINCT ON (model_id, company_id)
                          model_id, company_id, intercept, slope
                     FROM lead_scoring_quality WHERE verdict <> 'missing'
                 ORDER BY model_id, company_id, date DESC, id DESC
               ), deal AS MATERIALIZED (
                   SELECT lead.user_id, lead.date_closed, lead.won, lead.score,
                          COALESCE(lead.company_id, users.company_id) AS company_id,
                          CASE WHEN curve.slope IS NOT NULL THEN
                              1 / (1 + exp(-GREATEST(-30, LEAST(30,
                                  curve.intercept + curve.slope * lead.score))))
                              END AS chance
                     FROM lead_scoring_report lead
                     JOIN res_users users ON users.id = lead.user_id
                LEFT JOIN curve ON curve.model_id = lead.model_id
                      AND curve.company_id
                          = COALESCE(lead.company_id, users.company_id)
                    WHERE lead.closed = 1
               ), seller AS (
                   SELECT period.number, period.name, deal.company_id, deal.user_id,
                          count(*) AS closed, count(chance) AS deals,
                          avg(score) FILTER (WHERE chance IS NOT NULL) AS score,
                          COALESCE(sum(won) FILTER (WHERE chance IS NOT NULL), 0)
                              AS won,
                          COALESCE(sum(chance), 0) AS expected,
                          sqrt(COALESCE(sum(chance * (1 - chance)), 0)) AS deviation
                     FROM deal
                     JOIN (VALUES (1, '1_quarter', 90), (2, '2_year', 365),
                                  (3, '3_all', NULL)) AS period(number, name, days)
                       ON period.days IS NULL
                       OR deal.date_closed >= now() AT TIME ZONE 'UTC'
                                              - make_interval(days => period.days)
                 GROUP BY 1, 2, 3, 4
               ), compared AS (
                   SELECT seller.*, expected / NULLIF(deals, 0) AS rate,
                          sum(expected) OVER everybody
                          / NULLIF(sum(deals) OVER everybody, 0) AS usual
                     FROM seller WINDOW everybody AS (PARTITION BY company_id, number)
               )
               SELECT (company_id::bigint << 34) + (user_id::bigint << 2) + number
                          AS id,
                      name AS period, company_id, user_id, closed::integer,
                      deals::integer, score::float8, expected::float8, won::integer,
                      (won - expected)::float8 AS difference,
                      GREATEST(0, expected - %(certain)s * deviation)::float8 AS low,
                      LEAST(deals, expected + %(certain)s * deviation)::float8 AS high,
                      CASE WHEN deals < %(support)s THEN 'few'
                           WHEN won > expected + %(certain)s * deviation THEN 'more'
                           WHEN won < expected - %(certain)s * deviation THEN 'fewer'
                           ELSE 'expected' END AS verdict,
                      CASE WHEN rate > 1.1 * usual THEN 'better'
                           WHEN rate < 0.9 * usual THEN 'poorer'
                           WHEN rate IS NOT NULL THEN 'like' END AS leads
                 FROM compared""",
            certain=CERTAIN,
            support=SUPPORT,
        )

    @api.model
    def action_open(self):
        """Judge the models of which nobody has, and open the list."""
        if self.env.user.has_group("lead_scoring.group_scoring_manager"):
            quality = self.env["lead.scoring.quality"]
            company = self.env.company
            for scoring_model in self.env["lead.scoring.model"].search(
                [("state", "in", ["live", "retired"])]
            ):
                if not quality._get_latest(scoring_model, company):
                    quality._judge(scoring_model, company)
        return self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.lead_scoring_seller_action"
        )

    def action_open_deals(self):
        """Open the closed deals, as far as one may read them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring.lead_scoring_report_action"
        )
        days = {"1_quarter": 90, "2_year": 365}.get(self.period)
        since = [("date_closed", ">=", f"-{days}d")] if days else []
        return {
            **action,
            "name": self.user_id.name,
            "view_mode": "list,pivot,graph",
            "views": [(False, "list"), (False, "pivot"), (False, "graph")],
            "domain": [
                ("user_id", "=", self.user_id.id),
                ("outcome", "!=", "pending"),
                ("company_id", "in", [False, self.company_id.id]),
                *since,
            ],
        }
