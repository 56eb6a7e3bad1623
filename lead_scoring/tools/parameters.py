import logging

from odoo.fields import Datetime
from odoo.tools import config

_logger = logging.getLogger(__name__)

STATEMENT_PARAMETER = "lead_scoring.statement_seconds"
DEFAULT_STATEMENT_SECONDS = 300
MAXIMUM_STATEMENT_SECONDS = 86_400
DEFAULT_WORKER_SECONDS = 1200
"""Seconds a scheduled action works where Odoo sets no limit."""


def worker_seconds():
    """Return how long a scheduled action may work before Odoo stops its worker."""
    limit = config["limit_time_real_cron"]
    if limit < 0:
        limit = config["limit_time_real"]
    return limit or DEFAULT_WORKER_SECONDS


def statement_seconds(env):
    """Return how long one statement of a pass may take, 0 for as long as it likes: the
    system parameter, but no more than half of what the worker has. Else the worker
    would be stopped before it has found the rule that is slow.
    """
    seconds = get_number(
        env,
        STATEMENT_PARAMETER,
        DEFAULT_STATEMENT_SECONDS,
        0,
        MAXIMUM_STATEMENT_SECONDS,
    )
    return min(seconds, worker_seconds() / 2)


def get_number(env, name, default, minimum, maximum):
    """Return the number that a system parameter holds.

    :param name: of the parameter
    :param default: where it is not set, is no number or is out of bounds, which is
        logged; an integer where only integers are allowed
    """
    # sudo: users may not read system parameters
    text = env["ir.config_parameter"].sudo().get_param(name)
    if not text:
        return default
    try:
        number = type(default)(text)
    except (OverflowError, ValueError):
        number = None
    if number is None or not minimum <= number <= maximum:
        _logger.warning(
            "System parameter %s is %r, not a number from %s to %s: %s is used",
            name,
            text,
            minimum,
            maximum,
            default,
        )
        return default
    return number


def get_datetime(env, name):
    """Return the moment in UTC that a system parameter holds; None where it is not set,
    or is none, which is logged.
    """
    # sudo: users may not read system parameters
    text = env["ir.config_parameter"].sudo().get_param(name)
    try:
        return Datetime.to_datetime(text or None)
    except ValueError:
        _logger.warning(
            "System parameter %s is %r, no date: it is left out", name, text
        )
        return None
