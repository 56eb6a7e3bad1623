from markupsafe import Markup

from odoo import SUPERUSER_ID, models
from odoo.tools import format_list

from .lead_scoring_rule import TRACED_FIELDS

TRACES = "lead_scoring.rule_traces"
"""Key of the data of a transaction: what the rules were like that users changed."""
NAMES_SHOWN = 20
"""So many rules of one kind of change are named."""


class LeadScoringRule(models.Model):
    """The chatter of a live model says who changed its rules, and how: one note for all
    that is saved at once, posted before the commit.
    """

    _inherit = "lead.scoring.rule"

    def _trace(self, is_new=False):
        """Remember what these rules are like before a user changes or deletes them.
        What passes, installation and updates do, the superuser does.

        :param is_new: they have just been created
        """
        if self.env.uid == SUPERUSER_ID:
            return
        precommit = self.env.cr.precommit
        if TRACES not in precommit.data:
            precommit.data[TRACES] = {}
            precommit.add(self.browse()._post_traces)
        traces = precommit.data[TRACES].setdefault(self.env.user, {})
        # sudo: the user may write or delete them, as the ORM checks
        for rule in self.sudo():
            if rule.id not in traces:
                traces[rule.id] = {
                    **{name: rule[name] for name in TRACED_FIELDS},
                    "is_new": is_new,
                    "is_live": rule.model_id.state == "live",
                }

    def _post_traces(self):
        """Post one note on each live model, in the name of who changed its rules."""
        for user, traces in self.env.cr.precommit.data.pop(TRACES, {}).items():
            # sudo: whoever may write a rule may tell that he did
            rules = self.with_user(user).with_context(lang=self.env.lang).sudo()
            bodies = {
                model.id: Markup("<p>%s</p><ul>%s</ul>")
                % (
                    rules.env._("Rules changed:"),
                    Markup().join(Markup("<li>%s</li>") % note for note in notes),
                )
                for model, notes in rules._describe_traces(traces).items()
            }
            rules.env["lead.scoring.model"].browse(bodies)._message_log_batch(bodies)

    def _describe_traces(self, traces):
        """Return what became of rules.

        :param traces: what they were like, by id
        :return: dict from live models to lists of sentences
        """
        kinds, changes = {}, {}
        there = self.browse(traces).exists()
        for rule in self.browse(traces):
            before = traces[rule.id]
            for model, kind, note in rule._compare_trace(before, rule in there):
                if kind:
                    kinds.setdefault(model, {}).setdefault(kind, []).append(note)
                elif note:
                    changes.setdefault(model, []).append(note)
        return {
            model: [
                *(
                    kind % format_list(self.env, self._first_ones(names, NAMES_SHOWN))
                    for kind, names in kinds.get(model, {}).items()
                ),
                *self._first_ones(changes.get(model, []), NAMES_SHOWN),
            ]
            for model in [*kinds, *(changes.keys() - kinds.keys())]
        }

    def _compare_trace(self, before, is_there):
        """Yield a live model, the kind of change and the rule's name; for other changes
        no kind, and a sentence.

        :param before: what the rule was like
        :param is_there: whether the rule is still there
        """
        self.ensure_one()
        model, was_live = before["model_id"], before["is_live"]
        then, now = f"«{before['name']}»", f"«{self.name}»" if is_there else ""
        if before["is_new"]:
            if is_there and was_live:
                yield self.model_id, self.env._("Added: %s"), f"{now} ({self.value:+})"
        elif not is_there:
            if was_live:
                yield model, self.env._("Removed: %s"), then
        elif self.model_id != model:
            # readers of one model may not know of the other
            if was_live:
                yield model, self.env._("Moved to another model: %s"), then
            if self.model_id.state == "live":
                kind = self.env._("Moved here: %s")
                yield self.model_id, kind, f"{now} ({self.value:+})"
        elif was_live:
            if self.active != before["active"]:
                resumed, paused = self.env._("Resumed: %s"), self.env._("Paused: %s")
                yield model, resumed if self.active else paused, now
            yield model, "", self._note_changes(before)
            if then != now:
                sentence = self.env._("%(before)s is now called %(now)s")
                yield model, "", sentence % {"before": then, "now": now}
