import time
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ...tools import score_row
from ...tools.parameters import get_number
from ...tools.retry import retry
from .lead_scoring_transition import TEMPERATURES

MINIMUM_MOVE = 5
"""A change of the score by as much is kept in the history."""
DECISIONS_PER_TRANSACTION = 1000
DELAY_PARAMETER = "lead_scoring.created_delay"
DEFAULT_DELAY_HOURS = 24
"""Hours after its creation that the score of a lead is kept."""
MAXIMUM_DELAY_HOURS = 10 * 366 * 24


class LeadScoringHistory(models.Model):
    """What a lead's score was when something was decided, when its temperature changed,
    and where it moved by some points. Rows are only ever added.

    Silent passes, as at the installation, add none but those of decisions; moves are
    then counted from the numbers that they set. Leads that are not to be scored have no
    more rows, and closed ones neither.
    """

    _name = "lead.scoring.history"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Score History"
    _log_access = False
    _rec_name = "lead_id"
    _order = "date desc, id desc"

    lead_id = fields.Many2one(index=False)  # the index on lead and date serves
    date = fields.Datetime(
        required=True,
        readonly=True,
        default=lambda self: self.env.cr.now(),
        help="When this was the lead's score.",
    )
    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The scoring model the lead belonged to.",
    )
    fit = fields.Integer(readonly=True, help="Points for who the lead was.")
    interest = fields.Integer(readonly=True, help="Points for what the lead had done.")
    score = fields.Integer(readonly=True, help="Fit and interest together.")
    temperature = fields.Selection(
        selection=TEMPERATURES,
        readonly=True,
        help="The lead's temperature then.",
    )
    reason = fields.Selection(
        selection=[
            ("created", "Created"),
            ("qualified", "Qualified"),
            ("converted", "Converted"),
            ("crossing", "Temperature Changed"),
            ("move", "Score moved"),
            ("merged", "Merged"),
        ],
        required=True,
        readonly=True,
        help="Why this row was written.",
    )
    by_score = fields.Boolean(
        readonly=True,
        help="The score alone converted the lead, not a user.",
    )
    merged_leads = fields.Char(
        readonly=True,
        help="The names of the leads that were merged into this one; on merges only.",
    )
    rules = fields.Json(
        string="Points per Rule",
        readonly=True,
        help="The points each rule gave, by the rule's id; on decisions only.",
    )
    adjustments = fields.Json(
        readonly=True,
        help="The points that people gave by hand; on decisions only. With those of "
        "the rules they sum to the score.",
    )
    automated_probability = fields.Float(
        string="Predicted Probability",
        readonly=True,
        aggregator="avg",
        help="What Odoo itself predicted then, in percent; on decisions only.",
    )

    _lead_id_date_idx = models.Index("(lead_id, date)")
    _moves_idx = models.Index("(date) WHERE reason = 'move'")
    # in the order of lead.scoring.report, which takes the first of each lead
    _decision_idx = models.Index(
        "(lead_id, (CASE reason WHEN 'converted' THEN 1 WHEN 'qualified' THEN 2"
        " ELSE 3 END), date DESC, id DESC)"
        " WHERE reason IN ('created', 'qualified', 'converted')"
    )

    # ------------------------------------------------------------------
    # Moves, crossings, merges
    # ------------------------------------------------------------------

    @api.model
    def _moves(self, where):
        """Return the statement that adds a row for each open lead whose score is
        ``MINIMUM_MOVE`` points or more from that of its last row.

        Computed from what the table holds now, so a killed pass misses no lead.

        :param where: SQL condition on crm_lead and score
        """
        return self._append(
            SQL(
                "%s AND %s AND (%s)",
                self._has_moved(),
                self.env["lead.scoring.engine"]._open_sql(),
                where,
            ),
            SQL("crm_lead.temperature"),
            "move",
        )

    @api.model
    def _crossings(self, leads, temperature):
        """Return the statement that adds a row for each of ``leads``, whose temperature
        has just become ``temperature``, be it written to the database already or not.
        """
        where = SQL("score.lead_id = ANY(%s)", leads.ids)
        return self._append(where, SQL("%s", temperature), "crossing")

    @api.model
    def _merges(self, lead, names):
        """Return the statement that adds a row for ``lead``, into which others, called
        ``names``, were merged.
        """
        where = SQL("score.lead_id = %s", lead.id)
        temperature = SQL("crm_lead.temperature")
        return self._append(where, temperature, "merged", ", ".join(names))

    @api.model
    def _append(self, where, temperature, reason, merged_leads=None):
        """Return the statement that adds a row with the numbers of the score row for
        each lead that is scored and meets ``where``.

        :param where: SQL condition on crm_lead and score
        :param temperature: SQL expression likewise
        """
        return SQL(
            """WITH told AS (
                   UPDATE lead_scoring_score score
                      SET recorded_score = score.score
                     FROM crm_lead
                    WHERE crm_lead.id = score.lead_id
                      AND crm_lead.do_not_score IS NOT TRUE
                      AND %(where)s
                RETURNING score.lead_id, %(numbers)s, %(temperature)s AS temperature
               )
               INSERT INTO lead_scoring_history
                      (lead_id, date, %(columns)s, temperature, reason, merged_leads)
               SELECT lead_id, %(now)s, %(columns)s, temperature, %(reason)s, %(merged)s
                 FROM told""",
            columns=score_row.names(score_row.RECORDED),
            merged=merged_leads,
            now=SQL("%s::timestamp", self.env.cr.now()),
            numbers=score_row.names(score_row.RECORDED, "score"),
            reason=reason,
            temperature=temperature,
            where=where,
        )

    @api.model
    def _has_moved(self):
        """Return the SQL condition on ``score`` that a move is to be kept."""
        return SQL("abs(score.score - score.recorded_score) >= %s", MINIMUM_MOVE)

    @api.model
    def _created_delay(self):
        """Return how long after its creation the score of a lead is kept."""
        hours = get_number(
            self.env, DELAY_PARAMETER, DEFAULT_DELAY_HOURS, 0, MAXIMUM_DELAY_HOURS
        )
        return timedelta(hours=hours)

    # ------------------------------------------------------------------
    # Decisions
    # ------------------------------------------------------------------

    @api.model
    def _record_created(self, deadline, checkpoint):
        """Add the rows of new leads that are due.

        :param deadline: ``time.monotonic()`` after which no further batch is begun
        :param checkpoint: called after each batch, which is its own transaction
        :return: whether all could be added before the deadline
        """
        while self._due():
            if time.monotonic() > deadline:
                return False
            if not retry(self.env.cr, self._record_due, checkpoint):
                return False
        return True

    @api.model
    def _due(self):
        """Return the ids of a batch of leads whose ``created`` row is due."""
        query = SQL(
            """SELECT lead_id FROM lead_scoring_score WHERE created_due <= %s
                ORDER BY created_due LIMIT %s""",
            self.env.cr.now(),
            DECISIONS_PER_TRANSACTION,
        )
        return [lead_id for (lead_id,) in self.env.execute_query(query)]

    @api.model
    def _record_due(self):
        lead_ids = self._due()
        # a closed lead gets none: its score may depend on how it ended
        statement = SQL(
            "UPDATE lead_scoring_score SET created_due = NULL WHERE lead_id = ANY(%s)",
            lead_ids,
        )
        self.env.cr.execute(statement)
        self._record_decisions(lead_ids, "created")

    @api.model
    def _record_qualified(self, lead_ids, checkpoint):
        """Stamp these leads as qualified, and add their rows; not those that were
        stamped before.

        :param checkpoint: called after each batch, which is its own transaction
        """
        for batch in split_every(DECISIONS_PER_TRANSACTION, lead_ids, list):
            retry(self.env.cr, partial(self._qualify, batch), checkpoint)

    @api.model
    def _qualify(self, lead_ids):
        query = SQL(
            """UPDATE lead_scoring_score SET qualified_at = %s
                WHERE lead_id = ANY(%s) AND qualified_at IS NULL
            RETURNING lead_id""",
            self.env.cr.now(),
            lead_ids,
        )
        qualified = [lead_id for (lead_id,) in self.env.execute_query(query)]
        self._record_decisions(qualified, "qualified")
        self.env["lead.scoring.score"].invalidate_model(["qualified_at"], flush=False)
        self.env["crm.lead"].invalidate_model(["marketing_qualified_date"], flush=False)

    @api.model
    def _record_decisions(self, lead_ids, reason, by_score=False):
        """Add a row with the points per rule, as of now, for those of the leads that
        are scored.

        :param reason: a value of the field ``reason``, of a decision
        :param by_score: the score alone decided
        """
        engine = self.env["lead.scoring.engine"]
        leads = self.env["crm.lead"].browse(lead_ids)
        self.env.flush_all()
        for company, where in engine._by_company(leads):
            statement = partial(self._decisions, where, reason, by_score)
            engine._execute(company, where, statement)

    @api.model
    def _decisions(self, where, reason, by_score, compiled):
        """Return the statement that adds a row for the leads of ``compiled`` that meet
        ``where``, an SQL condition on crm_lead, and returns the ids of the rows.
        """
        kept = ("temperature", "automated_probability")
        return SQL(
            """WITH new AS MATERIALIZED (%(new)s),
                    recorded AS (
                        UPDATE lead_scoring_score score SET recorded_score = %(total)s
                          FROM new WHERE new.lead_id = score.lead_id
                    )
               INSERT INTO lead_scoring_history
                      (date, reason, by_score, score, lead_id, model_id, %(axes)s,
                       %(kept)s, rules, adjustments)
               SELECT %(now)s, %(reason)s, %(by_score)s, %(total)s, new.* FROM new
            RETURNING id""",
            axes=score_row.names(score_row.AXES),
            by_score=by_score,
            kept=score_row.names(kept),
            new=compiled.select(
                where,
                compiled.numbers(),
                score_row.names(kept, "crm_lead"),
                self._rules_as_json(compiled),
                self._adjustments_as_json(compiled),
            ),
            now=SQL("%s::timestamp", self.env.cr.now()),
            reason=reason,
            total=score_row.TOTAL,
        )

    @api.model
    def _rules_as_json(self, compiled):
        """Return the expression of the points per rule."""
        return SQL(
            """COALESCE((SELECT jsonb_object_agg(rule, points)
                 FROM unnest(%s::integer[], ARRAY[%s]::integer[]) AS given(rule, points)
                WHERE points <> 0), '{}')""",
            [rule.id for rule in compiled.points],
            SQL(", ").join(compiled.points.values()),
        )

    @api.model
    def _given_points(self, rules):
        """Return the query of ``rule_id`` and ``points``, of what a row keeps of rules.
        Other things than code writes there are NULL, or left out.

        :param rules: SQL expression of the field
        """
        return SQL(
            """SELECT CASE WHEN key ~ '^[0-9]{1,9}$' THEN key::integer END AS rule_id,
                      CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END
                          AS points
                 FROM jsonb_each(CASE jsonb_typeof(%(rules)s) WHEN 'object'
                                      THEN %(rules)s ELSE '{}' END)""",
            rules=rules,
        )

    @api.model
    def _adjustments_as_json(self, compiled):
        """Return the expression of what people gave."""
        return SQL(
            """(SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name,
                       'dimension', dimension, 'points', points) ORDER BY id)
                  FROM lead_scoring_adjustment
                 WHERE lead_id = crm_lead.id AND %s IS NOT NULL AND %s)""",
            compiled.model,
            self.env["lead.scoring.adjustment"]._unexpired(),
        )
