import os
import random
import re
from collections import Counter
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from unittest.mock import patch
from uuid import UUID

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.base.models.ir_cron import IrCron
from odoo.addons.http_routing.tests.common import MockRequest
from odoo.addons.lead_scoring.tests.common import LeadScoringCommon
from odoo.addons.lead_scoring_identity.controllers.website_form import WebsiteForm

from .common_month import AGAIN, SOON, Lead, Month, Signal
from .common_month_rules import AUTHORS, rules

LEADS = int(os.environ.get("LEAD_SCORING_MONTH_LEADS") or 600)
"""How many leads come in the month; 3000 takes some minutes."""
EXPLAINED = 120
"""Of how many leads the explanation is read."""
START = datetime(2031, 10, 6)
"""A Monday. Clocks go back in Kyiv on day 20, in New York on day 27."""
DAYS = 30
FULL_PASSES = {
    # Sunday in Kyiv and Ho Chi Minh City, where weeks begin on other days
    12: timedelta(hours=21, minutes=30),
    # the first of November in Ho Chi Minh City
    25: timedelta(hours=18, minutes=30),
}
GROWING_TABLES = ["calendar_event", "crm_lead", "lead_scoring_event", "mail_message"]
GROWING_TABLES += ["lead_scoring_history", "lead_scoring_score", "mailing_trace"]
GROWING_TABLES += ["website_track", "website_visitor", "crm_lead_website_visitor_rel"]
END = START + timedelta(days=DAYS, hours=3, minutes=30)
"""Evening of the day before in New York."""
CHANNELS = {"import": 40, "api": 30, "form": 18, "mail": 12}
PAGES = ["/pricing", "/pricing?utm_source=x", "/pricing/team", "/jobs", "/", "/about"]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MACHINES = ({"Auto-Submitted": "auto-replied"}, {"X-Autoreply": "yes"})
MACHINES += ({"Precedence": "auto_reply"}, {"X-Auto-Response-Suppress": "All"})


