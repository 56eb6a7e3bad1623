from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import exp, inf
from random import Random
from uuid import uuid4

from odoo import Command, api, models
from odoo.tools import SQL

from . import prospects

SEED = 19
DEALS = 640
DAYS = 360
"""How long ago the first of these leads was decided on."""
UNSCORED_DEALS = 90
"""Closed in the half year before there were scores, one in five won."""
FIT_WEIGHT, INTEREST_WEIGHT = 1.3, 0.75
EVEN, STEP = 66, 18
"""Leads of so many points, weighted, are won as often as lost; so many more points make
them 2.7 times as likely to be won.
"""
RECOMMENDED = 1.0
"""What no rule asks, so that there is something to learn: who was recommended by a
customer is 2.7 times as likely to be won.
"""
BEFORE = timedelta(days=2)
"""How long before the decision a lead is created, see ``prospects.SIGNALS``."""
DATES_OF_DECISION = ["date_open", "date_conversion", "date_last_stage_update"]
DATES_OF_DECISION += ["temperature_date", "segment_date"]
STALLED = 4
"""Hot leads that nobody has moved on..."""
LATELY = (("form", "Contact us", 3), ("page", "/pricing", 2))
"""... although they did this so many days ago."""


@dataclass(eq=False, slots=True)
class Deal:
    """A lead of the past year: when it was decided on, and what became of it."""

    lead: models.BaseModel
    age: timedelta
    """How long ago it was decided on."""
    length: timedelta
    """From the decision until it is closed; perhaps that is still to come."""
    team: models.BaseModel
    user: models.BaseModel
    goes_to_sales: bool
    won: bool = False

    @property
    def closed(self):
        """Whether it has been won or lost."""
        return self.length < self.age


