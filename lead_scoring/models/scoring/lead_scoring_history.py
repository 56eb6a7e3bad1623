import time
from collections import Counter
from datetime import timedelta
from functools import partial

from psycopg2 import DataError, ProgrammingError

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ...tools.retry import retry
from .lead_scoring_transition import TEMPERATURES

MOVE = 5
"""A change of the score by as much is kept in the history."""
BATCH = 1000
"""Decisions written in one transaction."""
DELAY_PARAMETER = "lead_scoring.created_delay"
DELAY = 24
"""Hours after its creation that the score of a lead is kept."""


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
    # Few rows, within a user's transaction
    # ------------------------------------------------------------------

    @api.model
    def _freeze(self, leads):
        """Return ``{lead id: values}`` of a decision on ``leads`` as of now: what can't
        be computed later. Needs superuser rights on none of them.
        """
        engine = self.env["lead.scoring.engine"]
        points = engine._points(leads)
        adjustments = self.env["lead.scoring.adjustment"]._counting(leads)
        rules = self.env["lead.scoring.rule"].sudo()
        probabilities = {lead.id: lead.automated_probability for lead in leads.sudo()}
        frozen = {}
        for lead_id, given in points.items():
            by_hand = adjustments.get(lead_id, self.env["lead.scoring.adjustment"])
            axes = Counter()
            for rule in rules.browse(given):
                axes[rule.dimension] += given[rule.id]
            for adjustment in by_hand:
                axes[adjustment.dimension] += adjustment.points
            frozen[lead_id] = {
                "fit": axes["fit"],
                "interest": axes["interest"],
                "score": axes.total(),
                "rules": given,
                "adjustments": by_hand.read(["name", "dimension", "points"]),
                "automated_probability": probabilities[lead_id],
            }
        return frozen

    @api.model
    def _record(self, leads, reason, frozen, by_score=False):
        """Add a row for each of ``leads``.

        :param reason: a value of the field ``reason``, of a decision
        :param frozen: what :meth:`_freeze` returned, or other values by lead id
        :param by_score: the score alone decided
        """
        leads = leads.sudo().filtered(lambda lead: not lead.do_not_score)
        self.sudo().create(
            [
                {
                    "lead_id": lead.id,
                    "model_id": lead.score_id.model_id.id,
                    "temperature": lead.temperature,
                    "reason": reason,
                    "by_score": by_score,
                    **frozen[lead.id],
                }
                for lead in leads
            ]
        )
        self.env.cr.execute(
            SQL(
                """UPDATE lead_scoring_score SET recorded_score = score
                    WHERE lead_id = ANY(%s)""",
                leads.ids,
            )
        )

    # ------------------------------------------------------------------
    # Many rows
    # ------------------------------------------------------------------

    @api.model
    def _moves(self, where):
        """Return the statement that adds a row for each open lead whose score is
        ``MOVE`` points or more from that of its last row.

        Derived from the score rows as they stand: a pass that was cut off loses none.

        :param where: SQL condition on crm_lead and score
        """
        return self._append(
            SQL(
                """%s AND crm_lead.active
                   AND crm_lead.won_status IS DISTINCT FROM 'won'
                   AND crm_lead.won_status IS DISTINCT FROM 'lost' AND (%s)""",
                self._has_moved(),
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
    def _append(self, where, temperature, reason):
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
                RETURNING score.lead_id, score.model_id, score.fit, score.interest,
                          score.score, %(temperature)s AS temperature
               )
               INSERT INTO lead_scoring_history
                      (lead_id, date, model_id, fit, interest, score, temperature,
                       reason)
               SELECT lead_id, %(now)s, model_id, fit, interest, score, temperature,
                      %(reason)s
                 FROM told""",
            now=SQL("%s::timestamp", self.env.cr.now()),
            reason=reason,
            temperature=temperature,
            where=where,
        )

    @api.model
    def _has_moved(self):
        """Return the SQL condition on ``score`` that a move is to be kept."""
        return SQL("abs(score.score - score.recorded_score) >= %s", MOVE)

    @api.model
    def _created_delay(self):
        """Return how long after its creation the score of a lead is kept."""
        text = self.env["ir.config_parameter"].sudo().get_param(DELAY_PARAMETER, "")
        return timedelta(hours=int(text) if text.isdecimal() else DELAY)

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
            retry(self.env.cr, self._record_due, checkpoint)
        return True

    @api.model
    def _due(self):
        """Return the ids of a batch of leads whose ``created`` row is due."""
        self.env.cr.execute(
            SQL(
                """SELECT lead_id FROM lead_scoring_score WHERE created_due <= %s
                    ORDER BY created_due LIMIT %s""",
                self.env.cr.now(),
                BATCH,
            )
        )
        return [lead_id for (lead_id,) in self.env.cr.fetchall()]

    @api.model
    def _record_due(self):
        lead_ids = self._due()
        # of a lead that is closed by now it would be hindsight: it gets none
        self.env.cr.execute(
            SQL(
                "UPDATE lead_scoring_score SET created_due = NULL"
                " WHERE lead_id = ANY(%s)",
                lead_ids,
            )
        )
        self._decide(lead_ids, "created")

    @api.model
    def _record_qualified(self, lead_ids, checkpoint):
        """Stamp these leads as qualified, and add their rows; not those that were
        stamped before.

        :param checkpoint: called after each batch, which is its own transaction
        """
        for batch in split_every(BATCH, lead_ids, list):
            retry(self.env.cr, partial(self._qualify, batch), checkpoint)

    @api.model
    def _qualify(self, lead_ids):
        self.env.cr.execute(
            SQL(
                """UPDATE lead_scoring_score SET qualified_at = %s
                    WHERE lead_id = ANY(%s) AND qualified_at IS NULL
                RETURNING lead_id""",
                self.env.cr.now(),
                lead_ids,
            )
        )
        self._decide([lead_id for (lead_id,) in self.env.cr.fetchall()], "qualified")
        self.env["lead.scoring.score"].invalidate_model(["qualified_at"], flush=False)
        self.env["crm.lead"].invalidate_model(["marketing_qualified_date"], flush=False)

    @api.model
    def _decide(self, lead_ids, reason, by_score=False):
        """Add a row with the points per rule, as of now, for those of the leads that
        are scored.

        :param by_score: the score alone decided
        """
        engine = self.env["lead.scoring.engine"]
        leads = self.env["crm.lead"].sudo().browse(lead_ids).exists()
        try:
            with self.env.cr.savepoint(flush=False):
                for company, where in engine._by_company(leads):
                    program = engine._compile(company)
                    self.env.cr.execute(
                        self._decisions(program, where, reason, by_score)
                    )
        except (DataError, ProgrammingError):
            # the next pass marks the rule it is; the others count all the same
            leads = leads.filtered_domain(engine._scored_leads())
            self._record(leads, reason, self._freeze(leads), by_score=by_score)

    @api.model
    def _decisions(self, program, where, reason, by_score):
        """Return the statement that adds a row for the leads of ``program`` that meet
        ``where``, an SQL condition on crm_lead.
        """
        now = SQL("%s::timestamp", self.env.cr.now())
        rules = SQL(
            """COALESCE((SELECT jsonb_object_agg(rule, points)
                 FROM unnest(%s::integer[], ARRAY[%s]::integer[]) AS given(rule, points)
                WHERE points <> 0), '{}')""",
            [rule.id for rule in program.points],
            SQL(", ").join(program.points.values()),
        )
        adjustments = SQL(
            """(SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name,
                       'dimension', dimension, 'points', points) ORDER BY id)
                  FROM lead_scoring_adjustment
                 WHERE lead_id = crm_lead.id AND %s IS NOT NULL AND %s)""",
            program.model,
            self.env["lead.scoring.adjustment"]._unexpired(),
        )
        return SQL(
            """WITH decided AS MATERIALIZED (%(decided)s),
                    recorded AS (
                        UPDATE lead_scoring_score score
                           SET recorded_score = decided.fit + decided.interest
                          FROM decided WHERE decided.lead_id = score.lead_id
                    )
               INSERT INTO lead_scoring_history
                      (lead_id, date, model_id, fit, interest, score, temperature,
                       reason, by_score, rules, adjustments, automated_probability)
               SELECT lead_id, %(now)s, model_id, fit, interest, fit + interest,
                      temperature, %(reason)s, %(by_score)s, rules, adjustments,
                      automated_probability
                 FROM decided""",
            now=now,
            reason=reason,
            by_score=by_score,
            decided=program.select(
                where,
                SQL("crm_lead.id AS lead_id"),
                SQL("crm_lead.temperature"),
                SQL("crm_lead.automated_probability"),
                SQL("%s AS model_id", program.model),
                SQL("%s AS fit", program.total("fit")),
                SQL("%s AS interest", program.total("interest")),
                SQL("%s AS rules", rules),
                SQL("%s AS adjustments", adjustments),
            ),
        )
