{
    "name": "Lead Scoring: Enrichment",
    "summary": "Let lead enrichment fill industry, employees and revenue",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring", "crm_iap_enrich"],
    "auto_install": True,
}
