import logging
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.faults import is_by_users
from ...tools.parameters import get_number

_logger = logging.getLogger(__name__)

VISIT_PARAMETER = "lead_scoring.visit_minutes"
DEFAULT_VISIT_MINUTES = 30
MINUTES_PER_YEAR = 365 * 24 * 60


@dataclass(frozen=True)
class Source:
    """What a stream of records is, and how each record ties to a lead.

    :ivar model: name of the records' model
    :ivar date: name of its stored date or datetime field, the moment of the signal
    :ivar ties: query of two columns, ``lead_id`` and ``key``, each pair once
    :ivar key: column of the model that ``ties.key`` is equal to
    :ivar lead_field: x2many field of ``crm.lead`` holding the same records, through
        which plain lead rules read them
    :ivar once: list of SQL expressions on the records: those alike in all of them
        count once, with the date of the last; default: each record counts
    :ivar planned: whether records may have a date to come. Of those that count once
        the date is then that of the last up to now, else of the next
    :ivar repeated: Char or Text field with far fewer values than there are records: a
        full pass evaluates conditions on it once per value
    """

    model: str
    date: str
    ties: SQL
    key: str = "id"
    lead_field: str | None = None
    repeated: str | None = None
    once: SQL | None = None
    planned: bool = False


class LeadScoringSource(models.AbstractModel):
    """The streams of records that rules can count.

    A bridge adds one by inheritance: a value in the selection ``source`` of
    ``lead.scoring.rule``, and here a method ``_source_<value>`` returning a
    :class:`Source`. For a number of ``crm.lead`` that counts something it adds a method
    ``_count_<field>``, see :meth:`_get_count`.
    """

    _name = "lead.scoring.source"
    _description = "Lead Scoring Source"

    @api.model
    def _get(self, name):
        """Return the :class:`Source` called ``name``, a value of a rule's ``source``
        other than ``lead``.
        """
        return getattr(self, f"_source_{name}")()

    @api.model
    def _get_all(self):
        """Return ``{name: Source}`` of every stream; without one that raises, which may
        be of any module: only its own rules can't be applied.
        """
        selection = self.env["lead.scoring.rule"]._fields["source"].get_values(self.env)
        sources = {}
        for name in selection:
            try:
                if name != "lead":
                    sources[name] = self._get(name)
            except Exception as error:
                if not is_by_users(error):
                    raise
                _logger.exception("The source %s can't be read", name)
        return sources

    @api.model
    def _visitor_ties(self):
        """Return the query of ``lead_id`` and ``key``, the visitors of each lead: its
        own, and those of its contact. A visitor of one company's website is none of
        another company's lead.
        """
        if not self.env["website"]._serve_several_companies():
            return self._all_visitor_ties()
        return SQL(
            """SELECT rel.crm_lead_id AS lead_id, rel.website_visitor_id AS key
                 FROM crm_lead_website_visitor_rel rel
                 JOIN crm_lead lead ON lead.id = rel.crm_lead_id
                 JOIN website_visitor visitor ON visitor.id = rel.website_visitor_id
                WHERE %(fits)s
                UNION
               SELECT lead.id AS lead_id, visitor.id AS key
                 FROM crm_lead lead
                 JOIN website_visitor visitor
                   ON visitor.partner_id = lead.partner_id
                WHERE %(fits)s""",
            fits=SQL(
                """(lead.company_id IS NULL OR visitor.website_id IS NULL
                    OR visitor.website_id IN (
                        SELECT id FROM website WHERE company_id = lead.company_id))"""
            ),
        )

    @api.model
    def _all_visitor_ties(self):
        """Return the query of ``lead_id`` and ``key``, the visitors of each lead,
        whatever company's website they came to first: who is logged in is one visitor
        on all websites.
        """
        return SQL(
            """SELECT crm_lead_id AS lead_id, website_visitor_id AS key
                 FROM crm_lead_website_visitor_rel
                UNION
               SELECT lead.id AS lead_id, visitor.id AS key
                 FROM crm_lead lead
                 JOIN website_visitor visitor
                   ON visitor.partner_id = lead.partner_id"""
        )

    @api.model
    def _source_page_view(self):
        """Views of pages; the same page counts once within a visit."""
        return Source(
            model="website.track",
            date="visit_datetime",
            key="visitor_id",
            lead_field="score_pageview_ids",
            repeated="url",
            ties=self._visitor_ties(),
            once=SQL(
                """website_track.visitor_id, split_part(website_track.url, '?', 1),
                   floor(date_part('epoch', website_track.visit_datetime) / %s)""",
                60 * self._visit_minutes(),
            ),
        )

    @api.model
    def _visit_minutes(self):
        """Return how long a visit is: a page seen twice within it counts once."""
        return get_number(
            self.env, VISIT_PARAMETER, DEFAULT_VISIT_MINUTES, 1, MINUTES_PER_YEAR
        )

    @api.model
    def _source_event(self):
        """Downloads, videos, what other systems push."""
        return self._events("event")

    @api.model
    def _source_form(self):
        """Forms submitted on the website."""
        return self._events("form")

    @api.model
    def _events(self, kind):
        """Return the Source of the events of one kind: those of the lead, and those of
        its visitors that belong to no other lead. What a visitor told one company does
        not count for a lead of another.
        """
        visitors = self._all_visitor_ties()
        if self.env["website"]._serve_several_companies():
            fits = SQL(
                """JOIN crm_lead lead ON lead.id = tie.lead_id
                    AND (lead.company_id IS NULL OR event.company_id IS NULL
                         OR event.company_id = lead.company_id)"""
            )
        else:
            fits = SQL()
        return Source(
            model="lead.scoring.event",
            date="date",
            ties=SQL(
                """SELECT event.lead_id, event.id AS key
                     FROM lead_scoring_event event
                    WHERE event.kind = %(kind)s AND event.lead_id IS NOT NULL
                    UNION ALL
                   SELECT tie.lead_id, event.id AS key
                     FROM (%(visitors)s) AS tie
                     JOIN lead_scoring_event event ON event.visitor_id = tie.key
                     %(fits)s
                    WHERE event.kind = %(kind)s AND event.lead_id IS NULL""",
                kind=kind,
                visitors=visitors,
                fits=fits,
            ),
        )

    @api.model
    def _source_meeting(self):
        """Meetings on the lead. A recurring one counts once, however often it comes
        back, and so do all single ones to come together: one planned demo is a signal,
        a full calendar is not many.
        """
        return Source(
            model="calendar.event",
            date="start",
            once=SQL(
                """CASE WHEN calendar_event.recurrence_id IS NOT NULL
                        THEN -calendar_event.recurrence_id
                        WHEN calendar_event.start > %s THEN 0
                        ELSE calendar_event.id END""",
                SQL("%s::timestamp", self.env.cr.now()),
            ),
            planned=True,
            ties=SQL(
                """SELECT opportunity_id AS lead_id, id AS key
                     FROM calendar_event WHERE opportunity_id IS NOT NULL"""
            ),
        )

    @api.model
    def _source_reply(self):
        """E-mails received on the lead from anybody but an employee or a machine. The
        mail that has made the lead answers nothing; Odoo gives it a subtype of its own.
        """
        # sudo: visitors and salespeople need not read subtypes
        created = self.env["crm.lead"].sudo()._creation_subtype()
        return Source(
            model="mail.message",
            date="date",
            ties=SQL(
                """SELECT message.res_id AS lead_id, message.id AS key
                     FROM mail_message message
                    WHERE message.model = 'crm.lead' AND message.message_type = 'email'
                      AND message.is_automatic IS NOT TRUE
                      AND message.subtype_id IS DISTINCT FROM %s
                      AND NOT EXISTS (
                          SELECT FROM res_users employee
                           WHERE employee.partner_id = message.author_id
                             AND NOT employee.share)""",
                created.id,
            ),
        )

    @api.model
    def _exists(self, name, condition):
        """Return a Domain on ``crm.lead``: a record of the source ``name`` meets
        ``condition``, a Domain on the source's model, read as the current user.
        """
        source = self._get(name)
        # the ties are read past the ORM
        self.env.flush_all()

        def to_sql(model, alias, query):
            records = model.env[source.model]._search(condition)
            if records.is_empty():
                return SQL("FALSE")
            tie = SQL(
                "tie.lead_id = %s AND tie.key = %s",
                SQL.identifier(alias, "id"),
                SQL.identifier(records.table, source.key),
            )
            records.add_where(tie)
            return SQL(
                "EXISTS (SELECT FROM (%s) AS tie, %s WHERE %s)",
                source.ties,
                records.from_clause,
                records.where_clause,
            )

        def predicate(lead):
            return bool(lead[source.lead_field].filtered_domain(condition))

        return Domain.custom(to_sql=to_sql, predicate=predicate)

    @api.model
    def _touched(self, source, since):
        """Return a query of the ids of leads with a signal of ``source`` since then."""
        return self._tied_to(
            source.ties,
            SQL(
                "SELECT %s FROM %s AS signal WHERE %s >= %s",
                SQL.identifier(source.key),
                self.env[source.model]._table_sql,
                SQL.identifier(source.date),
                since,
            ),
        )

    @api.model
    def _last_dates(self, source, lead_ids):
        """Return a query of ``lead_id`` and ``date``: when each of these leads last had
        a signal of ``source``, up to now.
        """
        date = SQL("signal.%s", SQL.identifier(source.date))
        return SQL(
            """SELECT tie.lead_id, max(%(date)s)::timestamp AS date
                 FROM (%(ties)s) AS tie
                 JOIN %(table)s AS signal ON signal.%(key)s = tie.key
                WHERE tie.lead_id = ANY(%(leads)s)
                  AND %(date)s <= now() AT TIME ZONE 'UTC'
             GROUP BY tie.lead_id""",
            date=date,
            ties=source.ties,
            table=self.env[source.model]._table_sql,
            key=SQL.identifier(source.key),
            leads=list(lead_ids),
        )

    @api.model
    def _touched_visitors(self, since):
        """Return a query of the ids of leads with a visitor that is new or has changed
        since then: was tied to a lead, or became known as a contact.
        """
        visitors = SQL("SELECT id FROM website_visitor WHERE write_date >= %s", since)
        return self._tied_to(self._visitor_ties(), visitors)

    @api.model
    def _tied_to(self, ties, keys):
        """Return the query of the ids of the leads that are tied to one of ``keys``. An
        array, because with a join PostgreSQL would compute all ties.

        :param ties: query of ``lead_id`` and ``key``
        :param keys: query of a few keys
        """
        return SQL(
            "SELECT tie.lead_id FROM (%s) AS tie WHERE tie.key = ANY(ARRAY(%s))",
            ties,
            keys,
        )

    @api.model
    def _tied_lead_ids(self, ties, keys):
        """Return the ids of the scored leads that are tied to one of ``keys``.

        :param ties: query of ``lead_id`` and ``key``
        :param keys: list; what they are of has been flushed
        """
        query = SQL(
            "SELECT id FROM crm_lead WHERE %s AND id IN (%s)",
            self.env["lead.scoring.engine"]._scored_sql(),
            self._tied_to(ties, SQL("SELECT unnest(%s)", keys)),
        )
        return [lead_id for (lead_id,) in self.env.execute_query(query)]

    @api.model
    def _records(self, name, leads):
        """Return ``{lead id: [record ids]}`` of the source ``name``, newest first."""
        source = self._get(name)
        records = self.env[source.model]
        # the ties, too, may wait to be written: a visitor becomes known as a contact
        self.env.flush_all()
        query = SQL(
            """SELECT tie.lead_id,
                      array_agg(record.id ORDER BY record.%(date)s DESC)
                 FROM (%(ties)s) AS tie
                 JOIN %(table)s record ON record.%(key)s = tie.key
                WHERE tie.lead_id = ANY(%(leads)s)
                GROUP BY tie.lead_id""",
            date=SQL.identifier(source.date),
            ties=source.ties,
            table=SQL.identifier(records._table),
            key=SQL.identifier(source.key),
            leads=leads.ids,
        )
        return dict(self.env.execute_query(query))
