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
