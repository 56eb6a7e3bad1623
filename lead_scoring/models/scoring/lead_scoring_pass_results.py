from collections import Counter

from odoo import api, models
from odoo.tools import SQL

from ...tools import score_row
from ...tools.retry import retry


class LeadScoringPass(models.Model):
    """What a pass does with the leads of a chunk: compare, and write what differs."""

    _inherit = "lead.scoring.pass"

    @api.model
    def _skip_jit(self):
        """Until the next commit: compiling statements of so many terms to machine code
        costs more than it saves.
        """
        self.env.cr.execute("SET LOCAL jit = off")

    def _compare(self, compilations, chunk):
        """Collect in a temporary table the leads of the chunk whose numbers differ.

        :param compilations: list of :class:`CompiledRules`
        """
        self._skip_jit()
        self.env.cr.execute(score_row.create_results())
        matches = Counter(self.match_counts or {})
        for compiled in compilations:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(compiled.compare(chunk))
                leads, changes, counts = self.env.cr.fetchone()
            self.lead_count += leads
            self.change_count += changes
            for rule, count in zip(compiled.points, counts, strict=True):
                matches[str(rule.id)] += count
        self.match_counts = dict(matches)

    def _apply(self, chunk, checkpoint, silent):
        """Write the collected numbers, briefly, except over rows computed together with
        a change of the lead meanwhile: those are newer. Take those of the leads of the
        chunk that are not to be scored.

        :param silent: have the history count moves from these numbers
        """
        statement = SQL(
            "%s AND new.computed_at IS NOT DISTINCT FROM score.computed_at",
            score_row.update(
                score_row.from_results(),
                SQL("lead_scoring_result new"),
                SQL("%s::timestamp", self.env.cr.now()),
                recorded_score=score_row.TOTAL
                if silent
                else SQL("score.recorded_score"),
            ),
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
