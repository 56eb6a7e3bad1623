{
    "name": "Lead Scoring: Sales Orders",
    "summary": "Score leads by the orders that their contact or address has confirmed",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring", "sale"],
    "data": ["data/lead_scoring_rule_data.xml"],
    "auto_install": True,
}
