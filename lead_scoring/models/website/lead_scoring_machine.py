import re
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, models

from ...tools.parameters import get_number

MACHINE_REASONS = [
    ("unseen", "Not seen in a browser"),
    ("soon", "Within seconds of sending"),
    ("burst", "Several links at once"),
    ("again", "Again within two minutes"),
]
"""Why a link that was opened does not count."""
MACHINE_PARAMETER = "lead_scoring.machine_click_seconds"
MACHINE_SECONDS = 5
"""What is opened so soon after a mail was sent is most often opened by a machine."""
BURST_LINKS = 3
BURST_SECONDS = 2
"""So many links of a mail opened within so many seconds are not opened by a person."""

_BROWSERS = ("Mozilla/", "Opera/")
"""How every browser's name for itself begins."""
_PROGRAMS = re.compile(
    "ms-?office|ur[il]-?preview|headless|googleimageproxy|yahoomailproxy", re.IGNORECASE
)
"""How programs call themselves that begin like a browser, and that Odoo takes for no
robots.
"""


class LeadScoringMachine(models.AbstractModel):
    """Decides whether a person or a machine has opened a link: previews of mail and
    chat programs and security gateways open links, too.

    Links of salespeople's mails, of mailings and of text messages ask here. A program
    that drives a whole browser, opens one link, and scrolls, is taken for a person.
    """

    _name = "lead.scoring.machine"
    _description = "Machine or Person"

    @api.model
    def _is_program(self, user_agent):
        """Whether who asks calls itself a program, not a browser.

        :param user_agent: what it calls itself, text or None
        """
        agent = user_agent or ""
        return not agent.startswith(_BROWSERS) or bool(_PROGRAMS.search(agent))

    @api.model
    def _judge(self, sent, opened, together, seen=None, touched=False):
        """Return why a link that was opened does not count: a key of
        ``MACHINE_REASONS``, or False where a person has opened it.

        :param sent: when the mail was sent, or a false value
        :param opened: when the link was opened
        :param together: how many different links of the mail were opened then
        :param seen: whether a browser has shown the page; None for a page that is not
            ours, which no browser tells us about
        :param touched: whether somebody has scrolled, tapped or typed there
        """
        if together >= BURST_LINKS:
            return "burst"
        if seen is False:
            return "unseen"
        seconds = get_number(self.env, MACHINE_PARAMETER, MACHINE_SECONDS, 0, 86_400)
        if sent and opened < sent + timedelta(seconds=seconds) and not touched:
            return "soon"
        return False

    # ------------------------------------------------------------------
    # Links to pages of our own
    # ------------------------------------------------------------------

    @api.model
    def _own_hosts(self):
        """Return the hosts, with port, of our websites."""
        # sudo: who sends or opens a mail need not read websites and system parameters
        parameters = self.env["ir.config_parameter"].sudo()
        websites = self.env["website"].sudo().search([("domain", "!=", False)])
        urls = [*websites.mapped("domain"), parameters.get_param("web.base.url")]
        return {urlsplit(url).netloc.lower() for url in urls if url}

    @api.model
    def _open_link(self, token, url):
        """Note that a link with a token was opened, by whomever. A bridge does so for
        its own tokens.

        :param token: text of any content
        :param url: path of the page it leads to
        :return: whether the token is a good one
        """
        return False

    @api.model
    def _confirm(self, token, touched):
        """Note that a browser shows the page that a link with a token leads to. A
        bridge does so for its own tokens.

        :param token: text of any content
        :param touched: whether somebody has scrolled, tapped or typed there
        :return: whether that is enough to take the reader for a person
        """
        return False
