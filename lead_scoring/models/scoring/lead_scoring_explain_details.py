from textwrap import shorten
from urllib.parse import unquote_plus

from odoo import api, fields, models
from odoo.tools import SQL

NAMES_SHOWN = 3
"""Topics, or channels, that are named; the others are counted."""
NAME_LENGTH = 40
"""Characters of the name of a channel."""


class LeadScoringExplain(models.AbstractModel):
    """Tells, once somebody opens the explanation, what is known of the visitor, and how
    the numbers of a lead relate.

    An add-on adds parts to :meth:`_known` or :meth:`_numbers`. A part is what
    :meth:`_part` returns.
    """

    _inherit = "lead.scoring.explain"

    @api.model
    def _part(self, label, value="", action=None, date=None):
        """Return a part of a line.

        :param str label: what it is
        :param value: what is known of it, a text or a number
        :param action: name of the method of ``crm.lead`` that opens what is behind it
        :param date: a moment, shown instead of the value, as «2 hours ago»
        """
        return {
            "label": label,
            "value": str(value),
            "action": action or False,
            "date": fields.Datetime.to_string(date),
        }

    @api.model
    def _known(self, lead):
        """Return what is known of one lead's visitors, as parts of one line; none where
        nothing is. An override adds parts at the end, only those that say something.

        :param lead: as superuser, for whoever may read the lead may know this; an
            ``action`` has the reader's own rights
        """
        parts = []
        if lead.score_visit_count:
            views = "action_redirect_to_page_views"
            minutes = round(lead.score_time_on_site)
            parts += [
                self._part(
                    self.env._("Last visit"), action=views, date=lead.score_last_visit
                ),
                self._part(self.env._("Visits"), lead.score_visit_count),
                self._part(self.env._("Page views"), lead.score_pageview_count, views),
            ]
            if minutes:
                minutes = self.env._("%s min", minutes)
                parts.append(self._part(self.env._("On the website"), minutes))
        if events := lead._form_and_event_ids():
            label = self.env._("Forms and events")
            parts.append(self._part(label, len(events), "action_open_events"))
        if channels := self._channel_names(lead):
            parts.append(self._part(self.env._("Came by"), self._some(channels)))
        return parts

    @api.model
    def _some(self, names):
        """Return the first of ``names`` as a text, and how many more there are."""
        shown = ", ".join(names[:NAMES_SHOWN])
        more = len(names) - NAMES_SHOWN
        return f"{shown} +{more}" if more > 0 else shown

    @api.model
    def _channel_names(self, lead):
        """Return by what the lead and its visitors came: sources, where there is none
        the campaign or medium, in alphabetical order.
        """
        self.env.flush_all()
        channels = self.env["lead.scoring.source"]._channels()
        query = SQL(
            """SELECT DISTINCT COALESCE(source, campaign, NULLIF(medium, %s))
                 FROM (%s) AS channel WHERE lead_id = %s""",
            # what a website form writes where the link says nothing
            # sudo: readers need not read media
            self.env.ref("utm.utm_medium_website").sudo().name,
            SQL(" UNION ALL ").join(channels),
            lead.id,
        )
        rows = self.env.execute_query(query)
        names = [unquote_plus(name or "").strip() for [name] in rows]
        # anybody can write an address of any length
        names = [shorten(name, NAME_LENGTH, placeholder="…") for name in names if name]
        # an address writes differently what a record calls by its name
        by_spelling = {
            "".join(filter(str.isalnum, n.lower())): n for n in sorted(names)
        }
        return sorted(by_spelling.values())

    @api.model
    def _numbers(self, lead):
        """Return what each number beside the score says, as parts whose value is half a
        sentence. An override adds its own.

        :param lead: as superuser
        """
        field = lead._fields["probability"]
        return [
            self._part(
                field.get_description(self.env, ["string"])["string"],
                self.env._("Odoo's estimate or yours, for the forecast of revenue."),
            )
        ]

    @api.model
    def _details(self, lead):
        """Return ``known`` and ``numbers`` of one lead, see the methods so called."""
        # sudo: whoever may read the lead may know what is counted for its score
        lead = lead.sudo()
        if not lead:
            return {"known": [], "numbers": []}
        score = self._part(self.env._("Score"), self.env._("whom to call first."))
        return {"known": self._known(lead), "numbers": [score, *self._numbers(lead)]}
