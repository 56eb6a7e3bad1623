from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, models
from odoo.fields import Command

from odoo.addons.lead_scoring.models.website.lead_scoring_machine import BURST_SECONDS

LINKS_PER_DAY = 100
"""Links of the mails to one lead that are noted a day."""


class LeadScoringEvent(models.Model):
    """Links of salespeople's mails that were opened, by people and by machines. Each
    is noted, with why it does not count.
    """

    _inherit = "lead.scoring.event"

    @api.model
    def _add_link(self, lead, url):
        """Return the event of a link of a mail to ``lead`` that is opened now, which no
        browser has shown yet; an empty recordset where too many are.

        :param url: of the page, text of any content
        """
        # sudo: visitors have no right on events
        events = self.sudo()
        since = self.env.cr.now() - timedelta(days=1)
        opened = [
            ("lead_id", "=", lead.id),
            ("kind", "=", "link"),
            ("date", ">", since),
        ]
        if self._address_sends_too_many():
            return events
        if events.search_count(opened, limit=LINKS_PER_DAY) >= LINKS_PER_DAY:
            return events
        return events.create(
            {
                # in the language of the database, as other systems push theirs
                "name": "Link in a mail",
                "kind": "link",
                "machine_reason": "unseen",
                "lead_id": lead.id,
                "company_id": self._current_company_id(),
                "url": self._clean_url(url),
                "address_hash": self._address_hash(),
            }
        )

    @api.model
    def _see_link(self, lead, url):
        """Return the event of a link that a browser shows now: the last one that was
        opened from the same network address, or a new one.

        :param url: of the page, text of any content
        """
        opened = [
            ("lead_id", "=", lead.id),
            ("kind", "=", "link"),
            ("machine_reason", "in", ("unseen", "soon")),
            ("address_hash", "=", self._address_hash()),
            ("date", ">", self.env.cr.now() - timedelta(hours=1)),
        ]
        # sudo: visitors have no right on events
        events = self.sudo().search(opened, order="id desc")
        same = events.filtered(lambda event: page(event.url) == page(url))
        return same[:1] or events[:1] or self._add_link(lead, url)

    def _judge_link(self, sent, touched):
        """Decide whether a person has opened this link, which a browser shows, and tie
        the current visitor to the lead then. Links seen all at once, on several pages
        or from several network addresses, take their visitors back.

        :param sent: when the mail was sent
        :return: whether it was a person
        """
        if not self:
            return False
        near = timedelta(seconds=BURST_SECONDS)
        seen = self | self.search(
            [
                ("lead_id", "=", self.lead_id.id),
                ("kind", "=", "link"),
                ("machine_reason", "!=", "unseen"),
                ("date", ">=", self.date - near),
                ("date", "<=", self.date + near),
            ]
        )
        together = max(len(set(seen.mapped(name))) for name in ("url", "address_hash"))
        reason = self.env["lead.scoring.machine"]._judge(
            sent, self.date, together, seen=True, touched=touched
        )
        self.machine_reason = reason
        if reason == "burst":
            seen.machine_reason = reason
            seen.visitor_id.write({"lead_ids": [Command.unlink(self.lead_id.id)]})
        elif not reason:
            visitor = self.env["website.visitor"]._get_visitor_from_request(
                force_create=True
            )
            if visitor._identify_as(self.lead_id):
                self.visitor_id = visitor
        return not reason


def page(url):
    """Return the path of an address, "/" if there is none or it is no address."""
    try:
        return urlsplit(url or "").path or "/"
    except ValueError:
        return "/"
