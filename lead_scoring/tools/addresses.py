"""What an e-mail address says of who is behind it, and which reach the same person."""

ROLES = frozenset(
    """accounting accounts admin administration administrator all billing booking
    bookings bureau careers commercial compras comptabilite contact contacto contato
    contact-us customercare customerservice einkauf enquiries enquiry events everyone
    feedback finance general hello help helpdesk hi hr info information inquiries
    inquiry invoice invoices it jobs kinhdoanh kontakt legal lienhe mail mailbox
    marketing media office order orders partners post press privacy procurement
    purchase purchasing reception recruitment sales secretariat secretary security
    service services shop staff store support team tech vente ventes verkauf ventas
    vertrieb webmaster""".split()
)
"""Parts before the @ behind which several people read."""

PLACEHOLDERS = frozenset(
    """abuse anonymous bounce bounces donotreply do-not-reply do_not_reply dummy empty
    example fake hostmaster mailer-daemon mailerdaemon n.a na no nobody noemail no-email
    nomail no-mail none no-reply no_reply no.reply noreply not-available notavailable
    not-provided null postmaster test unknown unsubscribe user x xx xxx""".split()
)
"""Parts before the @ behind which nobody reads: an import had to have an address."""

PLAIN_EMAIL = r"regexp_replace(%s, '^([^+@]+)\+[^@]*@', '\1@')"
"""SQL of the plain form of a normalized address, see :func:`plain_email`."""


def kind_of(address, more_roles=()):
    """Return ``person``, ``role`` or ``nobody``.

    :param address: normalized; without a domain it is nobody's
    :param more_roles: further parts before the @ that are roles
    """
    local, _at, domain = address.lower().rpartition("@")
    local = local.partition("+")[0]
    if local in PLACEHOLDERS or "." not in domain:
        return "nobody"
    return "role" if local in ROLES or local in more_roles else "person"


def plain_email(email):
    """Return a normalized address without what follows a plus sign in the name:
    «ann+webinar@example.com» is «ann@example.com», as most mail servers deliver it.
    """
    name, _at, domain = email.rpartition("@")
    return f"{name.partition('+')[0] or name}@{domain}"
