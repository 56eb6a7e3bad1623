{
    "name": "Lead Scoring: Mailings",
    "summary": "Score what leads do with mailings: open, click, bounce, (un)subscribe",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring", "mass_mailing_crm"],
    "data": [
        "security/ir.model.access.csv",
        "data/lead_scoring_rule_data.xml",
        "views/link_tracker_click_views.xml",
        "views/mailing_trace_views.xml",
    ],
    "pre_init_hook": "pre_init_hook",
    "auto_install": True,
}
