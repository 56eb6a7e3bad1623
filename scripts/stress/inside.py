"""What ./dev stress runs inside Odoo: processes that are forked from this one."""

import importlib
import json
import os
import time
from dataclasses import asdict

from odoo import sql_db

from . import world
from .attacks import SHARES
from .kills import check
from .processes import call, run_to_the_end

SECONDS_AT_LEAST = 3
"""For each attack, even where the one before took longer than it should."""


def run(env, names, plan):
    """Make the world, and attack it; print the Outcomes of each attack as a line of
    JSON.

    :param names: of the attacks
    :param plan: see ``attacks.py``; besides ``leads`` of the world, and ``seconds``
        for all attacks
    """
    name = env.cr.dbname
    # a forked process must not use the connections of this one
    env.cr.close()
    sql_db.close_all()
    call(name, world.build, plan["leads"])
    call(name, run_to_the_end)
    if found := call(name, check):
        raise RuntimeError(f"This does not hold before any attack: {found}")
    print(json.dumps([]), flush=True)
    end = time.monotonic() + plan["seconds"]
    for position, attacked in enumerate(names):
        left = sum(SHARES[other] for other in names[position:])
        now = time.monotonic()
        share = (end - now) * SHARES[attacked] / left
        deadline = now + max(SECONDS_AT_LEAST, share)
        module = importlib.import_module(f"scripts.stress.{attacked}")
        outcomes = module.attack(name, plan, deadline)
        print(json.dumps([asdict(outcome) for outcome in outcomes]), flush=True)
    # Odoo's shell would go on with the cursor that was closed above
    os._exit(0)
