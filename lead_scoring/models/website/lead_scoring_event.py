from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

NAME_LENGTH = 128
URL_LENGTH = 1000
REFERENCE_LENGTH = 128
PUSH_KEYS = frozenset(["name", "email", "lead_id", "url", "date", "reference"])


class LeadScoringEvent(models.Model):
    """Signals that Odoo has no model for: downloads, videos played, forms submitted,
    whatever other systems push. Users can't change them.
    """

    _name = "lead.scoring.event"
    _inherit = "lead.scoring.lead.mixin"
    _description = "Lead Event"
    _log_access = False
    _order = "date desc, id desc"

    name = fields.Char(
        required=True,
        readonly=True,
        index=True,
        help="What happened, for example «Downloaded the price list».",
    )
    kind = fields.Selection(
        selection=[("event", "Event"), ("form", "Form")],
        default="event",
        required=True,
        readonly=True,
        help="Form: a form of the website was submitted.",
    )
    lead_id = fields.Many2one(
        required=False,
        index="btree_not_null",
        help="The lead it is known to belong to; else it belongs to the visitor's.",
    )
    visitor_id = fields.Many2one(
        comodel_name="website.visitor",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The visitor of the website who caused it.",
    )
    url = fields.Char(readonly=True, help="The page on which it happened.")
    date = fields.Datetime(
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.cr.now(),
        help="When it happened.",
    )
    reference = fields.Char(
        readonly=True,
        help="The other system's own name for the event; it is counted once.",
    )

    _reference_uniq = models.UniqueIndex(
        "(reference) WHERE reference IS NOT NULL", "This event is known already."
    )
    _whose = models.Constraint(
        "CHECK(lead_id IS NOT NULL OR visitor_id IS NOT NULL)",
        "An event belongs to a lead or to a visitor.",
    )

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    @api.model
    def _readable_by_lead(self):
        """Of the events that belong to a visitor only, those of a visitor without
        leads are read by all who read events, the others by who may read one of the
        visitor's leads.
        """
        leads = self.env["crm.lead"].with_context(active_test=False)._search([])
        ties = self._flushed_visitor_ties()

        def to_sql(model, alias, query):
            return SQL(
                """COALESCE((SELECT bool_or(tie.lead_id IN %s) FROM (%s) AS tie
                              WHERE tie.key = %s), TRUE)""",
                leads.subselect(),
                ties,
                SQL.identifier(alias, "visitor_id"),
            )

        of_visitor = Domain("lead_id", "=", False) & Domain.custom(to_sql=to_sql)
        return of_visitor | super()._readable_by_lead()

    def _get_lead_ids(self):
        owners = super()._get_lead_ids()
        query = SQL(
            """SELECT event.id, array_agg(tie.lead_id)
                 FROM lead_scoring_event event
                 JOIN (%s) AS tie ON tie.key = event.visitor_id
                WHERE event.id = ANY(%s) GROUP BY event.id""",
            self._flushed_visitor_ties(),
            [event_id for event_id in self.ids if event_id not in owners],
        )
        rows = self.env.execute_query(query)
        return owners | {event_id: set(lead_ids) for event_id, lead_ids in rows}

    @api.model
    def _flushed_visitor_ties(self):
        """Return the query of the leads of visitors, what it reads being written."""
        self.flush_model(["lead_id", "visitor_id"])
        self.env["crm.lead"].flush_model(["partner_id", "visitor_ids"])
        self.env["website.visitor"].flush_model(["partner_id"])
        return self.env["lead.scoring.source"]._visitor_ties()

    # ------------------------------------------------------------------
    # From the website
    # ------------------------------------------------------------------

    @api.model
    def _add_for_visitor(self, visitor, name, url, kind="event", lead=None):
        """Add an event of a visitor of the website; too many are dropped.

        :param visitor: a website.visitor record, superuser
        :param name: text from the visitor's browser, of any length and content
        :param url: likewise
        :param lead: the lead that the event belongs to whoever the visitor is
        :return: the event, or an empty recordset
        """
        name = self._clean(name, NAME_LENGTH)
        if not name or self._sends_too_many(visitor):
            return self.browse()
        # sudo: visitors have no right on events
        event = self.sudo().create(
            {
                "name": name,
                "kind": kind,
                "visitor_id": visitor.id,
                "lead_id": lead.id if lead else False,
                "url": self._clean_url(url),
                "address_hash": self._address_hash(),
            }
        )
        visitor._trigger_scoring(visitor.id)
        return event

    @api.model
    def _clean(self, text, length):
        """Return ``text`` without what can't be seen, on one line and not too long;
        nothing if it is no text.
        """
        if not isinstance(text, str):
            return ""
        # what comes from a browser may be very long
        text = text[: 10 * length]
        text = "".join(c if c.isprintable() else " " for c in text)
        return " ".join(text.split())[:length]

    @api.model
    def _clean_url(self, url):
        """Return ``url`` if a browser can open it harmlessly, else nothing."""
        url = self._clean(url, URL_LENGTH)
        harmless = url.lower().startswith(("https://", "http://", "/"))
        return url if harmless else False

    # ------------------------------------------------------------------
    # From other systems
    # ------------------------------------------------------------------

    @api.model
    def push(self, events):
        """Add events that happened elsewhere: on social networks, in advertising,
        webinars or another website. For Odoo's external API; all or nothing.

        :param events: list of at most 1,000 dicts: ``name``; ``lead_id``, or ``email``
            for the newest open lead with that address; optionally ``url``, ``date``
            (UTC, ``YYYY-MM-DD HH:MM:SS``, default now) and ``reference``, under which
            an event is counted once, however often it is pushed
        :return: list of statuses in the order of ``events``: ``added``, ``known`` (the
            reference was pushed before) or ``no_lead`` (nobody has this address)
        :raise AccessError: without the right «Push Events»
        :raise ValidationError: an event can't be read; says which and why
        """
        if not self.env.user.has_group("lead_scoring.group_push_events"):
            raise AccessError(
                self.env._("Pushing events needs the right «Push Events».")
            )
        if not isinstance(events, list) or len(events) > 1000:
            raise ValidationError(
                self.env._("Push a list of at most 1,000 events at a time.")
            )
        rows = [self._read_pushed(number, e) for number, e in enumerate(events, 1)]
        leads = self._pushed_leads(rows)
        statuses = []
        # sudo: who pushes events needs no right on leads
        scored = self.env["crm.lead"].sudo()
        for row, lead in zip(rows, leads, strict=True):
            added = lead and self._insert_pushed(row, lead)
            scored |= lead if added else scored.browse()
            statuses.append("added" if added else "known" if lead else "no_lead")
        scored._schedule_scoring()
        return statuses

    @api.model
    def _read_pushed(self, number, event):
        """Return the checked values of one pushed event."""

        def refuse(reason):
            return ValidationError(
                self.env._("Event %(number)s: %(reason)s", number=number, reason=reason)
            )

        if not isinstance(event, dict):
            raise refuse(self.env._("it is not a set of named values."))
        if unknown := event.keys() - PUSH_KEYS:
            names = ", ".join(sorted(map(str, unknown)))
            raise refuse(self.env._("unknown: %s.", self._clean(names, NAME_LENGTH)))
        name = event.get("name")
        if not isinstance(name, str) or not self._clean(name, NAME_LENGTH):
            raise refuse(self.env._("it has no name."))
        lead_id, email = event.get("lead_id") or None, event.get("email")
        email = isinstance(email, str) and email_normalize(email)
        if lead_id is not None and type(lead_id) is not int:
            raise refuse(self.env._("its lead_id is no number."))
        if not email and lead_id is None:
            raise refuse(self.env._("it needs a lead_id or an e-mail address."))
        reference = str(event.get("reference") or "")
        if len(reference) > REFERENCE_LENGTH:
            raise refuse(
                self.env._("its reference is longer than %s.", REFERENCE_LENGTH)
            )
        return {
            "name": self._clean(name, NAME_LENGTH),
            "lead_id": lead_id,
            "email": email,
            "url": self._clean_url(event.get("url")) or None,
            "date": self._read_date(event.get("date"), refuse),
            "reference": self._clean(reference, REFERENCE_LENGTH) or None,
        }

    @api.model
    def _read_date(self, text, refuse):
        now = self.env.cr.now()
        try:
            date = fields.Datetime.to_datetime(text) if text else now
        except (ValueError, TypeError, KeyError):
            date = None
        if not date or date > now + timedelta(days=1):
            raise refuse(
                self.env._("its date is none, or in the future. Write UTC: %s", now)
            )
        return date

    @api.model
    def _pushed_leads(self, rows):
        """Return the lead of each row, empty where there is none. Only leads of the
        pushing user's companies, and of none, are found.
        """
        # sudo: who pushes events needs no right on leads
        Lead = self.env["crm.lead"].sudo()
        company = Domain("company_id", "in", [False, *self.env.companies.ids])
        # no lead has a number that PostgreSQL can't hold
        ids = [row["lead_id"] for row in rows if abs(row["lead_id"] or 0) < 2**31]
        by_id = Lead.with_context(active_test=False).search(
            company & Domain("id", "in", [lead_id for lead_id in ids if lead_id])
        )
        by_email = {}
        emails = [row["email"] for row in rows if row["email"]]
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        found = company & open_leads & Domain("email_normalized", "in", emails)
        for lead in Lead.search(found, order="id"):
            by_email[lead.email_normalized] = lead
        return [
            Lead.browse(row["lead_id"]) & by_id
            if row["lead_id"]
            else by_email.get(row["email"], Lead)
            for row in rows
        ]

    @api.model
    def _insert_pushed(self, row, lead):
        """Insert one event, and return whether it was new. The unique index decides, so
        that an event pushed by two requests at the same time is added once.
        """
        query = SQL(
            """INSERT INTO lead_scoring_event
                      (name, kind, lead_id, url, date, reference)
               VALUES (%s, 'event', %s, %s, %s, %s)
          ON CONFLICT (reference) WHERE reference IS NOT NULL DO NOTHING
            RETURNING id""",
            row["name"],
            lead.id,
            row["url"],
            row["date"],
            row["reference"],
        )
        self.env.cr.execute(query)
        return bool(self.env.cr.fetchone())
