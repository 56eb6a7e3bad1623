{
    "name": "Lead Scoring: Playbooks",
    "summary": "Call hot leads, write to those that cool down, let go of the rest",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["base_automation", "crm_sms", "lead_scoring"],
    "data": [
        "security/ir.model.access.csv",
        "security/lead_scoring_automation_security.xml",
        "data/crm_data.xml",
        "data/mail_template_data.xml",
        "data/sms_template_data.xml",
        "data/base_automation_data.xml",
        "data/lead_scoring_playbook_data.xml",
        "views/lead_scoring_playbook_views.xml",
        "wizards/lead_scoring_playbook_switch_views.xml",
        "views/res_users_views.xml",
    ],
    "assets": {
        "web.assets_tests": ["lead_scoring_automation/static/tests/tours/**/*"],
    },
}
