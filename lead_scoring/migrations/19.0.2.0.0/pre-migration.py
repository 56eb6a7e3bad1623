"""Hand what became add-ons of their own over to them, and keep what rules counted.

External ids go along, so that the new add-ons update the records that are there instead
of making them anew, and so that uninstalling one takes along what is its own.
"""

NEW_MODULES = ["lead_scoring_evidence", "lead_scoring_identity"]
EVIDENCE_TABLES = (
    "lead_scoring_(feedback|metrics|publication_report|quality|report|rule_evidence"
    "|seller|symptom)"
)
"""Tables of the models that moved, and the beginning of most of their external ids."""
EVIDENCE_IDS = (
    # what Odoo itself makes of a model: fields, selections, access rights and the like
    f"^(((access|constraint|field|model|model_inherit|selection)_+)?{EVIDENCE_TABLES}"
    "|crm_lead_(action_stuck|stuck_menu|view_list_stuck|view_search_stuck)"
    "|crm_lead_view_form_feedback|ir_cron_check_drift|lead_scoring_evidence_menu"
    "|lead_scoring_(model_view_form_quality|rule_view_(form|list)_feedback)"
    "|mail_activity_type_drift|quality"
    "|field_crm_lead__score_feedback|field_lead_scoring_rule__feedback"
    "|field_lead_scoring_model__(drift_company_ids|quality))_"
)


def migrate(cr, version):
    """Hand over, and have both new add-ons loaded in this run. Bring numbers within
    the bounds that they have now.
    """
    cr.execute("ALTER TABLE lead_scoring_rule RENAME match_count TO match_total")
    clamp_numbers(cr)
    # these have other names now, by which Odoo drops them with their add-on
    cr.execute(
        """DROP INDEX IF EXISTS res_partner__email_normalized_index,
             mailing_contact__email_normalized_index, mailing_trace__email_index,
             mailing_trace__open_datetime_index,
             mailing_subscription__opt_out_datetime_index"""
    )
    cr.execute(
        """UPDATE ir_model_data SET module = 'lead_scoring_evidence'
            WHERE module = 'lead_scoring'
              AND name || '_' ~ %s""",
        [EVIDENCE_IDS],
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


def clamp_numbers(cr):
    """Bring thresholds and half-lives within their bounds, or the constraints could not
    be added. A warm score stays below the hot one.
    """
    cr.execute(
        """UPDATE lead_scoring_model
              SET fit_floor = GREATEST(-1000000, LEAST(1000000, fit_floor)),
                  interest_floor = GREATEST(-1000000, LEAST(1000000, interest_floor)),
                  warm_score = GREATEST(-1000000, LEAST(999999, warm_score)),
                  hot_score = GREATEST(-999999, LEAST(1000000, hot_score)),
                  margin = GREATEST(0, LEAST(1000000, margin))"""
    )
    cr.execute(
        """UPDATE lead_scoring_rule
              SET half_life = GREATEST(0.00001, LEAST(36500, NULLIF(half_life, 'NaN')))
            WHERE half_life <> 0"""
    )
    cr.execute(
        """UPDATE crm_team
              SET minimum_score = GREATEST(-1000000, LEAST(1000000, minimum_score))
            WHERE abs(minimum_score::bigint) > 1000000"""
    )
