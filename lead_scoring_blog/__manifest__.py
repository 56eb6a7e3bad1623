{
    "name": "Lead Scoring: Blog",
    "summary": "Score leads by the topics they read and the comments they write",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring", "website_blog"],
    "data": [
        "data/lead_scoring_rule_data.xml",
        "views/crm_lead_views.xml",
    ],
    "auto_install": True,
}
