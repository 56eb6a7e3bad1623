"""The rules of the simulated month: as their authors write them, and in Python."""

from datetime import timedelta

from .common_month import Rule

HANOI = ("vi_VN", "Asia/Ho_Chi_Minh")
KYIV = ("uk_UA", "Europe/Kyiv")
NEW_YORK = ("en_US", "America/New_York")
AUTHORS = (HANOI, KYIV, NEW_YORK)

OF_ALL = {
    # name: axis, points, source, maximum, half-life, from which on
    "Telephone": ("fit", 5, "lead", 0, 0, 1),
    "Belgium": ("fit", 12, "lead", 0, 0, 1),
    "Decides": ("fit", 15, "lead", 0, 0, 1),
    "This month": ("fit", 9, "lead", 0, 0, 1),
    "New": ("interest", 6, "lead", 0, 0, 1),
    "Prices": ("interest", 10, "page_view", 30, 14, 1),
    "Visits this week": ("interest", 3, "page_view", 12, 0, 1),
    "Reads": ("interest", 1, "page_view", 10, 0, 3),
    "Looks for a job": ("interest", -10, "page_view", 20, 60, 1),
    "Webinar": ("interest", 8, "event", 16, 30, 1),
    "Event of late": ("interest", 4, "event", 0, 0, 1),
    "Form": ("interest", 20, "form", 30, 30, 1),
    "Reply": ("interest", 15, "reply", 45, 30, 1),
    "Replies again": ("interest", 5, "reply", 0, 0, 2),
    "Replied this week": ("interest", 4, "reply", 8, 0, 1),
    "Meeting": ("interest", 15, "meeting", 30, 60, 1),
    "Mail opened": ("interest", 1, "mail_open", 3, 30, 1),
    "Link clicked": ("interest", 5, "mail_click", 15, 30, 1),
    "Mail bounced": ("interest", -20, "mail_bounce", 20, 0, 1),
}
OF_ONE_COMPANY = {
    "Telephone": ("fit", 10, "lead", 0, 0, 1),
    "Form": ("interest", 30, "form", 0, 10, 1),
    "Page": ("interest", 4, "page_view", 20, 7, 1),
    "Reply": ("interest", 12, "reply", 0, 0, 1),
    "Meeting": ("interest", 25, "meeting", 25, 0, 1),
    "Event these days": ("interest", 7, "event", 0, 0, 1),
}


def is_this_month(lead, day):
    """Whether the lead is to be won in this month."""
    months = [date.strftime("%Y-%m") for date in (day.today, lead.deadline) if date]
    return months[1:] == months[:1]


def is_from_monday_on(signal, day):
    """Whether it was on Monday or later, in a week that begins on Sunday."""
    sunday = day.today - timedelta(days=day.today.isoweekday() % 7)
    return day.of(signal.date) > sunday


def is_this_week(signal, day):
    """Whether it was in this week, which begins on Monday."""
    return day.of(signal.date) >= day.today - timedelta(days=day.today.weekday())


CONDITIONS = {
    # name: domain, the same in Python, author; all others count always
    "Telephone": ([("phone", "!=", False)], lambda lead, _day: bool(lead.phone), None),
    "Belgium": (
        [("country_id", "=", "Belgium")],
        lambda lead, _day: lead.country == "Belgium",
        NEW_YORK,
    ),
    "Decides": (
        [("title_rank", "in", ["owner", "c_level", "director"])],
        lambda lead, _day: lead.function == "Director",
        None,
    ),
    "This month": (
        [("date_deadline", ">=", "=1d"), ("date_deadline", "<", "=1d +1m")],
        is_this_month,
        HANOI,
    ),
    "New": (
        [("create_date", ">=", "today -7d")],
        lambda lead, day: day.days_ago(lead.created) <= 7,
        KYIV,
    ),
    "Prices": (
        [("url", "ilike", "/pricing")],
        lambda view, _day: "/pricing" in view.what,
        HANOI,
    ),
    "Visits this week": (
        [("visit_datetime", ">=", "=monday")],
        is_from_monday_on,
        NEW_YORK,
    ),
    "Looks for a job": (
        [("url", "ilike", "/jobs")],
        lambda view, _day: "/jobs" in view.what,
        None,
    ),
    "Webinar": (
        [("name", "=", "Webinar")],
        lambda event, _day: event.what == "Webinar",
        None,
    ),
    "Event of late": (
        [("date", ">=", "today -14d")],
        lambda event, day: day.days_ago(event.date) <= 14,
        HANOI,
    ),
    "Replied this week": ([("date", ">=", "=week_start")], is_this_week, KYIV),
    "Event these days": (
        [("date", ">=", "today -3d")],
        lambda event, day: day.days_ago(event.date) <= 3,
        NEW_YORK,
    ),
}
ALWAYS = [], lambda _signal, _day: True, None


def rules(company):
    """Return the rules of all companies, and those of the one with this id."""
    return [
        Rule(name, company_id, *numbers, *CONDITIONS.get(name, ALWAYS))
        for company_id, table in ((0, OF_ALL), (company, OF_ONE_COMPANY))
        for name, numbers in table.items()
    ]
