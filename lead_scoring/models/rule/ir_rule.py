from contextlib import contextmanager
from contextvars import ContextVar

from odoo import api, models

_noted = ContextVar("lead_scoring_noted_models", default=None)


class IrRule(models.Model):
    _inherit = "ir.rule"

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        """Note the models whose record rules are asked for, see :func:`note_models`."""
        noted = _noted.get()
        if noted is not None:
            noted.add(model_name)
        return super()._compute_domain(model_name, mode)


@contextmanager
def note_models():
    """Give the set of the names of models whose record rules searches ask for within:
    what a domain reads, search methods of fields included.
    """
    noted = set()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)
