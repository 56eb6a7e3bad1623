"""Reads the dates that people write as Python code, to say them Odoo's own way."""

import ast

TODAY = {
    "context_today()",
    "current_date",
    "date.today()",
    "datetime.date.today()",
    "fields.Date.context_today(self)",
    "fields.Date.today()",
    "time.strftime('%Y-%m-%d')",
    "today",
    "today()",
}
NOW = {
    "datetime.datetime.now()",
    "datetime.datetime.utcnow()",
    "datetime.now()",
    "datetime.utcnow()",
    "fields.Datetime.now()",
    "now",
    "now()",
}

# relativedelta's arguments, in the order it applies them
PARTS = {"month": "m", "day": "d"}
OFFSETS = {
    "years": "y",
    "months": "m",
    "weeks": "w",
    "days": "d",
    "hours": "H",
    "minutes": "M",
    "seconds": "S",
}


def relative_date(node):
    """Return what the syntax tree ``node`` computes as a relative date of domains,
    such as ``today -7d``, or None.
    """
    date = _read_date(node)
    return date.removeprefix("now ") if date else None


def _read_date(node):
    written = ast.unparse(node)
    if written in TODAY:
        return "today"
    if written in NOW:
        return "now"
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Call()):
            date = _read_date(node.left)
            offset = _read_offset(node.right, isinstance(node.op, ast.Sub))
            return f"{date} {offset}" if date and offset else None
        case ast.Call(func=ast.Attribute(attr="combine"), args=[day, _time]):
            return _midnight(_read_date(day))
        case ast.Call(func=ast.Attribute(attr="date", value=value)):
            return _midnight(_read_date(value))
        case ast.Call(func=ast.Attribute(attr="to_utc" | "isoformat", value=value)):
            return _read_date(value)
        case ast.Call(
            func=ast.Attribute(attr="strftime", value=value),
            args=[ast.Constant(value=layout)],
        ):
            date = _read_date(value)
            if layout in ("%Y-%m-%d", "%Y-%m-%d 00:00:00"):
                return _midnight(date)
            return date if layout == "%Y-%m-%d %H:%M:%S" else None
    return None


def _midnight(date):
    """Return the day of ``date``."""
    return date and date.replace("now", "today", 1)


def _read_offset(call, negative):
    """Return the offsets of a relativedelta or timedelta, such as ``-1m -7d``."""
    if ast.unparse(call.func).rpartition(".")[2] not in ("relativedelta", "timedelta"):
        return None
    try:
        amounts = {kw.arg: ast.literal_eval(kw.value) for kw in call.keywords}
    except ValueError:
        return None
    if call.args or not all(type(amount) is int for amount in amounts.values()):
        return None
    offsets = []
    for name, unit in PARTS.items():
        # no month is too short for these days
        if name in amounts and not negative and 1 <= amounts[name] <= 28:
            offsets.append(f"={amounts.pop(name)}{unit}")
    for name, unit in OFFSETS.items():
        if name in amounts:
            amount = amounts.pop(name)
            offsets.append(f"{-amount if negative else amount:+d}{unit}")
    return None if amounts else " ".join(offsets)
