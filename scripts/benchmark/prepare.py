"""What Odoo does to a database: what the synthetic leads refer to, and the rules."""

from .. import addons
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
    only_ours(env)
    env["lead.scoring.rule"].create(list(rules.values()))
    # without it core's predictive scoring skips older leads
    env["ir.config_parameter"].set_param("crm.pls_start_date", "2000-01-01")
    env.cr.commit()


def only_ours(env):
    """Archive the rules that add-ons have brought: the benchmark makes its own."""
    active = env["lead.scoring.rule"].search([])
    xml_ids = active.get_external_id()
    active.filtered(lambda rule: xml_ids[rule.id]).active = False
    env.cr.commit()


def uninstall(env):
    """Uninstall our add-ons."""
    ours = [("name", "in", addons.names()), ("state", "=", "installed")]
    env["ir.module.module"].search(ours).button_immediate_uninstall()