@tagged("post_install", "-at_install")
class TestSimulatedMonth(LeadScoringCommon):
    """A month of two companies: leads by form, mail, import and API, what they do, what
    salespeople do. Each day the scheduled action runs.

    At any time the score of each lead is what a few lines of Python make of the list of
    what happened, nobody is told twice, and only who is surely one person is merged.
    """

    @classmethod
    def default_env_context(cls):
        return {}

    # ------------------------------------------------------------------
    # The world
    # ------------------------------------------------------------------

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ours = cls.env.company
        cls.theirs = cls.env["res.company"].create({"name": "Theirs"})
        cls.env.user.company_ids += cls.theirs
        cls.companies = cls.ours + cls.theirs
        cls._create_people()
        cls._create_teams()
        cls._create_websites()
        cls._create_rules()
        link = {"url": "https://www.example.com/price", "title": "Price"}
        cls.link = cls.env["link.tracker"].create(link)
        cls.mailing = cls.env["mailing.mailing"].create(
            {
                "name": "News",
                "subject": "News",
                "mailing_model_id": cls.env["ir.model"]._get_id("crm.lead"),
            }
        )

    @classmethod
    def _create_people(cls):
        """Create salespeople, and who pushes events; each with one group."""
        salesman = "sales_team.group_sale_salesman"
        both = {"company_ids": [Command.set(cls.companies.ids)]}
        inbox = {"notification_type": "inbox"}
        a = {"company_id": cls.ours.id, "company_ids": [Command.set(cls.ours.ids)]}
        b = {"company_id": cls.theirs.id, "company_ids": [Command.set(cls.theirs.ids)]}
        cls.ann = cls._user("month-ann", salesman, **inbox, **a)
        cls.bob = cls._user("month-bob", salesman, **inbox, **both)
        cls.cho = cls._user("month-cho", salesman, **inbox, **b)
        cls.dan = cls._user("month-dan", salesman, **inbox, **b)
        cls.salespeople = cls.ann + cls.bob + cls.cho + cls.dan
        cls.manager = cls._user("month-eve", "sales_team.group_sale_manager", **both)
        push = "base.group_user,lead_scoring.group_push_events"
        cls.pushers = cls._user("month-push-a", push, **a)
        cls.pushers += cls._user("month-push-b", push, **b)
        # who is away on which days
        away = {cls.ann: (5, 9), cls.bob: (14, 16), cls.cho: (20, 22)}
        cls.away = {user.id: days for user, days in away.items()}
        for user in (cls.ann, cls.cho):
            first, last = away[user]
            resource = cls.env["resource.resource"].create(
                {"name": user.name, "user_id": user.id, "tz": "UTC"}
            )
            cls.env["resource.calendar.leaves"].create(
                {
                    "name": "Holidays",
                    "resource_id": resource.id,
                    "date_from": START + timedelta(days=first),
                    "date_to": START + timedelta(days=last + 1),
                }
            )
        first, last = away[cls.bob]
        cls.bob.out_of_office_from = START + timedelta(days=first)
        cls.bob.out_of_office_to = START + timedelta(days=last + 1)

    @classmethod
    def _create_teams(cls):
        """One team of both companies that asks more, and one of the other company."""
        cls.team.write(
            {"convert_by_score": True, "minimum_score": 50, "user_id": cls.bob.id}
        )
        cls.other_team.write({"convert_by_score": True, "minimum_score": 40})
        cls.other_team.company_id = cls.theirs
        seats = {cls.ann: cls.team, cls.bob: cls.team}
        seats |= {cls.cho: cls.other_team, cls.dan: cls.other_team}
        cls.capacity = LEADS // 12
        cls.env["crm.team.member"].create(
            [
                {
                    "crm_team_id": team.id,
                    "user_id": user.id,
                    "assignment_max": cls.capacity,
                }
                for user, team in seats.items()
            ]
        )

    @classmethod
    def _create_websites(cls):
        website = cls.env["website"].search([], limit=1, order="id")
        website.write({"company_id": cls.ours.id, "cookies_bar": False})
        website.crm_default_team_id = cls.team
        (cls.env["website"].search([]) - website).company_id = cls.ours
        other = cls.env["website"].create(
            {"name": "Theirs", "company_id": cls.theirs.id}
        )
        other.write({"cookies_bar": False, "crm_default_team_id": cls.other_team.id})
        cls.websites = {cls.ours.id: website, cls.theirs.id: other}

    @classmethod
    def _create_rules(cls):
        """Create the rules, by authors in three time zones, and the two models."""
        authors = {None: cls.env.user}
        for lang, tz in AUTHORS:
            cls.env["res.lang"]._activate_lang(lang)
            authors[lang, tz] = cls._user(
                f"month-{lang}", "lead_scoring.group_scoring_manager", lang=lang, tz=tz
            )
            authors[lang, tz].company_ids = cls.env["res.company"].search([])
        for lang, first in (("uk_UA", "1"), ("en_US", "7")):
            cls.env["res.lang"]._lang_get(lang).week_start = first
        theirs = {"name": "Theirs", "company_id": cls.theirs.id, "sequence": 1}
        theirs = cls.env["lead.scoring.model"].create({**theirs, "state": "live"})
        models = {0: cls.scoring_model, cls.theirs.id: theirs}
        cls.rules = rules(cls.theirs.id)
        names = ("name", "value", "source", "dimension", "maximum", "half_life")
        names += ("minimum_count",)
        for rule in cls.rules:
            author = authors[rule.author]
            env = cls.env(user=author, context={"lang": author.lang})
            values = {name: getattr(rule, name) for name in names}
            values["model_id"] = models[rule.company].id
            values["domain"] = repr(rule.domain)
            env["lead.scoring.rule"].create(values)

    def setUp(self):
        super().setUp()
        self.chance = random.Random(START.year)
        self.month = Month(self.rules)
        self.people, self.questions, self.visitors = {}, {}, {}
        self.names, self.conversions, self.given, self.kept = {}, {}, {}, {}
        self.number = self.mails = 0
        self.last_run = START
        freezer = freeze_time(START)
        self.frozen = freezer.start()
        self.addCleanup(freezer.stop)
        self.patch(self.env.cr, "now", lambda: self.frozen())

    def _at(self, moment):
        """Let it be so late."""
        self.assertGreaterEqual(moment, self.frozen())
        self.frozen.move_to(moment)

    def _save(self):
        """End a request."""
        self.env.cr.flush()
        self.env.invalidate_all(flush=False)

    def _open_leads(self):
        return self.env["crm.lead"].browse(lead.id for lead in self.month.open())

    def _likely(self, percent):
        return self.chance.random() * 100 < percent

    def _some(self, leads, percent):
        """Return some of a list, at least one if there is any."""
        count = max(1, round(len(leads) * percent / 100))
        return self.chance.sample(leads, min(count, len(leads)))

    # ------------------------------------------------------------------
    # Who comes
    # ------------------------------------------------------------------

    def _plan(self):
        """Return ``{day: [(channel, person)]}``: most come once, some twice, and some
        only look as if they did.
        """
        plan = {day: [] for day in range(DAYS)}
        for number in range(LEADS):
            day = number * DAYS // LEADS
            [channel] = self.chance.choices([*CHANNELS], [*CHANNELS.values()])
            plan[day].append((channel, self._person(number)))
        return plan

    def _person(self, number):
        """Return who comes: a dict of what there is to be told."""
        before = [p for p in self.people.values() if "@firm" in p["email"]]
        kind = self.chance.random() * 100
        if before and kind < 12:
            return self.chance.choice(before)
        name = f"Person {number}"
        person = {
            "key": name,
            "contact_name": name,
            "partner_name": f"Firm {number}",
            "email": f"p{number}{'+news' * self._likely(5)}@firm{number}.example",
            "phone": f"+32 470 {number // 100:02} 00 {number % 100:02}",
            "country": self.chance.choice(["Belgium", "France", ""]),
            "function": self.chance.choice(["Director", "Assistant", ""]),
            "deadline": (START + timedelta(days=self.chance.randrange(-30, 70))).date(),
            "home": self.chance.choice(self.companies.ids),
        }
        if before and kind < 15:
            # a colleague, with the same address
            other = self.chance.choice(before)
            person |= {"email": other["email"], "partner_name": other["partner_name"]}
        elif before and kind < 18:
            # somebody of the other company, or the same person there
            other = self.chance.choice(before)
            home = (self.companies - self.env["res.company"].browse(other["home"])).id
            return {**other, "home": home}
        elif kind < 21:
            person["email"] = f"info@role{number % 5}.example"
        elif kind < 23:
            person["email"] = "none@none.example"
        self.people[name] = person
        return person

    def _told(self, person, channel):
        """Return what a person tells this time."""
        facts = {"contact_name", "partner_name", "phone", "country", "function"}
        facts |= {"deadline"}
        if channel == "mail":
            facts = set()
        shown = {name for name in sorted(facts) if self._likely(70)}
        # who writes a mail says nothing else, all others their name
        shown |= facts & {"contact_name"}
        if channel == "form":
            shown -= {"deadline"}
        return {name: person[name] if name in shown else "" for name in facts}

    def _vals(self, person, told):
        self.number += 1
        country = {"Belgium": self.belgium, "France": self.env.ref("base.fr")}
        return {
            "name": f"Lead {self.number}",
            "email_from": person["email"],
            "contact_name": told.get("contact_name") or False,
            "partner_name": told.get("partner_name") or False,
            "phone": told.get("phone") or False,
            "country_id": told.get("country") and country[told["country"]].id,
            "function": told.get("function") or False,
            "date_deadline": told.get("deadline") or False,
        }

    def _note_leads(self, leads, persons, tolds):
        """Note what has come."""
        new = []
        for lead, person, told in zip(leads, persons, tolds, strict=True):
            self.assertEqual(lead.email_normalized, person["email"])
            self.assertEqual(lead.type, "lead")
            self.month.companies[lead.id] = lead.company_id.id or 0
            new.append(Lead(lead.id, self.frozen(), person["email"], **told))
            self.names[lead.name] = lead.id
        self.month.add_leads(*new)

    def _company(self, person):
        """Return the company that somebody writes into a lead; often none."""
        return person["home"] if self._likely(60) else False

    def _create(self, persons):
        """By the external API; some are somebody's already."""
        tolds = [self._told(person, "api") for person in persons]
        vals_list = []
        for person, told in zip(persons, tolds, strict=True):
            vals = {**self._vals(person, told), "type": "lead", "user_id": False}
            vals |= {"team_id": False, "company_id": self._company(person)}
            if person["home"] == self.ours.id and self._likely(15):
                vals |= {"user_id": self.ann.id, "team_id": self.team.id}
                vals["company_id"] = self.ours.id
            vals_list.append(vals)
        leads = self.env["crm.lead"].with_user(self.manager).create(vals_list).sudo()
        self._save()
        self._note_leads(leads, persons, tolds)
        self._identify(leads)

    def _import(self, persons):
        """By a file."""
        columns = ["name", "type", "contact_name", "partner_name", "email_from"]
        columns += ["phone", "function", "date_deadline", "country_id"]
        columns += ["company_id/.id", "user_id", "team_id"]
        tolds = [self._told(person, "import") for person in persons]
        rows = []
        for person, told in zip(persons, tolds, strict=True):
            vals = {**self._vals(person, told), "type": "lead"}
            vals["country_id"] = told["country"]
            vals["company_id/.id"] = self._company(person)
            rows.append([str(vals.get(name) or "") for name in columns])
        leads = self.env["crm.lead"].with_user(self.manager)
        result = leads.with_context(import_file=True).load(columns, rows)
        self.assertFalse(result["messages"])
        leads = self.env["crm.lead"].browse(result["ids"])
        self._save()
        self._note_leads(leads, persons, tolds)
        self._identify(leads)

    def _mail(self, person):
        """By a mail to the address of a team."""
        told = self._told(person, "mail")
        self.number += 1
        company = self._company(person)
        lead_id = self._receive(
            person["email"],
            Subject=f"Lead {self.number}",
            custom={"company_id": company, "team_id": False, "type": "lead"},
        )
        lead = self.env["crm.lead"].browse(lead_id)
        self._save()
        self._note_leads(lead, [person], [told])
        self._identify(lead)

    def _receive(self, sender, custom=None, **headers):
        """Have a mail come in; return the id of its lead."""
        mail = EmailMessage()
        self.mails += 1
        headers.setdefault("Subject", "Re: Hello")
        mail["From"], mail["To"] = sender, "sales@own.example"
        mail["Message-Id"] = f"<{self.mails}@customer.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content("Text")
        threads = self.env["mail.thread"].with_context(mail_create_nosubscribe=True)
        return threads.message_process(
            "crm.lead", mail.as_bytes(), custom_values=custom
        )

    def _identify(self, leads):
        """Some open a link of ours: a browser of theirs is known."""
        chosen = [lead for lead in leads if self._likely(30)]
        places = [self.chance.choice(self.companies.ids) for _lead in chosen]
        for lead, place in zip(chosen, places, strict=True):
            company = lead.company_id.id
            if company and self._likely(90):
                place = company
            visitor = self.env["website.visitor"].create(
                {
                    "access_token": UUID(int=self.chance.getrandbits(128)).hex,
                    "website_id": self.websites[place].id,
                    "lead_ids": lead.ids,
                }
            )
            self.visitors[visitor.id] = place
            self.month.tied[lead.id].add(visitor.id)
        self._save()

    # ------------------------------------------------------------------
    # Forms
    # ------------------------------------------------------------------

    def _form(self, person):
        """By a form of the website, after a look at some pages; some press the button
        again, at once or later.
        """
        company = person["home"]
        website = self.websites[company]
        told = self._told(person, "form")
        vals = self._vals(person, told)
        number = int(person["key"].split()[1])
        env = self.env(user=website.user_id)
        with MockRequest(
            env,
            website=website,
            remote_addr=f"10.{company % 256}.{number // 256}.{number % 256}",
            environ_base={"HTTP_USER_AGENT": BROWSER},
        ) as request:
            request.httprequest.user_agent.string = BROWSER
            request.httprequest.referrer = f"https://www.example.com{PAGES[-1]}"
            visitor = request.env["website.visitor"]._get_visitor_from_request(
                force_create=True
            )
            self.visitors[visitor.id] = company
            self._view([visitor.id] * 3)
            if self._likely(40):
                self._event(visitor, company)
            self._submit(request, visitor, person, told, vals)
            while self._likely(40):
                pause = self.chance.choice([1, 20, 100])
                self._at(self.frozen() + timedelta(seconds=pause))
                self._submit(request, visitor, person, told, vals)
        self._save()

    def _event(self, visitor, company):
        """Something that the website tells of a visitor."""
        name = self.chance.choice(["Webinar", "Download"])
        self.env["lead.scoring.event"]._add_for_visitor(visitor, name, "/")
        self.month.add(
            Signal("event", self.frozen(), name, visitor=visitor.id, company=company)
        )

    def _submit(self, request, visitor, person, told, vals):
        """Press the button, and note what has come."""
        known = self.month.known(visitor.id, person["email"], person["home"])
        leads = request.env["crm.lead"]
        values = leads.website_form_input_filter(request, {**vals})
        values = {name: value for name, value in values.items() if value}
        form = self.env["ir.model"].sudo()._get("crm.lead")
        lead_id = WebsiteForm().insert_record(request, form, values, "")
        self._save()
        if known:
            self.assertEqual(lead_id, known)
            self.month.fill(known, told)
        else:
            self.assertNotIn(lead_id, self.month.leads)
            lead = self.env["crm.lead"].browse(lead_id)
            self._note_leads(lead, [person], [told])
            self.month.tied[lead_id].add(visitor.id)
        signal = Signal(
            "form", self.frozen(), PAGES[-1], lead=lead_id, visitor=visitor.id
        )
        if not self.month.is_sent_again(signal):
            self.month.add(signal)

    # ------------------------------------------------------------------
    # What they do
    # ------------------------------------------------------------------

    def _view(self, visitor_ids):
        """Page views of the last hours, some reloaded."""
        rows = []
        for visitor_id in visitor_ids:
            age = self.chance.randrange(3600 * 20)
            url = self.chance.choice(PAGES)
            moments = {age}
            if self._likely(40):
                moments.add(max(0, age - self.chance.choice([2, 50, 900, 9000])))
            for seconds in sorted(moments, reverse=True):
                date = max(self.frozen() - timedelta(seconds=seconds), START)
                rows.append({"visitor_id": visitor_id, "url": url})
                rows[-1]["visit_datetime"] = date
                self.month.add(
                    Signal(
                        "page_view",
                        date,
                        url,
                        visitor=visitor_id,
                        company=self.visitors[visitor_id],
                    )
                )
        self.env["website.track"].create(rows)

    def _push(self, plan, day):
        """Other systems tell of events, of people who are leads and who will be."""
        later = [p for n in range(day, DAYS) for _channel, p in plan[n]]
        emails = [lead.email for lead in self._some(self.month.open(), 2)]
        emails += [person["email"] for person in self._some(later, 1)]
        for pusher in self.pushers:
            company = pusher.company_id.id
            rows, expected = [], []
            for number, email in enumerate(emails):
                name = self.chance.choice(["Webinar", "Download"])
                date = self.frozen() - timedelta(minutes=self.chance.randrange(4000))
                rows.append({"name": name, "email": email, "date": str(date)})
                rows[-1]["reference"] = f"{company}-{day}-{number}"
                signal = Signal("event", date, name, company=company)
                expected.append(self.month.push(signal, email))
            rows.append(rows[0])
            events = self.env["lead.scoring.event"].with_user(pusher)
            self.assertEqual(events.push(rows), [*expected, "known"])
            self._save()

    def _reply(self):
        """Some answer a mail of ours: people, machines, and colleagues."""
        for lead in self._some(self.month.open(), 1.5):
            record = self.env["crm.lead"].browse(lead.id)
            if lead.id not in self.questions:
                question = record.message_post(
                    body="Hello?",
                    message_type="comment",
                    author_id=self.ann.partner_id.id,
                )
                self.questions[lead.id] = question.message_id
            headers, sender = {}, lead.email
            if is_machine := self._likely(25):
                headers = self.chance.choice(MACHINES)
            if is_colleague := self._likely(10):
                sender = self.bob.email
            answered = self._receive(
                sender, In_Reply_To=self.questions[lead.id], **headers
            )
            self._save()
            self.assertEqual(answered, lead.id)
            if not is_machine and not is_colleague:
                self.month.add(Signal("reply", self.frozen(), lead=lead.id))

    def _meet(self, day):
        """Meetings were held, or are planned; every third day a weekly one."""
        rows = []
        for lead in self._some(self.month.open(), 1.5):
            start = self.frozen() + timedelta(hours=self.chance.randrange(-100, 500))
            rows.append(self._meeting(lead, start))
            self.month.add(Signal("meeting", start, lead=lead.id))
        if day % 3 == 0:
            lead = self.chance.choice(self.month.open())
            start = self.frozen() + timedelta(days=self.chance.randrange(-14, 7))
            weekday = start.strftime("%a").lower()
            rows.append(
                self._meeting(lead, start)
                | {"recurrency": True, "rrule_type": "weekly", "interval": 1}
                | {"end_type": "count", "count": 8, "event_tz": "UTC", weekday: True}
            )
            for week in range(8):
                self.month.add(
                    Signal(
                        "meeting",
                        start + timedelta(weeks=week),
                        lead=lead.id,
                        together=f"weekly {day}",
                    )
                )
        self.env["calendar.event"].create(rows)
        self._save()

    def _meeting(self, lead, start):
        return {
            "name": "Demo",
            "opportunity_id": lead.id,
            "start": start,
            "stop": start + timedelta(hours=1),
            "partner_ids": [Command.set([])],
        }

    def _adjust(self):
        """Somebody who knows the lead gives or takes points, some for a while."""
        for lead in self._some(self.month.open(), 0.5):
            signal = Signal(
                "adjustment",
                self.frozen(),
                self.chance.choice(["fit", "interest"]),
                lead=lead.id,
                points=self.chance.choice([-9, 4, 7, 12]),
                expires=self._likely(50)
                and self.frozen() + timedelta(hours=self.chance.randrange(30, 300)),
            )
            self.env["lead.scoring.adjustment"].create(
                {
                    "lead_id": lead.id,
                    "name": "Met at the fair",
                    "dimension": signal.what,
                    "points": signal.points,
                    "expiry_date": signal.expires,
                }
            )
            self.month.add(signal)
        self._save()

    # ------------------------------------------------------------------
    # Mailings
    # ------------------------------------------------------------------

    def _mailing(self):
        """A mailing goes out; machines open it at once, people later. Some press a link
        three times, and some mails come back.
        """
        addresses = {lead.email: lead for lead in self.month.open()}
        leads = self._some([*addresses.values()], 40)
        traces = self.env["mailing.trace"].create(
            [
                {
                    "model": "crm.lead",
                    "res_id": lead.id,
                    "email": lead.email,
                    "mass_mailing_id": self.mailing.id,
                    "trace_status": "sent",
                    "sent_datetime": self.frozen(),
                    "message_id": f"<{self.frozen():%d}-{lead.id}@own.example>",
                }
                for lead in leads
            ]
        )
        self._save()
        pairs = list(zip(traces, leads, strict=True))
        bounced, pairs = pairs[: len(pairs) // 15], pairs[len(pairs) // 15 :]
        self._at(self.frozen() + SOON / 2)
        traces.browse().concat(*(trace for trace, _lead in pairs[::4])).set_opened()
        self._save()
        self._at(self.frozen() + timedelta(minutes=7))
        opened = [pair for pair in pairs if self._likely(35)]
        traces.browse().concat(*(trace for trace, _lead in opened)).set_opened()
        self._save()
        for _trace, lead in opened:
            self.month.add(Signal("mail_open", self.frozen(), lead=lead.id))
        for trace, lead in bounced:
            self._bounce(trace, lead)
        self._click(opened[::3])

    def _bounce(self, trace, lead):
        """A mail comes back, as mail servers say so."""
        original = EmailMessage()
        original["Message-Id"] = trace.message_id
        original["To"] = lead.email
        original.set_content("News")
        status = EmailMessage()
        status["Final-Recipient"] = f"rfc822; {lead.email}"
        status["Action"] = "failed"
        mail = MIMEMultipart("report", report_type="delivery-status")
        mail["From"], mail["To"] = "MAILER-DAEMON@mx.example", "sales@own.example"
        mail["Subject"] = "Undelivered"
        mail["Message-Id"] = f"<bounce-{trace.id}@mx.example>"
        mail.attach(MIMEText("It could not be delivered."))
        mail.attach(MIMEMessage(status, "delivery-status"))
        mail.attach(MIMEMessage(original))
        self.env["mail.thread"].message_process("crm.lead", mail.as_bytes())
        self._save()
        self.month.add(Signal("mail_bounce", self.frozen(), lead=lead.id))

    def _click(self, opened):
        """Press a link three times at once, and once more much later."""
        counted = {}
        for pause in (0, 3, 30, 600):
            self._at(self.frozen() + timedelta(seconds=pause))
            for trace, lead in opened:
                self.env["link.tracker.click"].add_click(
                    self.link.code, ip="192.0.2.1", mailing_trace_id=trace.id
                )
                if self.frozen() > counted.get(trace, START) + AGAIN:
                    counted[trace] = self.frozen()
                    self.month.add(Signal("mail_click", self.frozen(), lead=lead.id))
            self._save()

    # ------------------------------------------------------------------
    # Runs
    # ------------------------------------------------------------------

    def _run(self, day, full=False):
        """Run the scheduled action as Odoo does, and check what it has done."""
        self._save()
        # PostgreSQL does so by itself, but not with what is not committed
        self.env.cr.execute(f"ANALYZE {', '.join(GROWING_TABLES)}")
        leads = self._open_leads()
        before = {lead.id: (lead.type, lead.user_id.id) for lead in leads}
        newest = self.env["mail.message"].search([], order="id desc", limit=1).id

        def commit(cron, *_args, **_kwargs):
            cron.env.cr.flush()
            return 60

        with patch.object(IrCron, "_commit_progress", commit):
            self.env["crm.lead"]._cron_score_and_convert(full)
        self._save()
        self._check_merges(leads)
        self._check_handover(day, before)
        self._check_told(newest, before)
        touched = self._touched() if not full else self.month.open()
        self.last_run = self.frozen()
        self._check_scores(touched)

    def _touched(self):
        """Return the leads that something has happened to since the last run."""
        return [
            lead
            for lead in self.month.open()
            if lead.created > self.last_run
            or any(
                self.last_run < signal.date <= self.frozen()
                or (signal.expires and self.last_run < signal.expires <= self.frozen())
                for signal in self.month.signals(lead.id)
            )
        ]

    def _check_merges(self, leads):
        """Only what is surely one person is one lead now; no lead changes company."""
        month, gone = self.month, set((leads - leads.exists()).ids)
        rows = self.env["lead.scoring.history"].search(
            [("reason", "=", "merged"), ("date", "=", self.frozen())]
        )
        for row in rows:
            for name in row.merged_leads.split(", "):
                if self.names[name] in gone:
                    gone.remove(self.names[name])
                    month.merge(self.names[name], row.lead_id.id)
        self.assertFalse(gone)
        self.merged = {row.lead_id.id for row in rows}
        for lead_id in self.merged:
            self.assertTrue(month.is_surely_one_person(lead_id))
        for lead in self._open_leads():
            before = {month.companies[member] for member in month.members(lead.id)}
            company = lead.company_id.id or 0
            if before != {0}:
                self.assertEqual({company}, before - {0}, lead)
            month.companies |= dict.fromkeys(month.members(lead.id), company)

    def _check_handover(self, day, before):
        """Who is handed over had the score, once; to somebody who is there."""
        history = self.env["lead.scoring.history"]
        now = self.frozen()
        rows = history.search([("reason", "=", "converted"), ("date", "=", now)])
        minimum = {self.team: 50, self.other_team: 40}
        for row in rows:
            lead = row.lead_id
            self.assertEqual(before[lead.id][0], "lead")
            self.assertEqual(lead.type, "opportunity")
            self.assertGreaterEqual(row.score, minimum[lead.team_id])
            self.assertLessEqual(lead.team_id.company_id, lead.company_id)
            until = self.conversions.get(lead.id, -1000)
            self.assertGreaterEqual(row.score, until, "Converted twice")
            self.conversions[lead.id] = 1000
        self.assertEqual(len(rows.lead_id), len(rows))
        self.handed = []
        for lead in self._open_leads():
            owners = {before[m][1] for m in self.month.members(lead.id) if m in before}
            if lead.user_id and lead.user_id.id not in owners:
                self.handed.append((lead, lead.user_id))
                self.assertIn(lead.company_id or self.ours, lead.user_id.company_ids)
                first, last = self.away.get(lead.user_id.id, (-1, -1))
                self.assertFalse(first <= day <= last, lead.user_id.name)
        for _lead, user in self.handed:
            self.given[user] = self.given.get(user, 0) + 1
            self.assertLessEqual(self.given[user], self.capacity)

    def _check_told(self, newest, before):
        """Each person is told once what is theirs now, and once of what became hot; of
        no assignment as well. A merge may give somebody more than this test knows.
        """
        messages = self.env["mail.message"].search([("id", ">", newest)])
        for user in self.salespeople:
            told = messages.filtered(
                lambda m, user=user: user.partner_id in m.notified_partner_ids
            )
            mine = [lead for lead, owner in self.handed if owner == user]
            given = told.filtered(lambda m: "You got" in (m.subject or ""))
            hot = told.filtered(lambda m: "became hot" in (m.subject or ""))
            self.assertLessEqual(len(given), 1, given.mapped("subject"))
            number = int((given.subject or "You got 0").split()[2])
            self.assertGreaterEqual(number, len(mine), given.subject)
            self.assertLessEqual(number, len(mine) + len(self.merged), given.subject)
            # what a merge made hot is told with the merge
            found = hot.filtered(lambda m: m.res_id not in self.merged)
            self.assertLessEqual(len(found), 1, found.mapped("subject"))
            other = told - given - hot
            self.assertFalse(
                other.filtered(lambda m: "assigned" in (m.subject or "")),
                other.mapped("subject"),
            )

    def _check_crossings(self):
        """Each crossing was told each person once."""
        told, crossings = Counter(), Counter()
        hot = self.env["mail.message"].search([("subject", "=like", "%became hot")])
        for message in hot:
            ids = re.findall(r"model=crm.lead&amp;res_id=(\d+)", message.body)
            for lead_id in {*map(int, ids), message.res_id} - {0}:
                for partner in message.notified_partner_ids:
                    told[partner, self.month.now_of(lead_id)] += 1
        rows = [("reason", "=", "crossing"), ("temperature", "=", "hot")]
        for row in self.env["lead.scoring.history"].search(rows):
            crossings[row.lead_id.id] += 1
        self.assertTrue(told)
        for (partner, lead_id), count in told.items():
            self.assertLessEqual(count, crossings[lead_id], (partner, lead_id))

    # ------------------------------------------------------------------
    # Scores
    # ------------------------------------------------------------------

    def _check_scores(self, refs, explained=0):
        """Compare leads with the reference."""
        now = self.frozen()
        leads = self.env["crm.lead"].browse(ref.id for ref in refs)
        wrong = []
        for lead in leads:
            points = self.month.points(lead.id, now)
            sums = {"fit": 0, "interest": 0}
            for (dimension, _name), number in points.items():
                sums[dimension] += number
            if (lead.fit_score, lead.interest_score) != tuple(sums.values()):
                lines = leads.browse(lead.id).score_explanation["rules"]
                ours = {(r["dimension"], r["name"]): r["points"] for r in lines}
                wrong.append((lead, points, ours))
            self.assertEqual(lead.score, lead.fit_score + lead.interest_score)
        self.assertFalse(wrong[:5], f"{len(wrong)} of {len(leads)} at {now}")
        for lead_id in self.chance.sample(leads.ids, min(explained, len(leads))):
            lead = leads.browse(lead_id)
            explanation = lead.score_explanation
            lines = sum(line["points"] for line in explanation["rules"])
            self.assertEqual(lines, lead.score)
            self.assertEqual(explanation["score"], lead.score)

    # ------------------------------------------------------------------
    # What salespeople do
    # ------------------------------------------------------------------

    def _work(self):
        """Salespeople take most of what they got, send some back, win and lose."""
        for lead, user in self.handed:
            own = lead.with_user(user)
            if lead.handover != "offered" or lead.id in self.month.closed:
                continue
            if self._likely(10):
                company = lead.company_id
                own._send_back("not_ready")
                self.assertEqual(lead.company_id, company)
                self.conversions[lead.id] = lead.returned_until
                self.given[user] -= 1
            elif self._likely(70):
                own.action_take()
        self._save()
        taken = self.env["crm.lead"].search([("handover", "=", "accepted")])
        taken = taken.filtered(lambda lead: lead.id not in self.month.closed)
        for lead in taken:
            if self._likely(4):
                self.kept[lead.id] = lead.score
                self.month.closed.add(lead.id)
                if self._likely(50):
                    lead.action_set_won()
                else:
                    lead.action_set_lost()
        self._save()

    # ------------------------------------------------------------------

    def test_month(self):
        plan = self._plan()
        for day in range(DAYS):
            self._live(plan, day)
        self._at(END)
        self._run(DAYS, full=True)
        self._check_scores(self.month.open(), explained=EXPLAINED)
        self._check_end()

    def _live(self, plan, day):
        """What happens on a day."""
        morning = START + timedelta(days=day)
        by_channel = {channel: [] for channel in CHANNELS}
        for channel, person in plan[day]:
            by_channel[channel].append(person)
        self._at(morning + timedelta(hours=6))
        self._import(by_channel["import"])
        self._at(morning + timedelta(hours=7))
        self._create(by_channel["api"])
        for hour, channel in ((8, "form"), (12, "mail")):
            self._at(morning + timedelta(hours=hour))
            for person in by_channel[channel]:
                getattr(self, f"_{channel}")(person)
                pause = timedelta(seconds=self.chance.randrange(60, 240))
                self._at(self.frozen() + pause)
        self._at(morning + timedelta(hours=17))
        if self.visitors:
            visitors = sorted(self.visitors)
            self._view(self.chance.choices(visitors, k=1 + len(visitors) * 2 // 3))
        self._push(plan, day)
        self._reply()
        self._meet(day)
        self._adjust()
        if day % 7 == 1:
            self._mailing()
        self._at(max(morning + timedelta(hours=18), self.frozen()))
        self._run(day)
        self._work()
        if day in FULL_PASSES:
            self._at(max(morning + FULL_PASSES[day], self.frozen()))
            self._run(day, full=True)

    def _check_end(self):
        """What meets a minimum is handed over; what is closed stays as it was."""
        for lead in self._open_leads():
            if lead.type == "lead" and lead.handover != "returned":
                least = 50 if lead.company_id == self.ours else 40
                if not lead.user_id:
                    self.assertLess(lead.score, least, lead)
        for lead_id, score in self.kept.items():
            lead = self.env["crm.lead"].browse(lead_id)
            self.assertEqual(lead.score, score)
        self._check_crossings()
        self.assertTrue(self.month.into)
        self.assertTrue(self.kept)
        self.assertFalse(self.env["lead.scoring.rule"].search([("error", "!=", False)]))
