import json
import math
import time
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

from psycopg2 import DataError, ProgrammingError

from odoo import api, fields, models
from odoo.tools import SQL, config

from odoo.addons.base.models.ir_cron import MIN_TIME_PER_JOB

from ...tools.prepared import Prepared
from ...tools.program import Chunk, Program
from ...tools.retry import retry

DEFAULT_LIMIT = 1200
"""Seconds a scheduled action works where Odoo sets no limit."""


class BrokenDomainError(Exception):
    """The database could not apply some rule's or model's domain.

    :ivar where: SQL condition on crm_lead of the leads that it was applied to
    """

    def __init__(self, where):
        super().__init__()
        self.where = where


RULE_ERRORS = (DataError, ProgrammingError)
"""What a rule's domain can cause in the database; anything else is not its fault."""
CHUNK = 50_000
"""Leads compared by one statement."""
PREPARE_FROM = 500
"""From this many leads on, one scan of the streams beats subqueries per lead."""
TOUCHED = "lead_scoring_touched"
"""Temporary table of the leads that an incremental pass covers."""
OVERLAP = timedelta(minutes=15)
"""How far an incremental pass looks back before the start of the last one, for what
was written before and committed after."""


class LeadScoringPass(models.Model):
    """Where a pass over the leads stands, so that it can be stopped anywhere.

    A pass compares chunk by chunk what leads have with what the rules give, writes the
    differences, and hands leads whose temperature or segment changed to the ORM.
    Running one twice changes nothing.
    """

    _name = "lead.scoring.pass"
    _description = "Lead Scoring Pass"
    _log_access = False
    _order = "id desc"

    kind = fields.Selection(
        selection=[("incremental", "What Changed"), ("full", "All Leads")],
        required=True,
        readonly=True,
        help="Hourly passes cover what changed, nightly ones all leads.",
    )
    date_start = fields.Datetime(
        string="Started On", required=True, readonly=True, help="When it began."
    )
    date_end = fields.Datetime(
        string="Finished On",
        readonly=True,
        help="When it was done; empty while it runs or waits to go on.",
    )
    since = fields.Datetime(
        string="Changes Since",
        readonly=True,
        help="An incremental pass covers what changed since then.",
    )
    last_lead_id = fields.Integer(
        string="Up to Lead",
        readonly=True,
        help="Leads up to this identifier are done.",
    )
    lead_count = fields.Integer(
        string="Leads Compared", readonly=True, help="Leads looked at so far."
    )
    change_count = fields.Integer(
        string="Scores Changed",
        readonly=True,
        help="Leads whose points, bands or model changed.",
    )
    match_counts = fields.Json(
        readonly=True, help="Leads with points so far, by the rule's id."
    )

    # ------------------------------------------------------------------
    # Starting
    # ------------------------------------------------------------------

    @api.model
    def _start(self, full):
        """Return the pass to run: the unfinished one of this kind, or a new one.

        A change of rules while a pass waited makes what it has done worthless, so it
        begins again.
        """
        kind = "full" if full else "incremental"
        self.env["lead.scoring.model"].flush_model(["changed_at", "state"])
        self.env.cr.execute(
            "SELECT max(changed_at) FROM lead_scoring_model WHERE state <> 'draft'"
        )
        changed = self.env.cr.fetchone()[0]
        unfinished = self.search([("kind", "=", kind), ("date_end", "=", False)])
        waiting = unfinished[:1]
        (unfinished - waiting).unlink()
        if waiting and not (changed and changed > waiting.date_start):
            return waiting
        waiting.unlink()
        return self.create(
            {
                "kind": kind,
                "date_start": self.env.cr.now(),
                "since": not full and self._uncovered_since(changed),
            }
        )

    @api.model
    def _uncovered_since(self, changed):
        """Return since when changes may not be covered by a finished pass; False when
        everything has to be scored again.

        :param changed: when a rule or model last changed, or None
        """
        last = self.search(
            [("date_end", "!=", False)], order="date_start desc", limit=1
        )
        since = last and last.date_start - OVERLAP
        return False if not last or (changed and changed >= since) else since

    # ------------------------------------------------------------------
    # Running
    # ------------------------------------------------------------------

    @api.model
    def _deadlines(self):
        """Return until when, in ``time.monotonic()``, a scheduled action may score, and
        convert: a half and four fifths of the time that its worker has. Counted from
        the start of the job, within which Odoo calls an action several times.
        """
        limit = config["limit_time_real_cron"]
        if limit < 0:
            limit = config["limit_time_real"]
        limit = limit or DEFAULT_LIMIT
        end = self.env.context.get("cron_end_time")
        start = end - MIN_TIME_PER_JOB if end else time.monotonic()
        return start + limit / 2, start + limit * 4 / 5

    def _run(self, deadline, checkpoint, silent=False):
        """Score chunk after chunk until done or late.

        :param deadline: ``time.monotonic()`` after which no further chunk is begun
        :param checkpoint: called without arguments wherever the work may be committed
        :param silent: set temperature and segment without firing anything
        :return: whether the pass is finished
        """
        self.ensure_one()
        self.env.flush_all()
        where = self._collect_leads()
        self.env["lead.scoring.score"]._link_leads(where)
        if not self.since and not self.last_lead_id:
            # a new night, a new try
            self._try_domains([("error", "!=", False)], where, checkpoint)
        checkpoint()
        while True:
            try:
                return self._score_chunks(where, deadline, checkpoint, silent)
            except BrokenDomainError as failure:
                suspects = [("error", "=", False)]
                if not self._try_domains(suspects, failure.where, checkpoint):
                    raise failure.__cause__ from None
            # what the broken rule gave so far has to be taken back: begin again
            self.write({"last_lead_id": 0, "lead_count": 0, "match_counts": False})
            checkpoint()

    def _score_chunks(self, where, deadline, checkpoint, silent):
        with self._blaming(where):
            programs = self._compile(where)
        history = self.env["lead.scoring.history"]
        while (upper := self._next_chunk(where)) is not None:
            chunk = Chunk(self.since and TOUCHED, self.last_lead_id, upper)
            with self._blaming(chunk.leads()):
                self._compare(programs, chunk)
            checkpoint()
            self._apply(chunk, checkpoint, silent)
            transition = self.env["lead.scoring.transition"]
            if not transition._follow(chunk.rows(), deadline, checkpoint, silent):
                return False
            if not silent:
                # what crossed a threshold has its row
                retry(self.env.cr, history._moves(chunk.rows()), checkpoint)
            self.last_lead_id = upper
            checkpoint()
            if time.monotonic() > deadline:
                return False
        if not history._record_created(deadline, checkpoint):
            return False
        self._finish()
        checkpoint()
        return True

    @contextmanager
    def _blaming(self, where):
        """Say for which leads the database could not apply some domain."""
        try:
            yield
        except RULE_ERRORS as error:
            raise BrokenDomainError(where) from error

    def _collect_leads(self):
        """Return the SQL condition on crm_lead of the leads to cover. Those of an
        incremental pass are collected in a temporary table.
        """
        if not self.since:
            return SQL("TRUE")
        self._skip_jit()
        sources = self.env["lead.scoring.source"]
        queries = [
            SQL("SELECT id FROM crm_lead WHERE write_date >= %s", self.since),
            sources._touched_visitors(self.since),
            sources._touched_by_won(self.since),
            self.env["lead.scoring.adjustment"]._touched(self.since),
        ]
        for source in sources._get_all().values():
            queries.append(sources._touched(source, self.since))
        touched = SQL.identifier(TOUCHED)
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", touched))
        query = SQL(" UNION ").join(queries)
        self.env.cr.execute(SQL("CREATE TEMPORARY TABLE %s AS %s", touched, query))
        self.env.cr.execute(SQL("ANALYZE %s", touched))
        # an array, for a join would come after all others, which read every lead
        return SQL("crm_lead.id = ANY(ARRAY(SELECT id FROM %s))", touched)

    def _next_chunk(self, where):
        """Return the id of the last lead of the next chunk, None after the last one."""
        self.env.cr.execute(
            SQL(
                """SELECT max(id) FROM (
                       SELECT id FROM crm_lead
                        WHERE id > %s AND %s ORDER BY id LIMIT %s
                   ) AS chunk""",
                self.last_lead_id,
                where,
                CHUNK,
            )
        )
        return self.env.cr.fetchone()[0]

    def _finish(self):
        """Close the pass; after a full one, publish the rules' numbers of matches."""
        if not self.since:
            self.env.cr.execute(
                SQL(
                    """UPDATE lead_scoring_rule rule
                          SET match_count = COALESCE(
                                  (%s::jsonb ->> rule.id::text)::integer, 0)""",
                    json.dumps(self.match_counts or {}),
                )
            )
            self.env["lead.scoring.rule"].invalidate_model(["match_count"], flush=False)
            self.env["lead.scoring.model"]._end_silence(self.date_start - OVERLAP)
        self.date_end = fields.Datetime.now()

    # ------------------------------------------------------------------
    # Compiling
    # ------------------------------------------------------------------

    def _compile(self, where, prepare_from=None, **only):
        """Compile the rules for every company; for many leads, aggregate the streams.

        :param prepare_from: number of leads from which on to do so
        :param only: ``rules``, ``scopes`` or ``draft``, see the engine's ``_compile``
        :return: list of :class:`Program`
        """
        self._skip_jit()
        self.env.cr.execute(
            SQL(
                """SELECT company_id, count(*) FROM crm_lead
                    WHERE active AND %s GROUP BY company_id""",
                where,
            )
        )
        counts = dict(self.env.cr.fetchall())
        prepared = None
        if sum(counts.values()) >= (prepare_from or PREPARE_FROM):
            leads = self.env["crm.lead"].sudo()
            prepared = Prepared(leads, self.since and TOUCHED)
        engine = self.env["lead.scoring.engine"]
        companies = self.env["res.company"]
        with self.env.cr.savepoint(flush=False):
            programs = Program.merge(
                engine._compile(companies.browse(company_id or ()), prepared, **only)
                for company_id in counts
            )
            if prepared:
                prepared.fill(self.env.cr)
        for program in programs:
            for record, error in program.broken.items():
                record._set_error(error)
        return programs

    def _try_domains(self, domain, where, checkpoint):
        """Try each active rule and live model in ``domain`` alone: mark it if it can't
        be applied, take the mark away if it can. What is found is kept at once.

        :return: whether one can't be applied
        """
        rules = self.env["lead.scoring.rule"].sudo().search(domain)
        live = [("state", "=", "live"), *domain]
        found = False
        for record in (*self.env["lead.scoring.model"].sudo().search(live), *rules):
            found |= record._set_error(self._try(record, where))
            checkpoint()
        return found

    def _try(self, record, where):
        """Return the exception that applying a rule or model to the leads raises."""
        no_rule = self.env["lead.scoring.rule"].sudo()
        is_rule = record._name == no_rule._name
        only = {"rules": record} if is_rule else {"rules": no_rule, "scopes": record}
        try:
            # one rule is not worth preparing for
            for program in self._compile(where, prepare_from=math.inf, **only):
                if record in program.broken:
                    return program.broken[record]
                terms = program.points.values() if is_rule else [program.model]
                for term in terms:
                    with self.env.cr.savepoint(flush=False):
                        self.env.cr.execute(program.select(where, SQL("SUM(%s)", term)))
        except RULE_ERRORS as error:
            return error
        return None

    # ------------------------------------------------------------------
    # Comparing and applying
    # ------------------------------------------------------------------

    @api.model
    def _skip_jit(self):
        """Until the next commit: compiling statements of so many terms to machine code
        costs more than it saves.
        """
        self.env.cr.execute("SET LOCAL jit = off")

    def _compare(self, programs, chunk):
        """Collect in a temporary table the leads of the chunk whose numbers differ."""
        self._skip_jit()
        self.env.cr.execute("DROP TABLE IF EXISTS lead_scoring_result")
        self.env.cr.execute(
            """CREATE TEMPORARY TABLE lead_scoring_result (
                   lead_id int, model_id int, fit int, interest int,
                   fit_band varchar, interest_band varchar, computed_at timestamp
               )"""
        )
        matches = Counter(self.match_counts or {})
        for program in programs:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(program.compare(chunk))
                leads, changes, counts = self.env.cr.fetchone()
            self.lead_count += leads
            self.change_count += changes
            for rule, count in zip(program.points, counts, strict=True):
                matches[str(rule.id)] += count
        self.match_counts = dict(matches)

    def _apply(self, chunk, checkpoint, silent):
        """Write the collected numbers, briefly, except over rows computed together with
        a change of the lead meanwhile: those are newer. Take those of the leads of the
        chunk that are not to be scored.

        :param silent: have the history count moves from these numbers
        """
        recorded = (
            SQL("new.fit + new.interest") if silent else SQL("score.recorded_score")
        )
        now = SQL("%s::timestamp", self.env.cr.now())
        statement = SQL(
            """UPDATE lead_scoring_score score
                  SET model_id = new.model_id, fit = new.fit, interest = new.interest,
                      score = new.fit + new.interest,
                      fit_band = new.fit_band, interest_band = new.interest_band,
                      recorded_score = %s,
                      scored_at = CASE
                          WHEN (score.fit, score.interest)
                               IS DISTINCT FROM (new.fit, new.interest)
                          THEN %s ELSE score.scored_at END
                 FROM lead_scoring_result new
                WHERE new.lead_id = score.lead_id
                  AND new.computed_at IS NOT DISTINCT FROM score.computed_at""",
            recorded,
            now,
        )
        transition = self.env["lead.scoring.transition"]
        results = SQL("score.lead_id IN (SELECT lead_id FROM lead_scoring_result)")
        if silencing := transition._silencing(results):
            before, after = silencing
            statement = SQL("%s; %s; %s", before, statement, after)
        retry(self.env.cr, statement, checkpoint)
        reset = self.env["lead.scoring.score"]._reset(chunk.rows())
        retry(self.env.cr, reset, checkpoint)
        self.env["crm.lead"]._invalidate_scores()
        if silencing:
            transition._invalidate_leads()

    @api.autovacuum
    def _gc_passes(self):
        """Forget passes of more than a month ago."""
        month_ago = fields.Datetime.now() - timedelta(days=30)
        self.search([("date_end", "<", month_ago)]).unlink()
