import numpy as np

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.lead_scoring.tools.statistics import wilson

from ..tools import evaluate, points
from ..tools.conditions import MIN_LEADS
from .lead_scoring_proposal import SUSPICIOUS_GAIN
from .lead_scoring_sample import Asked

MAX_WORTH = 20
"""A won deal counts no more than so many usual ones: one lucky deal is no pattern."""
SHARE_OF_TOP = 0.1
"""The leads whose share of the revenue is told."""
MIN_HOT_LEADS = 20
"""Where fewer of the leads decided last are hot, more of the best are compared."""
SHARE_OF_BEST = 0.2


class LeadScoringDiscovery(models.Model):
    """Conditions and pairs of conditions found in closed leads, the few of them that
    are suggested as rules, and how much better these are.
    """

    _inherit = "lead.scoring.discovery"

    def _discover(self):
        """Find conditions, suggest rules, and replace what was found before."""
        yield {"progress": 10, "message": self.env._("Reading the closed leads…")}
        sample = self.env["lead.scoring.sample"]
        with self._open():
            won = sample._won()
            self._check_enough(won)
            counts = self._get_counts(won, sample._revenue())
            asked, left_out = self._conditions(won)
            matrix = sample._matrix(asked)
            self._check_stop()
            figures = self._try_on_newest(won)
        yield {
            "progress": 70,
            "message": self.env._("Choosing among %s conditions…", len(asked)),
            "won_count": int(won.sum()),
            "lost_count": int((~won).sum()),
            **figures,
        }
        terms, matrix = self._suggest(asked, matrix, won, counts)
        self._replace_fields(left_out)
        count = self._replace_candidates(terms, matrix, won)
        yield {
            "job_state": "done",
            "progress": 100,
            "message": self.env._(
                "Found %(count)s conditions in %(leads)s closed leads.",
                count=count,
                leads=len(won),
            ),
        }

    def _conditions(self, won):
        """Return the :class:`Asked` of the model's rules and of what the open sample
        suggests besides, and ``{name: reason}`` of the fields left out.

        :param won: which leads were won, or the beginning of it: then the leads decided
            on later are not looked at
        """
        self._check_stop()
        proposal = self.env["lead.scoring.proposal"]
        use = self._used_anyway()
        asked, left_out = proposal._propose(self.user_id, won, use)
        rules = [Asked.of(rule) for rule in self._get_known(self.model_id)]
        keys = {condition.key for condition in rules}
        self._check_stop()
        return rules + [c for c in asked if c.key not in keys], left_out

    def _get_counts(self, won, revenue):
        """Return an array of how much each lead counts: 1, or for revenue what a won
        deal brought, in usual ones.

        :param revenue: array of what each lead brought, or would have
        :raise UserError: nothing says what won deals brought
        """
        if self.goal == "won":
            return np.ones(len(won))
        if len(self._get_companies().currency_id) > 1:
            raise UserError(
                self.env._(
                    "Revenue can be the goal for companies of one currency: switch to "
                    "such, and start again."
                )
            )
        known = revenue[won & (revenue > 0)]
        if not len(known):
            raise UserError(
                self.env._(
                    "No won lead says what it brought. Fill in the expected revenue of "
                    "won leads, or learn which leads are won."
                )
            )
        # a deal that says nothing is a usual one
        worth = np.where(revenue > 0, revenue, np.median(known)) / np.median(known)
        worth = np.minimum(worth, MAX_WORTH)
        return np.where(won, worth / worth[won].mean(), 1.0)

    def _suggest(self, asked, matrix, won, counts):
        """Learn which conditions, and pairs of them, are worth points.

        :param matrix: who meets which of ``asked``
        :return: ``[(Asked, points)]``, and the matrix for them. Left out are conditions
            that too few leads meet, and of those that the same leads meet, or just the
            others, all but one; a rule that says the same as another has 0 points
        """
        rules = {Asked.of(rule).key for rule in self._get_known(self.model_id)}
        is_rule = np.array([c.key in rules for c in asked], dtype=bool)
        telling, others = self._telling(matrix, won, is_rule)
        learned, learned_matrix = self.env["lead.scoring.lesson"]._learn(
            [asked[position] for position in telling],
            matrix[:, telling],
            won,
            counts,
            self.model_id.hot_score,
            self.max_rules,
        )
        shown = [(asked[position], 0) for position in others]
        return learned + shown, np.hstack([learned_matrix, matrix[:, others]])

    def _telling(self, matrix, won, is_rule):
        """Return the positions of the conditions to learn from, and of those to show
        beside them: conditions that almost show the outcome by themselves, and rules
        that say the same as another.
        """
        figures = self._figures(matrix, won)
        most = len(matrix) - MIN_LEADS
        telling, others, seen = [], [], set()
        # rules, then by gain; of two opposites the one with more wins first
        order = np.lexsort((-figures["win_rate"], -figures["gain"].round(9), ~is_rule))
        for position in order.tolist():
            met = matrix[:, position]
            alike = {np.packbits(met).tobytes(), np.packbits(~met).tobytes()}
            is_frequent = MIN_LEADS <= figures["support"][position] <= most
            is_new = seen.isdisjoint(alike)
            if not is_frequent or not (is_new or is_rule[position]):
                continue
            seen |= alike
            # who wrote a rule knows what it asks
            is_telltale = figures["is_telltale"][position] and not is_rule[position]
            (telling if is_new and not is_telltale else others).append(position)
        return telling, others

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

    # ------------------------------------------------------------------
    # How much better
    # ------------------------------------------------------------------

    def _try_on_newest(self, won, rules=None, matrix=None):
        """Learn from the older leads alone, and have the engine score the newest fifth
        by today's rules and by the learned ones. Rules that nobody knows what they gave
        at the decision count in neither.

        :param rules: only their points are learned, not which conditions there are;
            default: conditions, pairs and strengths are all chosen by the older leads
        :param matrix: who meets which of the rules
        :return: the values to write
        """
        older, newest = evaluate.newest(np.arange(len(won)))
        taught, judged = won[older], won[newest]
        if not evaluate.is_enough(taught) or judged.all() or not judged.any():
            return {"test_count": 0}
        sample = self.env["lead.scoring.sample"]
        today = self._get_known(self.model_id)
        if rules is None:
            asked, _left_out = self._conditions(taught)
            matrix = sample._matrix(asked)
        else:
            asked = [Asked.of(rule) for rule in rules]
        revenue = sample._revenue()
        counts = self._get_counts(taught, revenue[older])
        terms, _matrix = self._suggest(asked, matrix[older], taught, counts)
        self._check_stop()
        known = today | (rules or today)
        learned = self.env["lead.scoring.lesson"]._get_rules(terms, known)
        # those that too few of the leads meet keep their points
        keys = {condition.key for condition, _value in terms}
        kept = (rules or today).filtered(lambda rule: Asked.of(rule).key not in keys)
        if self.model_id.learned_note:
            # today's points may come from the very leads that are judged
            today = self._learn_again(today, older, taught, counts)
        before = sample._scores(today)
        after = sample._scores(learned) + sample._scores(kept)
        return self._compare(judged, revenue[newest], before[newest], after[newest])

    def _learn_again(self, rules, older, won, counts):
        """Return rules, not in the database, with the points that the older leads
        teach.
        """
        lesson = self.env["lead.scoring.lesson"]
        asked = [Asked.of(rule) for rule in rules]
        matrix = self.env["lead.scoring.sample"]._matrix(asked)[older]
        target = self.model_id.hot_score
        terms, _matrix = lesson._learn(asked, matrix, won, counts, target, len(asked))
        return lesson._get_rules(terms[: len(asked)], rules)

    def _compare(self, won, revenue, before, after):
        """Return the values that say how leads fared by two scores of them."""
        top = max(1, round(SHARE_OF_TOP * len(won)))
        brought = np.where(won, np.maximum(revenue, 0), 0)
        if self.goal == "revenue" and not brought.any():
            return {"test_count": 0}
        brought = brought / (brought.sum() or 1)
        count = int(np.count_nonzero(before >= self.model_id.hot_score))
        if not MIN_HOT_LEADS <= count <= len(won) / 2:
            count = max(1, round(SHARE_OF_BEST * len(won)))
        return {
            "test_count": len(won),
            "hot_count": count,
            "hot_rate_before": evaluate.sum_of_best(won, before, count) / count,
            "hot_rate_after": evaluate.sum_of_best(won, after, count) / count,
            "revenue_share_before": evaluate.sum_of_best(brought, before, top),
            "revenue_share_after": evaluate.sum_of_best(brought, after, top),
            "auc_before": evaluate.auc(won, before),
            "auc_after": evaluate.auc(won, after),
        }

    # ------------------------------------------------------------------
    # What is kept
    # ------------------------------------------------------------------

    def _replace_fields(self, left_out):
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

    def _replace_candidates(self, terms, matrix, won):
        """Keep what was found of each condition, first those with learned points: they
        are ticked, unless it was tried and is no better. Of rules those are kept that
        would change.

        :param terms: ``[(Asked, points)]``
        :return: how many conditions were looked at
        """
        self.candidate_ids.unlink()
        figures = self._figures(matrix, won)
        rules = {Asked.of(r).key: r for r in self._get_known(self.model_id)}
        is_better = not self.test_count or self._is_better()
        vals_list = []
        for position, (condition, value) in enumerate(terms):
            found = {name: values[position].item() for name, values in figures.items()}
            rule = rules.get(condition.key)
            if rule or value:
                found |= {"use": is_better, "value": value}
            if rule:
                found |= {"rule_id": rule.id, "old_value": rule.value}
            is_same = rule and rule.value == value
            if is_same and rule.source != "lead":
                is_same = rule.maximum == abs(value)
            if not is_same:
                vals = {"use": False, **condition._asdict(), **found}
                vals_list.append((rule or value, vals))
        vals_list.sort(key=lambda line: (not line[0], -line[1]["gain"]))
        self.env["lead.scoring.discovery.candidate"].create(
            [
                {**vals, "discovery_id": self.id, "sequence": sequence}
                for sequence, (_is_learned, vals) in enumerate(vals_list)
            ]
        )
        return len(terms)
