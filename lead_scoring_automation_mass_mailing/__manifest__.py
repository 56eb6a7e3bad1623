{
    "name": "Lead Scoring: Playbooks and Mailings",
    "summary": "Add leads to a mailing list when they change their segment",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring_automation", "lead_scoring_mass_mailing"],
    "data": [
        "data/lead_scoring_playbook_data.xml",
        "views/ir_actions_server_views.xml",
    ],
    "auto_install": True,
}
