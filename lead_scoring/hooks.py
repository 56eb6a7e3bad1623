import math

from odoo import Command


def pre_init_hook(env):
    """Add the columns that have a default, or are computed, before the ORM does:
    PostgreSQL then fills them in no time, however many leads there are.
    """
    env.cr.execute(
        """ALTER TABLE crm_lead
             ADD COLUMN IF NOT EXISTS temperature varchar NOT NULL DEFAULT 'cold',
             ADD COLUMN IF NOT EXISTS segment varchar NOT NULL DEFAULT 'discard',
             ADD COLUMN IF NOT EXISTS industry_id integer,
             ADD COLUMN IF NOT EXISTS employee_count integer,
             ADD COLUMN IF NOT EXISTS company_revenue numeric,
             ADD COLUMN IF NOT EXISTS qualification_count integer DEFAULT 0,
             ADD COLUMN IF NOT EXISTS do_not_score boolean DEFAULT FALSE"""
    )
    env.cr.execute(
        """ALTER TABLE res_partner
             ADD COLUMN IF NOT EXISTS do_not_score boolean DEFAULT FALSE"""
    )


def post_init_hook(env):
    """Switch the Leads feature on, and score the leads there are without automations.

    Without the Leads feature and teams that use it, website and mail create
    opportunities, and there is nothing to convert.
    """
    group = env.ref("crm.group_use_lead")
    env.ref("base.group_user").implied_ids = [Command.link(group.id)]
    teams = env["crm.team"].search([("use_opportunities", "=", True)])
    # writing it also refreshes the defaults of the teams' mail aliases
    teams.use_leads = True
    first = env["lead.scoring.pass"]._start(full=True)
    first._run(deadline=math.inf, checkpoint=lambda: None, silent=True)
