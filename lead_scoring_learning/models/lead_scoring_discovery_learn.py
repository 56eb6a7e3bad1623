import numpy as np

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..tools.conditions import MIN_LEADS
from .lead_scoring_sample import Asked


class LeadScoringDiscovery(models.Model):
    """Rules from conditions, and their points."""

    _inherit = "lead.scoring.discovery"

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_add_rules(self):
        """Take the ticked changes over into the draft, and open it."""
        self.check_access("write")
        if not self.candidate_ids.filtered("use"):
            raise UserError(self.env._("Tick what is to be changed first."))
        self._add_rules()
        return self.action_view_draft()

    def action_simulate(self):
        """Take the ticked changes over into the draft, and show what they move."""
        self.action_add_rules()
        return self.draft_id.action_simulate()

    def action_learn(self):
        """Take the ticked changes over into the draft, and learn the points of all its
        rules in the background.
        """
        self.ensure_one()
        self.check_access("write")
        if self.job_state in ("queued", "running"):
            raise UserError(self.env._("It is running already."))
        self._add_rules()
        self._queue(task="learn")

    def _add_rules(self):
        """Make the draft if there is none, and do in it what is ticked: new rules, and
        other points of those it has. What was done for a line that is ticked no longer
        is taken back.
        """
        self.ensure_one()
        draft = self._get_draft()
        rules = draft.with_context(active_test=False).rule_ids
        by_key = {Asked.of(rule).key: rule for rule in rules}
        ticked = self.candidate_ids.filtered("use")
        new = done = self.candidate_ids.browse()
        for candidate in self.candidate_ids:
            rule = by_key.get(Asked.of(candidate).key)
            if candidate in ticked:
                if rule and (candidate.rule_id or not rule.active):
                    self._write_points(rule, [candidate.value])
                    done |= candidate
                elif not rule and not candidate.rule_id and candidate.value:
                    new |= candidate
            elif rule and candidate.is_taken:
                candidate._take_back(rule)
        self.env["lead.scoring.rule"].create(
            [
                {**candidate._rule_vals(), "model_id": draft.id, "sequence": 900}
                for candidate in new
            ]
        )
        # sudo: only code sets what was done
        (self.candidate_ids - ticked).sudo().is_taken = False
        (new | done).sudo().is_taken = True

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
        known = self._get_known(self.draft_id)
        won, counts, matrix, figures = self._read(known)
        rules, matrix = self._frequent(known, matrix)
        yield {
            "progress": 70,
            "message": self.env._("Learning the points of %s rules…", len(rules)),
            "won_count": int(won.sum()),
            "lost_count": int((~won).sum()),
            **figures,
        }
        asked = [Asked.of(rule) for rule in rules]
        # people have chosen these rules: as many as they are may get points
        most = max(self.max_rules, len(rules))
        terms, _matrix = self.env["lead.scoring.lesson"]._learn(
            asked, matrix, won, counts, self.draft_id.hot_score, most
        )
        pairs = [(c, value) for c, value in terms[len(rules) :] if value]
        note = self._note(won, len(pairs), known, known - rules)
        values = [value for _condition, value in terms[: len(rules)]]
        self._write_points(self._as_user(rules), values)
        self._add_pairs(pairs)
        self._as_user(self.draft_id).check_access("write")
        self.draft_id.learned_note = note
        yield {
            "job_state": "done",
            "progress": 100,
            "message": self.env._(
                "Learned the points of %(rules)s rules from %(leads)s closed leads. "
                "Simulate the draft, and publish it.",
                rules=len(rules) + len(pairs),
                leads=len(won),
            ),
        }

    def _read(self, rules):
        """Return which closed leads were won, how much each counts, the matrix of who
        meets which rule, and how much better learned points are: as was found together
        with the conditions, for only there nothing was chosen by the leads it was tried
        on.

        :raise UserError: there are too few leads
        """
        sample = self.env["lead.scoring.sample"]
        with self._open():
            won = sample._won()
            self._check_enough(won)
            counts = self._get_counts(won, sample._revenue())
            self._check_stop()
            matrix = sample._matrix([Asked.of(rule) for rule in rules])
            self._check_stop()
            figures = {}
            if not self.candidate_ids:
                figures = self._try_on_newest(won, rules, matrix)
            return won, counts, matrix, figures

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

    def _add_pairs(self, pairs):
        """Add a rule to the draft for each of the pairs, ``[(Asked, points)]``."""
        lesson = self.env["lead.scoring.lesson"]
        # sudo: each condition was checked when its rule was saved
        self.env["lead.scoring.rule"].sudo().create(
            [
                {
                    **self._as_user(self.env["lead.scoring.rule"])._author(),
                    **lesson._get_vals(condition, value),
                    "model_id": self.draft_id.id,
                    "sequence": 950,
                }
                for condition, value in pairs
            ]
        )

    def _write_points(self, rules, values):
        """Set the points of rules; pause those that are worth none."""
        for rule, value in zip(rules, values, strict=True):
            vals = {"value": value, "active": bool(value)}
            if rule.source != "lead":
                # the points count once: learned was whether there is any record
                vals["maximum"] = abs(value)
            rule.write(vals)

    def _as_user(self, records):
        """Return records with the rights of the user who asked for the work."""
        return records.with_user(self.user_id).sudo(False)

    def _note(self, won, pair_count, known, rare):
        """Return what is said on the draft about where its points come from.

        :param known: the rules whose points can be learned
        :param rare: those of them that too few leads meet, or nearly all
        """
        lines = [
            self._get_tried()
            if not self.candidate_ids
            else self.env._("All suggestions together: %s", self._get_tried()),
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
