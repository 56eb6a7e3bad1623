import numpy as np

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.lead_scoring.tools.statistics import MIN_DEALS_PER_OUTCOME

from ..tools import evaluate, points
from ..tools.conditions import MIN_LEADS
from .lead_scoring_proposal import SUSPICIOUS_GAIN
from .lead_scoring_sample import Asked

MIN_AUC_RATIO = 0.95
"""A new version is used when its AUC on the newest deals is at least such a share of
the AUC of the version in use.
"""
MIN_WEIGHT = 0.02
"""A condition with a smaller weight, in log-odds, is not kept: it changes a probability
by less than a hundredth.
"""


class LeadScoringPrediction(models.Model):
    """How a version is learned."""

    _inherit = "lead.scoring.prediction"

    def _work(self):
        """Learn from all conditions that closed leads suggest, and from the rules."""
        yield {"progress": 10, "message": self.env._("Reading the closed leads…")}
        current = self._get_replaced()[:1]
        before, _weights = current._asked()
        won, asked, matrix = self._read(before)
        matrix, matrix_before = matrix[:, : len(asked)], matrix[:, len(asked) :]
        asked, matrix = self._telling(asked, matrix, won)
        yield {
            "progress": 60,
            "message": self.env._("Learning from %s conditions…", len(asked)),
        }
        figures = self._judge(matrix, won)
        if current and figures:
            # learned anew from the same leads: it has seen some of the newest
            figures["auc_before"] = self._judge(matrix_before, won)["auc"]
        yield {"progress": 80}
        fit = points.regress(matrix, won, points.best_strength(matrix, won))
        before, after = figures.get("auc_before"), figures.get("auc")
        is_better = before is None or after >= MIN_AUC_RATIO * before
        if is_better:
            self._get_replaced().state = "retired"
            self._ask_to_predict()
        yield {
            **figures,
            **self._learned(asked, fit),
            "job_state": "done",
            "progress": 100,
            "message": self._outcome(is_better, figures),
            "state": "current" if is_better else "rejected",
            "lead_count": len(won),
            "won_count": int(won.sum()),
        }

    def _read(self, before):
        """Return which closed leads were won, the conditions to learn from, and the
        matrix of who meets which of them, and of ``before``.

        :param before: the conditions of the version in use
        :raise UserError: there are too few leads
        """
        sample = self.env["lead.scoring.sample"]
        with sample._open(self.model_id, self._get_companies()):
            won = sample._won()
            if not evaluate.is_enough(won):
                raise UserError(
                    self.env._(
                        "There are %(won)s won and %(lost)s lost leads: too few to "
                        "learn from. It takes %(least)s of each.",
                        won=int(won.sum()),
                        lost=int((~won).sum()),
                        least=MIN_DEALS_PER_OUTCOME,
                    )
                )
            self._check_stop()
            asked = self._conditions_to_learn(won)
            self._check_stop()
            return won, asked, sample._matrix([*asked, *before])

    def _conditions_to_learn(self, won):
        """Return the conditions that the open sample suggests, and those of rules."""
        asked, left_out = self.env["lead.scoring.proposal"]._propose(self.user_id, won)
        learnable = self.env["lead.scoring.learnable"]
        known = learnable._known(self.model_id.rule_ids, left_out)
        by_key = {condition.key: condition for condition in asked}
        # a rule has the name that its author gave it
        by_key |= {condition.key: condition for condition in map(Asked.of, known)}
        return list(by_key.values())

    def _telling(self, asked, matrix, won):
        """Return the conditions that enough leads meet, and that don't give the outcome
        away, with their columns of ``matrix``; of columns that are alike the first.
        """
        support = matrix.sum(axis=0)
        wins = matrix[won].sum(axis=0)
        gains = evaluate.gains(support, wins, len(won), int(won.sum()))
        kept = (support >= MIN_LEADS) & (support <= len(won) - MIN_LEADS)
        kept &= gains <= SUSPICIOUS_GAIN
        _unique, first = np.unique(
            np.packbits(matrix, axis=0), axis=1, return_index=True
        )
        columns = [c for c in range(len(asked)) if kept[c] and c in set(first.tolist())]
        return [asked[column] for column in columns], matrix[:, columns]

    def _judge(self, matrix, won):
        """Return how well what the older leads teach fits the newest fifth; nothing
        where these are too few to tell.
        """
        older, newest = evaluate.newest(np.arange(len(won)))
        if not evaluate.is_enough(won[older]) or len(set(won[newest].tolist())) < 2:
            return {}
        strength = points.best_strength(matrix[older], won[older])
        fit = points.regress(matrix[older], won[older], strength)
        probability = fit.probability(matrix[newest])
        return {
            "auc": evaluate.auc(won[newest], probability),
            "calibration_error": evaluate.calibration_error(won[newest], probability),
        }

    def _learned(self, asked, fit):
        """Return the values of what was learned."""
        return {
            "trained_at": fields.Datetime.now(),
            "intercept": fit.intercept,
            "conditions": [
                {"asked": list(condition), "weight": round(float(weight), 5)}
                for condition, weight in zip(asked, fit.weights, strict=True)
                if abs(weight) >= MIN_WEIGHT
            ],
        }

    def _outcome(self, is_better, figures):
        if is_better:
            return self.env._("In use.")
        return self.env._(
            "Not used: it ranks the newest deals worse than the version in use (AUC "
            "%(after)s, %(before)s before).",
            after=round(figures["auc"], 3),
            before=round(figures["auc_before"], 3),
        )
