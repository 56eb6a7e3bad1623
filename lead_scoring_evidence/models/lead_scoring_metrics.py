from odoo import api, models
from odoo.tools import SQL

from ..tools.metrics import auc_interval, fit_logistic, sigmoid, wilson

NEWEST = 0.2
"""The share of the closed deals, by date of decision, that a model is judged on."""
MINIMUM = 40
"""Fewer won or fewer lost deals than this say nothing."""
BINS = 10
MONTHS = 3
"""Months of 30 days that the number of leads is averaged over."""


class LeadScoringMetrics(models.AbstractModel):
    """How well scores told won leads from lost ones.

    All deals are gone through in SQL; Python sees sums: one for each distinct score or
    bin. Nothing here is the user's to see: who asks has to check that.
    """

    _name = "lead.scoring.metrics"
    _description = "Metrics of Scores"

    @api.model
    def _measure(self, scoring_model, company):
        """Return what is known of a model's scores, ready for JSON.

        :param scoring_model: a lead.scoring.model; only leads whose decision it scored
        :param company: a res.company; its leads and those of no company count
        :return: dict; of too few deals it has ``counts`` only
        """
        self._prepare_deals(scoring_model, company)
        result = {"counts": self._counts(company)}
        counts = result["counts"]
        if min(counts["won"], counts["lost"]) < MINIMUM:
            return result
        groups = self._by_score()
        intercept, slope = fit_logistic(groups)
        step = self._get_step(groups)
        result |= {
            "intercept": intercept,
            "slope": slope,
            "step": step,
            "ranking": self._ranking(scoring_model, company),
            "lift": self._lift(),
            "days": self._days(step),
            **self._calibration(intercept, slope),
        }
        return result

    # ------------------------------------------------------------------
    # Deals
    # ------------------------------------------------------------------

    @api.model
    def _prepare_deals(self, scoring_model, company, table="quality_deal"):
        """Fill a temporary table with the leads a model is judged by: closed ones, the
        newest fifth of which is marked ``newest``, and open ones for their number.
        """
        newest = SQL(
            """row_number() OVER (PARTITION BY closed ORDER BY date, id)
               > (1 - %s) * count(*) OVER (PARTITION BY closed)""",
            NEWEST,
        )
        columns = [
            *("id", "date", "score", "won", "closed", "create_date", "team_id"),
            *("days_to_close", "automated_probability", "decision_id"),
        ]
        self._fill(table, scoring_model, company, columns, newest)

    @api.model
    def _fill(self, table, scoring_model, company, columns, newest):
        """Fill a temporary table with the leads of a company, and of none, that a model
        scored.

        :param columns: names of columns of lead.scoring.report
        :param newest: SQL of one more column on these, of that name
        """
        query = (
            self.env["lead.scoring.report"]
            .sudo()
            ._search(
                [
                    ("model_id", "=", scoring_model.id),
                    ("company_id", "in", [False, *company.ids]),
                ]
            )
        )
        name = SQL.identifier(table)
        self.env.flush_all()
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", name))
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE %s ON COMMIT DROP AS
                   SELECT deal.*, %s AS newest FROM (%s) AS deal""",
                name,
                newest,
                query.select(*(SQL.identifier(query.table, name) for name in columns)),
            )
        )
        self.env.cr.execute(SQL("ANALYZE %s", name))

    @api.model
    def _rows(self, query, **values):
        """Return the rows of a query as a list of dicts."""
        self.env.cr.execute(SQL(query, **values))
        return self.env.cr.dictfetchall()

    @api.model
    def _counts(self, company):
        """Return how many deals there are, judged and not."""
        (counts,) = self._rows(
            """SELECT count(*) FILTER (WHERE won = 1) AS won,
                      count(*) FILTER (WHERE won = 0) AS lost,
                      count(*) FILTER (WHERE won = 1 AND newest) AS newest_won,
                      count(*) FILTER (WHERE won = 0 AND newest) AS newest_lost,
                      to_char(min(date) FILTER (WHERE newest), 'YYYY-MM-DD')
                          AS newest_from
                 FROM quality_deal WHERE closed = 1"""
        )
        counts["not_judged"] = (
            self.env["lead.scoring.report"]
            .sudo()
            .search_count(
                [
                    ("reason", "=", False),
                    ("outcome", "!=", "pending"),
                    ("company_id", "in", [False, *company.ids]),
                ]
            )
        )
        return counts

    # ------------------------------------------------------------------
    # Ranking
    # ------------------------------------------------------------------

    @api.model
    def _ranking(self, scoring_model, company):
        """Return the area under the ROC curve of the score and of what else one might
        rank by, on the newest deals; and that of the score on all of them.
        """
        newest = SQL("newest")
        ranking = [
            {"key": "score", **self._auc(SQL("score"), newest)},
            {"key": "all", **self._auc(SQL("score"), SQL("TRUE"))},
            {"key": "odoo", **self._auc(SQL("automated_probability"), newest)},
            {"key": "newest", **self._auc(SQL("create_date"), newest)},
        ]
        if origin := scoring_model.sudo().origin_id:
            # its points of the same leads were never computed: it has its own deals
            self._prepare_deals(origin, company, "quality_origin_deal")
            auc = self._auc(SQL("score"), newest, SQL("quality_origin_deal"))
            ranking.append({"key": "origin", **auc})
        return ranking

    @api.model
    def _auc(self, value, where, table=None):
        """Return the share of pairs of a won and a lost deal in which ``value`` is
        higher for the won one, ties half: the rank-sum of Mann and Whitney.

        :param value: SQL expression; deals where it is NULL are left out
        :param where: SQL condition on the deals
        :return: dict of ``auc``, ``low``, ``high`` (None with one class only), ``won``
            and ``lost``
        """
        (row,) = self._rows(
            """SELECT count(*) FILTER (WHERE won = 1) AS won,
                      count(*) FILTER (WHERE won = 0) AS lost,
                      sum(place) FILTER (WHERE won = 1)::float8 AS places
                 FROM (SELECT won, rank() OVER (ORDER BY %(value)s)
                              + (count(*) OVER (PARTITION BY %(value)s) - 1) / 2.0
                              AS place
                         FROM %(table)s
                        WHERE closed = 1 AND %(value)s IS NOT NULL AND %(where)s
                      ) AS ranked""",
            value=value,
            table=table or SQL("quality_deal"),
            where=where,
        )
        places, won, lost = row.pop("places"), row["won"], row["lost"]
        if not (won and lost):
            return {**row, "auc": None, "low": None, "high": None}
        auc = (places - won * (won + 1) / 2) / (won * lost)
        low, high = auc_interval(auc, won, lost)
        return {**row, "auc": auc, "low": low, "high": high}

    @api.model
    def _lift(self):
        """Return for each tenth of the newest deals, highest scores first, how many
        were won beside the average. Deals of one score count alike, whichever tenth
        they fall into: with as many wins as deals of that score have on average.
        """
        return self._rows(
            """SELECT decile, count(*) AS count, min(score) AS lowest,
                      max(score) AS highest, sum(rate)::float8 AS wins,
                      avg(rate)::float8 AS rate,
                      COALESCE(avg(rate) / NULLIF(avg(overall), 0), 0)::float8 AS lift
                 FROM (SELECT score,
                              ntile(10) OVER (ORDER BY score DESC, id) AS decile,
                              avg(won) OVER (PARTITION BY score) AS rate,
                              avg(won) OVER () AS overall
                         FROM quality_deal WHERE closed = 1 AND newest) AS deal
             GROUP BY decile ORDER BY decile"""
        )

    @api.model
    def _get_step(self, groups):
        """Return how many points are a band: 10, more where scores are far apart.

        :param groups: list of ``(score, count, wins)``
        """
        scores = [score for score, _count, _wins in groups]
        return 10 * max(1, -(-(max(scores) - min(scores)) // 120))

    @api.model
    def _days(self, step):
        """Return how long won and lost deals took, by bands of ``step`` points."""
        return self._rows(
            """SELECT (floor(score / %(step)s::numeric) * %(step)s)::integer AS score,
                      count(*) FILTER (WHERE won = 1) AS won,
                      count(*) FILTER (WHERE won = 0) AS lost,
                      avg(days_to_close) FILTER (WHERE won = 1) AS days_won,
                      avg(days_to_close) FILTER (WHERE won = 0) AS days_lost
                 FROM quality_deal WHERE closed = 1
             GROUP BY 1 ORDER BY 1 DESC""",
            step=step,
        )

    @api.model
    def _thresholds(self, thresholds):
        """Return precision (of the newest deals) and volume (leads in 30 days, averaged
        over the last ``MONTHS``, however they ended) from each of these scores on.
        """
        rows = self._rows(
            """SELECT threshold.score,
                      count(*) FILTER (WHERE closed = 1 AND newest) AS count,
                      count(*) FILTER (WHERE won = 1 AND newest) AS wins,
                      count(*) FILTER (WHERE date >= %(since)s)::float8 / %(months)s
                          AS volume
                 FROM unnest(%(thresholds)s::integer[]) AS threshold(score)
            LEFT JOIN quality_deal ON quality_deal.score >= threshold.score
             GROUP BY 1 ORDER BY 1""",
            thresholds=sorted(set(thresholds)),
            months=MONTHS,
            since=SQL("%s - make_interval(days => %s)", self.env.cr.now(), 30 * MONTHS),
        )
        (total,) = self._rows(
            "SELECT count(*) AS wins FROM quality_deal WHERE won = 1 AND newest"
        )
        for row in rows:
            row["low"], row["high"] = wilson(row["wins"], row["count"])
            row["precision"] = row["wins"] / row["count"] if row["count"] else None
            row["recall"] = row["wins"] / total["wins"] if total["wins"] else None
        return rows

    # ------------------------------------------------------------------
    # Calibration
    # ------------------------------------------------------------------

    @api.model
    def _by_score(self):
        """Return ``(score, count, wins)`` of the older deals, by score."""
        rows = self._rows(
            """SELECT score, count(*) AS count, sum(won) AS wins FROM quality_deal
                WHERE closed = 1 AND NOT newest GROUP BY score"""
        )
        return [(row["score"], row["count"], row["wins"]) for row in rows]

    @api.model
    def _calibration(self, intercept, slope):
        """Return what the win rates that the older deals let one expect are worth on
        the newest: Brier score, expected calibration error, and a reliability plot.
        """
        rows = self._rows(
            "SELECT score, count(*) AS count, sum(won)::integer AS wins"
            " FROM quality_deal WHERE closed = 1 AND newest GROUP BY score"
        )
        return self._calibrate(
            [
                (sigmoid(intercept + slope * row["score"]), row["count"], row["wins"])
                for row in rows
            ]
        )

    @api.model
    def _calibrate(self, groups):
        """Return ``brier``, ``brier_base`` (of always expecting the average), ``ece``,
        and ``reliability``: the bins of equal width that hold any deal.

        :param groups: list of ``(probability, count, wins)``
        """
        bins = [[0, 0, 0.0] for _number in range(BINS)]
        total = sum(count for _p, count, _wins in groups)
        won = sum(wins for _p, _count, wins in groups)
        brier = 0.0
        for probability, count, wins in groups:
            found = bins[min(BINS - 1, int(probability * BINS))]
            found[0] += count
            found[1] += wins
            found[2] += count * probability
            brier += wins * (1 - probability) ** 2 + (count - wins) * probability**2
        reliability = []
        for count, wins, expected in bins:
            if count:
                low, high = wilson(wins, count)
                reliability.append(
                    {
                        "count": count,
                        "expected": expected / count,
                        "actual": wins / count,
                        "low": low,
                        "high": high,
                    }
                )
        share = won / total if total else 0.0
        return {
            "brier": brier / total if total else None,
            "brier_base": share * (1 - share),
            "ece": sum(
                row["count"] * abs(row["expected"] - row["actual"])
                for row in reliability
            )
            / total
            if total
            else None,
            "reliability": reliability,
        }
