import logging

_logger = logging.getLogger(__name__)


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
    except ValueError:
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
