"""Dates that move, such as ``today -1m`` or ``=monday``, as who writes them means them.

Odoo's ``parse_date`` reads the same texts, but takes the day in Greenwich where a term
does not begin with ``today``, the weeks of the user who runs the search, and today's
difference to Greenwich for days on the other side of a clock change.
"""

import re
from datetime import date, datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tools.date_utils import TRUNCATE_UNIT, WEEKDAY_NUMBER

TERM = re.compile(r"([=+-])(?:(\d+)([dwmyHMS])|([a-z_]+))")
UNITS = {"d": "days", "w": "weeks", "m": "months", "y": "years"}
UNITS |= {"H": "hours", "M": "minutes", "S": "seconds"}


class Moving:
    """What a text means now, and how to read it again at another moment.

    :ivar text: as its author has written it; None where something was done to the value
        since that can't be done again
    :ivar lang: language whose weeks count
    :ivar tz: name of the author's time zone
    :ivar shift: what was added since
    """

    text = lang = tz = None
    shift = timedelta()

    @classmethod
    def of(cls, value, text, env):
        """Return ``value`` with what it was read from."""
        moving = cls.fromisoformat(value.isoformat())
        moving.text, moving.lang, moving.tz = text, env.lang, env.tz.zone
        return moving

    @property
    def reading(self):
        """What the value depends on besides the moment."""
        return self.text, self.lang, self.tz, self.shift

    def __eq__(self, other):
        """Odoo drops one of two equal conditions: those must be equal at any moment."""
        equal = super().__eq__(other)
        if equal is True and isinstance(other, Moving):
            return self.reading == other.reading
        return equal

    def __hash__(self):
        return super().__hash__()

    def __repr__(self):
        """Two that mean the same today are two columns of a stream."""
        return f"{super().__repr__()} of {self.reading}"


class MovingDay(Moving, date):
    """A date that moves."""

    def read_again(self, env):
        """Return the date as of now.

        :param env: environment of the same language and zone
        """
        return to_day(self.text, env)


class MovingMoment(Moving, datetime):
    """A datetime that moves."""

    def __add__(self, delta):
        """Later by ``delta``: Odoo compares by whole seconds."""
        later = super().__add__(delta)
        later.text, later.lang, later.tz = self.text, self.lang, self.tz
        later.shift = self.shift + delta
        return later

    def read_again(self, env):
        """Return the moment as of now, likewise."""
        return to_moment(self.text, env) + self.shift


def is_moving(value):
    """Whether ``value`` is a text other than a date like ``2026-05-31``."""
    return isinstance(value, str) and not re.match(r"\d+-", value)


def to_day(text, env):
    """Return the :class:`MovingDay` that ``text`` means now, in the zone and weeks of
    ``env``.

    :raise ValueError: it is no date that moves
    """
    moment = _local(text, env)
    if isinstance(moment, datetime):
        moment = moment.date()
    return MovingDay.of(moment, text, env)


def to_moment(text, env):
    """Return the :class:`MovingMoment`, in UTC, that ``text`` means now, in the zone
    and weeks of ``env``; a day is its first moment.

    :raise ValueError: it is no date that moves
    """
    moment = _local(text, env)
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return MovingMoment.of(_to_utc(moment, env.tz), text, env)


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
