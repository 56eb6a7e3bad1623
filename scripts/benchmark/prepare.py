"""Made by Odoo before the synthetic leads: what they refer to, and the rules."""

from . import rules


def run(env):
    """Fill a fresh database; the leads follow by SQL."""
    companies = env.company | env["res.company"].create({"name": "Bench Company"})
    for name in ("Direct Sales", "Inside Sales", "Partners"):
        env["crm.team"].create({"name": name, "company_id": False})
    for number in range(6):
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": f"Bench User {number}",
                "login": f"bench{number}",
                "company_ids": [(6, 0, companies.ids)],
            }
        )
    for number in range(12):
        env["crm.tag"].create({"name": f"Bench Tag {number}"})
        env["utm.campaign"].create({"name": f"Bench Campaign {number}"})
    env["lead.scoring.rule"].search([]).active = False
    env["lead.scoring.rule"].create(list(rules.values()))
    # without it core's predictive scoring skips older leads
    env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
    env.cr.commit()
