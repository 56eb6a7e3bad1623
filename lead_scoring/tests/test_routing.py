from datetime import timedelta

from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.routing import crm_team_member
from .common import UNFINISHED, ConversionCommon


class RoutingCommon(ConversionCommon):
    """Two salespeople in the first team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls._user("ann", "sales_team.group_sale_salesman")
        cls.bob = cls._user("bob", "sales_team.group_sale_salesman")
        cls.seat_of_ann = cls._member(cls.ann, assignment_max=4)
        cls.seat_of_bob = cls._member(cls.bob, assignment_max=2)

    @classmethod
    def _member(cls, user, team=None, **vals):
        team = team or cls.team
        vals |= {"user_id": user.id, "crm_team_id": team.id}
        return cls.env["crm.team.member"].create(vals)

    def _owners(self, leads):
        return [lead.user_id for lead in leads]


@tagged("post_install", "-at_install")
class TestRouting(RoutingCommon):
    """Which person of a team gets a lead."""

    def test_best_leads_first_by_share_of_capacity(self):
        leads = [self._lead_of(points) for points in (91, 92, 93)]
        self._convert()
        self.assertEqual(self._owners(leads), [self.ann, self.bob, self.ann])
        self.assertEqual(leads[0].date_open, self.env.cr.now())

    def test_unassigned_beyond_capacity_until_there_is_some(self):
        leads = [self._lead_of(90 - n) for n in range(7)]
        self._convert()
        nobody = self.env["res.users"]
        self.assertEqual(self._owners(leads)[-1], nobody)
        self.assertNotIn(nobody, self._owners(leads)[:-1])
        self.assertConverted(leads[-1], self.team)
        self.assertEqual(self.env["crm.team"]._route(), [])
        self.seat_of_bob.assignment_max = 3
        planned = self.env["crm.team"]._route()
        self.assertEqual([p.lead_id for p in planned], leads[-1].ids)
        self._convert()
        self.assertEqual(leads[-1].user_id, self.bob)

    def test_what_is_planned_is_confirmed_until_it_changes(self):
        lead, other = self._lead_of(90), self._lead_of(80)
        Team = self.env["crm.team"]
        planned = Team._route()
        self.assertEqual(Team._confirm(planned), (planned, {}))
        self.assertEqual(Team._confirm([]), ([], {}))
        self.seat_of_ann.assignment_optout = True
        right, changed = Team._confirm(planned)
        self.assertEqual([p.lead_id for p in right], other.ids)
        self.assertIn("ann", changed[lead.id])
        self.seat_of_ann.assignment_optout = False
        lead.user_id = self.bob
        other.unlink()
        right, changed = Team._confirm(planned)
        self.assertEqual(right, [])
        self.assertEqual(changed[lead.id], f"It belongs to {self.bob.name} now.")
        self.assertIn("deleted", changed[other.id])

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    def _owner_of_next(self, **vals):
        lead = self._lead_of(90, **vals)
        self._convert()
        self.assertConverted(lead, self.team)
        return lead.user_id

    def test_filter_of_a_member(self):
        self.seat_of_ann.assignment_domain = "[('city', '=', 'Ghent')]"
        self.assertEqual(self._owner_of_next(city="Ghent"), self.ann)
        owners = [self._owner_of_next(city="Liège") for _n in range(3)]
        self.assertEqual(owners, [self.bob, self.bob, self.env["res.users"]])

    def test_filter_of_what_a_member_prefers(self):
        self.seat_of_bob.assignment_domain_preferred = "[('city', '=', 'Ghent')]"
        owners = [self._owner_of_next(city="Ghent") for _n in range(3)]
        self.assertEqual(owners, [self.bob, self.bob, self.ann])

    def test_preferred_is_within_the_filter(self):
        self.seat_of_bob.assignment_domain_preferred = "[('city', '=', 'Ghent')]"
        self.seat_of_bob.assignment_domain = "[('city', '!=', 'Ghent')]"
        self.assertEqual(self._owner_of_next(city="Ghent"), self.ann)

    def test_broken_filter_stops_only_its_member(self):
        broken = ("[('x_gone', '=', 1)]", "nonsense(", "[('name', '=')]", UNFINISHED)
        for name in ("assignment_domain", "assignment_domain_preferred"):
            for domain in broken:
                with self.subTest(domain=domain, name=name):
                    self._set_columns(self.seat_of_ann, **{name: domain})
                    self.seat_of_bob.assignment_max += 1
                    muted = (crm_team_member.__name__, "odoo.domains", "odoo.sql_db")
                    with mute_logger(*muted):
                        self.assertEqual(self._owner_of_next(), self.bob)
            self._set_columns(self.seat_of_ann, **{name: None})

    def test_who_takes_no_leads_gets_none(self):
        portal_group = self.env.ref("base.group_portal")
        for case, make in {
            "paused": lambda: self.seat_of_ann.write({"assignment_optout": True}),
            "no capacity": lambda: self.seat_of_ann.write({"assignment_max": 0}),
            "negative": lambda: self.seat_of_ann.write({"assignment_max": -3}),
            "left the team": lambda: self.seat_of_ann.write({"active": False}),
            "archived": lambda: self.ann.write({"active": False}),
            "portal user": lambda: self.ann.write(
                {"group_ids": [Command.set(portal_group.ids)]}
            ),
        }.items():
            with self.subTest(case), self.env.cr.savepoint() as savepoint:
                make()
                self.assertEqual(self._owner_of_next(), self.bob)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_out_of_office(self):
        now = self.env.cr.now()
        day = timedelta(days=1)
        self.ann.write({"out_of_office_from": now - day, "out_of_office_to": now + day})
        self.assertEqual(self._owner_of_next(), self.bob)
        self.ann.out_of_office_to = False
        self.assertEqual(self._owner_of_next(), self.bob)
        self.ann.out_of_office_from = now + day
        self.assertEqual(self._owner_of_next(), self.ann)

    def test_time_off(self):
        """As an approved request for time off makes it."""
        now = self.env.cr.now()
        resource = self.env["resource.resource"].create(
            {"name": "Ann", "user_id": self.ann.id}
        )
        leave = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "date_from": now - timedelta(hours=1),
                "date_to": now + timedelta(hours=1),
            }
        )
        self.assertEqual(self._owner_of_next(), self.bob)
        leave.date_to = now - timedelta(minutes=1)
        self.assertEqual(self._owner_of_next(), self.ann)

    def test_capacity_counts_what_was_given_in_30_days(self):
        leads = [self._lead_of(90) for _n in range(6)]
        self._convert()
        self.assertTrue(all(self._owners(leads)))
        leads[0].action_set_lost()
        leads[1].active = False
        self.assertFalse(self._owner_of_next(), "lost and archived ones were given")
        of_ann = next(lead for lead in leads if lead.user_id == self.ann)
        month_ago = self.env.cr.now() - timedelta(days=30, minutes=1)
        self._set_columns(of_ann, date_open=month_ago)
        self._convert()
        self.assertEqual(self.seat_of_ann._loads(), {self.seat_of_ann: 4})

    def test_capacity_is_of_each_team(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "sales_team.membership_multi", "True"
        )
        self._member(self.ann, self.other_team, assignment_max=1)
        leads = [self._lead_of(40) for _n in range(2)]
        self._convert()
        nobody = self.env["res.users"]
        self.assertEqual(self._owners(leads), [self.ann, nobody])
        self.assertEqual(self._owner_of_next(), self.ann)

    def test_lead_of_a_deactivated_salesperson_is_given_to_another(self):
        leads = [
            self._lead_of(90, user_id=self.ann.id, team_id=t)
            for t in (self.team.id, False)
        ]
        self.ann.active = False
        self._convert()
        for lead in leads:
            self.assertConverted(lead, self.team)
            self.assertEqual(lead.user_id, self.bob)

    def test_opportunity_of_a_deactivated_salesperson_is_given_to_another(self):
        lead, taken = self._lead_of(91), self._lead_of(90)
        self.seat_of_bob.assignment_optout = True
        self._convert()
        taken.with_user(self.ann).action_take()
        self.ann.active = False
        self.seat_of_bob.assignment_optout = False
        self._convert()
        self.assertEqual(lead.user_id, self.bob)
        self.assertEqual(taken.user_id, self.ann, "a decision of people stays")

    def test_team_that_skips_assignment_gives_nothing_to_anybody(self):
        lead = self._lead_of(90)
        (self.seat_of_ann + self.seat_of_bob).assignment_optout = True
        self._convert()
        self.assertFalse(lead.user_id)
        (self.seat_of_ann + self.seat_of_bob).assignment_optout = False
        self.team.assignment_optout = True
        self.assertEqual(self.env["crm.team"]._route(), [])

    def test_salesperson_of_another_company_gets_none(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.bob.company_ids += other
        lead = self._lead_of(90, company_id=other.id)
        shared = self._lead_of(80)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual((lead.user_id, lead.company_id), (self.bob, other))
        self.assertEqual(shared.user_id, self.ann)

    def test_most_capacity_left_of_equally_demanding_teams(self):
        self.other_team.minimum_score = 50
        self._member(
            self._user("cy", "sales_team.group_sale_salesman"),
            self.other_team,
            assignment_max=7,
        )
        leads = [self._lead_of(90) for _n in range(3)]
        self._convert()
        teams = [lead.team_id for lead in leads]
        self.assertEqual(teams, [self.other_team, self.team, self.other_team])

    def test_lead_goes_where_somebody_may_have_it_of_equally_demanding_teams(self):
        """The freer team has nobody who takes it."""
        self.other_team.minimum_score = 50
        cy = self._user("cy", "sales_team.group_sale_salesman")
        self._member(cy, self.other_team, assignment_max=1)
        for seat in self.seat_of_ann + self.seat_of_bob:
            seat.assignment_domain = "[('city', '=', 'Ghent')]"
        lead = self._lead_of(90, city="Mons")
        self._convert()
        self.assertConverted(lead, self.other_team)
        self.assertEqual(lead.user_id, cy)

    # ------------------------------------------------------------------
    # Website leads
    # ------------------------------------------------------------------

    def _website_lead(self, team):
        website = self.env["website"].search([], limit=1)
        website.crm_default_team_id = team
        leader = self._user("leader", "sales_team.group_sale_salesman")
        lead = self._lead_of(90, team_id=team.id, user_id=leader.id)
        self._visitor(lead)
        return lead

    def test_website_lead_goes_to_somebody_of_the_new_team(self):
        lead = self._website_lead(self.closed_team)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.user_id, self.ann)

    def test_website_lead_within_its_team_is_given_by_capacity(self):
        lead = self._website_lead(self.team)
        self._convert()
        self.assertConverted(lead, self.team)
        self.assertEqual(lead.user_id, self.ann)

    def test_untouched_website_leads_use_no_capacity(self):
        lead = self._website_lead(self.team)
        seat = self._member(lead.user_id, assignment_max=1)
        self.assertEqual(seat._loads(), {seat: 0})
        lead.message_post(
            body="Hello", author_id=lead.user_id.partner_id.id, message_type="comment"
        )
        self.assertEqual(seat._loads(), {seat: 1})

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def test_members_are_set_where_the_team_converts_by_score(self):
        """Core hides it all unless its own assignment is on."""
        self.assertFalse(self.team.assignment_enabled)
        manager = self._user("manager", "sales_team.group_sale_manager")
        with Form(self.seat_of_ann.with_user(manager)) as form:
            form.assignment_domain_preferred = "[('city', '=', 'Ghent')]"
            form.assignment_domain = "[('city', '!=', False)]"
        self.team.convert_by_score = False
        with Form(self.seat_of_ann.with_user(manager)) as form:
            self.assertTrue(form._get_modifier("assignment_domain", "invisible"))
