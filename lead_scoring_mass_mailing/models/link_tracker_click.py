from datetime import timedelta

from odoo import api, fields, models
from odoo.http import request
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.lead_scoring.models.website.lead_scoring_machine import (
    BURST_SECONDS,
    MACHINE_REASONS,
)

from .mailing_trace import OPENED_BY_CLICK

AGAIN_SECONDS = 120
"""Within so many seconds clicks on one link of a mail are one."""
TOKEN_SCOPE = "lead_scoring.click"
TOKEN_PREFIX = "click-"
TOKEN_HOURS = 1
"""How long after a click the page may say that it is seen."""


class LinkTrackerClick(models.Model):
    """Marks the clicks that no person has made: security scanners open the links of a
    mail before its reader does. A click on a page of our own counts once a browser has
    shown the page; of a click on any other page we know only when it was made.
    """

    _name = "link.tracker.click"
    _inherit = ["link.tracker.click", "lead.scoring.code.only.mixin"]

    is_machine = fields.Boolean(
        string="Not Counted",
        readonly=True,
        help="Not by a person, such as a security scanner's, or the same link again. "
        "Scoring does not count it.",
    )
    machine_reason = fields.Selection(
        selection=MACHINE_REASONS,
        string="Why Not Counted",
        readonly=True,
        help="Not seen in a browser: the link leads to your website, and no browser "
        "has shown the page. Within seconds of sending, or several links at once: a "
        "machine's. Again within two minutes: the first click counts.",
    )
    is_seen = fields.Boolean(
        string="Seen in a Browser",
        readonly=True,
        help="A browser has shown the page of your website that the link leads to.",
    )

    _create_date_idx = models.Index("(create_date)")

    @api.model_create_multi
    def create(self, vals_list):
        clicks = super().create(vals_list)
        if clicks.mailing_trace_id:
            # sudo: whoever opens a link has no right on clicks and traces
            clicks.sudo()._judge_clicks()
            clicks.mailing_trace_id.sudo()._trigger_scoring()
        return clicks

    @api.model
    def add_click(self, code, **route_values):
        """A click on a page of our own waits for the browser that shows it. What only
        a machine has clicked has nobody opened.
        """
        trace_id = route_values.get("mailing_trace_id")
        # sudo: as core does
        trace = self.env["mailing.trace"].sudo().browse(trace_id).exists()
        was_opened = bool(trace.open_datetime)
        clicks = self.with_context(**{OPENED_BY_CLICK: True})
        click = super(LinkTrackerClick, clicks).add_click(code, **route_values)
        if click and click.mailing_trace_id and request:
            if click.link_id._leads_to_own_page():
                click._judge_clicks(seen=False)
                # core asks for the address next
                request.lead_scoring_click = click
        if click and click.is_machine and trace and not was_opened:
            trace.machine_reason = click.machine_reason
        return click

    # ------------------------------------------------------------------
    # Machine or person
    # ------------------------------------------------------------------

    def _judge_clicks(self, seen=None, touched=False):
        """Mark those of these clicks, and of the clicks beside them, that are not by a
        person. Needs superuser.

        :param seen: whether a browser has shown the page, None where none could say so
        :param touched: whether somebody has scrolled, tapped or typed there
        """
        self.is_seen = bool(seen)
        near = timedelta(seconds=BURST_SECONDS)
        for click in self.filtered("mailing_trace_id"):
            trace = click.mailing_trace_id
            beside = self.search(
                [
                    ("mailing_trace_id", "=", trace.id),
                    ("is_seen", "=", bool(seen)),
                    ("create_date", ">=", click.create_date - near),
                    ("create_date", "<=", click.create_date + near),
                ]
            )
            reason = self.env["lead.scoring.machine"]._judge(
                trace.sent_datetime,
                click.create_date,
                len(beside.link_id),
                seen=seen,
                touched=touched,
            )
            if not reason and click._is_clicked_again():
                reason = "again"
            (beside if reason == "burst" else click)._mark(reason)

    def _mark(self, reason):
        self.write({"is_machine": bool(reason), "machine_reason": reason})

    def _is_clicked_again(self):
        """Whether a click just before this one, on the same link of the same mail,
        counts.
        """
        since = self.create_date - timedelta(seconds=AGAIN_SECONDS)
        before = [
            ("mailing_trace_id", "=", self.mailing_trace_id.id),
            ("link_id", "=", self.link_id.id),
            ("is_machine", "=", False),
            ("create_date", ">=", since),
            ("create_date", "<=", self.create_date),
            ("id", "!=", self.id),
        ]
        return bool(self.search_count(before, limit=1))

    # ------------------------------------------------------------------
    # Seen in a browser
    # ------------------------------------------------------------------

    def _get_token(self):
        """Return the token by which a browser says that it shows the page."""
        self.ensure_one()
        # su: the secret that signs it is a system parameter
        hours = timedelta(hours=TOKEN_HOURS)
        signed = hash_sign(self.env(su=True), TOKEN_SCOPE, self.id, expiration=hours)
        return TOKEN_PREFIX + signed

    @api.model
    def _get_click_of_token(self, token):
        """Return the click, as superuser, that a token of :meth:`_get_token` means; an
        empty recordset if the token is another's, forged, damaged or too old.
        """
        # sudo: whoever opens a link has no right on clicks
        clicks = self.sudo().browse()
        if not token.startswith(TOKEN_PREFIX):
            return clicks
        signed = token.removeprefix(TOKEN_PREFIX)
        try:
            click_id = verify_hash_signed(self.env(su=True), TOKEN_SCOPE, signed)
        except ValueError:
            # not a token at all
            return clicks
        return clicks.browse(click_id).exists() if click_id else clicks

    def _confirm_seen(self, touched):
        """A browser shows the page. Return whether a person has clicked."""
        self._judge_clicks(seen=True, touched=touched)
        trace = self.mailing_trace_id
        if not self.is_machine:
            trace.machine_reason = False
        elif self.machine_reason == "burst":
            # what the first of them has opened is not opened either
            first = min(trace.links_click_ids.mapped("create_date"))
            if trace.open_datetime >= first - timedelta(seconds=1):
                trace.machine_reason = "burst"
        trace._trigger_scoring()
        return not self.is_machine
