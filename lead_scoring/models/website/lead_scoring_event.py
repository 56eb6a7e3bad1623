from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL

from odoo.addons.website.models.ir_http import get_request_website

from ...tools.links import without_token
from .lead_scoring_machine import MACHINE_REASONS

NAME_LENGTH = 128
URL_LENGTH = 1000


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
        selection=[
            ("event", "Event"),
            ("form", "Form"),
            ("link", "Link in a Mail"),
        ],
        default="event",
        required=True,
        readonly=True,
        help="Form: a form of the website was submitted. Link in a Mail: a link in a "
        "mail to the lead was opened; it gives no points by itself.",
    )
    machine_reason = fields.Selection(
        selection=MACHINE_REASONS,
        string="Not a Person",
        readonly=True,
        help="Why the link is taken for opened by a machine, such as a preview or a "
        "security scanner. Then the visitor does not become the lead.",
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
    email = fields.Char(
        readonly=True,
        help="The e-mail address by which an event from another system is kept until "
        "there is a lead with it.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        readonly=True,
        ondelete="cascade",
        help="The company that it was told: whose website it is, or who pushed it. "
        "Leads of other companies don't get it.",
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
        "(reference, company_id) WHERE reference IS NOT NULL",
        "This event is known already.",
    )
    _whose = models.Constraint(
        "CHECK(lead_id IS NOT NULL OR visitor_id IS NOT NULL OR email IS NOT NULL)",
        "An event belongs to a lead, a visitor or an e-mail address.",
    )
    _kept_idx = models.Index("(email) WHERE lead_id IS NULL AND email IS NOT NULL")

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    @api.model
    def _readable_by_lead(self):
        """Of the events that belong to a visitor only, those of a visitor without
        leads are read by all who read events, the others by who may read one of the
        visitor's leads. Those kept by address are read by the users of the company.
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
        of_visitor &= Domain("email", "=", False) | self._of_own_companies()
        return of_visitor | super()._readable_by_lead()

    @api.model
    def _of_own_companies(self):
        return Domain("company_id", "in", [False, *self.env.companies.ids])

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
        """Add an event of a visitor of the website; too many are dropped, and so is a
        form sent once more within the same visit.

        :param visitor: a website.visitor record, superuser
        :param name: text from the visitor's browser, of any length and content
        :param url: likewise
        :param lead: the lead that the event belongs to whoever the visitor is
        :return: the event, or an empty recordset
        """
        name = self._clean(name, NAME_LENGTH)
        if not name or self._sends_too_many(visitor):
            return self.browse()
        if kind == "form" and self._is_sent_again(visitor, name, lead):
            return self.browse()
        # sudo: visitors have no right on events
        event = self.sudo().create(
            {
                "name": name,
                "kind": kind,
                "visitor_id": visitor.id,
                "lead_id": lead.id if lead else False,
                "company_id": self._current_company_id(),
                "url": self._clean_url(url),
                "address_hash": self._address_hash(),
            }
        )
        visitor._trigger_scoring(visitor.id)
        return event

    @api.model
    def _is_sent_again(self, visitor, name, lead):
        """Whether a form was sent in this visit already, for the same lead: somebody
        pressed the button once more.
        """
        minutes = self.env["lead.scoring.source"]._visit_minutes()
        sent = [
            ("kind", "=", "form"),
            ("visitor_id", "=", visitor.id),
            ("name", "=", name),
            ("lead_id", "=", lead.id if lead else False),
            ("date", ">", self.env.cr.now() - timedelta(minutes=minutes)),
        ]
        # sudo: visitors have no right on events
        return bool(self.sudo().search_count(sent, limit=1))

    @api.model
    def _current_company_id(self):
        """Return the id of the company of the website that asks; False without one."""
        website = request and get_request_website()
        # sudo: visitors may not read websites
        return website and website.sudo().company_id.id

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
        """Return ``url`` without the token of a mail's link if a browser can open it
        harmlessly, else nothing.
        """
        url = self._clean(url, URL_LENGTH)
        harmless = url.lower().startswith(("https://", "http://", "/"))
        return without_token(url) if harmless else False
