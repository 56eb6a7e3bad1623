from collections import Counter
from dataclasses import replace
from itertools import pairwise

from odoo import api, models
from odoo.tools import SQL

from ...tools import score_row
from ...tools.parameters import statement_seconds
from ...tools.retry import retry

LEADS_PER_UPDATE = 2_000
"""Leads whose numbers one transaction writes."""
WORK_MEMORY = "32MB"
"""PostgreSQL's ``work_mem``, where it is less. With the usual 4 MB it would group
millions of page views in many small steps on disk; more than this gains nothing.
"""


class LeadScoringPassMixin(models.AbstractModel):
    """What a pass does with the leads of a chunk: compare, and write what differs."""

    _inherit = "lead.scoring.pass.mixin"

    @api.model
    def _tune_statements(self):
        """Until the next commit, have PostgreSQL expect statements over many leads:
        give it memory to group what they have, and let it compile nothing to machine
        code, which costs more than it saves where the terms are so many.
        """
        statement = SQL(
            """SET LOCAL jit = off;
               SELECT set_config('work_mem', %(memory)s, TRUE)
                WHERE pg_size_bytes(current_setting('work_mem'))
                      < pg_size_bytes(%(memory)s)""",
            memory=WORK_MEMORY,
        )
        self.env.cr.execute(statement)

    @api.model
    def _limit_statements(self):
        """Until the next commit, let no statement take longer than one of a pass may:
        one slow rule would keep all others from being applied.
        """
        self._tune_statements()
        milliseconds = int(1000 * statement_seconds(self.env))
        self.env.cr.execute(SQL("SET LOCAL statement_timeout = %s", milliseconds))

    def _matches(self):
        """Return the Counter of the leads with points so far, by the rule's id."""
        with self._reading("match_counts"):
            counts = (self.match_counts or {}).items()
            return Counter({str(int(rule)): int(count) for rule, count in counts})
        return Counter()

    def _compare(self, compilations, chunk):
        """Collect in a temporary table the leads of the chunk whose numbers differ.

        :param compilations: list of :class:`CompiledRules`
        :return: the values of this pass once the chunk is done
        """
        self._limit_statements()
        self.env.cr.execute(score_row.create_results())
        matches = self._matches()
        lead_count, change_count = self.lead_count, self.change_count
        for compiled in compilations:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(compiled.compare(chunk))
                leads, changes, counts = self.env.cr.fetchone()
            lead_count += leads
            change_count += changes
            for rule, count in zip(compiled.points, counts, strict=True):
                matches[str(rule.id)] += count
        return {
            "lead_count": lead_count,
            "change_count": change_count,
            "match_counts": dict(matches),
        }

    def _apply(self, chunk, checkpoint, silent):
        """Write the collected numbers, briefly, except over rows that a save or another
        pass has written meanwhile: those are newer. Take those of the leads of the
        chunk that are not to be scored.

        :param silent: have the history count moves from these numbers
        :return: whether all are written; not those that other transactions keep
            changing
        """
        done = True
        for part in self._parts(chunk):
            done &= retry(self.env.cr, self._update(part, silent), checkpoint)
        reset = self.env["lead.scoring.score"]._reset(chunk.rows())
        done &= retry(self.env.cr, reset, checkpoint)
        self.env["crm.lead"]._invalidate_scores()
        self.env["lead.scoring.transition"]._invalidate_leads()
        return done

    @api.model
    def _parts(self, chunk):
        """Return parts of the chunk with few collected leads each: the longer a
        statement writes, the likelier a user saves one of its leads meanwhile.
        """
        query = SQL(
            """SELECT lead_id
                 FROM (SELECT lead_id, row_number() OVER (ORDER BY lead_id) AS number
                         FROM lead_scoring_result) AS numbered
                WHERE number %% %s = 0 ORDER BY lead_id""",
            LEADS_PER_UPDATE,
        )
        bounds = [lead_id for (lead_id,) in self.env.execute_query(query)]
        return [
            replace(chunk, above=above, upto=upto)
            for above, upto in pairwise([chunk.above, *bounds, chunk.upto])
        ]

    @api.model
    def _update(self, part, silent):
        """Return the statement that writes the collected numbers of a part."""
        statement = SQL(
            "%s AND new.written_at IS NOT DISTINCT FROM %s AND %s AND %s",
            score_row.update(
                score_row.from_results(),
                SQL("lead_scoring_result new"),
                SQL("%s::timestamp", self.env.cr.now()),
                recorded_score=score_row.TOTAL
                if silent
                else SQL("score.recorded_score"),
            ),
            score_row.WRITTEN_AT,
            part.within("new", "lead_id"),
            part.within("score", "lead_id"),
        )
        results = SQL(
            "score.lead_id IN (SELECT lead_id FROM lead_scoring_result new WHERE %s)",
            part.within("new", "lead_id"),
        )
        silencing = self.env["lead.scoring.transition"]._silencing(results)
        if silencing:
            before, after = silencing
            return SQL("%s; %s; %s", before, statement, after)
        return statement
