"""Odoo's own rule-based assignment of the leads that were routed, to the same teams, in
a copy without our add-ons.
"""

import logging

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from .. import WITHOUT
from ..figures import Figure
from ..inside import affordable, extrapolated, timed
from .routing import check, create_teams, qualify, split

COMPARED = 1
"""The round whose leads it gets."""
LIMIT = 420
"""Seconds it may take for them; it gets fewer where it would need more."""


def measure(env, earlier):
    """How its time grows with few leads tells how many of them it can be given."""
    logging.getLogger("odoo.addons.crm").setLevel(logging.WARNING)
    rounds = list(split(env))
    chosen = rounds[min(COMPARED, len(rounds) - 1)]
    with Registry(env.cr.dbname + WITHOUT).cursor() as cr:
        teams = create_teams(api.Environment(cr, SUPERUSER_ID, {}))
        few = (len(chosen) // 10, len(chosen) // 4)
        seconds = {count: assign(teams, chosen[:count]) for count in few}
        needed = extrapolated(seconds, len(chosen))
        count = affordable(seconds, len(chosen), LIMIT)
        if count not in seconds:
            seconds[count] = assign(teams, chosen[:count])
    for size, spent in seconds.items():
        yield Figure(f"{size:,} leads routed by Odoo", spent, "s")
    fewest, *_others, most = (spent / size for size, spent in seconds.items())
    yield Figure("  a lead of most ÷ of fewest, Odoo", most / fewest)
    if count < len(chosen):
        name = f"  {len(chosen):,} not tried: estimated from these"
        yield Figure(name, needed, "s")
    ours = earlier[f"{len(chosen):,} leads routed"] / len(chosen)
    yield Figure("Odoo's assignment ÷ routing, a lead", most / ours, least=5)


def assign(teams, ids):
    """The seconds that Odoo's button takes; it commits as its scheduled action does."""
    qualify(teams.env, ids)
    seconds = timed(teams._action_assign_leads, True, 0)
    check(teams.env, ids)
    return seconds
