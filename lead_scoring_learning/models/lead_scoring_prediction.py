import logging
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.lead_scoring.tools.compiled_rules import Chunk
from odoo.addons.lead_scoring.tools.faults import is_by_users
from odoo.addons.lead_scoring.tools.retry import retry
from odoo.addons.lead_scoring.tools.temp_table_streams import TempTableStreams

from .lead_scoring_sample import Asked

_logger = logging.getLogger(__name__)

LEADS_TO_PREDICT = "lead_scoring_to_predict"
"""Temporary table with the ids of the leads to predict."""
LEADS_PER_STATEMENT = 50_000
MAX_WEIGHT = 1000
"""No learned weight is larger, in log-odds: e to the 50 is more than any chance."""
MIN_CHANGE = 0.0005
"""A smaller change of a probability is not written."""


class LeadScoringPrediction(models.Model):
    """A version of what was learned about the leads of a model: the probability of a
    lead to be won, from conditions each of which has a weight.
    """

    _name = "lead.scoring.prediction"
    _inherit = "lead.scoring.job"
    _description = "Win Prediction"
    _order = "id desc"
    _rec_name = "model_id"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env["lead.scoring.model"].search(
            [("state", "=", "live")], limit=1
        ),
        help="Whose leads it is about.",
    )
    company_id = fields.Many2one(
        related="model_id.company_id", store=True, help="The company of the model."
    )
    state = fields.Selection(
        selection=[
            ("new", "Not Used Yet"),
            ("current", "In Use"),
            ("retired", "Retired"),
            ("rejected", "Worse"),
        ],
        default="new",
        required=True,
        readonly=True,
        copy=False,
        help="One version of each model is in use. A new one that ranks the newest "
        "deals clearly worse is kept, but not used.",
    )
    trained_at = fields.Datetime(
        string="Trained On", readonly=True, copy=False, help="When it was learned."
    )
    predicted_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="Technical: since when changes of leads are not accounted for.",
    )
    lead_count = fields.Integer(
        string="Closed Leads",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Won and lost leads it was learned from.",
    )
    won_count = fields.Integer(
        string="Won", readonly=True, copy=False, aggregator=None, help="Those won."
    )
    auc = fields.Float(
        string="AUC",
        readonly=True,
        copy=False,
        digits=(4, 3),
        aggregator=None,
        help="Learned from the older leads, how often it ranks a won lead of the "
        "newest fifth above a lost one: 0.5 is chance, 1 is perfect.",
    )
    auc_before = fields.Float(
        string="AUC of the Version Before",
        readonly=True,
        copy=False,
        digits=(4, 3),
        aggregator=None,
        help="How well the version that was in use then ranks the same leads, had it "
        "learned from the same older leads.",
    )
    calibration_error = fields.Float(
        readonly=True,
        copy=False,
        digits=(4, 3),
        aggregator=None,
        help="How far, on average, the probabilities of the newest fifth are from the "
        "share that was won (ECE): 0.03 means three points in a hundred.",
    )
    intercept = fields.Float(
        readonly=True, copy=False, help="Log-odds of a lead that meets no condition."
    )
    conditions = fields.Json(
        readonly=True,
        copy=False,
        help="Technical: the conditions with their weights, in log-odds.",
    )

    # ------------------------------------------------------------------
    # Versions
    # ------------------------------------------------------------------

    @api.model
    def _get_current(self, scoring_model, company):
        """Return the version that is in use for a model's leads of a company, if any.

        :param company: a res.company record, empty for leads without company
        """
        current = self.search(
            [("model_id", "=", scoring_model.id), ("state", "=", "current")]
        )
        # the newest first
        return current.filtered(lambda version: company <= version.company_ids)[:1]

    def _get_replaced(self):
        """Return the versions in use that this one can replace, the newest first: for
        leads of other companies nothing was learned here.
        """
        current = self.search(
            [("model_id", "=", self.model_id.id), ("state", "=", "current")]
        )
        return (current - self).filtered(lambda v: v.company_ids <= self.company_ids)

    def action_use(self):
        """Use this version instead of the one in use."""
        self.ensure_one()
        self.check_access("write")
        if not self.conditions:
            raise UserError(self.env._("Nothing was learned in this version."))
        self.check_access("write")
        # sudo: only code sets the state, and no other version may stay in use
        version = self.sudo()
        version._get_replaced().state = "retired"
        version.write({"state": "current", "predicted_at": False})
        self._ask_to_predict()

    def _ask_to_predict(self):
        # without it, if somebody has deleted it, the leads keep what was predicted
        if cron := self.env.ref("lead_scoring_learning.ir_cron_predict", False):
            # sudo: a scoring manager has no right on scheduled actions
            cron.sudo()._trigger()

    def action_train(self):
        """Learn, in the background, whether this is a new version or failed before."""
        self.ensure_one()
        self.check_access("write")
        if self.conditions:
            raise UserError(self.env._("A version is learned once. Make a new one."))
        self._queue()

    @api.model
    def _cron_train(self):
        """Learn a new version for each that is in use of a live model."""
        for version in self.search([("state", "=", "current")]):
            waiting = self.search(
                [
                    ("model_id", "=", version.model_id.id),
                    ("job_state", "in", ("queued", "running")),
                ]
            )
            companies = version._get_companies()
            if version.model_id.state == "live" and not waiting.filtered(
                lambda job, companies=companies: job.company_ids == companies
            ):
                new = self.create({"model_id": version.model_id.id})
                # asked for by the same user; sudo: who may no longer have the right
                new.with_user(version.user_id).sudo()._queue(companies)

    # ------------------------------------------------------------------
    # Open leads
    # ------------------------------------------------------------------

    @api.model
    def _cron_predict(self, full=False):
        """Predict the open leads that have changed since last time, or all."""
        checkpoint = self.env["ir.cron"]._commit_progress
        versions = self.search([("state", "=", "current")])
        # without conditions, a version says nothing of a lead
        versions = versions.filtered(lambda version: version._asked()[0])
        self._forget(versions)
        checkpoint()
        for version in versions.filtered(lambda v: v.model_id.state == "live"):
            try:
                version._predict(checkpoint, full)
            except Exception as error:
                # a condition may raise anything, or take too long
                if not is_by_users(error):
                    raise
                self.env.cr.rollback()
                _logger.exception("%s could not be applied", version)
        checkpoint(remaining=0)

    @api.model
    def _forget(self, versions):
        """Clear the probability of leads that no version in use is for."""
        served = [
            (version.model_id.id, company_id)
            for version in versions
            for company_id in (0, *version.company_ids.ids)
        ]
        self.env.cr.execute(
            """UPDATE lead_scoring_score score SET win_probability = NULL
                 FROM crm_lead lead
                WHERE lead.id = score.lead_id AND score.win_probability IS NOT NULL
                  AND NOT EXISTS (
                      SELECT FROM unnest(%s::integer[], %s::integer[])
                               AS served(model_id, company_id)
                       WHERE served.model_id = score.model_id
                         AND served.company_id = COALESCE(lead.company_id, 0))""",
            [[pair[0] for pair in served], [pair[1] for pair in served]],
        )
        self.env["lead.scoring.score"].invalidate_model(flush=False)

    def _asked(self):
        """Return the conditions, and their weights."""
        asked, weights = [], []
        with self._reading("conditions"):
            for condition in self.conditions or ():
                words = Asked(*map(str, condition["asked"]))
                weight = float(condition["weight"])
                if not abs(weight) <= MAX_WEIGHT:
                    raise ValueError(weight)
                asked.append(words)
                weights.append(weight)
            return asked, weights
        return [], []

    def _predict(self, checkpoint, full=False):
        """Write the probability of open leads of the model.

        :param checkpoint: called without arguments to commit
        :param full: all of them; else those with a new score or none yet
        """
        self.ensure_one()
        started = self.env.cr.now()
        full = full or not self.predicted_at
        self.env.flush_all()
        self._limit_statements()
        if not full and not self._note_leads_to_predict():
            self.predicted_at = started
            return
        asked, weights = self._asked()
        served = self._served_leads()
        # sudo: all open leads of the model are predicted
        table = None if full else LEADS_TO_PREDICT
        streams = TempTableStreams(self.env["crm.lead"].sudo(), Chunk(table))
        sample = self.env["lead.scoring.sample"].sudo()
        rules = sample._rules(asked)
        compilations = sample._compilations(rules, streams)
        checkpoint()
        self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM crm_lead")
        [last] = self.env.cr.fetchone()
        for above in range(0, last, LEADS_PER_STATEMENT):
            up_to = above + LEADS_PER_STATEMENT
            leads = SQL(
                "crm_lead.id > %s AND crm_lead.id <= %s AND %s", above, up_to, served
            )
            if table:
                ids = SQL("SELECT id FROM %s", SQL.identifier(table))
                leads = SQL("%s AND crm_lead.id IN (%s)", leads, ids)
            for compiled in compilations:
                statement = self._statement(compiled, rules, weights, leads)
                retry(self.env.cr, partial(self._execute, statement), checkpoint)
        streams.drop(self.env.cr)
        self.env["lead.scoring.score"].invalidate_model(flush=False)
        self.predicted_at = started
        checkpoint()

    def _served_leads(self):
        """Return the SQL condition on crm_lead of the leads of the companies that the
        version is in use for; without company, those of the newest version.
        """
        none = self.env["res.company"]
        served = [
            company.id
            for company in (none, *self.company_ids)
            if self._get_current(self.model_id, company) == self
        ]
        return SQL(
            "COALESCE(crm_lead.company_id, 0) = ANY(%s)",
            [company_id or 0 for company_id in served],
        )

    def _limit_statements(self):
        # sudo: settings of the transaction, no record is read
        self.env["lead.scoring.pass"].sudo()._limit_statements()

    def _execute(self, statement):
        self._limit_statements()
        self.env.cr.execute(statement)

    def _note_leads_to_predict(self):
        """Note the leads with a new score, or no probability yet; return how many."""
        table = SQL.identifier(LEADS_TO_PREDICT)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", table))
        self.env.cr.execute(
            SQL(
                """CREATE TEMPORARY TABLE %s AS
                   SELECT lead_id AS id FROM lead_scoring_score
                    WHERE model_id = %s
                      AND (win_probability IS NULL
                           OR GREATEST(scored_at, computed_at) >= %s)""",
                table,
                self.model_id.id,
                self.predicted_at,
            )
        )
        return self.env.cr.rowcount

    def _statement(self, compiled, rules, weights, leads):
        """Return the statement that writes the probabilities of some leads.

        :param leads: SQL condition on crm_lead
        """
        return SQL(
            """UPDATE lead_scoring_score score SET win_probability = new.probability
                 FROM (%(new)s) AS new
                WHERE new.lead_id = score.lead_id AND score.model_id = %(model)s
                  AND (score.win_probability IS NULL
                       OR abs(score.win_probability - new.probability) >= %(step)s)""",
            new=compiled.select(
                leads,
                SQL("crm_lead.id AS lead_id"),
                SQL("%s AS probability", self._probability(compiled, rules, weights)),
            ),
            model=self.model_id.id,
            step=MIN_CHANGE,
        )

    def _probability(self, compiled, rules, weights):
        """Return the SQL of the probability to be won, between 0 and 1."""
        points = {rule.id: expression for rule, expression in compiled.points.items()}
        terms = [
            SQL("CASE WHEN %s <> 0 THEN %s ELSE 0 END", points[rule.id], weight)
            for rule, weight in zip(rules, weights, strict=True)
            if rule.id in points
        ]
        log_odds = SQL(" + ").join([SQL("%s::float8", self.intercept), *terms])
        # PostgreSQL refuses exponents that are out of the range of its numbers
        return SQL("1 / (1 + exp(-GREATEST(-50, LEAST(50, %s))))", log_odds)

    def _weights_of(self, lead):
        """Return the probability of an open lead as of now, and ``[(weight, name)]`` of
        the conditions that it meets; None and none for a closed one.
        """
        asked, weights = self._asked()
        # sudo: who may read the lead may see its reasons, whatever the conditions read
        lead = lead.sudo()
        self.env.flush_all()
        engine = self.env["lead.scoring.engine"].sudo()
        rules = self.env["lead.scoring.sample"].sudo()._rules(asked)
        compiled = engine._compile(
            lead.company_id, rules=rules, scopes=self.env["lead.scoring.model"]
        )
        where = SQL("crm_lead.id = %s", lead.id)
        bits = self.env["lead.scoring.sample"]._bits(compiled, rules)
        probability = self._probability(compiled, rules, weights)
        self.env.cr.execute(compiled.select(where, probability, bits))
        row = self.env.cr.fetchone()
        if not row:
            return None, []
        met = row[1].strip("{}").split(",")
        found = zip(met, weights, asked, strict=True)
        return row[0], [
            (weight, condition.name) for bit, weight, condition in found if bit == "t"
        ]