class LeadScoringDemo(models.AbstractModel):
    """A year of leads for the demonstration, called by demo data: scored by the engine
    while they were open, and won the more often the more points they had.

    All is done as of today, and then dated back, signals and history together: so each
    lead was scored by what it had done until then, and what has faded since then.
    """

    _name = "lead.scoring.demo"
    _description = "Lead Scoring Demo Data"

    @api.model
    def _load_deals(self):
        """Make the leads, in place of those of an earlier demo: they have no external
        ID, so an uninstallation leaves them.
        """
        self = self.with_context(mail_create_nosubscribe=True, tracking_disable=True)
        earlier = [("referred", "=like", "Deal ___")]
        leads = self.env["crm.lead"].with_context(active_test=False).search(earlier)
        leads.unlink()
        dice = Random(SEED)
        self._load_unscored(dice)
        deals = self._plan(self._create_scored(dice), dice)
        self._decide_outcomes([deal for deal in deals if deal.closed])
        self._record_decisions(deals)
        self._close([(deal.lead, deal.won) for deal in deals if deal.closed])
        self._date_back_deals(deals)
        self._stall([deal.lead for deal in deals if deal.length > timedelta(DAYS)])

    # ------------------------------------------------------------------
    # Leads, and what they do
    # ------------------------------------------------------------------

    @api.model
    def _create_leads(self, profiles):
        """Return new leads.

        :param profiles: ``{number: values}``, see :func:`prospects.profile`
        """
        nobodys = {"type": "lead", "team_id": False, "user_id": False}
        return self.env["crm.lead"].create(
            [
                {
                    name: self.env.ref(value).id
                    if name.endswith("_id") and value
                    else value
                    for name, value in vals.items()
                }
                | {"referred": f"Deal {number:03}", **nobodys}
                for number, vals in profiles.items()
            ]
        )

    @api.model
    def _load_unscored(self, dice):
        """Make leads that were closed before there were scores: these took longer, for
        nobody knew whom to call first.
        """
        numbers = range(DEALS, DEALS + UNSCORED_DEALS)
        leads = self._create_leads(
            {
                number: prospects.profile(dice, number, dice.random())
                for number in numbers
            }
        )
        for position, ref in enumerate(("base.user_admin", "base.user_demo")):
            leads[position::2].write(
                {
                    "type": "opportunity",
                    "team_id": self.env.ref("sales_team.team_sales_department").id,
                    "user_id": self.env.ref(ref).id,
                }
            )
        self._close([(lead, not n % 5) for n, lead in enumerate(leads)])
        closed = [timedelta(DAYS + 10 + 2 * n) for n in range(len(leads))]
        lengths = [timedelta(dice.randrange(30, 70)) for _lead in leads]
        created = [ago + length for ago, length in zip(closed, lengths, strict=True)]
        self._date_back(leads, ["date_closed"], closed)
        self._date_back(leads, ["create_date", "date_open"], created)

    @api.model
    def _create_scored(self, dice):
        """Return the leads, with what they have done, scored as of their decision."""
        profiles, done = {}, []
        for number in range(DEALS):
            # marketing learns from scores where good leads come from
            luck = 2.0 - 0.6 * number / DEALS
            profiles[number] = prospects.profile(dice, number, dice.random() ** luck)
            done.append(prospects.signals(dice, dice.random() ** luck))
        leads = self._create_leads(profiles)
        visitors = self.env["website.visitor"].create(
            [
                {"access_token": uuid4().hex, "lead_ids": [Command.set(lead.ids)]}
                for lead in leads
            ]
        )
        made = defaultdict(list)
        for lead, visitor, signals in zip(leads, visitors, done, strict=True):
            for kind, what, hours in signals:
                date = self.env.cr.now() - timedelta(hours=hours)
                model, vals = self._signal(lead, visitor, kind, what, date)
                made[model].append(vals)
        for model, vals_list in made.items():
            self.env[model].create(vals_list)
        # PostgreSQL would else plan for the few leads there were before
        self.env.flush_all()
        self.env.cr.execute("ANALYZE")
        # as at an installation: silently, and however many there are
        scoring_pass = self.env["lead.scoring.pass"]._start(full=True)
        scoring_pass._run(inf, lambda: None, silent=True)
        return leads

    @api.model
    def _signal(self, lead, visitor, kind, what, date):
        """Return the model of a signal, and its values."""
        if kind == "page":
            url = f"https://www.example.com{what}"
            page = {"visitor_id": visitor.id, "url": url, "visit_datetime": date}
            return "website.track", page
        if kind == "meeting":
            end = date + timedelta(hours=1)
            meeting = {"name": what, "opportunity_id": lead.id, "start": date}
            return "calendar.event", meeting | {"stop": end}
        if kind == "reply":
            mail = {"model": "crm.lead", "res_id": lead.id, "message_type": "email"}
            mail |= {"author_id": False, "email_from": lead.email_from}
            return "mail.message", mail | {"subject": what, "date": date}
        event = {"lead_id": lead.id, "name": what, "kind": kind, "date": date}
        return "lead.scoring.event", event

    @api.model
    def _stall(self, leads):
        """Let these leads look at us again, days ago."""
        for lead in leads:
            for kind, what, days in LATELY:
                date = self.env.cr.now() - timedelta(days)
                model, vals = self._signal(lead, lead.visitor_ids, kind, what, date)
                self.env[model].create(vals)

    # ------------------------------------------------------------------
    # What becomes of them
    # ------------------------------------------------------------------

    @api.model
    def _plan(self, leads, dice):
        """Return a :class:`Deal` for each lead. Hot ones are closed sooner.

        Salespeople take turns down the scores, so that all have leads of each score.
        """
        direct = self.env.ref("lead_scoring.team_direct_sales")
        inside = self.env.ref("lead_scoring.team_inside_sales")
        deals, stalled = {}, STALLED
        for turn, lead in enumerate(leads.sorted("score")):
            # one in three that both teams want comes when the first has no capacity
            wanted = lead.score >= direct.minimum_score and turn % 3
            team = direct if wanted else inside
            users = team.crm_team_member_ids.user_id
            deals[lead] = Deal(
                lead,
                age=timedelta(DAYS),
                length=timedelta(max(8, 44 - lead.score // 4) + dice.randrange(12)),
                team=team,
                user=users[turn // 3 % len(users)],
                goes_to_sales=lead.score >= inside.minimum_score or turn % 5 == 0,
            )
        for number, lead in enumerate(leads):
            days = DAYS * (1 - number / len(leads))
            deals[lead].age = timedelta(days, 3600 * dice.randrange(-8, 1))
            if stalled and 50 < days < 100 and lead.temperature == "hot":
                deals[lead].length = timedelta(DAYS + 1)
                stalled -= 1
        return [deals[lead] for lead in leads]

    @api.model
    def _decide_outcomes(self, deals):
        """Let as many of these deals be won as their points let expect, and as exactly
        as possible so among those of each cell of the matrix, salesperson, quarter and
        score: what is owed to each, in wins, is carried along from the lowest score up.
        """
        owed = defaultdict(float)
        recommended = self.env.ref(prospects.RECOMMENDED)
        for deal in sorted(deals, key=lambda deal: deal.lead.score):
            lead = deal.lead
            points = FIT_WEIGHT * lead.fit_score + INTEREST_WEIGHT * lead.interest_score
            odds = (points - EVEN) / STEP
            if lead.source_id == recommended:
                odds += RECOMMENDED
            quarter = deal.age.days // 91
            groups = (
                "all",
                (lead.fit_band, lead.interest_band),
                deal.user,
                quarter,
                (quarter, lead.score // 10),
            )
            for group in groups:
                owed[group] += 1 / (1 + exp(-odds))
            deal.won = sum(owed[group] for group in groups) >= len(groups) / 2
            if deal.won:
                for group in groups:
                    owed[group] -= 1

    @api.model
    def _record_decisions(self, deals):
        """Keep the scores, and hand over what goes to sales: by its score, or because
        somebody believed in it.
        """
        history = self.env["lead.scoring.history"]
        ids = [deal.lead.id for deal in deals]
        history._record_decisions(ids, "created")
        sales = [deal for deal in deals if deal.goes_to_sales or deal.won]
        least = self.env.ref("lead_scoring.team_inside_sales").minimum_score
        by_score = [deal.lead.id for deal in sales if deal.lead.score >= least]
        by_hand = [deal.lead.id for deal in sales if deal.lead.score < least]
        history._qualify(by_score)
        history._record_decisions(by_score, "converted", by_score=True)
        history._record_decisions(by_hand, "converted")
        self.env["crm.lead"].browse(ids).score_id.created_due = False
        stages = self.env["crm.stage"].search(
            [("is_won", "=", False), ("team_ids", "=", False)]
        )
        groups = defaultdict(self.env["crm.lead"].browse)
        for number, deal in enumerate(sales):
            stage = stages[number % len(stages)]
            groups[deal.team, deal.user, stage] |= deal.lead
        opportunity = {"type": "opportunity", "date_conversion": self.env.cr.now()}
        for (team, user, stage), leads in groups.items():
            given = {"team_id": team.id, "user_id": user.id, "stage_id": stage.id}
            leads.write(opportunity | given)
        # who called the others and gave them up
        for deal in deals:
            if deal.closed and deal not in sales:
                deal.lead.write({"team_id": deal.team.id, "user_id": deal.user.id})

    @api.model
    def _close(self, outcomes):
        """Close leads.

        :param outcomes: list of ``(lead, whether it is won)``
        """
        leads = self.env["crm.lead"]
        leads.concat(*(lead for lead, won in outcomes if won)).action_set_won()
        lost = leads.concat(*(lead for lead, won in outcomes if not won))
        reasons = self.env["crm.lost.reason"].search([("active", "=", True)])
        for number, reason in enumerate(reasons):
            lost[number :: len(reasons)].action_set_lost(lost_reason_id=reason.id)

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    @api.model
    def _date_back_deals(self, deals):
        """Date back all that was just made."""
        leads = self.env["crm.lead"].concat(*(deal.lead for deal in deals))
        leads = leads.with_context(active_test=False)
        ages = [deal.age for deal in deals]
        age_of = dict(zip(leads.ids, ages, strict=True))
        self._date_back(leads, ["create_date"], [age + BEFORE for age in ages])
        self._date_back(leads, DATES_OF_DECISION, ages)
        closed = [deal for deal in deals if deal.closed]
        self._date_back(
            leads.browse(deal.lead.id for deal in closed),
            ["date_closed"],
            [deal.age - deal.length for deal in closed],
        )
        for model, path, names in (
            ("lead.scoring.score", "lead_id.id", ["scored_at", "qualified_at"]),
            ("lead.scoring.history", "lead_id.id", ["date"]),
            ("lead.scoring.event", "lead_id.id", ["date"]),
            ("website.track", "visitor_id.lead_ids.id", ["visit_datetime"]),
            ("calendar.event", "opportunity_id.id", ["start", "stop"]),
            ("mail.message", "res_id", ["date"]),
        ):
            found = [(path.removesuffix(".id"), "in", leads.ids)]
            if model == "mail.message":
                found.append(("model", "=", "crm.lead"))
            records = self.env[model].with_context(active_test=False).search(found)
            lead_ids = [record.mapped(path)[0] for record in records]
            self._date_back(records, names, [age_of[lead_id] for lead_id in lead_ids])

    @api.model
    def _date_back(self, records, names, ages):
        """Make these dates of records lie further back, each by its age: not even code
        may write when a record was created.
        """
        records.flush_recordset(names)
        statement = SQL(
            """UPDATE %(table)s AS record SET %(dates)s
                 FROM unnest(%(ids)s::integer[], %(ages)s::interval[]) AS past(id, age)
                WHERE past.id = record.id""",
            table=SQL.identifier(records._table),
            dates=SQL(", ").join(
                SQL("%(name)s = record.%(name)s - past.age", name=SQL.identifier(name))
                for name in names
            ),
            ids=records.ids,
            ages=ages,
        )
        self.env.cr.execute(statement)
        records.invalidate_recordset(names, flush=False)
        records.modified(names)
