"""Submissions of the website's contact form, with our add-ons and without."""

import uuid

from ..figures import Figure
from ..inside import medians, more
from ..website import sites

SUBMISSIONS = 80
MOST = 10


def measure(env, earlier):
    ours, without = sites(env)
    calls = [lambda site=site: first(site) for site in (ours, without, without)]
    yield from compare("Form submission, a new lead", calls)
    visitors = [site.visitor() for site in (ours, without, without)]
    mails = [address() for _visitor in visitors]
    calls = [
        lambda visitor=visitor, mail=mail: submit(visitor, mail)
        for visitor, mail in zip(visitors, mails, strict=True)
    ]
    yield from compare("Form submission by the same person", calls)


def compare(name, calls):
    """Yield what submissions take, and by how much more with our add-ons."""
    medians(10, *calls)
    ours, without, again = medians(SUBMISSIONS, *calls)
    yield Figure(name, 1000 * ours, "ms")
    yield Figure("  without our add-ons", 1000 * without, "ms")
    yield Figure(f"{name}: more", more(ours, without), "%", most=MOST)
    yield Figure("  exact to", abs(more(again, without)), "%")


def first(site):
    """The seconds of a submission by somebody new, who has seen the page before."""
    return submit(site.visitor(), address())


def address():
    """An address that nobody has."""
    return f"{uuid.uuid4().hex}@acme.com"


def submit(visitor, mail):
    """The seconds of one submission."""
    values = {
        "name": "Request for a quotation",
        "contact_name": "Ann Example",
        "email_from": mail,
        "phone": "+1 202 555 0100",
        "partner_name": "Acme",
        "description": "How much is it?",
    }
    return visitor.seconds("/website/form/crm.lead", method="POST", data=values)
