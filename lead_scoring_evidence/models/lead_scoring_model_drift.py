from math import sqrt

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.metrics import fit_logistic, sigmoid
from .lead_scoring_metrics import MINIMUM

DRIFT = "lead_scoring_evidence.mail_activity_type_drift"
NEWEST = 40
"""As many deals at least, those closed last, are compared with the older ones..."""
DAYS = 90
"""... and all that were closed within so many days."""
SUPPORT = 10
"""Of fewer won or fewer lost ones among the newest nothing is concluded."""
ERRORS = 2
"""So many standard errors are no chance."""


class LeadScoringModel(models.Model):
    """A weekly look at the newest deals: does the score still mean what it did?"""

    _inherit = "lead.scoring.model"

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

    @api.model
    def _cron_check_drift(self):
        """Tell a scoring manager of each live model that began to drift."""
        live = self.sudo().search([("state", "=", "live"), ("error", "=", False)])
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(live))
        for model in live:
            for company in model._get_drift_companies():
                model._check_drift(company)
            cron._commit_progress(1)

    def _get_drift_companies(self):
        """Return the companies whose deals, and those of none, are looked at: once,
        where deals have no company.
        """
        if self.company_id:
            return self.company_id
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
            # in the language of who reads it
            texts = self.with_context(lang=user.lang)._describe_drift(moved, company)
            self.activity_schedule(
                DRIFT,
                user_id=user.id,
                note=Markup("<p>%s</p>") % Markup("<br/>").join(texts),
            )
            self.drift_company_ids += company
        elif not moved:
            self.drift_company_ids -= company

    def _get_drift_user(self, company):
        """Return whom to tell: who reviews the model, else some scoring manager."""
        managers = self.env["res.users"].search(
            [
                *self._domain_review_user_id(),
                ("company_ids", "in", company.ids),
            ],
            order="id",
        )
        return self.review_user_id & managers or managers[:1]

    # ------------------------------------------------------------------
    # Finding it
    # ------------------------------------------------------------------

    def _find_drift(self, company):
        """Return what moved: ``ranking``, ``calibration`` or both, each with its
        numbers; nothing of too few deals.

        The newest deals are compared with how the model was first judged, of those
        closed since; where it was not, or too few were, with the older deals. Ranking:
        the area under the ROC curve is smaller, by more than both intervals together
        explain (Newcombe's square-and-add). Calibration: the wins are further from what
        the curve of that time lets expect than ``ERRORS`` standard errors.
        """
        self._prepare_drift(company)
        newest = SQL("newest")
        if first := self._get_first_quality(company):
            since = SQL("newest AND date_closed >= %s", first.date)
            if min(_lost_and_won(self._grouped(since))) >= SUPPORT:
                before = first._get_ranking(first.result)["all"]
                curve = first.intercept, first.slope
                return self._compare(since, before, curve)
        older = self._grouped(SQL("NOT newest"))
        enough = min(_lost_and_won(older)) >= MINIMUM
        if not enough or min(_lost_and_won(self._grouped(newest))) < SUPPORT:
            return {}
        before = self._auc(SQL("NOT newest"))
        return self._compare(newest, before, fit_logistic(older))

    def _compare(self, where, before, curve):
        """Compare the deals that meet a condition with what was ``before``."""
        ranking = self._compare_ranking(before, self._auc(where))
        return ranking | self._compare_wins(*curve, self._grouped(where))

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
        """
        newest = SQL(
            """closed = 1 AND (
               row_number() OVER (ORDER BY closed DESC, date_closed DESC NULLS LAST,
                                           id DESC) <= %s
               OR COALESCE(date_closed >= %s::timestamp
                           - make_interval(days => %s), FALSE))""",
            NEWEST,
            self.env.cr.now(),
            DAYS,
        )
        columns = ("id", "score", "won", "closed", "date_closed")
        self.env["lead.scoring.metrics"]._fill(
            "drift_deal", self, company, columns, newest
        )

    def _grouped(self, where):
        """Return ``(score, count, wins)`` of the closed deals that meet a condition."""
        self.env.cr.execute(
            SQL(
                """SELECT score, count(*), sum(won) FROM drift_deal
                    WHERE closed = 1 AND %s GROUP BY score""",
                where,
            )
        )
        return self.env.cr.fetchall()

    def _auc(self, where):
        metrics = self.env["lead.scoring.metrics"]
        return metrics._auc(SQL("score"), where, SQL("drift_deal"))

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
        wins = sum(wins for _score, _count, wins in newest)
        if abs(wins - expected) <= ERRORS * error:
            return {}
        return {
            "calibration": {
                "count": sum(count for _score, count, _wins in newest),
                "wins": wins,
                "expected": round(expected),
                "low": max(0, round(expected - ERRORS * error)),
                "high": round(expected + ERRORS * error),
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
                "Fewer deals are won than the score lets expect: of the newest "
                "%(count)s, %(wins)s were won, and %(expected)s were to be expected; "
                "chance explains %(low)s to %(high)s.",
                **calibration,
            )
        return self.env._(
            "More deals are won than the score lets expect: of the newest %(count)s, "
            "%(wins)s were won, and %(expected)s were to be expected; chance explains "
            "%(low)s to %(high)s.",
            **calibration,
        )


def _lost_and_won(groups):
    count = sum(count for _score, count, _wins in groups)
    won = sum(wins for _score, _count, wins in groups)
    return count - won, won
