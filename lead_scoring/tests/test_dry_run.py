from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.routing import (
    crm_lead_conversion,
    crm_team_conversion,
)
from odoo.addons.lead_scoring.wizards import lead_scoring_dry_run

from .common import ConversionCommon

MIXIN = "odoo.addons.lead_scoring.models.rule.lead_scoring_code_only_mixin"


@tagged("post_install", "-at_install")
class TestDryRun(ConversionCommon):
    """A sales manager sees who would get what, and applies just that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.second_manager = cls._user("second", "sales_team.group_sale_manager")
        cls.seller = cls._user("seller", "sales_team.group_sale_salesman")
        cls.member = cls._member(cls.team, cls.seller, 1)
        cls._member(cls.other_team, cls.salesman, 30)

    @classmethod
    def _member(cls, team, user, capacity):
        return cls.env["crm.team.member"].create(
            {
                "crm_team_id": team.id,
                "user_id": user.id,
                "assignment_max": capacity,
            }
        )

    def _plan(self, user=None):
        model = self.env["lead.scoring.dry.run"].with_user(user or self.sales_manager)
        action = model.action_plan()
        return model.browse(action["res_id"])

    def _apply(self, dry_run, batches=1):
        """Apply as the screen does, on this test's cursor."""

        @contextmanager
        def cursor():
            yield self.env.cr
            self.env.cr.flush()

        with patch.object(self.registry, "cursor", cursor):
            for _batch in range(batches):
                dry_run.apply_next()
        return dry_run.result

    def test_damaged_plan_hands_nothing_over_and_has_an_end(self):
        lead = self._lead_of(60)
        for plan in ([1], "text", {"a": 1}, 5, [[1, 2]], [["a", "b", None, False]]):
            dry_run = self._plan()
            dry_run.sudo().plan = plan
            with self.subTest(plan), self.assertLogs(MIXIN, "WARNING"):
                result = self._apply(dry_run)
                self.assertEqual(result["done"], 0)
                self.assertGreaterEqual(result["tried"], result["total"])
        for result in ([1], "text", {"tried": 0}, {"done": "none", "tried": 0}):
            dry_run = self._plan()
            dry_run.sudo().result = result
            with self.subTest(result), self.assertLogs(MIXIN, "WARNING"):
                self._apply(dry_run)
        self.assertEqual(lead.type, "opportunity")

    def _rows(self, dry_run):
        return {
            row["name"]: (team["name"], row["user"])
            for team in dry_run.result["teams"]
            for row in team["rows"]
        }

    def test_shows_what_the_scheduled_action_would_do_and_changes_nothing(self):
        best, good = self._lead_of(80, name="Best"), self._lead_of(60, name="Good")
        fair = self._lead_of(40, name="Fair")
        self._lead_of(10)
        self._lead(do_not_score_reason="competitor")
        versions = self._versions(best + good + fair)
        dry_run = self._plan()
        self.assertEqual(
            self._rows(dry_run),
            {
                "Best": ("Direct", self.seller.name),
                "Good": ("Direct", ""),
                "Fair": ("Inside", self.salesman.name),
            },
        )
        result = dry_run.result
        self.assertEqual((result["total"], result["nobody"]), (3, 1))
        waiting = {row["label"]: row["count"] for row in result["waiting"]}
        self.assertEqual(
            waiting, {"Below every minimum score": 1, "Not to be scored": 1}
        )
        self.assertEqual(self._versions(best + good + fair), versions)
        self._convert()
        for lead, (team, user) in zip(
            best + good + fair, self._rows(dry_run).values(), strict=True
        ):
            self.assertEqual(lead.team_id.name, team)
            self.assertEqual(lead.user_id.name or "", user)

    def test_applies_exactly_what_it_showed(self):
        leads = self._lead_of(80) + self._lead_of(60) + self._lead_of(40)
        dry_run = self._plan()
        # it comes later, and would get the place of the best
        later = self._lead_of(90)
        result = self._apply(dry_run)
        self.assertEqual((result["done"], result["changed"]), (3, []))
        self.assertEqual(leads.mapped("type"), ["opportunity"] * 3)
        self.assertEqual(leads[0].user_id, self.seller)
        self.assertFalse(leads[1].user_id)
        self.assertEqual(leads[2].user_id, self.salesman)
        self.assertEqual(later.type, "lead")

    def test_says_of_each_lead_what_changed_and_does_the_rest(self):
        converted, fallen, fine = (
            self._lead_of(points, name=name)
            for points, name in ((90, "Converted"), (80, "Fallen"), (40, "Fine"))
        )
        deleted = self._lead_of(45, name="Deleted")
        dry_run = self._plan()
        converted.convert_opportunity(False, user_ids=self.all_leads_salesman.ids)
        self._set_points(fallen, 5)
        deleted.unlink()
        result = self._apply(dry_run)
        self.assertEqual((result["done"], result["changed_count"]), (1, 3))
        self.assertEqual(fine.type, "opportunity")
        self.assertEqual(fallen.type, "lead")
        names = {change["name"]: change["reason"] for change in result["changed"]}
        self.assertEqual(names.keys(), {"Converted", "Fallen", ""})
        self.assertTrue(all(names.values()))

    def test_plan_whose_person_has_left_meanwhile(self):
        lead = self._lead_of(80)
        dry_run = self._plan()
        self.seller.active = False
        result = self._apply(dry_run)
        self.assertEqual(result["done"], 0)
        self.assertIn("seller", result["changed"][0]["reason"])
        self.assertEqual(lead.type, "lead")

    def test_says_why_a_person_gets_a_lead_no_more(self):
        self._lead_of(80)
        team = self.env["crm.team"]
        planned = team._route()
        member = self.seller.crm_team_member_ids
        yesterday = self.env.cr.now() - timedelta(days=1)
        for record, name, value, reason in (
            (member, "assignment_optout", True, "paused"),
            (self.seller, "out_of_office_from", yesterday, "away"),
            (member, "assignment_domain", "[('city', '=', 'Ghent')]", "filter"),
            (member, "assignment_max", 0, "no capacity left"),
            (member, "active", False, "not in the sales team"),
        ):
            with self.subTest(reason):
                before = record[name]
                record[name] = value
                [text] = team._confirm(planned)[1].values()
                self.assertIn(reason, text)
                self.assertIn(self.seller.name, text)
                record[name] = before
        self.assertEqual(team._confirm(planned), (planned, {}))

    def test_two_managers_do_nothing_twice(self):
        lead = self._lead_of(80)
        first, second = self._plan(), self._plan(self.second_manager)
        self.assertEqual(self._apply(first)["done"], 1)
        result = self._apply(second)
        self.assertEqual((result["done"], result["changed_count"]), (0, 1))
        self.assertEqual(lead.user_id, self.seller)

    def test_applied_again_it_does_nothing(self):
        self._lead_of(80)
        dry_run = self._plan()
        self.assertEqual(self._apply(dry_run), self._apply(dry_run))

    def test_part_by_part_with_totals_of_all(self):
        for _n in range(5):
            self._lead_of(40)
        with (
            patch.object(lead_scoring_dry_run, "LEADS_PER_REQUEST", 2),
            patch.object(lead_scoring_dry_run, "LEADS_SHOWN", 3),
        ):
            dry_run = self._plan()
            [team] = dry_run.result["teams"]
            self.assertEqual((team["count"], len(team["rows"])), (5, 3))
            people = [{"name": self.salesman.name, "count": 5}]
            self.assertEqual(team["people"], people)
            self.assertEqual(self._apply(dry_run)["tried"], 2)
            self.assertEqual(self._apply(dry_run, batches=2)["done"], 5)

    def test_duplicates_are_left_to_the_scheduled_action_which_merges_them(self):
        twins = self._lead_of(60, email_from="ann@x.example")
        twins += self._lead_of(60, email_from="ann@x.example")
        dry_run = self._plan()
        self.assertEqual(dry_run.result["total"], 0)
        self.assertEqual(dry_run.result["duplicates"], 2)

    def test_what_collides_takes_back_all_and_says_so(self):
        """It is one transaction with what was done before, and tried again whole."""
        lead, bad = self._lead_of(80), self._lead_of(60)
        dry_run = self._plan()
        assign = crm_lead_conversion.CrmLead._assign_by_score
        execute = type(self.env.cr).execute

        def fail(leads, assignments):
            if bad in leads:
                raise ValueError("Not this one")
            return assign(leads, assignments)

        def collide(cr, query, *args, **kwargs):
            text = query if isinstance(query, str) else query.code
            if "SET routing_error" in text:
                raise SerializationFailure
            return execute(cr, query, *args, **kwargs)

        savepoint = self.env.cr.savepoint()
        with (
            patch.object(crm_lead_conversion.CrmLead, "_assign_by_score", fail),
            patch.object(type(self.env.cr), "execute", collide),
            patch.object(type(self.env.cr), "rollback", savepoint.rollback),
            mute_logger(crm_team_conversion.__name__),
            self.assertRaises(SerializationFailure),
        ):
            self._apply(dry_run)
        savepoint.close(rollback=True)
        self.env.invalidate_all(flush=False)
        self.assertEqual(lead.type, "lead")
        self.assertEqual((dry_run.result["done"], dry_run.result["tried"]), (0, 0))

    def test_says_so_when_nothing_is_ready(self):
        self.assertEqual(self._plan().result["total"], 0)

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_only_sales_managers(self):
        action = self.env.ref("lead_scoring.lead_scoring_dry_run_action_plan")
        for user in (self.salesman, self.scoring_manager):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self._plan(user)
                with self.assertRaises(AccessError):
                    action.with_user(user).run()

    def test_nobody_forges_or_reads_the_plan(self):
        dry_run = self._plan()
        values = {"plan": [[1, 1, 1, False]]}
        with self.assertRaises(AccessError):
            dry_run.write(values)
        with self.assertRaises(AccessError):
            dry_run.create(values)
        with self.assertRaises(AccessError):
            dry_run.read(["plan"])

    def test_nobody_uses_the_plan_of_another(self):
        lead = self._lead_of(80)
        dry_run = self._plan().with_user(self.second_manager)
        with self.assertRaises(AccessError):
            dry_run.read(["result"])
        with self.assertRaises(AccessError):
            self._apply(dry_run)
        self.assertEqual(lead.type, "lead")

    def test_other_company_takes_part_but_is_not_shown(self):
        """Its better lead takes the only place, as it will in the scheduled action."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.seller.company_ids += company
        secret = self._lead_of(90, name="Secret", company_id=company.id)
        self._lead_of(80, name="Ours")
        dry_run = self._plan()
        self.assertEqual(self._rows(dry_run), {"Ours": ("Direct", "")})
        self.assertNotIn("Secret", str(dry_run.result))
        self.assertEqual(self._apply(dry_run)["done"], 1)
        self.assertEqual(secret.type, "lead")

    def test_right_to_a_lead_lost_meanwhile(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        lead = self._lead_of(80, name="Moved")
        dry_run = self._plan()
        lead.company_id = company
        result = self._apply(dry_run)
        self.assertEqual((result["done"], result["changed_count"]), (0, 1))
        self.assertNotIn("Moved", str(result["changed"]))
