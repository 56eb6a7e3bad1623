from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.rule.lead_scoring_rule import VALUE_LIMIT

from ..tools.evidence import is_clear, log_odds_ratio, suggest

MIN_DEALS = 10
"""With fewer deals, with a rule or without it, nothing is concluded."""
HINTS_WITHOUT_SUGGESTION = ("4_all", "5_few", "6_never")
COUNTED = ("matches", "won_with", "revenue_with", "deals", "won", "revenue", "points")
"""What :meth:`LeadScoringRuleEvidence._count` counts for each rule."""


class LeadScoringRuleEvidence(models.Model):
    """What won and lost deals say of a rule: a row for each rule and company, counted
    anew whenever somebody opens the list.

    It counts the points that were kept when something was decided. The numbers include
    deals that the user may not be allowed to read.
    """

    _name = "lead.scoring.rule.evidence"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Scoring Rule Judged by Deals"
    _order = "hint, matches desc, id"
    _rec_name = "rule_id"

    rule_id = fields.Many2one(
        comodel_name="lead.scoring.rule",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The scoring rule that is evaluated.",
    )
    model_id = fields.Many2one(
        related="rule_id.model_id",
        store=True,
        index=True,
        help="The scoring model the rule belongs to.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        help="Whose deals count, besides those of no company.",
    )
    date = fields.Datetime(
        string="Evaluated On", readonly=True, help="When the deals were counted."
    )
    value = fields.Integer(related="rule_id.value", help="The rule's points today.")
    feedback_summary = fields.Char(
        related="rule_id.feedback_summary", related_sudo=False
    )
    hint = fields.Selection(
        selection=[
            ("1_hurts", "Hurts"),
            ("2_helps", "Helps"),
            ("3_unclear", "No clear difference"),
            ("4_all", "Matches nearly all"),
            ("5_few", "Too few deals"),
            ("6_never", "Never matches"),
        ],
        string="Verdict",
        readonly=True,
        help="Hurts: deals with it are clearly won more seldom although it gives "
        "points, or more often although it takes some. Helps: clearly the way its "
        "points say. Clearly: less than 5 % likely by chance alone. Matches nearly "
        "all: less than ten deals are without it. Too few deals: less than ten are "
        "with it.",
    )
    deals = fields.Integer(
        readonly=True,
        help="Deals, won or lost, that the rule could have matched at the decision.",
    )
    matches = fields.Integer(
        readonly=True, help="Those of them that had points from the rule then."
    )
    rate_with = fields.Float(
        string="Win Rate With",
        readonly=True,
        aggregator=None,
        help="The won ones among the deals that had points from the rule.",
    )
    rate_without = fields.Float(
        string="Win Rate Without",
        readonly=True,
        aggregator=None,
        help="The won ones among the other deals.",
    )
    lift = fields.Float(
        readonly=True,
        aggregator=None,
        help="How many times as often deals with the rule are won as those without it.",
    )
    revenue_lift = fields.Float(
        string="Lift by Revenue",
        readonly=True,
        aggregator=None,
        help="How many times as much a deal with the rule brings in as one without it, "
        "lost ones included: big customers count as much as they pay.",
    )
    share = fields.Float(
        string="Share of Score",
        readonly=True,
        help="The rule's part in all points that rules gave these deals, or took.",
    )
    last_match = fields.Datetime(
        readonly=True,
        help="When a lead, open or closed, last had points from it at a decision.",
    )
    suggested_value = fields.Integer(
        string="Suggested Points",
        readonly=True,
        aggregator=None,
        help="Points are proportional to the logarithm of the odds ratio (won with "
        "the rule against without it), so that the sum of all rules stays the same. "
        "The fewer the deals, the closer the suggestion is to today's points. Each "
        "rule is evaluated by itself: if two rules mean the same, lower one. For "
        "what a lead does: points of a single record.",
    )

    _rule_id_company_id_uniq = models.Constraint(
        "UNIQUE(rule_id, company_id)", "A rule is evaluated once for each company."
    )

    # ------------------------------------------------------------------
    # Judging
    # ------------------------------------------------------------------

    @api.model
    def _judge(self, scoring_models, company):
        """Judge the running rules of these models, and keep the result.

        :param scoring_models: lead.scoring.model records that the user may write:
            the numbers include deals that the user may not be allowed to read
        :param company: a res.company; its deals and those of no company count
        """
        scoring_models.check_access("write")
        # sudo: users may not write what was counted
        evidence = self.sudo()
        old = evidence.search(
            [("model_id", "in", scoring_models.ids), ("company_id", "=", company.id)]
        )
        by_rule = old.grouped("rule_id")
        vals_list = []
        for scoring_model in scoring_models:
            for rule, vals in self._evidence(scoring_model.sudo(), company).items():
                if known := by_rule.pop(rule, None):
                    known.write(vals)
                else:
                    company_vals = {"rule_id": rule.id, "company_id": company.id}
                    vals_list.append({**company_vals, **vals})
        evidence.union(*by_rule.values()).unlink()
        evidence.create(vals_list)

    @api.model
    def _evidence(self, scoring_model, company):
        """Return ``{rule: values}`` of the model's running rules."""
        rules = scoring_model.rule_ids
        counts = self._count(rules, company)
        total = sum(row["points"] for row in counts.values())
        result, points = {}, []
        for rule in rules:
            row = counts.get(rule.id) or dict.fromkeys([*COUNTED, "last_match"], 0)
            without = row["deals"] - row["matches"]
            odds = log_odds_ratio(
                row["won_with"],
                row["matches"] - row["won_with"],
                row["won"] - row["won_with"],
                without - row["won"] + row["won_with"],
            )
            hint = self._hint(rule, row, without, *odds)
            result[rule] = {
                "date": self.env.cr.now(),
                "hint": hint,
                "deals": row["deals"],
                "matches": row["matches"],
                "rate_with": _ratio(row["won_with"], row["matches"]),
                "rate_without": _ratio(row["won"] - row["won_with"], without),
                "lift": _lift(row, "won_with", "won"),
                "revenue_lift": _lift(row, "revenue_with", "revenue"),
                "share": _ratio(row["points"], total),
                "last_match": row["last_match"],
                "suggested_value": rule.value,
            }
            if hint not in HINTS_WITHOUT_SUGGESTION:
                points.append((rule, self._points(rule, row), row["matches"], *odds))
        for rule, suggested in suggest(points).items():
            given = self._points(rule, counts[rule.id])
            # of a stream a match may be several records: the points of a record change
            # by the same factor as those of a match
            factor = rule.value / given if given else 1.0
            value = round(suggested * factor)
            value = max(-VALUE_LIMIT, min(VALUE_LIMIT, value))
            result[rule]["suggested_value"] = value
        return result

    @api.model
    def _points(self, rule, row):
        """Return the points, by today's value, that a match of the rule gives."""
        if rule.source == "lead" or not row["matches"] or not rule.value:
            return rule.value
        given = row["points"] / row["matches"]
        return given if rule.value > 0 else -given

    @api.model
    def _hint(self, rule, row, without, ratio, variance):
        if not row["last_match"] and row["deals"] >= MIN_DEALS:
            return "6_never"
        if row["matches"] < MIN_DEALS:
            return "5_few"
        if without < MIN_DEALS:
            return "4_all"
        if not is_clear(ratio, variance) or not rule.value:
            return "3_unclear"
        return "2_helps" if ratio * rule.value > 0 else "1_hurts"

    @api.model
    def _count(self, rules, company):
        """Return ``{rule id: counts}``, see ``COUNTED``, and ``last_match``.

        A rule's deals are those that were scored by its model, or by another version
        of it that had the same rule.
        """
        self.env.flush_all()
        rows = self.env["lead.scoring.metrics"]._rows(
            """WITH version AS (%(versions)s),
                    deal AS MATERIALIZED (%(deals)s),
                    total AS (
                   SELECT model_id, count(*) AS deals, sum(won) AS won,
                          sum(won_revenue) AS revenue
                     FROM deal WHERE closed = 1 GROUP BY model_id
               ), matched AS (%(matched)s)
               SELECT version.rule_id,
                      COALESCE(sum(matched.matches), 0)::integer AS matches,
                      COALESCE(sum(matched.won), 0)::integer AS won_with,
                      COALESCE(sum(matched.revenue), 0)::float8 AS revenue_with,
                      COALESCE(sum(matched.points), 0)::float8 AS points,
                      COALESCE(sum(total.deals), 0)::integer AS deals,
                      COALESCE(sum(total.won), 0)::integer AS won,
                      COALESCE(sum(total.revenue), 0)::float8 AS revenue,
                      max(matched.last_match) AS last_match
                 FROM version
            LEFT JOIN total ON total.model_id = version.model_id
            LEFT JOIN matched ON matched.id = version.id
                  AND matched.model_id = version.model_id
             GROUP BY version.rule_id""",
            versions=self._versions(rules),
            deals=self._deals(company),
            matched=self._matched(),
        )
        return {row.pop("rule_id"): row for row in rows}

    @api.model
    def _versions(self, rules):
        """Return the query of the versions of rules, each with its model and with the
        id of the rule it is a version of.
        """
        versions = [(rule, each) for rule in rules for each in rule._get_versions()]
        return SQL(
            """SELECT * FROM unnest(%s::integer[], %s::integer[], %s::integer[])
                          AS version(rule_id, id, model_id)""",
            [rule.id for rule, _version in versions],
            [version.id for _rule, version in versions],
            [version.model_id.id for _rule, version in versions],
        )

    @api.model
    def _deals(self, company):
        """Return the query of the leads of a company, and of none, that the models of
        ``version`` scored, each with the points of its rules then.
        """
        # sudo: all deals count, whoever may read them
        report = self.env["lead.scoring.report"].sudo()
        query = report._search([("company_id", "in", [False, *company.ids])])
        columns = ("model_id", "decision_id", "date", "closed", "won", "won_revenue")
        return SQL(
            """SELECT lead.*, history.rules FROM (%s) AS lead
                 JOIN lead_scoring_history history ON history.id = lead.decision_id
                WHERE lead.model_id IN (SELECT model_id FROM version)""",
            query.select(*(SQL.identifier(query.table, name) for name in columns)),
        )

    @api.model
    def _matched(self):
        """Return the query of what the leads of ``deal`` say of each rule and model."""
        return SQL(
            """SELECT given.rule_id AS id, deal.model_id,
                      count(*) FILTER (WHERE closed = 1) AS matches,
                      sum(won) AS won, sum(won_revenue) AS revenue,
                      sum(abs(given.points)) FILTER (WHERE closed = 1) AS points,
                      max(date) AS last_match
                 FROM deal CROSS JOIN LATERAL (%s) AS given
             GROUP BY 1, 2""",
            self.env["lead.scoring.history"]._given_points(SQL("deal.rules")),
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def action_open(self):
        """Judge the rules of the live models, and open what comes of it."""
        self.check_access("read")
        company = self.env.company
        live = self.env["lead.scoring.model"].search([("state", "=", "live")])
        self._judge(live, company)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "lead_scoring_evidence.lead_scoring_rule_evidence_action"
        )
        mine = [("company_id", "=", company.id), ("model_id", "in", live.ids)]
        return {**action, "domain": mine}

    def action_open_rule(self):
        """Open the rule."""
        self.check_access("read")
        return self.rule_id._get_records_action()

    def action_open_deals(self):
        """Open the deals that had points from the rule, as far as one may read them."""
        self.ensure_one()
        self.check_access("read")
        return self.env["lead.scoring.report"]._open_leads(
            self.rule_id.name,
            [
                ("decided_rule_ids", "in", self.rule_id._get_versions().ids),
                ("outcome", "!=", "pending"),
            ],
        )

    def action_take_over(self):
        """Write the suggested points of these rules into drafts of their models, and
        open the draft; live rules stay as they are.

        :raise UserError: there is nothing to take over, or the draft lacks a rule
        """
        self.check_access("read")
        changed = self.filtered(
            lambda row: (
                row.hint not in HINTS_WITHOUT_SUGGESTION
                and row.suggested_value != row.value
            )
        )
        if not changed:
            raise UserError(
                self.env._("The points of these rules are as suggested already.")
            )
        drafts = self.env["lead.scoring.model"]
        for scoring_model, rows in changed.grouped("model_id").items():
            drafts |= scoring_model._take_over(
                {row.rule_id: row.suggested_value for row in rows}
            )
        return drafts._get_records_action()


def _ratio(part, whole):
    return part / whole if whole else 0.0


def _lift(row, part, whole):
    without = _ratio(row[whole] - row[part], row["deals"] - row["matches"])
    return _ratio(_ratio(row[part], row["matches"]), without)
