"""Requests to the website of a database, answered by this process.

Two databases are compared: the same data with our add-ons and without. One process
answers for both, in turn, with neither network nor proxy in between, which would make
the difference look smaller than it is.
"""

import uuid
from statistics import mean

from werkzeug.test import Client

from odoo import http, sql_db
from odoo.tools import config

from . import WITHOUT
from .figures import Figure
from .inside import medians, more, timed, vacuum

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
PAGE = "/contactus"
"""A page that Odoo tracks by itself."""


class Site:
    """The website of one database."""

    def __init__(self, name):
        self.name = name
        config["db_name"] = sorted({*config["db_name"], name})

    def cursor(self):
        """A cursor; ``with`` commits its work."""
        return sql_db.db_connect(self.name).cursor()

    def add_views(self, visitor, count):
        """Give a visitor so many page views, in as many addresses, each a few
        milliseconds after the other; the last one now.
        """
        with self.cursor() as cr:
            cr.execute(
                """INSERT INTO website_track (visitor_id, url, visit_datetime)
                   SELECT %s, 'https://www.example.com/shop/product-' || n %% 120
                              || '?utm_campaign=flood' || n,
                          timezone('UTC', now()) - (%s - n) * interval '5 ms'
                     FROM generate_series(1, %s) AS n""",
                [visitor, count, count],
            )
        vacuum(self.name, "website_track")


class Visitor:
    """Somebody with a browser, who sees a tracked page first."""

    def __init__(self, site):
        self.site = site
        session = http.root.session_store.new()
        session.update(http.get_default_session(), db=site.name)
        session.context["lang"] = http.DEFAULT_LANG
        http.root.session_store.save(session)
        self.client = Client(http.root)
        self.client.set_cookie("session_id", session.sid)
        self.agent = f"{BROWSER} {uuid.uuid4().hex}"
        self.open(PAGE)
        with site.cursor() as cr:
            cr.execute("SELECT max(visitor_id) FROM website_track")
            [self.id] = cr.fetchone()

    def become(self, lead_id):
        """Be known as a lead, as after submitting the website's form."""
        with self.site.cursor() as cr:
            cr.execute(
                """INSERT INTO crm_lead_website_visitor_rel
                          (crm_lead_id, website_visitor_id)
                   VALUES (%s, %s)""",
                [lead_id, self.id],
            )

    def open(self, path, **request):
        """Return the response to a request, read to its end."""
        response = self.client.open(
            path,
            headers={"User-Agent": self.agent, "Referer": f"http://localhost{PAGE}"},
            environ_base={"REMOTE_ADDR": "127.0.0.1"},
            **request,
        )
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status}")
        return response

    def seconds(self, path, **request):
        """Return the seconds that a request takes."""
        return timed(lambda: self.open(path, **request))


def sites(env):
    """Return the website with our add-ons and the one without, each twice: how much the
    same ones differ tells how exact a comparison is. In this order each follows as
    often on itself, whose data the processor has at hand.
    """
    ours, without = Site(env.cr.dbname), Site(env.cr.dbname + WITHOUT)
    return ours, without, without, ours


def compare(name, calls, count, most):
    """Yield what requests take, and by how much more with our add-ons.

    :param calls: functions that return the seconds of a request, one for each of the
        :func:`sites`
    """
    medians(20, *calls)
    ours, without, without_again, ours_again = medians(count, *calls)
    apart = abs(more(ours_again, ours)), abs(more(without_again, without))
    ours, without = mean([ours, ours_again]), mean([without, without_again])
    yield Figure(name, 1000 * ours, "ms")
    yield Figure("  without our add-ons", 1000 * without, "ms")
    yield Figure(f"{name}: more", more(ours, without), "%", most=most)
    yield Figure("  exact to", max(apart), "%")


def some_lead(env):
    """Return the id of an open lead."""
    leads = [("type", "=", "lead"), ("won_status", "=", "pending")]
    return env["crm.lead"].search(leads, order="id desc", limit=1).id
