{
    "name": "Lead Scoring: Identity",
    "summary": "Know which lead a website visitor is, by links in mails and by forms",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring"],
    "auto_install": True,
}
