import logging
import math
import random
import time
from contextlib import contextmanager

from psycopg2.errors import QueryCanceled

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.compiled_rules import Chunk, CompiledRules
from ...tools.faults import is_by_users
from ...tools.parameters import statement_seconds
from ...tools.retry import retry
from ...tools.temp_table_streams import TempTableStreams
from .lead_scoring_engine_errors import SLOW_SHARE

_logger = logging.getLogger(__name__)


class BrokenDomainError(Exception):
    """Some rule or model could not be applied, or took too long; see ``__cause__``.

    :ivar where: SQL condition on crm_lead of the leads that it was applied to
    :ivar covered: see ``lead.scoring.pass.mixin._new_streams``
    """

    def __init__(self, where, covered):
        super().__init__()
        self.where = where
        self.covered = covered


LEADS_PER_CHUNK = 50_000
"""Leads compared by one statement."""
LEADS_PER_STREAM = 1_000_000
"""Leads whose streams are aggregated by one statement: it would take long for more."""
TEMP_TABLES_FROM = 500
"""From this many leads on, one scan of the streams is faster than subqueries."""
TOUCHED_LEADS_TABLE = "lead_scoring_touched"
"""Temporary table of the leads that an incremental pass covers."""


class LeadScoringPassMixin(models.AbstractModel):
    """Leads that are scored chunk by chunk, and where that stands, so that it can be
    stopped anywhere.

    Chunk by chunk it compares what leads have with what the rules give, writes the
    differences, and hands leads whose temperature or segment changed to the ORM.
    Running it twice changes nothing.
    """

    _name = "lead.scoring.pass.mixin"
    _inherit = "lead.scoring.code.only.mixin"
    _description = "Leads Scored Chunk by Chunk"

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
    # Running
    # ------------------------------------------------------------------

    def _run(self, deadline, checkpoint, silent=False):
        """Score chunk after chunk until done or late.

        :param deadline: ``time.monotonic()`` after which no further chunk is begun
        :param checkpoint: called without arguments wherever the work may be committed
        :param silent: set temperature and segment without firing anything
        :return: whether all is done; what is not, is left to the next run
        """
        self.ensure_one()
        self.env.flush_all()
        where = self._collect_leads()
        self.env["lead.scoring.score"]._link_leads(where)
        if not self._prepare(where, deadline, checkpoint):
            return False
        checkpoint()
        while True:
            try:
                return self._score_chunks(where, deadline, checkpoint, silent)
            except BrokenDomainError as failure:
                suspects = [("error", "=", False)]
                slow = isinstance(failure.__cause__, QueryCanceled)
                found = self._try_domains(
                    suspects,
                    failure.where,
                    checkpoint,
                    slow,
                    failure.covered,
                    deadline + statement_seconds(self.env) / 2,
                )
                if found is None:
                    return False
                if not found:
                    raise failure.__cause__ from None
            # chunks that are done still have the broken rule's points
            self._begin_again()
            checkpoint()

    def _prepare(self, where, deadline, checkpoint):
        """Do what comes before the first chunk, parameters as for :meth:`_run`.

        :param where: SQL condition on crm_lead of the leads to cover
        :return: whether all is done
        """
        return True

    def _begin_again(self):
        """Go back to the first chunk."""
        self.write({"last_lead_id": 0, "lead_count": 0, "match_counts": False})

    def _score_chunks(self, where, deadline, checkpoint, silent):
        touched = self.since and TOUCHED_LEADS_TABLE
        within, spent, begun = None, 0, False
        # once at least: what is applied is known also where no leads are left
        while within is not where:
            started = time.monotonic()
            if within and started + spent > deadline:
                return False
            covered, within = self._next_part(where)
            self._limit_statements()
            # not committed before the first chunk is compared: then what is read of
            # its leads is of one moment
            with self._blaming(within, covered):
                compilations = self._compile(within, covered=covered)
            spent = time.monotonic() - started
            while (upper := self._next_chunk(within)) is not None:
                if begun and not self._may_go_on():
                    return False
                begun = True
                chunk = Chunk(touched, self.last_lead_id, upper)
                if not self._score_chunk(
                    compilations, chunk, deadline, checkpoint, silent
                ):
                    return False
        return self._conclude(deadline, checkpoint)

    def _score_chunk(self, compilations, chunk, deadline, checkpoint, silent):
        """Score the leads of a chunk, other parameters as for :meth:`_run`.

        :return: whether the pass may go on
        """
        with self._blaming(chunk.leads(), chunk):
            counts = self._compare(compilations, chunk)
        checkpoint()
        if not self._apply(chunk, checkpoint, silent):
            return False
        # written now: compared again, these would not differ
        self.change_count = counts["change_count"]
        transition = self.env["lead.scoring.transition"]
        if not transition._follow(chunk.rows(), deadline, checkpoint, silent):
            return False
        # after the crossings: these have a row, and count as no move
        moves = self.env["lead.scoring.history"]._moves(chunk.rows())
        if not silent and not retry(self.env.cr, moves, checkpoint):
            return False
        self.write({"last_lead_id": chunk.upto, **counts})
        # an installation shows nothing else while it scores the leads there are
        _logger.info("%s leads scored, up to id %s", self.lead_count, chunk.upto)
        checkpoint()
        return time.monotonic() <= deadline

    def _conclude(self, deadline, checkpoint):
        """Close it once its last chunk is done, parameters as for :meth:`_run`.

        :return: whether nothing is left to the next run
        """
        self.date_end = fields.Datetime.now()
        checkpoint()
        return True

    def _may_go_on(self):
        """Whether the rules are still those that the leads before were scored by."""
        return True

    @contextmanager
    def _blaming(self, where, covered):
        """Say for which leads some rule or model could not be applied."""
        try:
            yield
        except Exception as error:
            # a rule may raise anything
            if not is_by_users(error):
                raise
            raise BrokenDomainError(where, covered) from error

    def _next_part(self, where):
        """Return of which leads the streams are aggregated next, and the SQL condition
        on crm_lead of those among them that are scored.

        :return: ``(covered, condition)``, see :meth:`_new_streams`; the condition is
            ``where`` itself for the last ones
        """
        covered = self._covered()
        if covered:
            return covered, where
        query = SQL(
            """SELECT id FROM crm_lead
                WHERE id > %s AND %s ORDER BY id OFFSET %s LIMIT 1""",
            self.last_lead_id,
            where,
            LEADS_PER_STREAM,
        )
        beyond = self.env.execute_query(query)
        if not beyond:
            left = self.last_lead_id and Chunk(None, self.last_lead_id)
            return left or None, where
        covered = Chunk(None, self.last_lead_id, beyond[0][0] - 1)
        return covered, SQL("%s AND %s", where, covered.leads())

    def _next_chunk(self, where):
        """Return the id of the last lead of the next chunk, None after the last one."""
        query = SQL(
            """SELECT max(id) FROM (
                   SELECT id FROM crm_lead
                    WHERE id > %s AND %s ORDER BY id LIMIT %s
               ) AS chunk""",
            self.last_lead_id,
            where,
            LEADS_PER_CHUNK,
        )
        self.env.cr.execute(query)
        return self.env.cr.fetchone()[0]

    # ------------------------------------------------------------------
    # Compiling
    # ------------------------------------------------------------------

    def _compile(self, where, draft=None, covered=None):
        """Compile the rules for every company; for many leads, aggregate the streams.
        What can't be compiled is marked.

        :param draft: a model, counted in as if it were published
        :param covered: see :meth:`_new_streams`
        :return: list of :class:`CompiledRules`
        """
        with self.env.cr.savepoint(flush=False):
            compilations = self._compile_unmarked(where, covered, draft=draft)
        for compiled in compilations:
            for record, error in compiled.broken.items():
                record._set_error(error)
        return compilations

    def _compile_unmarked(self, where, covered=None, **kwargs):
        """Compile without marking: errors are in ``broken`` of what is returned.

        :param kwargs: as for ``_compile`` of the engine
        """
        self._tune_statements()
        counts = self._count_leads(where)
        streams = self._new_streams(counts, covered)
        engine = self.env["lead.scoring.engine"]
        compilations = CompiledRules.merge(
            engine._compile(company, streams, **kwargs) for company in counts
        )
        if streams:
            streams.fill(self.env.cr)
        for compiled in compilations:
            compiled.read_at = self.env.cr.now()
        return compilations

    def _new_streams(self, counts, covered=None):
        """Return new :class:`TempTableStreams` where the leads are many, else None.

        :param counts: see :meth:`_count_leads`
        :param covered: :class:`Chunk` of the leads whose streams are read; default:
            those of this pass
        """
        if sum(counts.values()) < TEMP_TABLES_FROM:
            return None
        # sudo: conditions are compiled for a superuser
        leads = self.env["crm.lead"].sudo()
        return TempTableStreams(leads, covered or self._covered())

    def _try_domains(
        self, domain, where, checkpoint, slow=False, covered=None, deadline=math.inf
    ):
        """Try each active rule and live model in ``domain`` alone: mark it if it can't
        be applied, take the mark away if it can. What is found is kept at once.

        :param slow: also if it takes more than its share of the time of a statement,
            on top of reading its source, which all rules of the source need; of those
            without an error the slowest is marked where none does
        :param covered: see :meth:`_new_streams`
        :param deadline: ``time.monotonic()`` after which no further one is tried; one
            is, however late it is
        :return: whether one is marked; None where none is, and not all were tried
        """
        most = statement_seconds(self.env)
        share = most / SLOW_SHARE if slow else most
        records = self._suspects(domain)
        counts = self._count_leads(where) if records else {}
        found, taken, reading = False, {}, {"lead": 0}
        for record in records:
            if taken and time.monotonic() > deadline:
                return found or None
            source = record.source if slow and "source" in record else "lead"
            if source not in reading:
                reading[source] = self._seconds_to_read(source, counts, where, covered)
                checkpoint()
            limit = min(most, reading[source] + share)
            error, spent = self._try_domain(record, counts, where, covered, limit)
            taken[record] = spent - reading[source]
            found |= record._set_error(error)
            checkpoint()
        if slow and not found and ("error", "=", False) in domain and taken:
            slowest = max(taken, key=taken.get)
            error = self.env["lead.scoring.engine"]._too_slow(slowest)
            found = slowest._set_error(error)
            checkpoint()
        return found

    @api.model
    def _suspects(self, domain):
        """Return the active rules and live models in ``domain``, by chance: a run that
        has no time for all tries others each time.
        """
        # sudo: those of all companies
        rules = self.env["lead.scoring.rule"].sudo().search(domain)
        live = [("state", "=", "live"), *domain]
        records = [*self.env["lead.scoring.model"].sudo().search(live), *rules]
        random.shuffle(records)
        return records

    def _seconds_to_read(self, source, counts, where, covered):
        """Return the seconds that it takes to count all records of a source, whatever
        rules ask of them; 0 where that alone takes too long: then no rule may count
        them, for there would be no time left to try others.
        """
        values = {"source": source, "domain": "[]", "value": 1, "minimum_count": 1}
        # sudo: a rule that is never saved
        rule = self.env["lead.scoring.rule"].sudo().new(values)
        limit = statement_seconds(self.env) / 4
        error, spent = self._try_domain(rule, counts, where, covered, limit)
        return 0 if error else spent

    def _try_domain(self, record, counts, where, covered, limit):
        """Apply a rule or model alone, parameters as for :meth:`_try_domains`.

        :return: the exception that it raises, or None, and the seconds it took
        """
        self._tune_statements()
        started = time.monotonic()
        streams = self._new_streams(counts, covered)
        engine = self.env["lead.scoring.engine"]
        error = engine._try(record, counts, where, streams, seconds=limit)
        return error, time.monotonic() - started
