{
    "name": "Lead Scoring: Learning",
    "summary": "Find rules in won and lost deals, and learn their points from them",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/crm",
    "license": "LGPL-3",
    "depends": ["lead_scoring"],
    "external_dependencies": {"python": ["scikit-learn"]},
}
