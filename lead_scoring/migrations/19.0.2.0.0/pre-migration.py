"""Hand what became add-ons of their own over to them.

Records keep their external ids, so the new add-ons update them instead of making them
anew. Models and fields need no help: Odoo gives each a second external id, of the new
add-on, before it removes the first.
"""

NEW_MODULES = ["lead_scoring_evidence", "lead_scoring_identity"]
EVIDENCE_RECORDS = [
    "access_lead_scoring_feedback_manager",
    "access_lead_scoring_feedback_salesman",
    "access_lead_scoring_publication_report_salesman",
    "access_lead_scoring_quality_manager",
    "access_lead_scoring_report_salesman",
    "access_lead_scoring_rule_evidence_manager",
    "access_lead_scoring_seller_salesman",
    "access_lead_scoring_symptom_manager",
    "crm_lead_action_stuck",
    "crm_lead_stuck_menu",
    "crm_lead_view_form_feedback",
    "crm_lead_view_list_stuck",
    "crm_lead_view_search_stuck",
    "ir_cron_check_drift",
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


def migrate(cr, version):
    """Give the records of evidence to its add-on, and install both in this run."""
    cr.execute(
        """UPDATE ir_model_data SET module = 'lead_scoring_evidence'
            WHERE module = 'lead_scoring' AND name = ANY(%s)""",
        [EVIDENCE_RECORDS],
    )
    # what installs itself does so only when something it depends on is installed anew
    cr.execute(
        """UPDATE ir_module_module SET state = 'to install'
            WHERE name = ANY(%s) AND state = 'uninstalled'""",
        [NEW_MODULES],
    )
