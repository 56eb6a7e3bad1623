from odoo import fields, models
from odoo.exceptions import MissingError
from odoo.tools import SQL

from odoo.addons.lead_scoring.models.scoring.lead_scoring_pass_mixin import (
    TOUCHED_LEADS_TABLE,
)
from odoo.addons.lead_scoring.tools.compiled_rules import Chunk

from ..tools.work import MAXIMUM_RETRIES, go_on, held, job_deadline


class LeadScoringShard(models.Model):
    """A range of the leads of a pass, scored by a job, whichever worker takes it. If
    the worker is lost, another one goes on after the last chunk that was done.
    """

    _name = "lead.scoring.shard"
    _inherit = "lead.scoring.pass.mixin"
    _description = "Part of a Scoring Pass"
    _log_access = False
    _order = "above_id"

    pass_id = fields.Many2one(
        comodel_name="lead.scoring.pass",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The pass that it is a part of.",
    )
    above_id = fields.Integer(
        string="Above Lead", readonly=True, help="Its leads have higher identifiers."
    )
    upto_id = fields.Integer(
        string="To Lead", readonly=True, help="The identifier of its last lead."
    )
    applied = fields.Char(
        readonly=True,
        help="Technical: the rules and models that its points are of. If one turns out "
        "to be broken in another part of the pass, this one is done again.",
    )
    known_change = fields.Char(
        readonly=True,
        help="Technical: when rules had last changed as they were compiled.",
    )

    # ------------------------------------------------------------------
    # As a job
    # ------------------------------------------------------------------

    def _delay(self, priority):
        """Have these be done by jobs, one each; not where one waits already."""
        for shard in self:
            shard.with_delay(
                priority=priority,
                max_retries=MAXIMUM_RETRIES,
                identity_key=f"lead_scoring.shard.{shard.id}",
                description=self.env._(
                    "Score leads above %(above)s up to %(upto)s",
                    above=shard.above_id,
                    upto=shard.upto_id,
                ),
            )._job_score()

    def _job_score(self):
        """Score the leads of this part; temperature and segment follow."""
        try:
            with held(self.env, self._name, self.id):
                if not self.exists():
                    # a pass that began later, or the scheduled action, does it
                    return
                if not self.date_end and not self._run(
                    job_deadline(), self.env.cr.commit
                ):
                    raise go_on()
            # also where a worker was lost just before it
            self.pass_id._delay_finish()
        except MissingError:
            if self.exists():
                raise

    # ------------------------------------------------------------------
    # The range
    # ------------------------------------------------------------------

    def _covered(self):
        return super()._covered() or Chunk(None, self.above_id, self.upto_id)

    def _collect_leads(self):
        """Return the condition of the leads of the range; of an incremental pass, those
        in it that have something new.
        """
        where = super()._collect_leads()
        if self.since:
            touched = SQL.identifier(TOUCHED_LEADS_TABLE)
            outside = SQL("id <= %s OR id > %s", self.above_id, self.upto_id)
            self.env.cr.execute(SQL("DELETE FROM %s WHERE %s", touched, outside))
            return where
        return self._covered().leads()

    def _begin_again(self):
        super()._begin_again()
        self.write(
            {"last_lead_id": self.above_id, "change_count": 0, "date_end": False}
        )
        return None

    def _compile(self, where, draft=None, covered=None):
        """Note what is applied. Where that has changed since the first chunks, they are
        done again.
        """
        compilations = super()._compile(where, draft=draft, covered=covered)
        applied = self.pass_id._applicable()
        change = str(self.pass_id._last_change())
        if self.applied and (self.applied, self.known_change) != (applied, change):
            self._begin_again()
        self.write({"applied": applied, "known_change": change})
        return compilations

    def _apply(self, chunk, checkpoint, silent):
        """Write no numbers of rules that have changed since: a newer pass may have
        written theirs already, on another worker.
        """
        if not self.exists() or self.known_change != str(self.pass_id._last_change()):
            return False
        return super()._apply(chunk, checkpoint, silent)
