from odoo import api, models
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

OUTCOME = _lt("It says how the deal ended, or is set by its course.")
SELLING = _lt("Salespeople fill it in while they work on the lead.")
UNDATED = _lt(
    "Nothing says when it was set: perhaps only once the outcome was near. Use it if "
    "you set it when leads come in."
)
WRITTEN = _lt(
    "Salespeople may add notes to it. Use it if it holds only what leads write, such "
    "as the message of a contact form."
)
SCORING = _lt("It comes from scoring itself.")
PRIVATE = _lt("You may not read it.")

LEFT_OUT = {
    **dict.fromkeys(
        ["active", "automated_probability", "day_close", "day_open", "lost_reason_id"]
        + ["probability", "stage_id", "type", "won_status", "partner_id"]
        + ["commercial_partner_id"],
        OUTCOME,
    ),
    **dict.fromkeys(
        ["budget", "expected_revenue", "priority", "prorated_revenue"]
        + ["qualification_count", "recurring_plan", "recurring_revenue", "team_id"]
        + ["recurring_revenue_monthly", "recurring_revenue_monthly_prorated"]
        + ["recurring_revenue_prorated", "user_id"]
        + ["qualified_authority", "qualified_budget", "qualified_fit"]
        + ["qualified_need", "qualified_timeline"],
        SELLING,
    ),
    **dict.fromkeys(
        ["do_not_score", "do_not_score_reason", "do_not_score_note"], SCORING
    ),
    "description": WRITTEN,
    "tag_ids": UNDATED,
}
"""Fields that are not proposed, by the reason why. Dates of the deal's course, named
``date_…``, are added to those that know the outcome.
"""

TECHNICAL = frozenset(
    ["color", "company_id", "create_uid", "email_cc", "email_normalized", "id"]
    + ["iap_enrich_done", "lead_mining_request_id", "message_bounce", "phone_sanitized"]
    + ["reveal_id", "visitor_ids", "write_date", "write_uid"]
)
"""Fields that say nothing about a lead, or the same as another field."""

KIND_BY_FIELD_TYPE = {
    "boolean": "boolean",
    "char": "category",
    "date": "date",
    "datetime": "date",
    "float": "number",
    "integer": "number",
    "many2many": "tags",
    "many2one": "category",
    "monetary": "number",
    "selection": "category",
}
TEXTS = frozenset(["description", "function", "name", "partner_name"])
"""Fields whose words are proposed, not whole values."""


class LeadScoringLearnable(models.AbstractModel):
    """Which fields of leads conditions are looked for in, and why not in others. Left
    out is what was not known yet when somebody had to decide whether to call: such a
    field follows from the outcome, and can't foretell it.
    """

    _name = "lead.scoring.learnable"
    _description = "Fields to Learn From"

    @api.model
    def _fields_to_learn(self, user):
        """Return the fields of ``crm.lead`` that conditions are looked for in.

        :param user: who asks; what they may not read is left out
        :return: ``{field name: kind}``, see ``tools/conditions.py``, and ``{field name:
            reason}`` of those left out that somebody might look for
        """
        leads = self.env["crm.lead"].with_user(user).sudo(False)
        kinds, left_out = {}, {}
        for name, field in sorted(leads._fields.items()):
            kind = self._kind(field)
            if not kind or name in TECHNICAL or name.startswith("message_"):
                continue
            if reason := self._reason(leads, field):
                left_out[name] = reason
            else:
                kinds[name] = kind
        return kinds, left_out

    @api.model
    def _liftable(self, left_out, names):
        """Return those of ``names`` that may be looked at anyway: not what the one who
        asks may not read.

        :param left_out: ``{field name: reason}``
        """
        return [name for name in names if left_out.get(name, PRIVATE) is not PRIVATE]

    @api.model
    def _kind(self, field):
        """Return the kind of column that ``field`` makes, None for none."""
        if not field.store or field.company_dependent:
            return None
        if getattr(field, "translate", False) or field.name.startswith("activity_"):
            return None
        if field.name == "email_domain_criterion":
            return "mail"
        return "text" if field.name in TEXTS else KIND_BY_FIELD_TYPE.get(field.type)

    @api.model
    def _reason(self, leads, field):
        """Return why conditions on ``field`` are not proposed, or None."""
        # first: any other reason can be lifted
        if not leads._has_field_access(field, "read"):
            return PRIVATE
        check = self.env["lead.scoring.access.check"]
        if field.relational and not check._is_open(leads, field):
            return PRIVATE
        if self.env["lead.scoring.rule.check"]._is_result(field):
            return SCORING
        if field.name in LEFT_OUT:
            return LEFT_OUT[field.name]
        if field.name.startswith("date_"):
            return OUTCOME
        if field.type == "many2many":
            return UNDATED
        return None

    @api.model
    def _known(self, rules, left_out):
        """Return those of ``rules`` that can be learned about: what they ask was known
        at the decision. The records of a stream are dated; of the lead only stored
        fields were known, those left out excepted.

        :param left_out: names of fields left out
        """
        return rules.filtered(lambda rule: self._is_known(rule, left_out))

    @api.model
    def _is_known(self, rule, left_out):
        if rule.error:
            return False
        if rule.source != "lead":
            # a rule that counts from the third record on says more than «any»
            return rule.minimum_count <= 1
        engine = self.env["lead.scoring.engine"]
        leads = self.env["crm.lead"]
        for condition in engine._parse("crm.lead", rule.domain).iter_conditions():
            name = condition.field_expr.partition(".")[0]
            field = leads._fields.get(name)
            if field is None or name in left_out:
                return False
            if not field.store and not engine._stream_of(name):
                return False
        return True
