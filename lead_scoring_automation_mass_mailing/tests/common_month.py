"""What a month of real life is worth, in plain Python: by what the documentation says,
from the list of what happened. Nothing here asks the code that is tested.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytz

VISIT = timedelta(minutes=30)
AGAIN = timedelta(minutes=2)
SOON = timedelta(seconds=4)


@dataclass(frozen=True)
class Rule:
    """A scoring rule, as its author writes it.

    :ivar company: whose model it is of; 0: of all
    :ivar met: the domain in Python, ``met(lead or signal, day)``, with the author's
        :class:`Day`
    :ivar author: ``(language, time zone)``, or None
    """

    name: str
    company: int
    dimension: str
    value: int
    source: str
    maximum: int
    half_life: float
    minimum_count: int
    domain: list
    met: Callable
    author: tuple | None

    @property
    def tz(self):
        """The time zone of the author."""
        return self.author[1] if self.author else "UTC"


@dataclass(frozen=True)
class Day:
    """The clock and the calendar of a rule's author."""

    now: datetime
    tz: Any

    def of(self, moment):
        """Return the day that a moment in UTC is on."""
        return pytz.utc.localize(moment).astimezone(self.tz).date()

    @property
    def today(self):
        """The author's day."""
        return self.of(self.now)

    def days_ago(self, moment):
        """Return how many midnights ago a moment was."""
        return (self.today - self.of(moment)).days


@dataclass(frozen=True)
class Lead:
    """What somebody has told us once."""

    id: int
    created: datetime
    email: str
    contact_name: str = ""
    partner_name: str = ""
    phone: str = ""
    country: str = ""
    function: str = ""
    deadline: Any = None


@dataclass(frozen=True)
class Signal:
    """What somebody did."""

    source: str
    date: datetime
    what: str = ""
    lead: int = 0
    visitor: int = 0
    company: int = 0
    together: str = ""
    points: int = 0
    expires: Any = None


def half_away(number):
    """Round half away from zero, of as many digits as a float is good for."""
    return int(Decimal(f"{number:.15g}").quantize(Decimal(1), ROUND_HALF_UP))


