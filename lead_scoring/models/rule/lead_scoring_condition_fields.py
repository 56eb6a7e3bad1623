from odoo import api, fields, models

HELPFUL = {
    "crm.lead": (
        ["function", "title_rank", "title_department", "country_id", "state_id"]
        + ["city", "industry_id", "employee_count", "company_revenue", "tag_ids"]
        + ["source_id", "medium_id", "campaign_id", "partner_id", "partner_name"]
        + ["email_from", "phone", "website", "lang_id", "expected_revenue"]
        + ["budget", "qualified_need", "qualified_fit", "qualified_budget"]
        + ["qualified_authority", "qualified_timeline", "score_pageview_ids"]
        + ["score_visit_count", "score_last_visit", "score_last_signal"]
        + ["calendar_event_ids", "score_won_count", "create_date"]
    ),
    "website.track": ["url", "page_id", "visit_datetime"],
    "lead.scoring.event": ["name", "date"],
    "calendar.event": ["name", "start", "duration"],
    "mail.message": ["subject", "body", "date"],
}
"""Fields that people ask for most, in the order in which they are offered."""

TECHNICAL = {
    "crm.lead": (
        ["automated_probability", "color", "commercial_partner_id", "company_currency"]
        + ["date_automation_last", "date_closed", "day_close", "day_open"]
        + ["do_not_score", "do_not_score_note", "do_not_score_reason"]
        + ["duplicate_lead_ids", "email_cc", "email_domain_criterion"]
        + ["email_normalized", "iap_enrich_done", "imported_at"]
        + ["is_automated_probability", "is_partner_visible", "is_rotting"]
        + ["lang_code", "lead_mining_request_id", "partner_email_update"]
        + ["partner_is_blacklisted", "partner_phone_update", "phone_mobile_search"]
        + ["phone_sanitized", "phone_sanitized_blacklisted", "prorated_revenue"]
        + ["quiet_since", "recurring_revenue_monthly_prorated"]
        + ["recurring_revenue_prorated", "responsible_id", "reveal_id"]
        + ["stage_id_color", "user_company_ids", "waiting_since", "won_status"]
    ),
}
"""Fields by which Odoo or scoring works, and nobody tells a good lead."""

OF_EVERY_MODEL = frozenset(
    ["id", "display_name", "create_uid", "write_uid", "write_date", "has_message"]
    + ["website_message_ids", "rating_ids", "my_activity_date_deadline"]
)
PREFIXES = ("activity_", "message_")
"""Fields of the chatter: what colleagues do, not the lead."""
UNFIT_TYPES = ("binary", "json", "properties", "properties_definition")


class LeadScoringRuleCheck(models.AbstractModel):
    """Which fields the editor of conditions offers."""

    _inherit = "lead.scoring.rule.check"

    @api.model
    def _helpful_fields(self):
        """Return ``{model: [fields]}``, see :data:`HELPFUL`. Another add-on adds its
        own here.
        """
        return {name: list(names) for name, names in HELPFUL.items()}

    @api.model
    def _technical_fields(self):
        """Return ``{model: [fields]}``, see :data:`TECHNICAL`. Another add-on adds its
        own here.
        """
        return {name: list(names) for name, names in TECHNICAL.items()}

    @api.model
    def _offer(self, model_name):
        """Return what the editor of conditions on a model begins with, and what it
        leaves out: fields that no rule can read, and technical ones. What is left out
        can still be written by hand, and is shown where a rule has it.
        """
        # sudo: fields are looked at, no data
        records = self.env[model_name].sudo()
        technical = self._technical_fields().get(model_name, ())
        hidden = [
            name
            for name, field in records._fields.items()
            if name in technical or not self._is_offered(field)
        ]
        first = self._helpful_fields().get(model_name, [])
        return {"model": model_name, "first": first, "hidden": sorted(hidden)}

    @api.model
    def _is_offered(self, field):
        return not (
            field.name in OF_EVERY_MODEL
            or field.name.startswith(PREFIXES)
            or field.type in UNFIT_TYPES
            or self._is_result(field)
        )


class LeadScoringDomainMixin(models.AbstractModel):
    _inherit = "lead.scoring.domain.mixin"

    condition_fields = fields.Json(
        compute="_compute_condition_fields",
        help="Technical: the fields that the editor of conditions offers first, and "
        "those that it leaves out.",
    )

    @api.depends(lambda self: self._known_by())
    def _compute_condition_fields(self):
        check = self.env["lead.scoring.rule.check"]
        for record in self:
            record.condition_fields = check._offer(record._get_domain_model())
