from datetime import timedelta
from ipaddress import ip_address, ip_network

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import SQL
from odoo.tools.misc import hmac

VISITOR_EVENTS_PER_HOUR = 60
ADDRESS_EVENTS_PER_HOUR = 300
"""A browser that calls itself differently is a new visitor, at the same address."""
LEAD_EVENTS_PER_DAY = 200
"""Events of all visitors that are known as one lead."""


class LeadScoringEvent(models.Model):
    """How many events the website accepts. Requests at the same time may pass a limit
    by a few, for they don't see each other's.
    """

    _inherit = "lead.scoring.event"

    address_hash = fields.Char(
        readonly=True,
        groups=fields.NO_ACCESS,
        help="Hash of the network address that the event came from. It is deleted "
        "after an hour.",
    )

    _address_hash_idx = models.Index(
        "(address_hash, date) WHERE address_hash IS NOT NULL"
    )

    @api.model
    def _sends_too_many(self, visitor):
        """Whether no more events are accepted of a visitor, its network address, or a
        lead that it is known as.

        :param visitor: a website.visitor record, superuser
        """
        of_visitor = Domain("visitor_id", "=", visitor.id)
        return (
            self._count_last_hour(of_visitor) >= VISITOR_EVENTS_PER_HOUR
            or self._address_sends_too_many()
            or self._count_last_day(visitor) >= LEAD_EVENTS_PER_DAY
        )

    @api.model
    def _address_sends_too_many(self):
        """Whether no more events are accepted of the address that asks, whoever the
        visitor is.
        """
        address_hash = self._address_hash()
        if not address_hash:
            return False
        of_address = Domain("address_hash", "=", address_hash)
        return self._count_last_hour(of_address) >= ADDRESS_EVENTS_PER_HOUR

    @api.model
    def _count_last_hour(self, domain):
        since = self.env.cr.now() - timedelta(hours=1)
        # sudo: visitors have no right on events
        return self.sudo().search_count(domain & Domain("date", ">", since))

    @api.model
    def _count_last_day(self, visitor):
        """Return how many events the visitors of a lead sent: of the leads that
        ``visitor`` is known as, the one with most.
        """
        source = self.env["lead.scoring.source"]
        self.env.flush_all()
        query = SQL(
            """SELECT count(*)
                 FROM (%s) AS tie
                 JOIN lead_scoring_event event ON event.visitor_id = tie.key
                WHERE tie.lead_id = ANY(ARRAY(%s)) AND event.date > %s
                GROUP BY tie.lead_id""",
            source._visitor_ties(),
            source._tied_to(source._visitor_ties(), SQL("SELECT %s", visitor.id)),
            self.env.cr.now() - timedelta(days=1),
        )
        return max((count for [count] in self.env.execute_query(query)), default=0)

    @api.model
    def _address_hash(self):
        """Return the hash of the network address that asks, False without a request.
        Of IPv6 only the part of the network, in which a computer may choose freely.
        """
        address = request and request.httprequest.remote_addr
        if not address:
            return False
        try:
            address = ip_address(address)
        except ValueError:
            # a proxy may call it anything
            return self._hash_of(address)
        if address.version == 6:
            address = address.ipv4_mapped or ip_network((address, 64), strict=False)
        return self._hash_of(str(address))

    @api.model
    def _hash_of(self, address):
        # su: the secret is a system parameter
        return hmac(self.env(su=True), "lead_scoring.address", address)

    @api.autovacuum
    def _gc_addresses(self):
        """Delete the hashes of addresses that no limit needs any more."""
        query = SQL(
            """UPDATE lead_scoring_event SET address_hash = NULL
                WHERE id IN (
                    SELECT id FROM lead_scoring_event
                     WHERE address_hash IS NOT NULL AND date <= %s
                       FOR UPDATE SKIP LOCKED)""",
            self.env.cr.now() - timedelta(hours=1),
        )
        self.env.cr.execute(query)
        self.invalidate_model(["address_hash"])
