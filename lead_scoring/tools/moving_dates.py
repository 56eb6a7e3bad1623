"""Dates that move, such as ``today -1m`` or ``=monday``, as who writes them means them.

Odoo's ``parse_date`` reads the same texts, but takes the day in Greenwich where a term
does not begin with ``today``, the weeks of the user who runs the search, and today's
difference to Greenwich for days on the other side of a clock change.
"""

import re
from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tools.date_utils import TRUNCATE_UNIT, WEEKDAY_NUMBER

TERM = re.compile(r"([=+-])(?:(\d+)([dwmyHMS])|([a-z_]+))")
UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
UNITS |= {"H": "hours", "M": "minutes", "S": "seconds"}


def is_moving(value):
    """Whether ``value`` is a text other than a date like ``2026-05-31``."""
    return isinstance(value, str) and not re.match(r"\d+-", value)


def to_day(text, env):
    """Return the date that ``text`` means now, in the zone and weeks of ``env``.

    :raise ValueError: it is no date that moves
    """
    moment = _local(text, env)
    return moment.date() if isinstance(moment, datetime) else moment


def to_moment(text, env):
    """Return the datetime in UTC that ``text`` means now, in the zone and weeks of
    ``env``; a day is its first moment.

    :raise ValueError: it is no date that moves
    """
    moment = _local(text, env)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return _to_utc(moment, env.tz)


def _local(text, env):
    """Return the date, or the datetime on the clocks of the zone of ``env``."""
    first, *terms = text.split() or [""]
    now = _from_utc(fields.Datetime.now(), env.tz)
    moment = now.date() if first == "today" else now
    if first not in ("today", "now"):
        terms.insert(0, first)
    try:
        for term in terms:
            moment = _apply(term, moment, env)
    except (OverflowError, TypeError) as error:
        raise ValueError(f"There is no date {text!r}") from error
    return moment


def _apply(term, moment, env):
    if not (match := TERM.fullmatch(term)):
        raise ValueError(f"This moves no date: {term!r}")
    operator, number, unit, day = match.groups()
    if day:
        return _to_weekday(operator, day, moment, env)
    unit = UNITS[unit]
    if operator == "=":
        unit = unit.removesuffix("s")
        if isinstance(moment, datetime):
            moment += TRUNCATE_UNIT[unit]
        return moment + relativedelta(**{unit: int(number)})
    step = relativedelta(**{unit: int(operator + number)})
    if unit not in ("hours", "minutes", "seconds"):
        return moment + step
    # clocks that are changed in between show more or less hours than have passed
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return _from_utc(_to_utc(moment, env.tz) + step, env.tz)


def _to_weekday(operator, day, moment, env):
    """Go to a day of the week, as ``parse_date`` does, in weeks of the language of
    ``env``.
    """
    lang = env["res.lang"]._get_data(code=env.lang or "en_US")
    week_start = int(lang.week_start or 7) - 1
    if day != "week_start" and day not in WEEKDAY_NUMBER:
        raise ValueError(f"There is no such day: {day!r}")
    weekday = week_start if day == "week_start" else WEEKDAY_NUMBER[day]
    days = (weekday - week_start) % 7 - (moment.weekday() - week_start) % 7
    if operator == "+":
        days %= 7
    elif operator == "-":
        days = -(-days % 7)
    elif isinstance(moment, datetime):
        moment += TRUNCATE_UNIT["day"]
    return moment + timedelta(days)


def _from_utc(moment, tz):
    return pytz.utc.localize(moment).astimezone(tz).replace(tzinfo=None)


def _to_utc(moment, tz):
    return tz.localize(moment).astimezone(pytz.utc).replace(tzinfo=None)
