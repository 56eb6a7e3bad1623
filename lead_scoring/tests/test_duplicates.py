from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_scoring.models.lead import crm_lead_merge
from odoo.addons.lead_scoring.models.routing import crm_team_duplicates

from .common import ConversionCommon

DUPLICATES_LOG = crm_team_duplicates.__name__
MAIL = "ann@example.com"


@tagged("post_install", "-at_install")
class TestDuplicates(ConversionCommon):
    """What the scheduled action merges before it hands leads to sales."""

    def test_survivor_is_scored_before_it_is_routed(self):
        self._rule(35, "[('city', '=', 'Ghent')]")
        self._rule(25, "[('phone', '!=', False)]")
        first = self._scored_lead(email_from=MAIL, city="Ghent")
        second = self._scored_lead(email_from=MAIL, phone="+32 2 555 12 12")
        self._convert()
        survivor = (first + second).exists()
        self.assertEqual(len(survivor), 1)
        self.assertScores({survivor: 60})
        # alone the better one would have been for the other team
        self.assertConverted(survivor, self.team)

    def test_survivor_keeps_all_signals(self):
        rules = {
            "page_view": self._page_view_rule(1, "[]"),
            "event": self._rule(2, "[]", source="event"),
            "reply": self._rule(4, "[]", source="reply"),
            "meeting": self._rule(8, "[]", source="meeting"),
        }
        customer = self.partner
        leads = self._lead(email_from=MAIL), self._lead(email_from=MAIL)
        for number, lead in enumerate(leads):
            self._visitor(lead, pages=[f"/price/{number}"])
            self.env["lead.scoring.event"].create(
                {"name": "Download", "lead_id": lead.id}
            )
            lead.message_post(body="Yes", message_type="email", author_id=customer.id)
            self.env["calendar.event"].create(
                {
                    "name": "Meeting",
                    "opportunity_id": lead.id,
                    "start": "2026-01-01 10:00:00",
                    "stop": "2026-01-01 11:00:00",
                }
            )
            self.env["lead.scoring.adjustment"].create(
                {"name": "Fair", "lead_id": lead.id, "points": 20}
            )
        self._score()
        points = [
            sum(r["points"] for r in lead.score_explanation["rules"]) for lead in leads
        ]
        self.assertEqual(points, [35, 35])
        before = self.env["lead.scoring.history"].search_count([])
        self._convert()
        survivor = (leads[0] + leads[1]).exists()
        self.assertEqual(len(survivor), 1)
        self.assertScores({survivor: 70})
        given = {r["rule_id"]: r["points"] for r in survivor.score_explanation["rules"]}
        for source, rule in rules.items():
            with self.subTest(source):
                self.assertEqual(given[rule.id], 2 * rule.value)
        self.assertConverted(survivor, self.team)
        self.assertGreater(self.env["lead.scoring.history"].search_count([]), before)

    def test_history_and_chatter_say_what_was_merged(self):
        lead = self._lead_of(60, email_from=MAIL, name="Price list")
        other = self._lead_of(10, email_from=MAIL, name="Brochure")
        rows = self.env["lead.scoring.history"].search_count(
            [("lead_id", "in", (lead + other).ids)]
        )
        self._convert()
        survivor = (lead + other).exists()
        [gone] = {"Price list", "Brochure"} - {survivor.name}
        history = self.env["lead.scoring.history"].search(
            [("lead_id", "=", survivor.id)]
        )
        self.assertGreater(len(history), rows)
        merged = history.filtered(lambda row: row.reason == "merged")
        self.assertEqual(merged.merged_leads, gone)
        self.assertTrue(any(gone in m.body for m in survivor.message_ids))

    def test_merging_by_hand_is_in_the_history_too(self):
        leads = self._lead_of(10, name="A") + self._lead_of(20, name="B")
        survivor = leads.merge_opportunity()
        row = self.env["lead.scoring.history"].search(
            [("lead_id", "=", survivor.id), ("reason", "=", "merged")]
        )
        self.assertIn(row.merged_leads, ("A", "B"))

    def test_never_across_companies(self):
        company = self.env["res.company"].create({"name": "Other company"})
        companies = [self.env.company.id, company.id, False]
        leads = self.env["crm.lead"].concat(
            *(self._lead_of(60, email_from=MAIL, company_id=c) for c in companies)
        )
        same = self._lead_of(10, email_from=MAIL, company_id=company.id)
        self._convert()
        left = (leads + same).exists()
        self.assertEqual(sorted(left.mapped("company_id.id")), sorted(companies[:2]))
        self.assertEqual(len(left), 3)
        for lead in left:
            self.assertConverted(lead, self.team)

    def test_never_with_what_somebody_of_another_company_has(self):
        """Odoo refuses that, and each run would try it again."""
        other = self.env["res.company"].create({"name": "Other company"})
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.assertNotIn(other, seller.company_ids)
        theirs = {"email_from": MAIL, "user_id": seller.id, "team_id": self.team.id}
        lead = self._lead_of(20, **theirs)
        lead.company_id = False
        new = self._lead_of(60, email_from=MAIL, company_id=other.id)
        self._convert()
        self.assertConverted(new, self.team)
        self.assertEqual(lead.user_id, seller)
        self.assertFalse(new.score_id.routing_error)
        [notes] = self._notes([new])
        self.assertEqual(len(notes), 1)

    # ------------------------------------------------------------------
    # What is surely one person
    # ------------------------------------------------------------------

    def _pair(self, address=MAIL, first=(), second=()):
        """Return two leads of one address that are routed now."""
        return self._lead_of(60, email_from=address, **dict(first)) + self._lead_of(
            55, email_from=address, **dict(second)
        )

    def _set(self, name, value):
        self.env["ir.config_parameter"].sudo().set_param(name, value)

    def _notes(self, leads):
        """Return what the chatter says of duplicates that are offered, by lead."""
        return [
            [m.body for m in lead.message_ids if "Possible duplicate" in m.body]
            for lead in leads
        ]

    def test_one_address_of_thirty_strangers(self):
        leads = self.env["crm.lead"].concat(
            *(
                self._lead(
                    email_from="none@none.example",
                    contact_name=f"Person {n}",
                    partner_name=f"Firm {n}",
                    phone=f"+32 2 555 12 {n:02}",
                )
                for n in range(30)
            )
        )
        self._rule(60, "[]")
        self._run_pass()
        self._convert()
        self.assertEqual(len(leads.exists()), 30)
        for lead in leads:
            self.assertConverted(lead, self.team)
        self.assertFalse(any(self._notes(leads)))

    def test_what_contradicts_is_offered(self):
        partners = self.env["res.partner"].create([{"name": "P"}, {"name": "Q"}])
        for name, one, other in (
            ("contact_name", "Ann", "Bob"),
            ("partner_name", "Bakery", "Butcher"),
            ("phone", "+32 2 555 12 12", "+32 2 555 12 13"),
            ("partner_id", *partners.ids),
        ):
            with self.subTest(name):
                address = f"{name}@example.com"
                vals = [{name: one}, {name: other}]
                leads = self._pair(address, *vals)
                leads.email_from = address
                self._convert()
                self.assertEqual(len(leads.exists()), 2)
                for lead, notes in zip(leads, self._notes(leads), strict=True):
                    self.assertConverted(lead, self.team)
                    self.assertEqual(len(notes), 1)
                    self.assertIn(address, notes[0])

    def test_two_deals_of_one_person_are_two_needs(self):
        deals = self._lead_of(10, type="opportunity", email_from=MAIL)
        deals += self._lead_of(10, type="opportunity", email_from=MAIL)
        lead = self._lead_of(60, email_from=MAIL)
        self._convert()
        self.assertEqual(len((deals + lead).exists()), 3)
        self.assertEqual(len(self._notes(lead)[0]), 1)

    def test_what_is_written_otherwise_or_missing_contradicts_nothing(self):
        leads = self._pair(
            first={"contact_name": "Ann  Smith ", "phone": "+32 2 555 12 12"},
            second={"contact_name": "ann smith", "partner_name": "Bakery"},
        )
        self._convert()
        self.assertEqual(len(leads.exists()), 1)

    def test_two_needs_behind_the_address_of_a_role(self):
        leads = self._pair("info@bigco.example")
        self._set("lead_scoring.role_addresses", "desk, Front-Desk")
        more = self._pair("front-desk@bigco.example")
        self._convert()
        self.assertEqual(len((leads + more).exists()), 4)
        self.assertEqual([len(n) for n in self._notes(leads + more)], [1, 1, 1, 1])

    def test_placeholders_are_neither_merged_nor_offered(self):
        for address in ("noreply@a.example", "none@gmail.com", "ann@localhost"):
            with self.subTest(address):
                leads = self._pair(address)
                self._set_columns(leads, email_normalized=address)
                self._convert()
                self.assertEqual(len(leads.exists()), 2)
                self.assertFalse(any(self._notes(leads)))

    def test_more_than_users_may_merge_are_offered(self):
        leads = self._pair() + self._pair() + self._pair()
        self._convert()
        self.assertEqual(len(leads.exists()), 6)
        self.assertTrue(all(self._notes(leads)))

    def test_the_setting_decides(self):
        for choice, left, noted in (
            ("never", 2, False),
            ("offer", 2, True),
            ("merge", 1, False),
        ):
            with self.subTest(choice):
                settings = self.env["res.config.settings"].create(
                    {"lead_scoring_duplicates": choice}
                )
                settings.set_values()
                leads = self._pair(f"{choice}@example.com").sorted("id")
                self._convert()
                self.assertEqual(len(leads.exists()), left)
                self.assertEqual(all(self._notes(leads.exists())), noted)

    def test_note_is_written_once_and_names_who_has_the_other(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        deal = self._lead_of(
            10,
            type="opportunity",
            email_from=MAIL,
            contact_name="Bob",
            user_id=seller.id,
            team_id=self.closed_team.id,
        )
        lead = self._lead_of(60, email_from=MAIL, contact_name="Ann", name="Secret")
        self._convert()
        self._convert()
        [[note], other] = self._notes(lead + deal)
        self.assertIn(seller.name, note)
        self.assertFalse(other)

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------

    def test_lead_without_company_is_a_duplicate_of_one_with(self):
        """Core sets the company of a deal by its salesperson."""
        seller = self._user("seller", "sales_team.group_sale_salesman")
        deal = self._lead_of(10, type="opportunity", email_from=MAIL)
        deal.write({"user_id": seller.id, "company_id": self.env.company.id})
        lead = self._lead_of(60, email_from=MAIL)
        self.assertFalse(lead.company_id)
        self.assertIn(deal, lead._get_lead_duplicates(email=MAIL))
        self._convert()
        self.assertEqual((lead + deal).exists(), deal)
        self.assertEqual(deal.user_id, seller)
        self.assertEqual(deal.company_id, self.env.company)

    # ------------------------------------------------------------------
    # Who is told
    # ------------------------------------------------------------------

    def test_salespeople_are_told_what_was_merged(self):
        inbox = {"notification_type": "inbox"}
        group = "sales_team.group_sale_salesman_all_leads"
        ann, bob = (self._user(name, group, **inbox) for name in ("ann", "bob"))
        deal = self._lead_of(
            10, type="opportunity", email_from=MAIL, user_id=ann.id, name="Ovens"
        )
        self._lead_of(
            60,
            type="lead",
            email_from=MAIL,
            user_id=bob.id,
            name="Mixers",
            team_id=self.team.id,
        )
        self._convert()
        for user in (ann, bob):
            [message] = self.env["mail.message"].search(
                [
                    ("message_type", "=", "user_notification"),
                    ("notified_partner_ids", "in", user.partner_id.ids),
                    ("res_id", "=", deal.id),
                ]
            )
            self.assertEqual(message.subject, "«Mixers» merged into «Ovens»")

    def test_who_may_not_read_what_stays_is_told_who_has_it(self):
        inbox = {"notification_type": "inbox"}
        group = "sales_team.group_sale_salesman"
        ann, bob = (self._user(name, group, **inbox) for name in ("ann", "bob"))
        self._show_only_own_leads(bob)
        self._lead_of(
            10, type="opportunity", email_from=MAIL, user_id=ann.id, name="Ovens"
        )
        self._lead_of(
            60,
            email_from=MAIL,
            user_id=bob.id,
            name="Mixers",
            team_id=self.team.id,
        )
        self._convert()
        [message] = self.env["mail.message"].search(
            [
                ("message_type", "=", "user_notification"),
                ("notified_partner_ids", "in", bob.partner_id.ids),
                ("subject", "ilike", "merged"),
            ]
        )
        self.assertEqual(message.subject, f"«Mixers» merged into a lead of {ann.name}")
        self.assertNotIn("Ovens", message.subject + message.body)

    def test_closed_and_unplanned_ones_stay(self):
        lead = self._lead_of(60, email_from=MAIL)
        lost = self._lead_of(10, email_from=MAIL)
        lost.action_set_lost()
        below = self._lead_of(10, email_from="b@example.com")
        also_below = self._lead_of(10, email_from="b@example.com")
        nameless = self._lead_of(60) + self._lead_of(60)
        self._convert()
        self.assertEqual(len((lead + lost + below + also_below).exists()), 4)
        self.assertEqual(len(nameless.exists()), 2)

    def test_opportunity_of_a_salesperson_takes_the_duplicate_in(self):
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.closed_team.member_ids = seller
        deal = self._lead_of(
            10,
            type="opportunity",
            email_from=MAIL,
            user_id=seller.id,
            team_id=self.closed_team.id,
        )
        lead = self._lead_of(60, email_from=MAIL)
        self._convert()
        self.assertEqual((lead + deal).exists(), deal)
        self.assertEqual((deal.user_id, deal.team_id), (seller, self.closed_team))

    def test_taken_opportunity_keeps_team_and_salesperson(self):
        """Also of a team that its salesperson is no member of: as core merges, it
        writes the type again, and takes another team for that.
        """
        seller = self._user("seller", "sales_team.group_sale_salesman")
        self.other_team.member_ids = seller
        own = {"user_id": seller.id, "team_id": self.closed_team.id}
        for team in (False, self.team.id, self.other_team.id):
            with self.subTest(team):
                deal = self._lead_of(10, type="opportunity", email_from=MAIL)
                deal.write({**own, "handover": "accepted"})
                lead = self._lead_of(60, email_from=MAIL, team_id=team)
                self._convert()
                self.assertEqual((lead + deal).exists(), deal)
                self.assertEqual(
                    (deal.user_id, deal.team_id), (seller, self.closed_team)
                )
                deal.unlink()

    def test_leads_that_can_not_be_merged_stop_no_other_and_are_told(self):
        bad = self._lead_of(60, email_from=MAIL) + self._lead_of(55, email_from=MAIL)
        good = self._lead_of(60)
        merge = crm_lead_merge.CrmLead._merge_opportunity

        def fail(leads, **kwargs):
            merge(leads, **kwargs)
            raise ValueError("Not these")

        with (
            patch.object(crm_lead_merge.CrmLead, "_merge_opportunity", fail),
            mute_logger(DUPLICATES_LOG),
        ):
            self._convert()
        self.assertConverted(good, self.team)
        self.assertEqual(len(bad.exists()), 2)
        for lead in bad:
            self.assertWaits(lead, "failed")
            self.assertIn("ValueError: Not these", lead.routing_note)
        self._convert()
        self.assertConverted(bad.exists(), self.team)
