"""Page requests of a known visitor, with our add-ons and without."""

import time

from odoo.addons.lead_scoring.models.website.website_visitor import (
    _COVERED_UNTIL,
    NOTIFY_AFTER,
)

from ..figures import Figure
from ..inside import medians, more
from ..website import PAGE, Visitor, compare, sites, some_lead

REQUESTS = 300
ASKING_REQUESTS = 40
VIEWS = 100_000
MOST = 3
MOST_OF_STRANGER = 2


def measure(env, earlier):
    lead_id = some_lead(env)
    visitors = [Visitor(site) for site in sites(env)]
    for visitor in visitors:
        visitor.become(lead_id)
    paths = {"Page request": PAGE, "Page request, not from the cache": f"{PAGE}?a=1"}
    for name, path in paths.items():
        yield from compare(name, opened(visitors, path), REQUESTS, MOST)
    for visitor in visitors:
        visitor.site.add_views(visitor.id, VIEWS)
    name = f"Page request after {VIEWS:,} views"
    yield from compare(name, opened(visitors, PAGE), REQUESTS, MOST)
    yield from first_request(visitors)
    strangers = opened([Visitor(site) for site in sites(env)], PAGE)
    yield from compare(
        "Page request of a stranger", strangers, REQUESTS, MOST_OF_STRANGER
    )


def opened(visitors, path):
    """The functions that return the seconds of each visitor's request."""
    return [lambda visitor=visitor: visitor.seconds(path) for visitor in visitors]


def first_request(visitors):
    """Yield what it takes to be the first who asks for the scheduled action; those who
    come within seconds need not.
    """

    def first():
        _COVERED_UNTIL.clear()
        with visitors[0].site.cursor() as cr:
            cr.execute("DELETE FROM ir_cron_trigger")
        seconds = visitors[0].seconds(PAGE)
        # what is left until after the answer should not slow the next one
        time.sleep(NOTIFY_AFTER + 0.1)
        return seconds

    calls = [first, lambda: visitors[1].seconds(PAGE)]
    ours, without = medians(ASKING_REQUESTS, *calls)
    yield Figure("Page request that asks for scoring", 1000 * ours, "ms")
    yield Figure("  more", more(ours, without), "%")
