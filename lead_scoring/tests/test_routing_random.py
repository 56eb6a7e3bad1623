import json
import random
from datetime import timedelta
from fractions import Fraction
from hashlib import md5
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import LeadScoringCommon

CITIES = ["Ghent", "Liège", "Namur"]
SEGMENTS = ["sales", "nurture", "remarket", "discard"]
PERCENT = 30
DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestRoutingRandom(LeadScoringCommon):
    """Five worlds of a thousand leads, each routed twice: by the module, and by a plain
    reading of what it promises that shares no code with it.
    """

    LEADS = 1000

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parameters = cls.env["ir.config_parameter"].sudo()
        parameters.set_param("sales_team.membership_multi", "True")
        parameters.set_param("lead_scoring.sample_percent", str(PERCENT))
        cls.now = cls.env.cr.now()
        since = str(cls.now - 20 * DAY)[:19]
        parameters.set_param("lead_scoring.sample_since", since)
        cls.companies = cls.env.company + cls.env["res.company"].create({"name": "B"})
        cls.partners = cls.env["res.partner"].create([{"name": "P"}, {"name": "Q"}])
        sets = [cls.companies[0], cls.companies[1], cls.companies]
        cls.users = [
            cls._user(
                f"user{number}",
                "sales_team.group_sale_salesman",
                company_id=sets[number % 3][0].id,
                company_ids=[Command.set(sets[number % 3].ids)],
            )
            for number in range(10)
        ]
        cls.archived, cls.away, cls.on_leave = cls.users[2], cls.users[5], cls.users[8]
        cls.archived.active = False
        cls.away.out_of_office_from = cls.now - DAY
        cls.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": cls.env["resource.resource"]
                .create({"name": "Away", "user_id": cls.on_leave.id})
                .id,
                "date_from": cls.now - DAY,
                "date_to": cls.now + DAY,
            }
        )
        cls.visitor = cls.env["website.visitor"].create({"access_token": "f" * 32})

    # ------------------------------------------------------------------
    # A world
    # ------------------------------------------------------------------

    def _start_world(self, seed):
        self.chance = random.Random(seed)
        # those of the world before are out of the way; to delete them would take long
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET active = FALSE")
        self.env.invalidate_all(flush=False)
        self.env["crm.team"].search([]).convert_by_score = False
        self.teams = [self._random_team(number) for number in range(7)]
        self.members = [
            member for team in self.teams for member in self._random_members(team)
        ]
        self.website_team = self.chance.choice(self.teams)
        website = self.env["website"].search([])
        website.crm_default_team_id = self.website_team["id"]
        self.leads = self._random_leads()
        # nothing else tells the planner of rows that are not committed
        self.env.cr.execute("ANALYZE crm_lead, lead_scoring_score, mail_message")

    def _random_team(self, number):
        chance = self.chance
        vals = {
            "sequence": chance.randrange(3),
            "company_id": chance.choice([*self.companies.ids, False, False]),
            "convert_by_score": chance.random() < 0.85,
            "minimum_score": chance.choice([10, 30, 30, 50]),
            "assignment_optout": chance.random() < 0.1,
            "use_opportunities": chance.random() < 0.95,
            "active": chance.random() < 0.95,
            "convert_since": chance.random() < 0.2 and self.now - 10 * DAY,
        }
        taken = {f"take_{segment}": chance.random() < 0.75 for segment in SEGMENTS}
        city = chance.choice([None, None, "Ghent"])
        domain = city and f"[('city', '=', '{city}')]"
        team = self._team(f"T{number}", assignment_domain=domain, **vals, **taken)
        return {"id": team.id, "city": city, **vals, **taken}

    def _random_members(self, team):
        for user in self.chance.sample(self.users, self.chance.randint(0, 6)):
            company = self.env["res.company"].browse(team["company_id"] or [])
            if company not in user.company_ids and company:
                continue
            filter_, preferred = (self.chance.choice([None, *CITIES]) for _n in "ab")
            vals = {
                "assignment_max": self.chance.choice([0, 1, 3, 14, 40, 70]),
                "assignment_optout": self.chance.random() < 0.1,
                "active": self.chance.random() < 0.9,
            }
            member = self.env["crm.team.member"].create(
                {
                    "crm_team_id": team["id"],
                    "user_id": user.id,
                    "assignment_domain": filter_ and f"[('city', '!=', '{filter_}')]",
                    "assignment_domain_preferred": preferred
                    and f"[('city', '=', '{preferred}')]",
                    **vals,
                }
            )
            yield {
                **{"id": member.id, "team": team["id"], "user": user, **vals},
                **{"not_city": filter_, "preferred": preferred, "given": 0},
            }

    def _random_leads(self):
        """Make leads by SQL, as copies of one."""
        lead = self._lead()
        self.env.flush_all()
        kept = ("id", "score_id")
        columns = [
            SQL.identifier(name)
            for name, field in lead._fields.items()
            if field.store and field.column_type and name not in kept
        ]
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_lead (%(columns)s)
                   SELECT %(columns)s FROM crm_lead, generate_series(2, %(count)s)
                    WHERE id = %(id)s
                RETURNING id""",
                columns=SQL(", ").join(columns),
                count=self.LEADS,
                id=lead.id,
            )
        )
        ids = [lead.id, *(lead_id for (lead_id,) in self.env.cr.fetchall())]
        self.env["lead.scoring.score"]._link_leads(SQL("crm_lead.id = ANY(%s)", ids))
        leads = [self._random_lead(lead_id) for lead_id in ids]
        self._store(leads)
        return leads

    def _random_lead(self, lead_id):
        chance = self.chance
        company = chance.choice([*self.companies, None])
        # Odoo itself lets nobody mix companies
        company_ids = [False, company and company.id]
        teams = [team for team in self.teams if team["company_id"] in company_ids]
        team = chance.choice([None] * 8 + teams)
        website = self.website_team in teams and chance.random() < 0.2
        if website:
            team = self.website_team
        users = [u for u in self.users if not company or company in u.company_ids]
        user = chance.choice([None] * 9 + users)
        type_ = "opportunity" if chance.random() < 0.2 else "lead"
        handover = "offered" if type_ == "opportunity" else "returned"
        return {
            "id": lead_id,
            "type": type_,
            "active": chance.random() < 0.95,
            "won_status": chance.choice(["pending"] * 19 + ["won"]),
            "do_not_score": chance.random() < 0.03,
            "city": chance.choice(CITIES),
            "team_id": team and team["id"],
            "user_id": user and user.id,
            "company_id": company and company.id,
            "partner_id": chance.choice([*self.partners.ids, None]),
            "handover": handover if chance.random() < 0.3 else None,
            "returned_until": chance.choice([0, 40]),
            "segment": chance.choice(SEGMENTS),
            "score": chance.randint(-5, 70),
            "create_date": self.now - chance.random() * 30 * DAY,
            "date_open": user and self.now - chance.random() * 45 * DAY,
            "visitor": website and chance.random() < 0.8,
            "called": website and chance.random() < 0.2,
        }

    def _store(self, leads):
        rows = json.dumps(leads, default=str)
        columns = """id int, type text, active bool, won_status text, city text,
            do_not_score bool, team_id int, user_id int, company_id int,
            partner_id int, handover text, returned_until int, segment text,
            create_date timestamp, date_open timestamp, score int, visitor bool"""
        names = [column.split()[0] for column in columns.split(",")][1:-2]
        given = SQL("jsonb_to_recordset(%s::jsonb) AS given(" + columns + ")", rows)
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET %s FROM %s WHERE given.id = crm_lead.id",
                SQL(", ").join(
                    SQL("%s = given.%s", SQL.identifier(n), SQL.identifier(n))
                    for n in names
                ),
                given,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE lead_scoring_score SET score = given.score FROM %s
                    WHERE given.id = lead_id""",
                given,
            )
        )
        self.env.cr.execute(
            SQL(
                """INSERT INTO crm_lead_website_visitor_rel
                          (crm_lead_id, website_visitor_id)
                   SELECT id, %s FROM %s WHERE visitor""",
                self.visitor.id,
                given,
            )
        )
        self.env.invalidate_all(flush=False)
        called = [lead["id"] for lead in leads if lead["called"]]
        self.env["crm.lead"].browse(called).activity_schedule(
            "mail.mail_activity_data_call", user_id=self.env.uid
        )
        self.env.flush_all()
        self.env["crm.lead"].invalidate_model()

    # ------------------------------------------------------------------
    # A plain reading
    # ------------------------------------------------------------------

    def _is_open(self, lead):
        return lead["active"] and lead["won_status"] == "pending"

    def _converts(self, team_id):
        return any(
            team["id"] == team_id and team["convert_by_score"] and team["active"]
            for team in self.teams
        )

    def _is_default_only(self, lead):
        """What the website gave, and nobody has worked on."""
        mine = lead["team_id"] == self.website_team["id"]
        return mine and lead["visitor"] and not lead["called"]

    def _has_nobody(self, lead):
        return lead["user_id"] in (None, self.archived.id)

    def _is_free(self, lead):
        return self._has_nobody(lead) or self._is_default_only(lead)

    def _is_considered(self, lead):
        back = lead["handover"] == "returned" and lead["score"] < lead["returned_until"]
        return (
            lead["type"] == "lead"
            and self._is_open(lead)
            and not lead["do_not_score"]
            and not back
            and (
                not lead["team_id"]
                or self._converts(lead["team_id"])
                or self._is_default_only(lead)
            )
        )

    def _is_open_to(self, team, lead):
        """Whatever the score is."""
        if not self._converts(team["id"]) or team["assignment_optout"]:
            return False
        if not team["use_opportunities"] or not team[f"take_{lead['segment']}"]:
            return False
        if team["city"] and team["city"] != lead["city"]:
            return False
        if team["company_id"] and lead["company_id"] not in (None, team["company_id"]):
            return False
        if team["convert_since"] and lead["create_date"] < team["convert_since"]:
            return False
        return self._is_free(lead) or lead["team_id"] == team["id"]

    def _is_in_slice(self, lead):
        number = int(md5(str(lead["id"]).encode()).hexdigest()[:8], 16)
        age = self.now - lead["create_date"]
        return number / 2**32 < PERCENT / 100 and DAY <= age <= 20 * DAY

    def _choices(self, lead):
        """Return the teams a lead may go to, and whether by chance."""
        own = [team for team in self.teams if team["id"] == lead["team_id"]]
        if lead["type"] == "opportunity":
            forgotten = lead["handover"] == "offered" and self._has_nobody(lead)
            able = own and self._converts(own[0]["id"])
            if not (forgotten and able and self._is_open(lead)):
                return [], False
            return [] if own[0]["assignment_optout"] else own, False
        if not self._is_considered(lead):
            return [], False
        able = [team for team in self.teams if self._is_open_to(team, lead)]
        met = [team for team in able if team["minimum_score"] <= lead["score"]]
        if met:
            highest = max(team["minimum_score"] for team in met)
            first = [team for team in met if team["minimum_score"] == highest]
            return [t for t in own if t in met] or first, False
        if not able or not self._is_in_slice(lead):
            return [], False
        # the one that asks least, last in the order in which they are asked
        able.sort(key=lambda t: (t["minimum_score"], -t["sequence"], -t["id"]))
        return [team for team in own if team in able] or able[:1], True

    def _room(self, member):
        usable = (
            member["active"]
            and not member["assignment_optout"]
            and member["user"] not in (self.archived, self.away, self.on_leave)
        )
        return max(member["assignment_max"] - member["given"], 0) if usable else 0

    def _count_given(self):
        for lead in self.leads:
            recent = lead["date_open"] and self.now - lead["date_open"] <= 30 * DAY
            untouched = lead["type"] == "lead" and self._is_default_only(lead)
            for member in self.members:
                mine = member["user"].id == lead["user_id"]
                if mine and member["team"] == lead["team_id"]:
                    member["given"] += bool(recent and not untouched)

    def _choose_member(self, lead, team):
        able = [
            member
            for member in self.members
            if member["team"] == team["id"]
            and self._room(member)
            and member["not_city"] != lead["city"]
            and (lead["company_id"] or team["company_id"] or None)
            in [None, *member["user"].company_ids.ids]
        ]
        prefer = [member for member in able if member["preferred"] == lead["city"]]
        return min(
            prefer or able,
            key=lambda m: (Fraction(m["given"], m["assignment_max"]), m["id"]),
            default=None,
        )

    def _expected(self):
        self._count_given()
        result = []
        for lead in sorted(self.leads, key=lambda lead: (-lead["score"], lead["id"])):
            teams, by_chance = self._choices(lead)
            if not teams:
                continue
            rooms = {
                team["id"]: sum(
                    self._room(m) for m in self.members if m["team"] == team["id"]
                )
                for team in teams
            }
            free = self._is_free(lead)
            refused = {
                team["id"]: free and not self._choose_member(lead, team)
                for team in teams
            }
            team = min(
                teams,
                key=lambda t: (
                    *(refused[t["id"]], -rooms[t["id"]], t["sequence"]),
                    t["id"],
                ),
            )
            if free:
                member = self._choose_member(lead, team)
                user_id = member and member["user"].id
                if member:
                    member["given"] += 1
            else:
                user_id = lead["user_id"]
            if user_id or lead["type"] == "lead":
                result.append((lead["id"], team["id"], user_id, by_chance))
        return result

    # ------------------------------------------------------------------
    # Compared
    # ------------------------------------------------------------------

    def test_five_thousand_leads(self):
        Team = self.env["crm.team"]
        for seed in range(5):
            with self.subTest(seed=seed):
                self._start_world(seed)
                expected = self._expected()
                self.assertGreater(len(expected), 50)
                planned = Team._route()
                got = [(p.lead_id, p.team_id, p.user_id, p.sampled) for p in planned]
                self.assertEqual(got, expected)
                self.assertEqual(Team._confirm(planned), (planned, {}))
                self._check_waiting({p.lead_id for p in planned})
                self._check_converted(planned[:20] + planned[-20:])

    def _check_waiting(self, planned):
        """Each lead that is considered is either planned, or told why it waits."""
        self.env["crm.team"]._store_waiting_reasons(lambda: None)
        considered = [lead["id"] for lead in self.leads if self._is_considered(lead)]
        leads = self.env["crm.lead"].browse(considered)
        waiting = leads.filtered(lambda lead: lead.score_id.waiting_reason)
        self.assertEqual(set(waiting.ids), set(considered) - planned)

    def _check_converted(self, planned):
        """It is done as planned; company and contact are what they were."""
        born = {lead["id"]: lead for lead in self.leads}
        with patch.object(self.env.registry["crm.team"], "_route") as route:
            route.return_value = planned
            self._convert()
        for assignment in planned:
            lead = self.env["crm.lead"].browse(assignment.lead_id)
            self.assertEqual(lead.type, "opportunity")
            self.assertEqual(lead.team_id.id, assignment.team_id)
            self.assertEqual(lead.user_id.id or None, assignment.user_id)
            before = born[lead.id]
            if before["type"] == "lead" or before["company_id"]:
                # Odoo gives an opportunity without one that of its salesperson
                company_id = before["company_id"] or lead.team_id.company_id.id
                self.assertEqual(lead.company_id.id or None, company_id or None)
            self.assertEqual(lead.partner_id.id or None, before["partner_id"])
            if before["type"] == "lead":
                self.assertEqual(lead.routing_sample, assignment.sampled)
