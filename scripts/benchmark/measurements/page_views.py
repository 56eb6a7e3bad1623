"""Page requests of a known visitor, with our add-ons and without."""

import time

from odoo.addons.lead_scoring.models.website.website_visitor import (
    _COVERED_UNTIL,
    NOTIFY_AFTER,
)

from ..figures import Figure
from ..inside import medians, more
from ..website import PAGE, sites, some_lead

REQUESTS = 300
ASKING_REQUESTS = 40
VIEWS = 100_000
MOST = 5


def measure(env, earlier):
    ours, without = sites(env)
    lead_id = some_lead(env)
    # the second one without tells how exact all of this is
    visitors = [site.visitor() for site in (ours, without, without)]
    for visitor in visitors:
        visitor.become(lead_id)
    yield from compare("Page request", visitors, PAGE)
    yield from compare("Page request, not from the cache", visitors, f"{PAGE}?a=1")
    for visitor in visitors:
        visitor.site.add_views(visitor.id, VIEWS)
    yield from compare(f"Page request after {VIEWS:,} views", visitors, PAGE)
    yield from first_request(ours, visitors)
    strangers = [site.visitor() for site in (ours, without, without)]
    yield from compare("Page request of a stranger", strangers, PAGE, most=None)


def compare(name, visitors, path, most=MOST):
    """Yield what requests take, and by how much more with our add-ons."""
    calls = [lambda visitor=visitor: visitor.seconds(path) for visitor in visitors]
    medians(20, *calls)
    ours, without, again = medians(REQUESTS, *calls)
    yield Figure(name, 1000 * ours, "ms")
    yield Figure("  without our add-ons", 1000 * without, "ms")
    yield Figure(f"{name}: more", more(ours, without), "%", most=most)
    yield Figure("  exact to", abs(more(again, without)), "%")


def first_request(site, visitors):
    """Yield what it takes to be the first who asks for the scheduled action; those who
    come within seconds need not.
    """

    def first():
        _COVERED_UNTIL.clear()
        with site.cursor() as cr:
            cr.execute("DELETE FROM ir_cron_trigger")
        seconds = visitors[0].seconds(PAGE)
        # what is left until after the answer should not slow the next one
        time.sleep(NOTIFY_AFTER + 0.1)
        return seconds

    calls = [first, lambda: visitors[1].seconds(PAGE)]
    ours, without = medians(ASKING_REQUESTS, *calls)
    yield Figure("Page request that asks for scoring", 1000 * ours, "ms")
    yield Figure("  more", more(ours, without), "%")
