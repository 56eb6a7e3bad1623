import logging

from odoo import api, models
from odoo.fields import Domain

from ...tools.faults import is_by_users, limited
from .lead_scoring_engine_leads import SECONDS_ON_REQUEST

_logger = logging.getLogger(__name__)

ASKED_TYPES = frozenset(
    ["char", "float", "html", "integer", "many2one", "monetary", "selection", "text"]
)
"""Types of fields that an answer fills in. «No» of a boolean is an answer."""
INTERNAL_MODELS = frozenset(
    ["crm.lost.reason", "crm.recurring.plan", "crm.stage", "crm.team", "res.company"]
    + ["res.partner", "res.users", "utm.campaign", "utm.medium", "utm.source"]
)
"""What a lead points to and nobody asks it for: who works on it, by what it came."""


class LeadScoringExplain(models.AbstractModel):
    """Tells what a lead or a salesperson can bring about from what is as it is."""

    _inherit = "lead.scoring.explain"

    @api.model
    def _feasible(self, lead, rules):
        """Return ``{rule: labels}`` of those of ``rules`` that may still match: what
        the lead does, and what nobody knows of it yet, with the labels of the fields to
        ask for. A lead from Ghent will not be from Bruges.

        :param lead: as superuser
        """
        streams = rules.filtered(lambda rule: rule.source != "lead")
        feasible = dict.fromkeys(streams, [])
        try:
            for rule in rules - streams:
                labels = self._to_ask(lead._origin, rule)
                if labels is not None:
                    feasible[rule] = labels
        except Exception as error:
            # domains may raise anything; the next pass marks the one that does
            if not is_by_users(error):
                raise
            _logger.info("Not all is known that would heat %s", lead, exc_info=True)
        return feasible

    @api.model
    def _to_ask(self, lead, rule):
        """Return the labels of the empty fields with which a rule on the lead itself
        may match, none if it is for the lead to do something; None if it can't match.
        """
        # sudo: salespeople may not read the condition
        rule = rule.sudo()
        engine = self.env["lead.scoring.engine"]
        leads = engine._compile_env(lead.company_id, rule.lang, rule.tz)["crm.lead"]
        empty, deeds = [], []

        def assume(condition):
            field = leads._fields.get(condition.field_expr)
            if not (field and self._asks_for_something(condition)):
                return condition
            if self._is_deed(field):
                deeds.append(field)
            elif asked := self._empty_field(lead, field):
                empty.append(asked)
            else:
                return condition
            return Domain.TRUE

        domain = engine._settled(leads, rule.domain).optimize(leads)
        rest = domain.map_conditions(assume)
        if not (empty or deeds):
            return None
        if not rest.is_true():
            with limited(self.env.cr, SECONDS_ON_REQUEST):
                if not leads.search_count(rest & Domain("id", "=", lead.id)):
                    return None
        labels = (field.get_description(self.env, ["string"]) for field in empty)
        return list(dict.fromkeys(label["string"] for label in labels))

    @api.model
    def _asks_for_something(self, condition):
        """Return whether a condition fails while there is nothing."""
        if condition.operator in ("in", "not in"):
            return (False in condition.value) == (condition.operator == "not in")
        return not condition.operator.startswith(("not", "<"))

    @api.model
    def _is_deed(self, field):
        """Return whether a field looks into records of what was done. What a lead has
        bought before, and by what it came, it can't do again.
        """
        looks = field.type == "one2many" or not (field.store or field.related)
        counted = self.env["lead.scoring.source"]._get_count(field.name)
        return looks and counted is None

    @api.model
    def _empty_field(self, lead, field):
        """Return the field to ask for, so that ``field`` is no longer empty: itself, or
        what it is computed from; None if that is known, or nobody asks for it.
        """
        if field.type not in ASKED_TYPES or not field.store:
            return None
        if field.comodel_name in INTERNAL_MODELS:
            return None
        if not field.readonly:
            return None if lead[field.name] else field
        names = field.get_depends(lead)[0] if field.compute else ()
        sources = [lead._fields[name] for name in names if "." not in name]
        asked = (self._empty_field(lead, source) for source in sources)
        return next(filter(None, asked), None)
