import numpy as np

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools import evaluate, points
from ..tools.conditions import MIN_LEADS
from .lead_scoring_sample import Asked


class LeadScoringDiscovery(models.Model):
    """Rules from conditions, and their points."""

    _inherit = "lead.scoring.discovery"

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_add_rules(self):
        """Add the ticked conditions to the draft, as rules, and open it."""
        self.check_access("write")
        if not self.candidate_ids.filtered("use"):
            raise UserError(self.env._("Tick the conditions that are to become rules."))
        self._add_rules()
        return self.action_view_draft()

    def action_learn(self):
        """Add the ticked conditions to the draft, and learn the points of all its rules
        in the background.
        """
        self.ensure_one()
        self.check_access("write")
        if self.job_state in ("queued", "running"):
            raise UserError(self.env._("It is running already."))
        self._add_rules()
        self._queue(task="learn")

    def _add_rules(self):
        """Make the draft if there is none, and the ticked conditions rules of it."""
        self.ensure_one()
        draft = self._get_draft()
        known = {(rule.source, rule.domain) for rule in draft.rule_ids}
        self.env["lead.scoring.rule"].create(
            [
                {**candidate._rule_vals(), "model_id": draft.id, "sequence": 900}
                for candidate in self.candidate_ids.filtered("use")
                if (candidate.source, candidate.domain) not in known
            ]
        )

    def _get_draft(self):
        """Return the draft that rules are for, a new version of the model if there is
        none yet.
        """
        if self.draft_id.active and self.draft_id.state == "draft":
            return self.draft_id
        is_draft = self.model_id.state == "draft"
        draft = self.model_id if is_draft else self.model_id.copy()
        draft.check_access("write")
        self.check_access("write")
        # sudo: only code sets the draft; the user may write it
        self.sudo().draft_id = draft
        return draft

    # ------------------------------------------------------------------
    # In the background
    # ------------------------------------------------------------------

    def _learn(self):
        """Learn the points of the draft's rules."""
        yield {"progress": 10, "message": self.env._("Reading the closed leads…")}
        known = self._rules_to_learn()
        won, matrix = self._read(known)
        rules, matrix = self._frequent(known, matrix)
        message = self.env._("Learning the points of %s rules…", len(rules))
        yield {
            "progress": 50,
            "message": message,
            "won_count": int(won.sum()),
            "lost_count": int((~won).sum()),
        }
        figures = self._judge(rules, matrix, won)
        yield {
            "progress": 70,
            "message": self.env._("Looking for pairs of conditions…"),
        }
        fit = points.regress(matrix, won, points.best_strength(matrix, won))
        pairs = points.pairs(matrix, won, fit, self._may_pair(rules))
        yield {"progress": 85, "message": message}
        both = [matrix[:, i] & matrix[:, j] for i, j in pairs]
        matrix = np.column_stack([matrix, *both])
        learned = points.learn(matrix, won, self.draft_id.hot_score, fit.strength)
        note = self._note(won, figures, len(pairs), known, known - rules)
        rules |= self._add_pairs(rules, pairs)
        self._write_points(rules, learned.points.tolist())
        self._as_user(self.draft_id).check_access("write")
        self.draft_id.learned_note = note
        yield {
            "job_state": "done",
            "progress": 100,
            "message": self.env._(
                "Learned the points of %(rules)s rules from %(leads)s closed leads. "
                "Simulate the draft, and publish it.",
                rules=len(rules),
                leads=len(won),
            ),
        }

    def _rules_to_learn(self):
        """Return the rules of the draft whose points can be learned."""
        learnable = self.env["lead.scoring.learnable"]
        _kinds, left_out = learnable._fields_to_learn(self.user_id)
        used = set(learnable._liftable(left_out, self._used_anyway()))
        return learnable._known(self.draft_id.rule_ids, left_out.keys() - used)

    def _read(self, rules):
        """Return which closed leads were won, and the matrix of who meets which rule.

        :raise UserError: there are too few leads
        """
        sample = self.env["lead.scoring.sample"]
        with self._open():
            won = sample._won()
            self._check_enough(won)
            self._check_stop()
            return won, sample._matrix([Asked.of(rule) for rule in rules])

    def _frequent(self, rules, matrix):
        """Return the rules that enough leads meet, and enough don't, with their columns
        of ``matrix``.

        :raise UserError: there are none
        """
        support = matrix.sum(axis=0)
        enough = (support >= MIN_LEADS) & (support <= len(matrix) - MIN_LEADS)
        if not enough.any():
            raise UserError(
                self.env._(
                    "None of the rules tells closed leads apart. Find conditions, tick "
                    "some, and learn again."
                )
            )
        ids = np.array(rules.ids, dtype=int)[enough].tolist()
        return rules.browse(ids), matrix[:, enough]

    def _judge(self, rules, matrix, won):
        """Return how well points learned from the older leads rank the newest fifth,
        and how well the present points do; None where these are too few.
        """
        training, test = evaluate.newest(np.arange(len(won)))
        if not evaluate.is_enough(won[training]) or len(set(won[test].tolist())) < 2:
            return None
        learned = points.learn(matrix[training], won[training])
        present = matrix[test] @ np.array(rules.mapped("value"))
        return (
            evaluate.auc(won[test], learned.scores(matrix[test])),
            evaluate.auc(won[test], present),
        )

    def _may_pair(self, rules):
        """Return the function that says which two rules, by their positions, one domain
        can ask together: both read the lead, and not the same field.
        """
        check = self.env["lead.scoring.rule.check"]
        paths = [
            {c.field_expr for c in check._read(rule.domain).iter_conditions()}
            if rule.source == "lead"
            else None
            for rule in rules
        ]

        def may_pair(i, j):
            return bool(paths[i] and paths[j]) and paths[i].isdisjoint(paths[j])

        return may_pair

    def _add_pairs(self, rules, pairs):
        """Return new rules of the draft, one for each pair of positions."""
        check = self.env["lead.scoring.rule.check"]
        author = self._as_user(rules.browse())._author()
        vals_list = []
        for i, j in pairs:
            first, second = rules[i], rules[j]
            both = check._read(first.domain) & check._read(second.domain)
            vals_list.append(
                {
                    **author,
                    "name": self.env._(
                        "%(first)s, and %(second)s",
                        first=first.name,
                        second=second.name,
                    ),
                    "domain": repr(list(both)),
                    "dimension": first.dimension,
                    "value": 0,
                    "model_id": self.draft_id.id,
                    "sequence": 950,
                }
            )
        # sudo: each condition was checked when its rule was saved
        return rules.sudo().create(vals_list)

    def _write_points(self, rules, values):
        """Set the points of rules; pause those that are worth none."""
        for rule, value in zip(self._as_user(rules), values, strict=True):
            vals = {"value": value, "active": bool(value)}
            if rule.source != "lead":
                # the points count once: learned was whether there is any record
                vals["maximum"] = abs(value)
            rule.write(vals)

    def _as_user(self, records):
        """Return records with the rights of the user who asked for the work."""
        return records.with_user(self.user_id).sudo(False)

    def _note(self, won, figures, pair_count, known, rare):
        """Return what is said on the draft about where its points come from.

        :param figures: what :meth:`_judge` returned
        :param known: the rules whose points can be learned
        :param rare: those of them that too few leads meet, or nearly all
        """
        lines = [
            self._note_gain(figures),
            self.env._(
                "Learned on %(today)s from %(leads)s closed leads, %(won)s of them "
                "won.",
                leads=len(won),
                won=int(won.sum()),
                today=format_date(self.env, fields.Date.context_today(self)),
            ),
        ]
        if self.since:
            since = format_date(self.env, self.since)
            lines.append(self.env._("Leads closed before %s do not count.", since))
        if pair_count:
            lines.append(
                self.env._(
                    "%s rules ask two conditions that say more together.", pair_count
                )
            )
        return "\n".join([*lines, *self._note_kept(known, rare)])

    def _note_gain(self, figures):
        """Return the line on how much better the points are; see :meth:`_note`."""
        if not figures:
            return self.env._("Too few leads are closed to tell how much better it is.")
        return self.env._(
            "Test on the newest fifth of the leads, with points learned from the "
            "older ones: %(after)s of 100 pairs of a won and a lost lead are in the "
            "right order. With the previous points: %(before)s; by chance: 50. A "
            "small difference may be chance.",
            after=round(100 * figures[0]),
            before=round(100 * figures[1]),
        )

    def _note_kept(self, known, rare):
        """Return the lines on the rules of the draft that keep their points, and why;
        see :meth:`_note`.
        """
        lines = []
        rules = self.draft_id.rule_ids.filtered(lambda rule: not rule.error)
        if unknown := rules - known:
            lines.append(
                self.env._(
                    "These keep their points, for nobody knows what they gave at the "
                    "time: %s.",
                    ", ".join(unknown.mapped("name")),
                )
            )
        if rare:
            lines.append(
                self.env._(
                    "These keep their points, too, for too few closed leads meet "
                    "them, or nearly all do: %s.",
                    ", ".join(rare.mapped("name")),
                )
            )
        return lines
