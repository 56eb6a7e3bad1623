import logging
import random
import time

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL, split_every

from ...tools.faults import COLLISIONS
from ...tools.retry import retry, rounds

_logger = logging.getLogger(__name__)

TEMPERATURES = [("cold", "Cold"), ("warm", "Warm"), ("hot", "Hot")]
SEGMENTS = [
    ("sales", "Sales"),
    ("nurture", "Nurture"),
    ("remarket", "Remarket"),
    ("discard", "Discard"),
]

LEADS_PER_TRANSACTION = 200
"""Leads written by the ORM in one transaction."""


class LeadScoringTransition(models.AbstractModel):
    """Lets temperature and segment of leads follow their numbers, through the ORM."""

    _name = "lead.scoring.transition"
    _description = "Lead Scoring Transitions"

    @api.model
    def _follow_now(self, where):
        """Let leads that meet ``where`` follow their numbers, in this transaction."""
        self._write_leads(self._fetch(where))

    @api.model
    def _follow(self, where, deadline, checkpoint, silent):
        """Let temperature and segment follow the numbers of the leads of a pass.

        :param where: SQL condition on crm_lead
        :param deadline: ``time.monotonic()`` after which no further batch is begun;
            one is, however late it is, or a slow pass would never get on
        :param checkpoint: called after each batch, which is its own transaction
        :param silent: by SQL, firing nothing
        :return: whether all that can follow did so before the deadline, and without
            collisions
        """
        if silent:
            return self._follow_silently(where, checkpoint)
        lead_ids = [lead_id for lead_id, *_values in self._fetch(where)]
        # by chance: else those that fail each time would come first each time
        random.shuffle(lead_ids)
        collided, followed = False, 0
        batches = split_every(LEADS_PER_TRANSACTION, lead_ids, list)
        for number, batch in enumerate(batches):
            if number and time.monotonic() > deadline:
                # where an automation fails for all, the pass must end all the same
                return not followed and not collided
            self.env.flush_all()
            failed = []
            if self._try_to_follow(batch):
                failed = self._follow_one_by_one(batch, checkpoint)
            collided |= any(isinstance(error, COLLISIONS) for error in failed)
            followed += len(batch) - len(failed)
            checkpoint()
        return not collided

    @api.model
    def _follow_one_by_one(self, lead_ids, checkpoint):
        """Let leads follow their numbers, each in a transaction of its own.

        :return: the exceptions of those that can't
        """
        failed = []
        for lead_id in lead_ids:
            # a new transaction sees what the other one has committed
            checkpoint()
            if error := self._try_to_follow([lead_id]):
                failed.append(error)
                _logger.warning("Lead %s: temperature could not follow score", lead_id)
        return failed

    @api.model
    def _try_to_follow(self, lead_ids):
        """Let leads follow their numbers as they are now: a batch may come minutes
        after it was chosen.

        :return: the exception, after which nothing is written; None if nothing failed
        """
        try:
            # with flush, so that what Odoo does before a commit, such as tracking,
            # fails here, where it stops no other lead
            with self.env.cr.savepoint():
                self._follow_now(SQL("crm_lead.id = ANY(%s)", lead_ids))
        except Exception as error:
            # automations may raise anything. Where somebody edits one of the leads
            # right now, no traceback.
            trace = not isinstance(error, OperationalError)
            _logger.info("Leads could not follow: %s", lead_ids, exc_info=trace)
            return error
        return None

    @api.model
    def _write_leads(self, rows):
        """Write new temperatures and segments through the ORM, so that tracking,
        automations and notifications fire, and keep them in the history.

        :param rows: list of ``(lead id, temperature or None, segment or None)``
        """
        groups = {}
        for lead_id, temperature, segment in rows:
            groups.setdefault((temperature, segment), []).append(lead_id)
        now = self.env.cr.now()
        history = self.env["lead.scoring.history"]
        hot = self.env["crm.lead"]
        for (temperature, segment), lead_ids in groups.items():
            vals = {}
            if temperature:
                vals |= {"temperature": temperature, "temperature_date": now}
            if segment:
                vals |= {"segment": segment, "segment_date": now}
            # a lead that somebody else is changing follows in the next pass
            leads = self.env["crm.lead"].browse(lead_ids)
            leads = leads.try_lock_for_update(allow_referencing=True)
            leads.write(vals)
            if temperature:
                leads.flush_recordset(["do_not_score"])
                self.env.cr.execute(history._crossings(leads, temperature))
            if temperature == "hot":
                hot += leads
        # once, whatever segments they are in now
        hot._notify_hot()

    @api.model
    def _follow_silently(self, where, checkpoint):
        """Do :meth:`_follow` by SQL, firing nothing."""
        lead_ids = sorted(lead_id for lead_id, *_values in self._fetch(where))
        done = True
        for some in rounds(lead_ids):
            statement = self._silent_update(SQL("crm_lead.id = ANY(%s)", some))
            done &= retry(self.env.cr, statement, checkpoint)
        self._invalidate_leads()
        return done

    @api.model
    def _invalidate_leads(self):
        self.env["crm.lead"].invalidate_model(
            ["temperature", "temperature_date", "segment", "segment_date"], flush=False
        )

    @api.model
    def _silent_update(self, where):
        """Return the statement that lets leads follow their numbers, firing nothing."""
        return SQL(
            """UPDATE crm_lead lead
                  SET temperature = COALESCE(new.temperature, lead.temperature),
                      temperature_date = CASE WHEN new.temperature IS NULL
                          THEN lead.temperature_date ELSE %(now)s END,
                      segment = COALESCE(new.segment, lead.segment),
                      segment_date = CASE WHEN new.segment IS NULL
                          THEN lead.segment_date ELSE %(now)s END
                 FROM (%(rows)s) AS new
                WHERE new.lead_id = lead.id""",
            now=SQL("%s::timestamp", self.env.cr.now()),
            rows=self._query(where),
        )

    @api.model
    def _silencing(self, where):
        """Return what to execute before and after a statement that gives leads new
        numbers, so that those follow silently that another model scores now because one
        was published silently. All in one transaction: if the pass is killed, no lead
        fires later.

        Only the change of model is silent; later changes fire as usual. A lead that was
        created after the publication does not change model because of it.

        :param where: SQL condition on score, lead_scoring_score
        :return: two SQL statements, or None
        """
        silent = self.env["lead.scoring.model"]._get_silent().ids
        if not silent:
            return None
        before = SQL(
            """DROP TABLE IF EXISTS lead_scoring_before;
               CREATE TEMPORARY TABLE lead_scoring_before ON COMMIT DROP AS
               SELECT lead_id, model_id FROM lead_scoring_score score WHERE %s""",
            where,
        )
        moved = SQL(
            """crm_lead.id IN (
                   SELECT old.lead_id
                     FROM lead_scoring_before old
                     JOIN lead_scoring_score new USING (lead_id)
                     JOIN crm_lead lead ON lead.id = old.lead_id
                LEFT JOIN lead_scoring_model entered ON entered.id = new.model_id
                    WHERE old.model_id IS DISTINCT FROM new.model_id
                      AND (old.model_id = ANY(%(silent)s)
                           OR new.model_id = ANY(%(silent)s)
                              AND lead.create_date < entered.published_at)
               )""",
            silent=silent,
        )
        return before, self._silent_update(moved)

    # ------------------------------------------------------------------
    # What follows from the numbers
    # ------------------------------------------------------------------

    @api.model
    def _fetch(self, where):
        """Return the rows of :meth:`_query`."""
        self.env.cr.execute(self._query(where))
        return self.env.cr.fetchall()

    @api.model
    def _query(self, where):
        """Return the query of the open leads whose temperature or segment no longer
        follows from their numbers: ``lead_id``, ``temperature`` and ``segment`` as they
        should be, NULL where it is already so.

        Computed from what the table holds now, so a killed pass misses no lead.

        :param where: SQL condition on crm_lead and score
        """
        return SQL(
            """SELECT crm_lead.id AS lead_id,
                      NULLIF(band.temperature, crm_lead.temperature) AS temperature,
                      NULLIF(band.segment, crm_lead.segment) AS segment
                 FROM crm_lead
                 JOIN lead_scoring_score score ON score.id = crm_lead.score_id
            LEFT JOIN lead_scoring_model model ON model.id = score.model_id
                 JOIN LATERAL (
                      SELECT %(temperature)s AS temperature, %(segment)s AS segment
                      ) AS band ON TRUE
                WHERE %(open)s
                  AND (band.temperature <> crm_lead.temperature
                       OR band.segment <> crm_lead.segment)
                  AND %(where)s
                ORDER BY score.score DESC, crm_lead.id""",
            temperature=self._temperature(),
            segment=self._segment(),
            open=self.env["lead.scoring.engine"]._open_sql(),
            where=where,
        )

    @api.model
    def _is_due(self):
        """Return the SQL condition that temperature or segment of ``crm_lead`` does not
        follow from ``score`` and ``model`` any more.
        """
        return SQL(
            "(%s <> crm_lead.temperature OR %s <> crm_lead.segment)",
            self._temperature(),
            self._segment(),
        )

    @api.model
    def _temperature(self):
        """Return the temperature that follows from ``score`` and ``model``, an SQL
        expression: up at the threshold, down below threshold minus margin.
        """
        return SQL(
            """CASE
               WHEN score.score >= model.hot_score::bigint - CASE crm_lead.temperature
                    WHEN 'hot' THEN model.margin ELSE 0 END THEN 'hot'
               WHEN score.score >= model.warm_score::bigint - CASE
                    WHEN crm_lead.temperature IN ('warm', 'hot')
                    THEN model.margin ELSE 0 END THEN 'warm'
               ELSE 'cold' END"""
        )

    @api.model
    def _segment(self):
        """Return the segment that follows from the two bands, an SQL expression.

        Who fits and is interested is for sales; who fits and shows some interest is to
        be nurtured; who fits without any, or is interested without fitting, is to be
        won back.
        """
        return SQL(
            """CASE WHEN %(fits)s AND %(interested)s THEN 'sales'
                    WHEN %(fits)s AND score.interest_band = 'some' THEN 'nurture'
                    WHEN %(fits)s OR %(interested)s THEN 'remarket'
                    ELSE 'discard' END""",
            fits=SQL("score.fit_band IN ('reached', 'high')"),
            interested=SQL("score.interest_band IN ('reached', 'high')"),
        )
