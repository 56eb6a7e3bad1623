"""Submissions of the website's contact form, with our add-ons and without."""

import uuid

from ..website import Visitor, compare, sites

SUBMISSIONS = 80
MOST = 8


def measure(env, earlier):
    # somebody new has seen the page before, too
    calls = [lambda site=site: submit(Visitor(site), address()) for site in sites(env)]
    yield from compare("Form submission, a new lead", calls, SUBMISSIONS, MOST)
    people = [(Visitor(site), address()) for site in sites(env)]
    calls = [lambda person=person: submit(*person) for person in people]
    yield from compare("Form submission by the same person", calls, SUBMISSIONS, MOST)


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
