from contextlib import closing

from psycopg2.errors import QueryCanceled

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.compiled_rules import Chunk
from ...tools.faults import limited
from .lead_scoring_simulator import NOW, THEN
from .lead_scoring_simulator_errors import SOUND_LEADS

SAMPLE = "lead_scoring_looked_at"
"""Temporary table: the ``id`` of the leads that are looked at while a user waits."""
SECONDS = 20
"""How long a statement may take that scores them."""


class LeadScoringSimulator(models.AbstractModel):
    """Looks at the newest leads, as many as take seconds: which of them match a rule,
    and which would move if it were changed.
    """

    _inherit = "lead.scoring.simulator"

    @api.model
    def _sample_newest(self):
        """Make a temporary table with the newest scored leads that the user may read.

        :return: their number if there may be more, else False
        """
        table = SQL.identifier(SAMPLE)
        scored = self.env["lead.scoring.engine"]._scored_leads()
        newest = self.env["crm.lead"]._search(
            scored, order="id desc", limit=SOUND_LEADS
        )
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS %s", table))
        self.env.cr.execute(
            SQL(
                "CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", table, newest.select()
            )
        )
        count = self.env.cr.rowcount
        self.env.cr.execute(SQL("ANALYZE %s", table))
        return count if count == SOUND_LEADS else False

    @api.model
    def _in_sample(self):
        """Return the SQL condition on crm_lead of the leads in the table."""
        return SQL(
            "crm_lead.id = ANY(ARRAY(SELECT id FROM %s))", SQL.identifier(SAMPLE)
        )

    @api.model
    def _match_sample(self, rule, draft):
        """Return queries of ``id``, ``temperature`` and ``matches`` of the leads in the
        sample that belong to the rule's model.

        :param draft: its model where that is not live
        :raise Exception: the rule can't be compiled
        """
        where = self._in_sample()
        # sudo: users have no right on passes; nothing is written
        passes = self.env["lead.scoring.pass"].sudo()
        compilations = passes._compile_unmarked(
            where, Chunk(SAMPLE), rules=rule, draft=draft
        )
        for compiled in compilations:
            if error := compiled.broken.get(rule):
                raise error
        return [
            compiled.select(
                SQL("%s AND %s = %s", where, compiled.model, rule.model_id.id),
                SQL("crm_lead.id"),
                SQL("crm_lead.temperature"),
                SQL("%s <> 0 AS matches", compiled.points[rule]),
            )
            for compiled in compilations
        ]

    @api.model
    def _tell_effect(self, change):
        """Return a sentence on what ``change()``, which writes rules, would change for
        the newest leads. It is undone.
        """
        self.env.flush_all()
        try:
            with limited(self.env.cr, SECONDS):
                sample = self._sample_newest()
                self._score_leads(NOW, self._in_sample(), covered=Chunk(SAMPLE))
                with closing(self.env.cr.savepoint()):
                    change()
                    self.env.flush_all()
                    self._score_leads(THEN, self._in_sample(), covered=Chunk(SAMPLE))
                    moved = self._count_moved()
        except QueryCanceled as error:
            raise UserError(
                self.env._(
                    "There is too much to score within %s seconds. Make a new version "
                    "of the model, and simulate it at a quieter hour.",
                    SECONDS,
                )
            ) from error
        return self._describe_moved(sample, *moved)

    @api.model
    def _count_moved(self):
        """Return how many leads get another score, become hot, are no longer hot,
        become warm from cold, and cold.
        """
        query = SQL(
            """SELECT count(*) FILTER (WHERE now.score <> "then".score),
                      count(*) FILTER (WHERE now.temperature <> 'hot'
                                         AND "then".temperature = 'hot'),
                      count(*) FILTER (WHERE now.temperature = 'hot'
                                         AND "then".temperature <> 'hot'),
                      count(*) FILTER (WHERE now.temperature = 'cold'
                                         AND "then".temperature = 'warm'),
                      count(*) FILTER (WHERE now.temperature <> 'cold'
                                         AND "then".temperature = 'cold')
                 FROM %s AS now JOIN %s AS "then" USING (lead_id)""",
            SQL.identifier(NOW),
            SQL.identifier(THEN),
        )
        [row] = self.env.execute_query(query)
        return row

    @api.model
    def _describe_moved(self, sample, moved, hot, cooled, warm, cold):
        if not moved:
            sentences = [self.env._("No lead gets another score.")]
        else:
            sentences = [self.env._("Leads that get another score: %s.", moved)]
        for sentence, count in (
            (self.env._("Become hot: %s."), hot),
            (self.env._("No longer hot: %s."), cooled),
            (self.env._("Become warm: %s."), warm),
            (self.env._("Become cold: %s."), cold),
        ):
            if count:
                sentences.append(sentence % count)
        if moved and not (hot or cooled or warm or cold):
            sentences.append(self.env._("No lead changes its temperature."))
        if sample:
            sentences.append(self.env._("Looked at: the newest %s leads.", sample))
        return " ".join(sentences)
