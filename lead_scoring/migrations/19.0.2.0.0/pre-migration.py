"""Hand what became add-ons of their own over to them.

External ids go along, so that the new add-ons update the records that are there instead
of making them anew, and so that uninstalling one takes along what is its own.
"""

NEW_MODULES = ["lead_scoring_evidence", "lead_scoring_identity"]
EVIDENCE_RECORDS = [
    "crm_lead_action_stuck",
    "crm_lead_stuck_menu",
    "crm_lead_view_form_feedback",
    "crm_lead_view_list_stuck",
    "crm_lead_view_search_stuck",
    "ir_cron_check_drift",
    "ir_cron_check_drift_ir_actions_server",
    "lead_scoring_evidence_menu",
    "lead_scoring_feedback_action",
    "lead_scoring_feedback_menu",
    "lead_scoring_feedback_view_form",
    "lead_scoring_feedback_view_kanban",
    "lead_scoring_feedback_view_list",
    "lead_scoring_feedback_view_search",
    "lead_scoring_model_view_form_quality",
    "lead_scoring_publication_report_action",
    "lead_scoring_publication_report_menu",
    "lead_scoring_publication_report_view_graph",
    "lead_scoring_publication_report_view_list",
    "lead_scoring_publication_report_view_pivot",
    "lead_scoring_publication_report_view_search",
    "lead_scoring_quality_action",
    "lead_scoring_quality_action_print",
    "lead_scoring_quality_company_rule",
    "lead_scoring_quality_menu",
    "lead_scoring_quality_paperformat",
    "lead_scoring_quality_view_form",
    "lead_scoring_quality_view_kanban",
    "lead_scoring_quality_view_list",
    "lead_scoring_quality_view_search",
    "lead_scoring_report_action",
    "lead_scoring_report_action_funnel",
    "lead_scoring_report_action_missed",
    "lead_scoring_report_action_open_missed",
    "lead_scoring_report_menu",
    "lead_scoring_report_menu_funnel",
    "lead_scoring_report_menu_missed",
    "lead_scoring_report_view_graph",
    "lead_scoring_report_view_kanban",
    "lead_scoring_report_view_kanban_missed",
    "lead_scoring_report_view_list",
    "lead_scoring_report_view_list_missed",
    "lead_scoring_report_view_pivot",
    "lead_scoring_report_view_pivot_funnel",
    "lead_scoring_report_view_search",
    "lead_scoring_rule_evidence_action",
    "lead_scoring_rule_evidence_action_open",
    "lead_scoring_rule_evidence_company_rule",
    "lead_scoring_rule_evidence_menu",
    "lead_scoring_rule_evidence_view_kanban",
    "lead_scoring_rule_evidence_view_list",
    "lead_scoring_rule_evidence_view_search",
    "lead_scoring_rule_view_form_feedback",
    "lead_scoring_rule_view_list_feedback",
    "lead_scoring_seller_action",
    "lead_scoring_seller_action_open",
    "lead_scoring_seller_company_rule",
    "lead_scoring_seller_manager_rule",
    "lead_scoring_seller_menu",
    "lead_scoring_seller_own_rule",
    "lead_scoring_seller_view_kanban",
    "lead_scoring_seller_view_list",
    "lead_scoring_seller_view_search",
    "lead_scoring_symptom_company_rule",
    "mail_activity_type_drift",
    "quality_days",
    "quality_details",
    "quality_lift",
    "quality_page",
    "quality_ranking",
    "quality_reliability",
    "quality_summary",
    "quality_thresholds",
]
EVIDENCE_FIELDS = [
    "field_crm_lead__score_feedback",
    "field_crm_lead__score_feedback_ids",
    "field_lead_scoring_model__drift_company_ids",
    "field_lead_scoring_model__quality_ids",
    "field_lead_scoring_model__quality_verdict",
    "field_lead_scoring_rule__feedback_count",
    "field_lead_scoring_rule__feedback_summary",
]
EVIDENCE_TABLES = (
    "lead_scoring_(feedback|metrics|publication_report|quality|report|rule_evidence"
    "|seller|symptom)"
)
"""Tables of the models that moved, and the beginning of their constraints' names."""
# what Odoo itself makes of a model: fields, selections, access rights and the like
MODEL_IDS = (
    f"^(access|constraint|field|model|model_inherit|selection)_+{EVIDENCE_TABLES}_"
)


def migrate(cr, version):
    """Hand over, and have both new add-ons loaded in this run."""
    cr.execute(
        """UPDATE ir_model_data SET module = 'lead_scoring_evidence'
            WHERE module = 'lead_scoring'
              AND (name = ANY(%s) OR name || '_' ~ %s)""",
        [EVIDENCE_RECORDS + EVIDENCE_FIELDS, MODEL_IDS],
    )
    for table in ("ir_model_constraint", "ir_model_relation"):
        cr.execute(
            f"""UPDATE {table} SET module = evidence.id
                  FROM ir_module_module core, ir_module_module evidence
                 WHERE core.name = 'lead_scoring'
                   AND evidence.name = 'lead_scoring_evidence'
                   AND {table}.module = core.id
                   AND {table}.name || '_' ~ %s""",
            [f"^({EVIDENCE_TABLES}|lead_scoring_model_drift)_"],
        )
    # An add-on that is new to the database and installs itself is not installed by an
    # update. To be upgraded, not installed: an installation would overwrite what users
    # have changed in records that updates leave alone.
    cr.execute(
        """UPDATE ir_module_module SET state = 'to upgrade'
            WHERE name = ANY(%s) AND state = 'uninstalled'""",
        [NEW_MODULES],
    )
