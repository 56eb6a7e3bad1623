from collections import Counter

from psycopg2.errors import QueryCanceled

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import score_row
from ...tools.faults import is_by_users, limited
from ..scoring.lead_scoring_transition import SEGMENTS, TEMPERATURES

NOW = "lead_scoring_simulated_now"
THEN = "lead_scoring_simulated_then"
"""Temporary tables: what the live models give, and what they would give then."""
STATEMENT_SECONDS = 60
"""Odoo stops a request after 120 seconds, unless configured otherwise."""
MAX_BANDS = 12
"""Bands in the distribution of scores."""
BAND_WIDTHS = (5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10_000)
MOVERS_SHOWN = 10
"""Leads shown of those whose scores change most."""


class LeadScoringSimulator(models.AbstractModel):
    """Scores leads with a draft as if it were published, by the statements of a pass,
    into temporary tables: neither leads nor their scores are touched.
    """

    _name = "lead.scoring.simulator"
    _description = "Lead Scoring Simulator"

    @api.model
    def _simulate(self, draft):
        """Return what publishing ``draft`` would change, as JSON for the screen.

        Counted are the open leads of the companies that the user has switched to,
        whoever owns them; leads are named only where the user may read them.

        :raise UserError: the draft is broken, or there are too many leads
        """
        draft.ensure_one()
        companies = self.env.companies.ids
        where = SQL(
            "(crm_lead.company_id IS NULL OR crm_lead.company_id = ANY(%s))", companies
        )
        self.env.flush_all()
        self._check_marks(draft)
        try:
            with limited(self.env.cr, STATEMENT_SECONDS):
                self._score_leads(NOW, where)
                self._score_leads(THEN, where, draft)
                return {
                    **self._groups(),
                    "bands": self._bands(),
                    "teams": self.env["crm.team"]._simulate_routing(NOW, THEN),
                    "movers": self._movers(draft),
                }
        except QueryCanceled as error:
            raise UserError(
                self.env._(
                    "There are too many leads and signals to simulate within %s "
                    "seconds. Try again at a quieter hour.",
                    STATEMENT_SECONDS,
                )
            ) from error

    # ------------------------------------------------------------------
    # Scoring
    # ------------------------------------------------------------------

    @api.model
    def _score_leads(self, table, where, draft=None, covered=None):
        """Make a temporary table with what a pass would give the open leads now:
        ``lead_id``, ``model_id``, ``fit``, ``interest``, ``score``, ``temperature`` and
        ``segment``.

        :param where: SQL condition on crm_lead
        :param draft: a model, counted in as if it were published
        :param covered: :class:`Chunk` of these leads, so that signals of no others are
            read
        """
        # sudo: users have no right on passes; nothing is written
        passes = self.env["lead.scoring.pass"].sudo()
        table = SQL.identifier(table)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", table))
        try:
            with self.env.cr.savepoint(flush=False):
                compilations = passes._compile(where, draft=draft, covered=covered)
                self._check_compiled(draft, compilations)
                statement = SQL(
                    "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s",
                    table,
                    self._scores(compilations, where),
                )
                self.env.cr.execute(statement)
                for compiled in compilations:
                    compiled.streams.drop(self.env.cr)
        except Exception as error:
            # a rule may raise anything; a UserError names it already
            if isinstance(error, UserError) or not is_by_users(error):
                raise
            raise self._culprit(draft, where, error) or error from error
        self.env.cr.execute(SQL("ANALYZE %s", table))

    @api.model
    def _scores(self, compilations, where):
        """Return the query of what :meth:`_score_leads` stores."""
        transition = self.env["lead.scoring.transition"]
        return SQL(
            """SELECT score.*, %(temperature)s AS temperature, %(segment)s AS segment
                 FROM (SELECT new.lead_id, %(total)s AS score, %(numbers)s
                         FROM (%(points)s OFFSET 0) AS new
                         JOIN lead_scoring_score score ON score.lead_id = new.lead_id
                    LEFT JOIN lead_scoring_model model
                           ON model.id = new.model_id OFFSET 0) AS score
                 JOIN crm_lead ON crm_lead.id = score.lead_id
            LEFT JOIN lead_scoring_model model ON model.id = score.model_id""",
            temperature=transition._temperature(),
            segment=transition._segment(),
            numbers=score_row.columns_as(score_row.computed()),
            total=score_row.TOTAL,
            points=self._points(compilations, where),
        )

    @api.model
    def _points(self, compilations, where):
        """Return the query of ``lead_id``, ``model_id`` and the points of both axes."""
        none = SQL(
            "SELECT lead_id, model_id, %s FROM lead_scoring_score LIMIT 0",
            score_row.names(score_row.AXES),
        )
        selects = [
            compiled.select(where, compiled.numbers()) for compiled in compilations
        ]
        return SQL(" UNION ALL ").join(
            SQL("(%s)", select) for select in [none, *selects]
        )

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    @api.model
    def _groups(self):
        """Return the numbers of leads per temperature and segment. Only leads that
        would get another model count: nothing changes for the others.
        """
        query = SQL(
            """SELECT now.model_id IS DISTINCT FROM "then".model_id AS concerned,
                      now.temperature, "then".temperature,
                      now.segment, "then".segment,
                      count(*), sum(now.score), sum("then".score),
                      count(*) FILTER (WHERE now.score <> "then".score)
                 FROM %s AS now JOIN %s AS "then" USING (lead_id)
             GROUP BY 1, 2, 3, 4, 5""",
            SQL.identifier(NOW),
            SQL.identifier(THEN),
        )
        rows = self.env.execute_query(query)
        concerned = [row[1:] for row in rows if row[0]]
        count = sum(row[4] for row in concerned)
        order = [value for value, _label in TEMPERATURES]
        rises = Counter()
        for now, then, *_segments, leads, _now, _then, _moved in concerned:
            if now != then:
                rises[order.index(then) > order.index(now)] += leads
        return {
            "open_count": sum(row[5] for row in rows),
            "lead_count": count,
            "moved_count": sum(row[7] for row in concerned),
            "average_now": round(sum(row[5] for row in concerned) / (count or 1), 1),
            "average_then": round(sum(row[6] for row in concerned) / (count or 1), 1),
            "warmer_count": rises[True],
            "colder_count": rises[False],
            "temperatures": self._compare("temperature", TEMPERATURES, concerned, 0),
            "segments": self._compare("segment", SEGMENTS, concerned, 2),
        }

    @api.model
    def _compare(self, name, values, rows, column):
        """Return the numbers of leads now and then of each value of a selection.

        :param column: of ``rows``, with the value now; that of then comes next
        """
        now, then = Counter(), Counter()
        for row in rows:
            now[row[column]] += row[4]
            then[row[column + 1]] += row[4]
        field = self.env["crm.lead"]._fields[name]
        labels = dict(field._description_selection(self.env))
        return [
            {"key": key, "label": labels[key], "now": now[key], "then": then[key]}
            for key, _label in values
        ]

    @api.model
    def _bands(self):
        """Return the distribution of scores of the leads concerned: bands of equal
        width, the first and the last open, so that few extreme leads don't squeeze all
        others into one.
        """
        concerned = SQL(
            """SELECT now.score AS now, "then".score AS "then"
                 FROM %s AS now JOIN %s AS "then" USING (lead_id)
                WHERE now.model_id IS DISTINCT FROM "then".model_id""",
            SQL.identifier(NOW),
            SQL.identifier(THEN),
        )
        first, last, width = self._band_range(concerned)
        if not width:
            return []
        query = SQL(
            """SELECT GREATEST(%s, LEAST(%s, floor(score::float8 / %s)))::int,
                      count(*) FILTER (WHERE side = 1),
                      count(*) FILTER (WHERE side = 2)
                 FROM (%s) AS concerned,
                      unnest(ARRAY[now, "then"]) WITH ORDINALITY
                          AS scores (score, side)
             GROUP BY 1""",
            first,
            last,
            width,
            concerned,
        )
        rows = self.env.execute_query(query)
        counts = {number: counts for number, *counts in rows}
        return [
            {
                "from": None if number == first else number * width,
                "to": None if number == last else (number + 1) * width - 1,
                "now": counts.get(number, (0, 0))[0],
                "then": counts.get(number, (0, 0))[1],
            }
            for number in range(first, last + 1)
        ]

    @api.model
    def _band_range(self, concerned):
        """Return the numbers of the first and the last band, and their width: zeros
        without any lead.
        """
        query = SQL(
            """SELECT percentile_disc(0.01) WITHIN GROUP (ORDER BY score),
                      percentile_disc(0.99) WITHIN GROUP (ORDER BY score)
                 FROM (%s) AS concerned, unnest(ARRAY[now, "then"]) AS score""",
            concerned,
        )
        [(low, high)] = self.env.execute_query(query)
        if low is None:
            return 0, 0, 0
        width = next(
            (w for w in BAND_WIDTHS if high // w - low // w < MAX_BANDS),
            BAND_WIDTHS[-1],
        )
        return low // width, min(high // width, low // width + MAX_BANDS - 1), width

    # ------------------------------------------------------------------
    # Leads that move most
    # ------------------------------------------------------------------

    @api.model
    def _movers(self, draft):
        """Return the leads whose scores change most, and by which rules."""
        readable = self.env["crm.lead"]._search(Domain.TRUE)
        query = SQL(
            """SELECT now.lead_id, now.score, "then".score,
                      now.temperature, "then".temperature
                 FROM %s AS now JOIN %s AS "then" USING (lead_id)
                WHERE now.score <> "then".score AND now.lead_id IN (%s)
             ORDER BY abs("then".score::bigint - now.score) DESC, now.lead_id
                LIMIT %s""",
            SQL.identifier(NOW),
            SQL.identifier(THEN),
            readable.select(),
            MOVERS_SHOWN,
        )
        rows = self.env.execute_query(query)
        leads = self.env["crm.lead"].browse(row[0] for row in rows)
        points_now = self._points_by_name(leads)
        points_then = self._points_by_name(leads, draft)
        return [
            {
                "id": lead.id,
                "name": lead.display_name,
                "now": now,
                "then": then,
                "temperature_now": temperature_now,
                "temperature_then": temperature_then,
                "rules": self._differences(points_now[lead.id], points_then[lead.id]),
            }
            for lead, (_id, now, then, temperature_now, temperature_then) in zip(
                leads, rows, strict=True
            )
        ]

    @api.model
    def _points_by_name(self, leads, draft=None):
        """Return ``{lead id: {rule's name: points}}``: rules of a new version are
        copies, so they are told by their names.
        """
        points = self.env["lead.scoring.engine"]._points(leads, draft=draft)
        # sudo: rules of other companies' models may be among them
        rules = self.env["lead.scoring.rule"].sudo()
        result = {lead_id: Counter() for lead_id in points}
        for lead_id, given in points.items():
            for rule in rules.browse(given):
                result[lead_id][rule.name] += given[rule.id]
        return result

    @api.model
    def _differences(self, now, then):
        """Return the rules whose points differ, the largest difference first."""
        differing = [name for name in now | then if now[name] != then[name]]
        differing.sort(key=lambda name: (-abs(then[name] - now[name]), name))
        return [{"name": n, "now": now[n], "then": then[n]} for n in differing]
