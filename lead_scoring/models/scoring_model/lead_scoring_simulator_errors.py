import logging
import time

from psycopg2.errors import QueryCanceled

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.compiled_rules import Chunk
from ...tools.faults import limited, reason_of
from .lead_scoring_simulator import STATEMENT_SECONDS, THEN

_logger = logging.getLogger(__name__)

SOUND_LEADS = 20_000
"""Leads to which a draft is applied before it is published."""
CULPRIT_SECONDS = 30
"""How long is looked for the rule that is slow."""


class LeadScoringSimulator(models.AbstractModel):
    """Finds what of a draft can't be applied, before it is simulated or published."""

    _inherit = "lead.scoring.simulator"

    @api.model
    def _check_sound(self, draft):
        """Apply the rules of ``draft`` to the newest leads, as the pass would: as many
        as take seconds. What only an older lead shows, the pass finds and marks.

        :raise UserError: one can't be applied, or is slow; it is named, with the reason
        """
        self.env.flush_all()
        self._check_marks(draft)
        try:
            with limited(self.env.cr, STATEMENT_SECONDS):
                newest = self._newest_leads()
                self._score_leads(THEN, newest.leads(), draft, covered=newest)
        except QueryCanceled:
            _logger.info("%s is not slow, but there are many leads", draft)

    @api.model
    def _newest_leads(self):
        """Return the :class:`Chunk` of the newest leads."""
        query = SQL(
            "SELECT id FROM crm_lead ORDER BY id DESC OFFSET %s LIMIT 1", SOUND_LEADS
        )
        older = self.env.execute_query(query)
        return Chunk(None, older[0][0] if older else 0)

    @api.model
    def _check_marks(self, draft):
        """Refuse a draft that is marked as broken, or has such a rule."""
        for record in (draft, *draft.rule_ids):
            if record.error:
                raise self._broken(record, record.error)

    @api.model
    def _check_compiled(self, draft, compilations):
        """Refuse a draft of which something could not be compiled. What is broken in
        live models is skipped, as in a pass.
        """
        if not draft:
            return
        for compiled in compilations:
            for record, error in compiled.broken.items():
                if record in (draft, *draft.rule_ids):
                    raise self._broken(record, error)

    @api.model
    def _culprit(self, draft, where, error):
        """Return the UserError that names what raises, or is slow as ``error`` says."""
        engine = self.env["lead.scoring.engine"]
        # sudo: users have no right on passes
        passes = self.env["lead.scoring.pass"].sudo()
        passes._tune_statements()
        counts = passes._count_leads(where)
        seconds = engine._seconds_alone(error, STATEMENT_SECONDS)
        deadline = time.monotonic() + CULPRIT_SECONDS
        # sudo: live models of other companies count, too
        live = self.env["lead.scoring.model"].sudo().search([("state", "=", "live")])
        # the draft's first
        for scoring_model in (*(draft or ()), *live):
            for record in (scoring_model.sudo(), *scoring_model.sudo().rule_ids):
                if record.error or time.monotonic() > deadline:
                    continue
                if error := engine._try(record, counts, where, seconds=seconds):
                    return self._broken(record, error)
        return None

    @api.model
    def _broken(self, record, error):
        reason = error if isinstance(error, str) else reason_of(error)
        if record._name == "lead.scoring.model":
            return UserError(
                self.env._(
                    "The condition that says which leads belong to «%(model)s» can't "
                    "be applied: %(reason)s",
                    model=record.name,
                    reason=reason,
                )
            )
        return UserError(
            self.env._(
                "The rule «%(rule)s» of «%(model)s» can't be applied: %(reason)s",
                rule=record.name,
                model=record.model_id.name,
                reason=reason,
            )
        )