class Month:
    """What happened, and what each lead has for it.

    :ivar companies: ``{lead: company}``; 0: none
    :ivar into: ``{lead that was merged: lead that it is now}``
    :ivar tied: ``{lead: visitors}``
    :ivar closed: ids of leads that are won or lost
    """

    def __init__(self, rules):
        self.rules = rules
        self.leads = {}
        self.companies = {}
        self.into = {}
        self.tied = defaultdict(set)
        self.closed = set()
        self.by_lead, self.by_visitor = defaultdict(list), defaultdict(list)
        self.by_address, self.waiting = defaultdict(list), defaultdict(list)

    # ------------------------------------------------------------------
    # What happened
    # ------------------------------------------------------------------

    def add_leads(self, *leads):
        """New leads of one moment: the newest of an address gets what waits for it."""
        for lead in sorted(leads, key=lambda lead: -lead.id):
            self.leads[lead.id] = lead
            kept = self.waiting.pop(plain(lead.email), [])
            for signal in kept:
                if fits(self.companies[lead.id], signal.company):
                    self.add(replace(signal, lead=lead.id))
                else:
                    self.waiting[plain(lead.email)].append(signal)

    def add(self, signal):
        """Somebody did something."""
        if signal.lead:
            self.by_lead[signal.lead].append(signal)
        else:
            self.by_visitor[signal.visitor].append(signal)
        if signal.source.startswith("mail_"):
            self.by_address[self.leads[signal.lead].email].append(signal)

    def push(self, signal, email):
        """Another system tells of an event; return what becomes of it."""
        same = [
            lead
            for lead in self.open()
            if plain(lead.email) == plain(email)
            and fits(self.companies[lead.id], signal.company)
        ]
        exact = [lead for lead in same if lead.email == email]
        if not same:
            self.waiting[plain(email)].append(signal)
            return "kept"
        newest = max((exact or same), key=lambda lead: lead.id)
        self.add(replace(signal, lead=newest.id))
        return "added"

    def known(self, visitor, email, company):
        """Return the lead that a visitor is known as, who sends a form once more."""
        return max(
            (
                lead.id
                for lead in self.open()
                if lead.email == email
                and visitor in self.visitors(lead.id)
                and self.companies[lead.id] in (0, company)
            ),
            default=0,
        )

    def is_sent_again(self, signal):
        """Whether a form was counted within this visit already."""
        members = self.members(self.now_of(signal.lead))
        return any(
            before.source == "form"
            and (before.visitor, before.what) == (signal.visitor, signal.what)
            and before.date > signal.date - VISIT
            for member in members
            for before in self.by_lead[member]
        )

    def fill(self, lead_id, told):
        """Somebody sends a form again: what is empty is filled."""
        lead = self.leads[lead_id]
        new = {name: text for name, text in told.items() if not getattr(lead, name)}
        self.leads[lead_id] = replace(lead, **new)

    def merge(self, gone, survivor):
        """One lead is another now."""
        for member in self.members(gone):
            self.into[member] = survivor

    def is_surely_one_person(self, lead_id):
        """Whether what was merged into a lead had to be, by what each has told."""
        leads = [self.leads[member] for member in self.members(lead_id)]
        told = [
            {getattr(lead, name) for lead in leads} - {""}
            for name in ("contact_name", "partner_name", "phone", "email")
        ]
        told.append({self.companies[lead.id] for lead in leads} - {0})
        many_read = leads[0].email.startswith(("info@", "none@"))
        return all(len(texts) <= 1 for texts in told) and not many_read

    # ------------------------------------------------------------------
    # Who is who
    # ------------------------------------------------------------------

    def now_of(self, lead_id):
        """Return the id of what a lead is now."""
        return self.into.get(lead_id, lead_id)

    def members(self, lead_id):
        """Return all that was merged into a lead, and itself."""
        return [lead_id, *(gone for gone, now in self.into.items() if now == lead_id)]

    def visitors(self, lead_id):
        """Return the visitors of a lead."""
        return set().union(*(self.tied[member] for member in self.members(lead_id)))

    def open(self):
        """Return what is neither closed nor merged."""
        return [
            lead
            for lead in self.leads.values()
            if lead.id not in self.into and lead.id not in self.closed
        ]

    def facts(self, lead_id):
        """Return the lead with all that was told of the same person."""
        lead = self.leads[lead_id]
        for member in self.members(lead_id):
            other = self.leads[member]
            lead = replace(
                lead,
                phone=lead.phone or other.phone,
                country=lead.country or other.country,
                function=lead.function or other.function,
                deadline=lead.deadline or other.deadline,
            )
        return lead

    def signals(self, lead_id):
        """Yield what was done by, or sent to, a lead."""
        company, members = self.companies[lead_id], self.members(lead_id)
        for member in members:
            yield from self.by_lead[member]
        for visitor in self.visitors(lead_id):
            for signal in self.by_visitor[visitor]:
                if fits(company, signal.company):
                    yield signal
        for signal in self.by_address[self.leads[lead_id].email]:
            other = self.now_of(signal.lead)
            if other != lead_id and fits(company, self.companies[other]):
                yield signal

    # ------------------------------------------------------------------
    # What it is worth
    # ------------------------------------------------------------------

    def points(self, lead_id, now):
        """Return ``{(dimension, name): points}`` of a lead."""
        lead, signals = self.facts(lead_id), list(self.signals(lead_id))
        found = {
            (rule.dimension, rule.name): self._points(rule, lead, signals, now)
            for rule in self.rules
            if rule.company == self._model(lead_id)
        }
        for signal in signals:
            if signal.source == "adjustment":
                if not signal.expires or signal.expires > now:
                    key = signal.what, f"by hand {signal.date}"
                    found[key] = found.get(key, 0) + signal.points
        return {key: points for key, points in found.items() if points}

    def _model(self, lead_id):
        """Return the company whose model scores a lead; 0: that of all."""
        own = {rule.company for rule in self.rules}
        company = self.companies[lead_id]
        return company if company in own else 0

    def _points(self, rule, lead, signals, now):
        day = Day(now, pytz.timezone(rule.tz))
        if rule.source == "lead":
            return rule.value if rule.met(lead, day) else 0
        groups = defaultdict(list)
        for number, signal in enumerate(signals):
            if signal.source == rule.source and rule.met(signal, day):
                key = counted_together(signal, now) or number
                groups[key].append(signal.date)
        dates = sorted(date_that_counts(dates, now) for dates in groups.values())
        total = sum(
            rule.value * weight(now - date, rule.half_life)
            for date in dates[rule.minimum_count - 1 :]
        )
        bound = rule.maximum or float("inf")
        return half_away(max(-bound, min(bound, total)))


def weight(age, half_life):
    """Return what is left of points after a while."""
    days = max(0, age.total_seconds() / 86_400)
    return 0.5 ** (days / half_life) if half_life else 1


def counted_together(signal, now):
    """Return what is alike in signals that count once; nothing: each counts."""
    if signal.source == "page_view":
        moment = (signal.date - datetime(1970, 1, 1)) // VISIT
        return signal.visitor, signal.what.partition("?")[0], moment
    if signal.source == "meeting":
        return signal.together or (signal.date > now and "to come")
    return signal.together


def date_that_counts(dates, now):
    """Return the date of what counts once: of the last up to now, else of the next."""
    past = [date for date in dates if date <= now]
    return max(past) if past else min(dates)


def fits(company, other):
    """Whether something may be of both companies; 0 is none."""
    return not company or not other or company == other


def plain(email):
    """Return an address without what follows a plus sign."""
    name, _at, host = email.partition("@")
    return f"{name.partition('+')[0]}@{host}"
