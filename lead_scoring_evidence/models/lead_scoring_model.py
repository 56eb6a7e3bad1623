from math import ceil, floor, sqrt

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.statistics import fit_logistic, is_enough, sigmoid

DRIFT_ACTIVITY_TYPE = "lead_scoring_evidence.mail_activity_type_drift"
MIN_LAST_DEALS = 40
"""At least so many deals, those closed last, are compared with the older ones..."""
LAST_DAYS = 90
"""... and all that were closed within so many days."""
MIN_LAST_PER_OUTCOME = 10
"""With fewer won or fewer lost ones among the last deals nothing is concluded."""
STANDARD_ERRORS_OF_CHANCE = 2
"""A difference of more standard errors is not taken for chance."""


class LeadScoringModel(models.Model):
    """How well a model's scores tell winners from losers, and a weekly look at whether
    they still do.
    """

    _inherit = "lead.scoring.model"

    quality_ids = fields.One2many(
        comodel_name="lead.scoring.quality",
        inverse_name="model_id",
        readonly=True,
        string="Model Quality",
        groups="lead_scoring.group_scoring_manager",
        help="How the model was evaluated.",
    )
    quality_verdict = fields.Selection(
        selection=lambda self: (
            self.env["lead.scoring.quality"]._fields["verdict"].selection
        ),
        string="Quality",
        compute="_compute_quality_verdict",
        groups="lead_scoring.group_scoring_manager",
        help="How well the scores separated won from lost leads at the last "
        "evaluation of the model.",
    )
    drift_company_ids = fields.Many2many(
        comodel_name="res.company",
        relation="lead_scoring_model_drift_rel",
        string="Companies with Drift",
        groups="lead_scoring.group_scoring_manager",
        readonly=True,
        copy=False,
        help="Companies whose newest deals no longer end as the score lets expect. A "
        "scoring manager was told when it began, and is told again only if it ends and "
        "comes back.",
    )

    @api.depends("quality_ids.verdict")
    @api.depends_context("company")
    def _compute_quality_verdict(self):
        company = self.env.company
        for model in self:
            judged = model.quality_ids.filtered(lambda q: q.company_id == company)
            model.quality_verdict = judged[:1].verdict

    def _read_group_groupby(self, alias, groupby_spec, query):
        # core skips the groups of many2many fields, when it groups by them
        field = self._fields.get(groupby_spec)
        if field and field.groups:
            self._check_field_access(field, "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    def action_quality(self):
        """Open how well the scores tell winners from losers; judge the model first if
        it was not judged today.
        """
        self.ensure_one()
        self.check_access("write")
        quality = self.env["lead.scoring.quality"]
        latest = quality._get_latest(self, self.env.company)
        if not latest or latest.date < fields.Datetime.today():
            latest = quality._judge(self, self.env.company)
        return latest.with_env(self.env)._get_records_action()

    # ------------------------------------------------------------------
    # A weekly look at the deals closed last
    # ------------------------------------------------------------------

    @api.model
    def _cron_check_drift(self):
        """Tell a scoring manager of each live model that began to drift."""
        # sudo: a scheduled action looks at the models of all companies
        live = self.sudo().search([("state", "=", "live"), ("error", "=", False)])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(live))
        for model in live:
            for company in model._get_drift_companies():
                model._check_drift(company)
            cron._commit_progress(1)

    def _get_drift_companies(self):
        """Return the companies whose deals, and those of no company, are looked at; if
        no deal has a company, only the current one.
        """
        if self.company_id:
            return self.company_id
        # sudo: as in _cron_check_drift, the deals of all companies
        report = self.env["lead.scoring.report"].sudo()
        deals = [("model_id", "=", self.id), ("outcome", "!=", "pending")]
        groups = report._read_group(deals, ["company_id"])
        companies = self.env["res.company"].union(*(group[0] for group in groups))
        return companies or self.env.company

    def _check_drift(self, company):
        """Look at the deals of a company, and of none, and tell what moved, once."""
        self.ensure_one()
        moved = self._find_drift(company)
        if moved and company not in self.drift_company_ids:
            user = self._get_drift_user(company)
            if not user:
                return
            # the activity is in the language of its user
            texts = self.with_context(lang=user.lang)._describe_drift(moved, company)
            user._in_own_zone(self).activity_schedule(
                DRIFT_ACTIVITY_TYPE,
                user_id=user.id,
                note=Markup("<p>%s</p>") % Markup("<br/>").join(texts),
            )
            self.drift_company_ids += company
        elif not moved:
            self.drift_company_ids -= company

    def _get_drift_user(self, company):
        """Return whom to tell: who reviews the model, else some scoring manager."""
        managers = self.env["res.users"].search(
            [*self._domain_review_user_id(), ("company_ids", "in", company.ids)],
            order="id",
        )
        return self.review_user_id & managers or managers[:1]

    # ------------------------------------------------------------------
    # Finding it
    # ------------------------------------------------------------------

    def _find_drift(self, company):
        """Return what moved: ``ranking``, ``calibration`` or both, each with its
        numbers; nothing of too few deals.

        The deals closed last, as far as they were closed after the model was first
        judged, are compared with that judgement. If there is none, or too few deals
        were closed since, the deals closed last are compared with the older ones.

        Ranking: the area under the ROC curve is smaller, by more than both intervals
        together explain (Newcombe's square-and-add). Calibration: the wins are further
        from what the curve of that time lets expect than
        ``STANDARD_ERRORS_OF_CHANCE``.
        """
        metrics = self.env["lead.scoring.metrics"]
        deals = self._prepare_drift(company)
        newest, older = SQL("newest"), SQL("NOT newest")
        first = self._get_first_quality(company)
        if first and (before := first._get_auc_of_all()):
            since = SQL("newest AND date_closed >= %s", first.date)
            if self._is_enough_to_compare(metrics._by_score(deals, since)):
                curve = first.intercept, first.slope
                return self._compare(deals, since, before, curve)
        older_groups = metrics._by_score(deals, older)
        if not is_enough(*_won_and_lost(older_groups)):
            return {}
        if not self._is_enough_to_compare(metrics._by_score(deals, newest)):
            return {}
        before = metrics._auc(deals, SQL("score"), older)
        return self._compare(deals, newest, before, fit_logistic(older_groups))

    def _is_enough_to_compare(self, groups):
        return min(_won_and_lost(groups)) >= MIN_LAST_PER_OUTCOME

    def _compare(self, deals, where, before, curve):
        """Compare the ``deals`` that meet a condition with what was ``before``."""
        metrics = self.env["lead.scoring.metrics"]
        now = metrics._auc(deals, SQL("score"), where)
        wins = self._compare_wins(*curve, metrics._by_score(deals, where))
        return self._compare_ranking(before, now) | wins

    def _get_first_quality(self, company):
        """Return how the model was first judged by enough deals of a company."""
        return self.env["lead.scoring.quality"].search(
            [
                ("model_id", "=", self.id),
                ("company_id", "=", company.id),
                ("verdict", "!=", "missing"),
            ],
            order="date, id",
            limit=1,
        )

    def _prepare_drift(self, company):
        """Fill a temporary table with the leads that the model scored; of the closed
        ones, those closed last are ``newest``.

        They are chosen by the date of closing, not by that of the decision: of the
        leads decided on lately, only those that close fast are closed yet. If lost
        leads close faster than won ones, fewer wins than expected would be reported all
        the time.

        :return: SQL identifier of the table
        """
        newest = SQL(
            """closed = 1 AND (
               row_number() OVER (ORDER BY closed DESC, date_closed DESC NULLS LAST,
                                           id DESC) <= %s
               OR COALESCE(date_closed >= %s::timestamp
                           - make_interval(days => %s), FALSE))""",
            MIN_LAST_DEALS,
            self.env.cr.now(),
            LAST_DAYS,
        )
        columns = ("id", "score", "won", "closed", "date_closed")
        return self.env["lead.scoring.metrics"]._fill(
            "drift_deal", self, company, columns, newest
        )

    def _compare_ranking(self, before, now):
        chance = sqrt(
            (before["auc"] - before["low"]) ** 2 + (now["high"] - now["auc"]) ** 2
        )
        if before["auc"] - now["auc"] <= chance:
            return {}
        return {"ranking": {"before": before["auc"], "now": now["auc"]}}

    def _compare_wins(self, intercept, slope, newest):
        chances = [
            (sigmoid(intercept + slope * score), count)
            for score, count, _wins in newest
        ]
        expected = sum(chance * count for chance, count in chances)
        error = sqrt(sum(chance * (1 - chance) * count for chance, count in chances))
        by_chance = STANDARD_ERRORS_OF_CHANCE * error
        wins = sum(wins for _score, _count, wins in newest)
        if abs(wins - expected) <= by_chance:
            return {}
        return {
            "calibration": {
                "count": sum(count for _score, count, _wins in newest),
                "wins": wins,
                "expected": round(expected),
                # whole numbers that chance explains: the wins are none of them
                "low": max(0, ceil(expected - by_chance)),
                "high": floor(expected + by_chance),
            }
        }

    def _describe_drift(self, moved, company):
        """Return the lines of the activity."""
        lines = []
        if self.env["res.company"].search_count([], limit=2) > 1:
            lines.append(self.env._("Deals of %s:", company.name))
        if ranking := moved.get("ranking"):
            lines.append(
                self.env._(
                    "The score ranks worse. Of 100 pairs of a won and a lost deal, the "
                    "won one had the higher score in %(before)s before, and in %(now)s "
                    "among the newest deals.",
                    **{key: round(100 * value) for key, value in ranking.items()},
                )
            )
        if calibration := moved.get("calibration"):
            lines.append(self._describe_calibration(calibration))
        lines.append(
            self.env._(
                "Look at the model's quality and at the rules that hurt or never "
                "match; something may have changed in the market, the website or the "
                "data."
            )
        )
        return lines

    def _describe_calibration(self, calibration):
        if calibration["wins"] < calibration["expected"]:
            return self.env._(
                "Fewer deals are won than expected from the score: of the newest "
                "%(count)s, %(wins)s were won instead of %(expected)s. The normal "
                "range is %(low)s to %(high)s.",
                **calibration,
            )
        return self.env._(
            "More deals are won than expected from the score: of the newest "
            "%(count)s, %(wins)s were won instead of %(expected)s. The normal range "
            "is %(low)s to %(high)s.",
            **calibration,
        )


def _won_and_lost(groups):
    count = sum(count for _score, count, _wins in groups)
    won = sum(wins for _score, _count, wins in groups)
    return won, count - won
