from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from ...tools.addresses import PLAIN_EMAIL, plain_email
from .lead_scoring_event import NAME_LENGTH

EMAIL_LENGTH = 320
REFERENCE_LENGTH = 128
PUSH_KEYS = frozenset(["name", "email", "lead_id", "url", "date", "reference"])


class LeadScoringEvent(models.Model):
    """Events that other systems push. Those without a lead wait for one."""

    _inherit = "lead.scoring.event"

    @api.model
    def push(self, events):
        """Add events that happened elsewhere: on social networks, in advertising,
        webinars or another website. For Odoo's external API; all or nothing.

        :param events: list of at most 1,000 dicts: ``name``; ``lead_id``, or ``email``
            for the newest open lead with that address; optionally ``url``, ``date``
            (UTC, ``YYYY-MM-DD HH:MM:SS``, default now) and ``reference``, under which
            an event is counted once in the company, however often it is pushed
        :return: list of statuses in the order of ``events``: ``added``, ``kept`` (no
            open lead has this address yet; the first that has gets it), ``known`` (the
            reference was pushed before) or ``no_lead`` (no lead has this ``lead_id``)
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
            if not lead and row["lead_id"]:
                statuses.append("no_lead")
            elif not self._insert_pushed(row, lead):
                statuses.append("known")
            else:
                scored |= lead
                statuses.append("added" if lead else "kept")
        # passes look for events by their own date, which may be long ago
        self.env["lead.scoring.change"]._note(scored.ids)
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
        email = email_normalize(self._clean(email, EMAIL_LENGTH))
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
        pushing user's companies, and of none, are found. Where no lead has the very
        address, one with the same plain form is meant: «ann+news@» is «ann@».
        """
        # sudo: who pushes events needs no right on leads
        Lead = self.env["crm.lead"].sudo()
        company = Domain("company_id", "in", [False, *self.env.companies.ids])
        # no lead has a number that PostgreSQL can't hold
        ids = [row["lead_id"] for row in rows if abs(row["lead_id"] or 0) < 2**31]
        by_id = Lead.with_context(active_test=False).search(
            company & Domain("id", "in", [lead_id for lead_id in ids if lead_id])
        )
        by_email, by_plain = {}, {}
        emails = [row["email"] for row in rows if row["email"]]
        open_leads = self.env["lead.scoring.engine"]._open_leads()
        found = company & open_leads & Lead._has_plain_email(emails)
        for lead in Lead.search(found, order="id"):
            by_email[lead.email_normalized] = lead
            by_plain[plain_email(lead.email_normalized)] = lead

        def find(row):
            if row["lead_id"]:
                return Lead.browse(row["lead_id"]) & by_id
            plain = by_plain.get(plain_email(row["email"]), Lead)
            return by_email.get(row["email"], plain)

        return [find(row) for row in rows]

    @api.model
    def _insert_pushed(self, row, lead):
        """Insert one event, and return whether it was new. The unique index decides, so
        that an event pushed by two requests at the same time is added once. Without a
        lead it is kept by the plain form of its address.
        """
        query = SQL(
            """INSERT INTO lead_scoring_event
                      (name, kind, lead_id, email, company_id, url, date, reference)
               VALUES (%s, 'event', %s, %s, %s, %s, %s, %s)
          ON CONFLICT (reference, company_id) WHERE reference IS NOT NULL DO NOTHING
            RETURNING id""",
            row["name"],
            lead.id or None,
            None if lead else plain_email(row["email"]),
            self.env.company.id,
            row["url"],
            row["date"],
            row["reference"],
        )
        self.env.cr.execute(query)
        return bool(self.env.cr.fetchone())

    # ------------------------------------------------------------------
    # Waiting for a lead
    # ------------------------------------------------------------------

    @api.model
    def _kept_for(self, lead):
        """Return the SQL condition on ``kept``, an event, that it waits for a lead.

        :param lead: SQL of the table of an open lead
        """
        return SQL(
            """kept.lead_id IS NULL AND kept.email = %(plain)s
               AND (%(lead)s.company_id IS NULL OR kept.company_id IS NULL
                    OR kept.company_id = %(lead)s.company_id)""",
            lead=lead,
            plain=SQL(PLAIN_EMAIL, SQL("%s.email_normalized", lead)),
        )

    @api.model
    def _erase_kept(self, emails):
        """Delete what is kept by these normalized addresses."""
        plain = [plain_email(email) for email in emails if email]
        self.search([("lead_id", "=", False), ("email", "in", plain)]).unlink()

    @api.model
    def _give_kept(self, leads=None):
        """Give events that are kept by address to the newest open lead with it.

        :param leads: to these crm.lead records only
        """
        self.env.flush_all()
        lead = SQL.identifier("lead")
        query = SQL(
            """UPDATE lead_scoring_event event
                  SET lead_id = owner.id, email = NULL
                 FROM (SELECT DISTINCT ON (kept.id) kept.id AS event_id, lead.id
                         FROM lead_scoring_event kept
                         JOIN crm_lead lead ON %(kept)s AND %(open)s
                        WHERE kept.email IS NOT NULL AND %(leads)s
                     ORDER BY kept.id, lead.id DESC) AS owner
                WHERE event.id = owner.event_id""",
            kept=self._kept_for(lead),
            open=self.env["lead.scoring.engine"]._open_sql("lead"),
            leads=SQL("TRUE") if leads is None else SQL("lead.id = ANY(%s)", leads.ids),
        )
        self.env.cr.execute(query)
        self.invalidate_model(["email", "lead_id"], flush=False)
