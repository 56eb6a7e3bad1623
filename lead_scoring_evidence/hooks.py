def uninstall_hook(env):
    """Delete the activities of drift: Odoo keeps a type that is in use."""
    drift = env.ref("lead_scoring_evidence.mail_activity_type_drift", False)
    if drift:
        activities = env["mail.activity"].with_context(active_test=False)
        activities.search([("activity_type_id", "=", drift.id)]).unlink()
