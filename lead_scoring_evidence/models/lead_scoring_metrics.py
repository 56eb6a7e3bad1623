from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.statistics import (
    NEWEST_SHARE,
    fit_logistic,
    is_enough,
    sigmoid,
    wilson,
)

from ..tools.metrics import auc_interval, calibration

MAX_BANDS = 12
"""Bands of scores are ten points wide, or so many times ten that there are no more than
about so many bands.
"""
VOLUME_MONTHS = 3
"""Months of 30 days that the number of leads is averaged over."""


class LeadScoringMetrics(models.AbstractModel):
    """How well scores told won leads from lost ones.

    The deals are put into a temporary table, whose name (``deals``, an SQL identifier)
    each method is given that reads it. SQL counts them; Python sees one row for each
    score or bin. The numbers are of leads that the user may not be allowed to read: who
    calls this has to check that the user may see the numbers.
    """

    _name = "lead.scoring.metrics"
    _description = "Metrics of Scores"

    @api.model
    def _measure(self, deals, scoring_model, company):
        """Return what is known of a model's scores, ready for JSON.

        :param deals: what :meth:`_prepare_deals` returned for model and company
        :param scoring_model: a lead.scoring.model
        :param company: a res.company; its leads and those of no company count
        :return: dict; with too few deals it has ``counts`` only
        """
        counts = self._counts(deals, company)
        if not is_enough(counts["won"], counts["lost"]):
            return {"counts": counts}
        intercept, slope = fit_logistic(self._by_score(deals, SQL("NOT newest")))
        chances = [
            (sigmoid(intercept + slope * score), count, wins)
            for score, count, wins in self._by_score(deals, SQL("newest"))
        ]
        return {
            "counts": counts,
            "intercept": intercept,
            "slope": slope,
            "ranking": self._ranking(deals, scoring_model, company),
            **calibration(chances),
        }

    # ------------------------------------------------------------------
    # Deals
    # ------------------------------------------------------------------

    @api.model
    def _prepare_deals(self, scoring_model, company, table="quality_deal"):
        """Fill a temporary table with the leads a model is judged by: closed ones, of
        which the newest fifth by the date of decision is marked ``newest``, and open
        ones for their number.

        :return: SQL identifier of the table
        """
        newest = SQL(
            """row_number() OVER (PARTITION BY closed ORDER BY date, id)
               > count(*) OVER (PARTITION BY closed)
                 - round(%s * count(*) OVER (PARTITION BY closed))""",
            NEWEST_SHARE,
        )
        columns = [
            *("id", "date", "score", "won", "closed", "create_date", "team_id"),
            *("automated_probability", "decision_id"),
        ]
        return self._fill(table, scoring_model, company, columns, newest)

    @api.model
    def _fill(self, table, scoring_model, company, columns, newest):
        """Fill a temporary table with the leads of a company, and of none, that a model
        scored.

        :param columns: names of columns of lead.scoring.report
        :param newest: SQL of one more column on these, of that name
        :return: SQL identifier of the table
        """
        # sudo: all deals count, whoever may read them
        leads = self.env["lead.scoring.report"].sudo()
        of_company = Domain("company_id", "in", [False, *company.ids])
        query = leads._search(of_company & Domain("model_id", "=", scoring_model.id))
        deals = SQL.identifier(table)
        self.env.flush_all()
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", deals))
        statement = SQL(
            """CREATE TEMPORARY TABLE %s ON COMMIT DROP AS
               SELECT deal.*, %s AS newest FROM (%s) AS deal""",
            deals,
            newest,
            query.select(*(SQL.identifier(query.table, name) for name in columns)),
        )
        self.env.cr.execute(statement)
        self.env.cr.execute(SQL("ANALYZE %s", deals))
        return deals

    @api.model
    def _rows(self, query, **values):
        """Return the rows of a query as a list of dicts."""
        self.env.cr.execute(SQL(query, **values))
        return self.env.cr.dictfetchall()

    @api.model
    def _counts(self, deals, company):
        """Return how many deals there are, judged and not."""
        (counts,) = self._rows(
            """SELECT count(*) FILTER (WHERE won = 1) AS won,
                      count(*) FILTER (WHERE won = 0) AS lost,
                      count(*) FILTER (WHERE won = 1 AND newest) AS newest_won,
                      count(*) FILTER (WHERE won = 0 AND newest) AS newest_lost,
                      to_char(min(date) FILTER (WHERE newest), 'YYYY-MM-DD')
                          AS newest_from
                 FROM %(deals)s WHERE closed = 1""",
            deals=deals,
        )
        # sudo: as those that are judged, whoever may read them
        leads = self.env["lead.scoring.report"].sudo()
        counts["not_judged"] = leads.search_count(
            [
                ("reason", "=", False),
                ("outcome", "!=", "pending"),
                ("company_id", "in", [False, *company.ids]),
            ]
        )
        return counts

    @api.model
    def _by_score(self, deals, where):
        """Return ``(score, count, wins)`` of the closed deals that meet the condition
        ``where``, one row for each score.
        """
        query = SQL(
            """SELECT score, count(*), sum(won)::integer FROM %s
                WHERE closed = 1 AND %s GROUP BY score""",
            deals,
            where,
        )
        return self.env.execute_query(query)

    # ------------------------------------------------------------------
    # Ranking
    # ------------------------------------------------------------------

    @api.model
    def _ranking(self, deals, scoring_model, company):
        """Return the area under the ROC curve of the score and of what else one might
        rank by, on the newest deals; and that of the score on all of them.
        """
        newest = SQL("newest")
        ranking = [
            {"key": "score", **self._auc(deals, SQL("score"), newest)},
            {"key": "all", **self._auc(deals, SQL("score"), SQL("TRUE"))},
            {"key": "odoo", **self._auc(deals, SQL("automated_probability"), newest)},
            {"key": "newest", **self._auc(deals, SQL("create_date"), newest)},
        ]
        # sudo: the model before may be archived or of another company
        if origin := scoring_model.sudo().origin_id:
            # it never scored these leads: it is judged by its own
            its_deals = self._prepare_deals(origin, company, "quality_origin_deal")
            auc = self._auc(its_deals, SQL("score"), newest)
            ranking.append({"key": "origin", **auc})
        return ranking

    @api.model
    def _auc(self, deals, value, where):
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
                         FROM %(deals)s
                        WHERE closed = 1 AND %(value)s IS NOT NULL AND %(where)s
                      ) AS ranked""",
            value=value,
            deals=deals,
            where=where,
        )
        places, won, lost = row.pop("places"), row["won"], row["lost"]
        if not (won and lost):
            return {**row, "auc": None, "low": None, "high": None}
        auc = (places - won * (won + 1) / 2) / (won * lost)
        low, high = auc_interval(auc, won, lost)
        return {**row, "auc": auc, "low": low, "high": high}

    # ------------------------------------------------------------------
    # Thresholds
    # ------------------------------------------------------------------

    @api.model
    def _bands(self, deals):
        """Return the scores at which bands of closed deals begin."""
        rows = self._rows(
            """SELECT DISTINCT (floor(score / step) * step)::integer AS score
                 FROM %(deals)s,
                      (SELECT 10 * GREATEST(
                           1, ceil((max(score) - min(score)) / (10.0 * %(most)s)))
                         FROM %(deals)s WHERE closed = 1) AS width(step)
                WHERE closed = 1""",
            deals=deals,
            most=MAX_BANDS,
        )
        return [row["score"] for row in rows]

    @api.model
    def _thresholds(self, deals, thresholds):
        """Return precision (of the newest deals) and volume (leads in 30 days, averaged
        over the last ``VOLUME_MONTHS``, however they ended) from each of these scores
        on.
        """
        rows = self._rows(
            """SELECT threshold.score,
                      count(*) FILTER (WHERE closed = 1 AND newest) AS count,
                      count(*) FILTER (WHERE won = 1 AND newest) AS wins,
                      count(*) FILTER (WHERE date >= %(since)s)::float8 / %(months)s
                          AS volume
                 FROM unnest(%(thresholds)s::integer[]) AS threshold(score)
            LEFT JOIN %(deals)s AS deal ON deal.score >= threshold.score
             GROUP BY 1 ORDER BY 1""",
            deals=deals,
            thresholds=sorted(set(thresholds)),
            months=VOLUME_MONTHS,
            since=SQL(
                "%s - make_interval(days => %s)",
                self.env.cr.now(),
                30 * VOLUME_MONTHS,
            ),
        )
        (total,) = self._rows(
            "SELECT count(*) AS wins FROM %(deals)s WHERE won = 1 AND newest",
            deals=deals,
        )
        for row in rows:
            row["low"], row["high"] = wilson(row["wins"], row["count"])
            row["precision"] = row["wins"] / row["count"] if row["count"] else None
            row["recall"] = row["wins"] / total["wins"] if total["wins"] else None
        return rows
