from collections import defaultdict

from odoo import api, models
from odoo.tools import format_datetime, format_list

SEGMENTS_OF_FITTING = frozenset(["sales", "nurture"])
"""Segments that no lead below the floor of fit is in."""
SEGMENTS_OF_INTERESTED = frozenset(["sales"])
"""Segments that no lead below the floor of interest is in."""
BANDS_FROM_FLOOR = ("reached", "high")


class CrmTeam(models.Model):
    """The sentences of why a lead is still a lead.

    In the notes of a ``WaitingReason``, ``teams`` are those that would take the lead,
    given score and segment. They follow from the score as of the last run, while the
    screen beside shows that of now: so they name it only where it matters, as old.
    """

    _inherit = "crm.team"

    @api.model
    def _not_considered_note(self, lead, _teams):
        """Return the sentence for a lead to which no waiting reason applies."""
        if not lead.filtered_domain(self.env["lead.scoring.engine"]._open_leads()):
            return self.env._("Closed leads are not converted by score.")
        if not lead.score_id:
            return self._promise(
                self.env._("It has no score yet. The next run gives it one.")
            )
        return self.env._("%s does not convert leads by score.", lead.team_id.name)

    @api.model
    def _returned_note(self, lead, _teams):
        return self.env._(
            "Sales sent it back. It is converted again from a score of %s on.",
            lead.returned_until,
        )

    @api.model
    def _error_note(self, lead, _teams):
        return self.env._(
            "It could not be converted. %(next_run)s %(error)s",
            next_run=self._promise(self.env._("The next run tries again.")),
            error=lead.score_id.routing_error,
        )

    @api.model
    def _sample_note(self, lead, _teams):
        return self._promise(
            self.env._(
                "The next run converts it, whatever its score: it was chosen at random."
            )
        )

    @api.model
    def _ready_note(self, lead, teams):
        met = teams.filtered(
            lambda team: (
                lead.score >= team.minimum_score
                and lead.segment in team._taken_segments()
            )
        )
        team = met & lead.team_id or met[:1]
        return self._promise(self.env._("The next run converts it for %s.", team.name))

    @api.model
    def _answers_note(self, lead, _teams):
        model = lead.score_id.model_id
        return self.env._(
            "%(count)s of the 5 questions are answered Yes. %(model)s requires "
            "%(required)s.",
            count=lead.qualification_count,
            model=model.name,
            required=model.required_answers,
        )

    @api.model
    def _minimums_note(self, lead, teams):
        """Return what each team asks for: a higher score or another segment."""
        asks = [
            self.env._(
                "%(team)s requires %(minimum)s",
                team=team.name,
                minimum=team.minimum_score,
            )
            if lead.score < team.minimum_score
            else team._segment_note(lead)
            for team in teams
        ]
        return self.env._(
            "%(asks)s; its last score was %(score)s.",
            score=lead.score,
            asks=", ".join(asks),
        )

    def _segment_note(self, lead):
        """Return why this team does not take a lead of this segment."""
        taken = self._taken_segments()
        names = dict(lead._fields["segment"]._description_selection(self.env))
        row, model = lead.score_id, lead.score_id.model_id
        values = {
            "team": self.name,
            "segments": format_list(self.env, [names[s] for s in names if s in taken]),
            "segment": names[lead.segment],
            "fit": row.fit,
            "interest": row.interest,
            "fit_floor": model.fit_floor,
            "interest_floor": model.interest_floor,
        }
        if not taken:
            return self.env._("%(team)s has no segments selected", **values)
        low_fit, low_interest = self._low_axes(lead)
        if low_fit and low_interest:
            return self.env._(
                "%(team)s takes only %(segments)s leads, and the fit of %(fit)s is "
                "below %(fit_floor)s, the interest of %(interest)s below "
                "%(interest_floor)s",
                **values,
            )
        if low_fit:
            return self.env._(
                "%(team)s takes only %(segments)s leads, and the fit of %(fit)s is "
                "below %(fit_floor)s",
                **values,
            )
        if low_interest:
            return self.env._(
                "%(team)s takes only %(segments)s leads, and the interest of "
                "%(interest)s is below %(interest_floor)s",
                **values,
            )
        return self.env._(
            "%(team)s takes only %(segments)s leads, and this one is %(segment)s",
            **values,
        )

    def _low_axes(self, lead):
        """Return whether the fit and whether the interest of a lead is below the floor
        that the segments this team takes have in common.
        """
        taken, row = self._taken_segments(), lead.score_id
        low_fit = row.fit_band not in BANDS_FROM_FLOOR
        low_interest = row.interest_band not in BANDS_FROM_FLOOR
        return (
            row.model_id and taken <= SEGMENTS_OF_FITTING and low_fit,
            row.model_id and taken <= SEGMENTS_OF_INTERESTED and low_interest,
        )

    @api.model
    def _salesperson_note(self, lead, _teams):
        why = self._team_refusals(lead, lead.team_id)
        return self.env._(
            "It stays with %(user)s, whose sales team does not take it. %(why)s.",
            user=lead.user_id.name,
            why=why or self.env._("It is in no sales team"),
        )

    @api.model
    def _no_team_note(self, lead, _teams):
        return self.env._(
            "No sales team takes it. %s.",
            self._team_refusals(lead, self._converting_teams()),
        )

    @api.model
    def _promise(self, sentence):
        """Return a sentence on what the next run does, or else why none comes."""
        return self.env["lead.scoring.pass"]._stopped_note() or sentence

    @api.model
    def _team_refusals(self, lead, teams):
        """Return why none of ``teams`` would take the lead, each reason once."""
        refusals = defaultdict(list)
        for team in teams:
            refusals[team._team_refusal(lead)].append(team.name)
        return "; ".join(
            f"{format_list(self.env, names)}: {reason}"
            for reason, names in refusals.items()
        )

    def _team_refusal(self, lead):
        """Return in a few words why this team would not take a lead of any score."""
        self.ensure_one()
        if not self.use_opportunities:
            return self.env._("has no pipeline")
        if self.assignment_optout:
            return self.env._("skips automatic assignment")
        if self.company_id and lead.company_id - self.company_id:
            return self.env._("takes only leads of %s", self.company_id.name)
        if self.convert_since and lead.create_date < self.convert_since:
            return self.env._(
                "takes only leads created since %s",
                format_datetime(self.env, self.convert_since),
            )
        if not self._has_sound_domain():
            return self.env._("its assignment filter can't be applied")
        return self.env._("the lead does not meet the assignment filter")
