from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_list

from ..scoring.lead_scoring_transition import SEGMENTS

FITTING = frozenset(["sales", "nurture"])
"""Segments that no lead below the floor of fit is in."""
INTERESTED = frozenset(["sales"])
"""Segments that no lead below the floor of interest is in."""
REACHED = ("reached", "high")


class CrmTeam(models.Model):
    """Which segments a team takes, however high the score is."""

    _inherit = "crm.team"

    take_sales = fields.Boolean(
        string="Sales",
        default=True,
        help="Leads that fit and are interested become opportunities of this team.",
    )
    take_nurture = fields.Boolean(
        string="Nurture",
        default=True,
        help="Leads that fit, with some interest, become opportunities of this team.",
    )
    take_remarket = fields.Boolean(
        string="Remarket",
        default=True,
        help="Leads that fit without any interest, or are interested without fit, "
        "become opportunities of this team.",
    )
    take_discard = fields.Boolean(
        string="Discard",
        default=True,
        help="Leads without fit and with little or no interest become opportunities of "
        "this team.",
    )

    def _taken_segments(self):
        """Return the set of the segments this team takes."""
        self.ensure_one()
        return {segment for segment, _name in SEGMENTS if self[f"take_{segment}"]}

    def _leads_in_taken_segments(self):
        """Return the Domain of the leads whose segment this team takes."""
        taken = self._taken_segments()
        if len(taken) == len(SEGMENTS):
            return Domain.TRUE
        return Domain("segment", "in", taken)

    def _segment_note(self, lead):
        """Return why this team does not take a lead of this segment: the axis that
        fails, where one does.
        """
        self.ensure_one()
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
        low_fit = model and taken <= FITTING and row.fit_band not in REACHED
        low_interest = taken <= INTERESTED and row.interest_band not in REACHED
        if not taken:
            return self.env._("%(team)s takes leads of no segment", **values)
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
        if model and low_interest:
            return self.env._(
                "%(team)s takes only %(segments)s leads, and the interest of "
                "%(interest)s is below %(interest_floor)s",
                **values,
            )
        return self.env._(
            "%(team)s takes only %(segments)s leads, and this one is %(segment)s",
            **values,
        )
