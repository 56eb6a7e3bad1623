{
    "name": "Lead Scoring: Job Queue",
    "summary": "Score and route leads as jobs, on many workers and hosts",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Lead Scoring Contributors",
    "license": "LGPL-3",
    "depends": ["lead_scoring", "queue_job"],
    "data": [
        "security/ir.model.access.csv",
        "data/queue_job_channel_data.xml",
        "data/queue_job_function_data.xml",
        "views/lead_scoring_pass_views.xml",
    ],
    "auto_install": True,
}
