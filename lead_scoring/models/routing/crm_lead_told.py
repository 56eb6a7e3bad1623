from markupsafe import Markup

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import groupby

LEADS_TOLD = 20
"""How many leads are told of by name; the number counts all."""


class CrmLead(models.Model):
    """What a run of the scheduled action tells salespeople, once for all leads, and
    the chatter of each.
    """

    _inherit = "crm.lead"

    @api.model
    def _notify_given(self, given):
        """Tell each salesperson once which leads a run handed over, in the reader's
        language; not somebody who did so themselves.

        :param given: ``{lead id: user id}``
        """
        for user_id, pairs in groupby(given.items(), lambda pair: pair[1]):
            # sudo: who applies a plan need not be able to read all users
            user = self.env["res.users"].sudo().browse(user_id)
            leads = self.browse([lead_id for lead_id, _user in pairs]).exists()
            leads = leads._readable_by(user)
            if leads and user != self.env.user:
                leads._notify_given_to(user)

    def _notify_given_to(self, user):
        """Tell ``user`` that these leads are theirs now."""
        # sorted by SQL: thousands of leads are not read to name twenty
        these = self.with_context(active_test=False)
        own = Domain("id", "in", self.ids)
        is_hot = Domain("temperature", "=", "hot")
        hot = these.search(own & is_hot, order="score desc, id")
        first = hot | these.search(own, order="score desc, id", limit=LEADS_TOLD)
        first = first[:LEADS_TOLD].with_prefetch()
        values = {
            "count": len(self),
            "hot": len(hot),
            "names": ", ".join((first & hot).mapped("name")),
        }
        if len(self) == 1 and hot:
            subject = self.env._("You got 1 hot lead: %(names)s", **values)
        elif len(self) == 1:
            subject = self.env._("You got 1 lead: %s", self.name)
        elif hot:
            subject = self.env._(
                "You got %(count)s leads, %(hot)s hot: %(names)s", **values
            )
        else:
            subject = self.env._("You got %s leads", len(self))
        lines = [lead._given_line() for lead in first]
        if len(self) > LEADS_TOLD:
            more = self.env._("and %s more", len(self) - LEADS_TOLD)
            lines.append(Markup("%s") % more)
        self._tell(user, subject, lines)

    def _given_line(self):
        """Return what is told of one lead: its name, score and temperature."""
        labels = dict(self._fields["temperature"]._description_selection(self.env))
        line = self.env._(
            "score %(score)s, %(temperature)s",
            score=self.score,
            temperature=labels[self.temperature],
        )
        return Markup("%s: %s") % (self._link(), line)

    def _log_assignment(self, assignment):
        """Have the chatter say why scoring hands this lead over, and to whom, beside
        the fields that change; in the language of its salesperson.

        :param assignment: an ``Assignment`` with the count of the person's leads
        """
        # sudo: a lead may go to people and teams that the user may not read
        user = self.env["res.users"].sudo().browse(assignment.user_id or [])
        team = self.env["crm.team"].sudo().browse(assignment.team_id)
        lang = user.lang or team.user_id.lang or self.env.lang
        reader = self.with_context(lang=lang)
        team = team.with_env(reader.env)
        sentences = [reader._whose_line(user, assignment)]
        if self.type == "lead":
            sentences.insert(0, reader._reached_line(team, assignment.sampled))
        self._track_set_log_message(" ".join(sentences))

    def _reached_line(self, team, sampled):
        """Return why the score makes this lead an opportunity."""
        if sampled:
            return self.env._(
                "Chosen at random for %s, to see what low scores miss.", team.name
            )
        return self.env._(
            "Score %(score)s reached the %(minimum)s of %(team)s.",
            score=self.score,
            minimum=team.minimum_score,
            team=team.name,
        )

    def _whose_line(self, user, assignment):
        """Return who gets this lead, or keeps it."""
        if not user:
            return self.env._("Nobody in the team can be given it now.")
        if user == self.user_id:
            return self.env._("It stays with %s.", user.name)
        if assignment.count is None:
            return self.env._("Given to %s.", user.name)
        return self.env._(
            "Given to %(user)s: %(count)s of %(capacity)s in 30 days.",
            user=user.name,
            count=assignment.count,
            capacity=assignment.capacity,
        )

    def _notify_merged(self, gone):
        """Tell the salespeople what was merged into this lead. Who may not read it is
        told who has it, and no more.

        :param gone: ``(name, salesperson)`` of each that is no more
        """
        self.ensure_one()
        users = self.user_id.union(*(user for _name, user in gone))
        for user in users.filtered("active"):
            lead = self._readable_by(user)
            names = [f"«{name}»" for name, owner in gone if lead or owner == user]
            reader = self.with_context(lang=user.lang)
            values = {
                "names": ", ".join(names),
                "lead": self.name,
                "user": self.user_id.name or reader.env._("nobody"),
            }
            if lead:
                text = reader.env._("%(names)s merged into «%(lead)s»", **values)
            else:
                text = reader.env._(
                    "%(names)s merged into a lead of %(user)s", **values
                )
            why = reader.env._(
                "All have the address %s, and nothing suggests that they are "
                "different people. The details of each lead are in the chatter.",
                self.email_normalized,
            )
            lead.with_env(reader.env)._tell(user, text, [Markup("%s") % why])
