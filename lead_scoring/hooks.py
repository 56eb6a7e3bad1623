import math
import re

from odoo import Command
from odoo.tools import SQL


def pre_init_hook(env):
    """Add the columns that have a default, or are computed, before the ORM does:
    PostgreSQL then fills them in no time, however many leads there are. Of what leads
    take from their contacts only the industry is known before.
    """
    env.cr.execute(
        """ALTER TABLE crm_lead
             ADD COLUMN IF NOT EXISTS temperature varchar NOT NULL DEFAULT 'cold',
             ADD COLUMN IF NOT EXISTS segment varchar NOT NULL DEFAULT 'discard',
             ADD COLUMN IF NOT EXISTS industry_id integer,
             ADD COLUMN IF NOT EXISTS employee_count integer,
             ADD COLUMN IF NOT EXISTS company_revenue numeric,
             ADD COLUMN IF NOT EXISTS qualification_count integer DEFAULT 0,
             ADD COLUMN IF NOT EXISTS do_not_score boolean DEFAULT FALSE,
             ADD COLUMN IF NOT EXISTS title_rank varchar,
             ADD COLUMN IF NOT EXISTS title_department varchar"""
    )
    env.cr.execute(
        """UPDATE crm_lead lead
              SET industry_id = company.industry_id
             FROM res_partner contact
             JOIN res_partner company ON company.id = contact.commercial_partner_id
            WHERE contact.id = lead.partner_id AND lead.industry_id IS NULL
              AND company.industry_id IS NOT NULL"""
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


def uninstall_hook(env):
    """Switch off what filters leads by fields that are going: without them Odoo could
    give leads to no team, and save none that an automation watches.
    """
    query = SQL(
        """SELECT field.name, field.id
             FROM ir_model_fields field
             JOIN ir_model_data data
               ON data.model = 'ir.model.fields' AND data.res_id = field.id
             JOIN ir_module_module module ON module.name = data.module
            WHERE field.model = 'crm.lead'
         GROUP BY field.id HAVING bool_and(module.state = 'to remove')"""
    )
    gone = dict(env.execute_query(query))
    names = "|".join(map(re.escape, gone))
    # as the first thing of a condition; and as a group or an order
    uses = re.compile(rf"""[(\[]\s*['"]({names})['".]""")
    shows = re.compile(rf"""['"]({names})['": ]""")
    env = env(context={**env.context, "active_test": False})
    for model, domains in (
        ("crm.team", ["assignment_domain"]),
        ("crm.team.member", ["assignment_domain", "assignment_domain_preferred"]),
    ):
        for record in env[model].search([]):
            if any(uses.search(record[name] or "") for name in domains):
                off = dict.fromkeys(domains, "[]") | {"assignment_optout": True}
                record.write(off)
    filters = env["ir.filters"].search([("model_id", "=", "crm.lead")])
    filters.filtered(
        lambda f: uses.search(f.domain) or shows.search(f"{f.context}{f.sort}")
    ).unlink()
    if "base.automation" in env:
        env["base.automation"].search([("model_name", "=", "crm.lead")]).filtered(
            lambda rule: (
                uses.search(f"{rule.filter_pre_domain}{rule.filter_domain}")
                or set(rule.trigger_field_ids.ids) & set(gone.values())
            )
        ).active = False
