from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME, wilson

from ..tools import evaluate, points
from ..tools.conditions import MIN_LEADS
from .lead_scoring_proposal import SUSPICIOUS_GAIN

YEARS_BACK = 2


class LeadScoringDiscovery(models.Model):
    """A search for conditions that won leads meet more often than lost ones, and the
    points that follow from them.
    """

    _name = "lead.scoring.discovery"
    _inherit = "lead.scoring.job"
    _description = "Learning from Closed Leads"
    _order = "id desc"

    model_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        string="Scoring Model",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env["lead.scoring.model"].search(
            [("state", "=", "live")], limit=1
        ),
        help="Whose closed leads tell, and which the rules are for.",
    )
    since = fields.Date(
        string="Closed Since",
        default=lambda self: fields.Date.today() - timedelta(days=365 * YEARS_BACK),
        help="Leads won or lost earlier are left out; none, when empty. What made "
        "deals long ago may not make them today.",
    )
    task = fields.Selection(
        selection=[("discover", "Find conditions"), ("learn", "Learn points")],
        default="discover",
        required=True,
        readonly=True,
        help="What is being done in the background, or was last.",
    )
    candidate_ids = fields.One2many(
        comodel_name="lead.scoring.discovery.candidate",
        inverse_name="discovery_id",
        string="Conditions",
    )
    candidate_count = fields.Integer(
        compute="_compute_candidate_count", help="Number of conditions found."
    )
    field_ids = fields.One2many(
        comodel_name="lead.scoring.discovery.field",
        inverse_name="discovery_id",
        string="Fields Left Out",
        help="No condition is looked for in them, for the reason given.",
    )
    won_count = fields.Integer(
        string="Won", readonly=True, help="Won leads used to evaluate conditions."
    )
    lost_count = fields.Integer(
        string="Lost", readonly=True, help="Lost leads used to evaluate conditions."
    )
    draft_id = fields.Many2one(
        comodel_name="lead.scoring.model",
        readonly=True,
        ondelete="set null",
        help="The draft that conditions were added to, and points were learned for.",
    )
    draft_state = fields.Selection(
        related="draft_id.state", help="Whether the draft is still one."
    )

    @api.depends("model_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for discovery in self:
            name = discovery.model_id.name or self.env._("New")
            discovery.display_name = self.env._("Learning for %s", name)

    @api.depends("candidate_ids")
    def _compute_candidate_count(self):
        for discovery in self:
            discovery.candidate_count = len(discovery.candidate_ids)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_discover(self):
        """Look for conditions, in the background."""
        self.ensure_one()
        self.check_access("write")
        self._queue(task="discover")

    def action_view_draft(self):
        """Open the draft."""
        self.ensure_one()
        self.check_access("read")
        return self.draft_id._get_records_action()

    # ------------------------------------------------------------------
    # In the background
    # ------------------------------------------------------------------

    def _work(self):
        return self._discover() if self.task == "discover" else self._learn()

    def _open(self):
        """Open the sample of the closed leads, see ``lead.scoring.sample``."""
        since = self.since and fields.Datetime.to_datetime(self.since)
        return self.env["lead.scoring.sample"]._open(
            self.model_id, self._get_companies(), since
        )

    def _check_enough(self, won):
        """Refuse to learn from too few leads.

        :raise UserError: with how many there are, and are needed
        """
        if evaluate.is_enough(won):
            return
        raise UserError(
            self.env._(
                "There are %(won)s won and %(lost)s lost leads: too few to learn from. "
                "It takes %(least)s of each; until then, what looks like a rule is "
                "mostly chance. Go further back in time, or wait for more deals to "
                "close.",
                won=int(won.sum()),
                lost=int((~won).sum()),
                least=MIN_DEALS_PER_OUTCOME,
            )
        )

    def _discover(self):
        """Find conditions, and replace those found before."""
        yield {"progress": 10, "message": self.env._("Reading the closed leads…")}
        use = self._used_anyway()
        sample = self.env["lead.scoring.sample"]
        with self._open():
            won = sample._won()
            self._check_enough(won)
            self._check_stop()
            asked, left_out = self.env["lead.scoring.proposal"]._propose(
                self.user_id, won, use
            )
            self._check_stop()
            matrix = sample._matrix(asked)
        yield {
            "progress": 80,
            "message": self.env._("Evaluating %s conditions…", len(asked)),
            "won_count": int(won.sum()),
            "lost_count": int((~won).sum()),
        }
        self._replace_fields(left_out, use)
        count = self._replace_candidates(asked, matrix, won)
        yield {
            "job_state": "done",
            "progress": 100,
            "message": self.env._(
                "Found %(count)s conditions in %(leads)s closed leads.",
                count=count,
                leads=len(won),
            ),
        }

    def _used_anyway(self):
        """Return the names of the fields that are ticked to be used anyway."""
        return self.field_ids.filtered("use").mapped("name")

    def _replace_fields(self, left_out, use):
        """Show which fields were left out, and which were used although they would be.

        :param left_out: ``{name: reason}``
        """
        lines = self.field_ids
        lines.filtered(lambda line: not line.use or line.name in left_out).unlink()
        labels = self.env["crm.lead"]._fields
        self.env["lead.scoring.discovery.field"].create(
            [
                {
                    "discovery_id": self.id,
                    "name": name,
                    "label": labels[name]._description_string(self.env),
                    "reason": self.env._(reason),  # pylint: disable=translation-required
                }
                for name, reason in left_out.items()
            ]
        )

    def _replace_candidates(self, asked, matrix, won):
        """Keep what was found of each condition.

        :return: how many are kept
        """
        self.candidate_ids.unlink()
        figures = self._figures(matrix, won)
        kept = self._kept(asked, matrix, figures)
        self.env["lead.scoring.discovery.candidate"].create(
            [
                {
                    **asked[position]._asdict(),
                    **{
                        name: values[position].item()
                        for name, values in figures.items()
                    },
                    "discovery_id": self.id,
                    "sequence": sequence,
                }
                for sequence, position in enumerate(kept)
            ]
        )
        return len(kept)

    def _figures(self, matrix, won):
        """Return ``{field of a candidate: array}``, how leads that met each condition
        fared.
        """
        leads, all_won = len(won), int(won.sum())
        share = all_won / leads
        support = matrix.sum(axis=0)
        wins = matrix[won].sum(axis=0)
        rates = wins / np.maximum(support, 1)
        without = (all_won - wins) / np.maximum(leads - support, 1)
        low, high = np.array(list(map(wilson, wins, support))).reshape(-1, 2).T
        gains = evaluate.gains(support, wins, leads, all_won)
        return {
            "support": support,
            "win_rate": rates,
            "win_rate_without": without,
            "low": low,
            "high": high,
            "lift": np.divide(
                rates, without, out=np.zeros(len(rates)), where=without > 0
            ),
            "gain": gains,
            "value": points.suggested(support, wins, leads, all_won),
            "is_clear": (share < low) | (share > high),
            "is_telltale": gains > SUSPICIOUS_GAIN,
        }

    def _kept(self, asked, matrix, figures):
        """Return the positions of the conditions to show, those that tell most first.
        Left out are those that too few leads meet, what the model's rules ask already,
        and of conditions that the same leads meet, or just the others, all but one.
        """
        known = {(rule.source, rule.domain) for rule in self.model_id.rule_ids}
        most = len(matrix) - MIN_LEADS
        kept, seen = [], set()
        # by gain; of two conditions that are opposites the one with more wins first
        order = np.lexsort((-figures["win_rate"], -figures["gain"].round(9)))
        for position in order.tolist():
            is_frequent = MIN_LEADS <= figures["support"][position] <= most
            if not is_frequent or asked[position].key in known:
                continue
            met = matrix[:, position]
            alike = {np.packbits(met).tobytes(), np.packbits(~met).tobytes()}
            if seen.isdisjoint(alike):
                seen |= alike
                kept.append(position)
        return kept
