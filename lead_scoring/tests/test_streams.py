import math
import random
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.tools.compiled_rules import Chunk
from odoo.addons.lead_scoring.tools.temp_table_streams import TempTableStreams

from .common import LeadScoringCommon

PATHS = ["/price", "/PRICE/list", "/contact", "/jobs?ref=price", "", "/a_b", "/a%b"]
# one page counts once within a visit
PRICES = [f"/price/{number}" for number in range(5)]
LEAD_DOMAINS = [
    "[('score_pageview_ids.url', 'ilike', '/price')]",
    "[('score_pageview_ids.url', 'not ilike', '/price')]",
    "[('score_pageview_ids', 'any', [('url', '=like', '/%')])]",
    "[('score_pageview_ids', 'not any', [('url', 'ilike', 'contact')])]",
    "[('score_pageview_ids', 'any', ['!', ('url', 'ilike', 'a_b')])]",
    "[('score_pageview_ids', '=', False)]",
    "[('score_pageview_ids', '!=', False)]",
    "[('score_pageview_ids.url', '=', False)]",
    "[('score_pageview_ids.url', 'in', ['/price', '/contact'])]",
    "['!', ('score_pageview_ids.visit_datetime', '>=', '-30d')]",
    "['|', ('city', '=', 'Ghent'), ('score_pageview_ids.url', '=', '/contact')]",
    "['&', ('score_pageview_ids.url', '!=', '/contact'), ('city', '!=', 'Ghent')]",
    "[('score_pageview_ids.visitor_id.lead_ids.city', '=', 'Ghent')]",
    "[('partner_id.opportunity_ids.score_pageview_ids.url', 'ilike', 'price')]",
]
STREAM_DOMAINS = [
    "[]",
    "[('url', 'ilike', '/price')]",
    "[('url', 'not ilike', '/price')]",
    "[('url', '=', False)]",
    "[('url', '!=', '/contact')]",
    "['|', ('url', '=', '/contact'), ('url', '=like', '%%b')]",
    "['!', ('url', 'ilike', 'price')]",
    "[('url', 'ilike', 'price'), ('visit_datetime', '>=', '-30d')]",
    "[('visitor_id.partner_id', '!=', False)]",
]


@tagged("post_install", "-at_install")
class TestStreams(LeadScoringCommon):
    """Rules that count page views: points per view, maximum and half-life."""

    def _interest(self, *pages, **rule):
        """Return the interest of a lead that saw ``pages``, by one rule."""
        self._page_view_rule(**rule)
        lead = self._lead()
        self._visitor(lead, pages=pages)
        self._run_pass()
        direct = lead.interest_score
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
            self._run_pass()
        self.assertEqual(lead.interest_score, direct)
        self.assertScores({lead: direct})
        return direct

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    def test_every_view_counts(self):
        pages = ("/price", "/PRICES", "/contact")
        self.assertEqual(self._interest(*pages), 20)

    def test_no_view_gives_nothing(self):
        self.assertEqual(self._interest(), 0)
        self.assertFalse(self.scoring_model.rule_ids.match_count)

    def test_views_that_do_not_match_give_nothing(self):
        self.assertEqual(self._interest("/contact", "/jobs"), 0)

    def test_maximum_bounds_the_sum(self):
        self.assertEqual(self._interest(*PRICES, maximum=35), 35)

    def test_maximum_above_the_sum_changes_nothing(self):
        self.assertEqual(self._interest(*PRICES[:2], maximum=21), 20)

    def test_maximum_bounds_negative_points_too(self):
        self.assertEqual(self._interest(*PRICES, value=-10, maximum=35), -35)

    def test_view_of_two_visitors_of_a_lead_counts_once_each(self):
        self._page_view_rule()
        lead = self._lead()
        self._visitor(lead, pages=["/price"])
        self._visitor(lead, pages=["/price"])
        self._score()
        self.assertScores({lead: 20})

    def test_visitor_tied_twice_counts_once(self):
        """As a visitor of the lead and as a visitor of its contact."""
        self._page_view_rule()
        lead = self._lead(partner_id=self.partner.id)
        self._visitor(lead, partner=self.partner, pages=["/price"])
        self._score()
        self.assertScores({lead: 10})

    def test_one_visitor_of_two_leads_counts_for_both(self):
        self._page_view_rule()
        leads = self._lead() + self._lead()
        self._visitor(leads, pages=["/price"])
        self._score()
        self.assertScores({leads[0]: 10, leads[1]: 10})

    def test_tables_of_some_leads_hold_no_others(self):
        self._page_view_rule()
        self._rule(5, "[('score_pageview_ids.url', 'ilike', '/price')]")
        self._rule(5, "[('tag_ids', '=', False)]")
        other, lead = self._lead(), self._lead()
        for one in (other, lead):
            self._visitor(one, pages=["/price"])
        self._score()
        self.env.cr.execute(
            f"CREATE TEMPORARY TABLE some_leads AS SELECT {lead.id} AS id"
        )
        leads = self.env["crm.lead"].sudo()
        for chunk in (Chunk(None, other.id, lead.id), Chunk("some_leads")):
            streams = TempTableStreams(leads, chunk)
            self.env["lead.scoring.engine"]._compile(lead.company_id, streams)
            streams.fill(self.env.cr)
            for table in ("lead_scoring_stream_page_view", "lead_scoring_condition"):
                self.env.cr.execute(f"SELECT lead_id FROM {table}")
                self.assertEqual(self.env.cr.fetchall(), [(lead.id,)])
            streams.drop(self.env.cr)

    # ------------------------------------------------------------------
    # Half-life
    # ------------------------------------------------------------------

    def test_half_life_is_exact(self):
        for days, points in ((0, 10), (14, 5), (28, 3), (42, 1), (56, 1), (70, 0)):
            with self.subTest(days=days):
                self.scoring_model.rule_ids.unlink()
                page = ("/price", days)
                self.assertEqual(self._interest(page, half_life=14), points)

    def test_rounding_is_mirrored_for_negative_points(self):
        for days, points in ((0, -10), (14, -5), (28, -3), (42, -1), (70, 0)):
            with self.subTest(days=days):
                self.scoring_model.rule_ids.unlink()
                page = ("/price", days)
                self.assertEqual(self._interest(page, value=-10, half_life=14), points)

    def test_rounded_once_after_the_sum(self):
        """Three times a quarter of 10 are 7.5, not three times 3."""
        self.assertEqual(
            self._interest(*[(page, 28) for page in PRICES[:3]], half_life=14), 8
        )

    def test_maximum_applies_after_fading(self):
        pages = [(page, 14) for page in PRICES[:4]]
        self.assertEqual(self._interest(*pages, half_life=14, maximum=15), 15)
        lead = self.env["crm.lead"].search([("score", "=", 15)])
        [line] = lead.score_explanation["rules"]
        self.assertEqual(line["count"], 4)
        self.assertEqual((line["lost_to_decay"], line["lost_to_maximum"]), (20, 5))

    def test_view_in_the_future_is_not_worth_more(self):
        self.assertEqual(self._interest(("/price", -14), half_life=14), 10)

    def test_ancient_view_breaks_no_rule(self):
        """2^-2000 is too small for the database, and yet no error."""
        self.assertEqual(self._interest(("/price", 2000), half_life=1), 0)
        self.assertFalse(self.scoring_model.rule_ids.error)

    def test_tiny_half_life_breaks_no_rule(self):
        self.assertEqual(self._interest(("/price", 3000), half_life=0.0001), 0)
        self.assertFalse(self.scoring_model.rule_ids.error)

    def test_points_fade_with_the_next_full_pass(self):
        self._page_view_rule(half_life=14)
        lead = self._lead()
        visitor = self._visitor(lead, pages=["/price"])
        self._run_pass()
        self.assertScores({lead: 10})
        self._set_columns(
            visitor.website_track_ids,
            visit_datetime=self.env.cr.now() - timedelta(days=14),
        )
        self._run_pass()
        self.assertScores({lead: 5})

    def test_deleted_views_are_taken_back(self):
        self._page_view_rule()
        lead = self._lead()
        visitor = self._visitor(lead, pages=["/price"])
        self._run_pass()
        visitor.website_track_ids.unlink()
        self._run_pass()
        self.assertScores({lead: 0})

    def test_explanation_says_how_often_and_when(self):
        self.env.user.tz = "UTC"
        self._page_view_rule(name="Prices")
        lead = self._lead()
        visitor = self._visitor(lead, pages=[("/price", 3), ("/price", 1), ("/x", 0)])
        self._score()
        [line] = lead.score_explanation["rules"]
        last = visitor.website_track_ids.filtered("url").sorted("visit_datetime")[1]
        self.assertEqual(line["name"], "Prices")
        self.assertEqual(line["source"], "page_view")
        self.assertEqual((line["points"], line["count"]), (20, 2))
        self.assertEqual(line["last_date"], str(last.visit_datetime)[:19])

    # ------------------------------------------------------------------
    # Two ways to compute, one result
    # ------------------------------------------------------------------

    def _random_world(self, seed):
        """Create leads with visitors and contacts, all rules, and return the leads."""
        chance = random.Random(seed)
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(4)])
        leads = self.env["crm.lead"]
        for _number in range(12):
            leads += self._lead(
                city=chance.choice(["Ghent", "Liège", False]),
                partner_id=chance.choice([*partners.ids, False]),
                company_id=chance.choice([self.env.company.id, False]),
                type=chance.choice(["lead", "opportunity"]),
            )
        for partner in [*partners, *[None] * 8]:
            pages = [
                (chance.choice(PATHS), chance.choice([0, 3, 14, 28, 100, 5000]))
                for _number in range(chance.randrange(6))
            ]
            tied = leads.browse(chance.sample(leads.ids, chance.randrange(3)))
            visitor = self._visitor(tied, partner=partner, pages=pages)
            if chance.random() < 0.5:
                self.env["website.track"].create({"visitor_id": visitor.id})
        for domain in LEAD_DOMAINS:
            self._rule(chance.randrange(-50, 50), domain)
        for domain in STREAM_DOMAINS:
            self._page_view_rule(
                chance.randrange(-20, 20),
                domain,
                maximum=chance.choice([0, 1, 30]),
                half_life=chance.choice([0, 1, 14]),
            )
        return leads

    def test_prepared_equals_direct_equals_explained(self):
        for seed in range(3):
            with self.subTest(seed=seed):
                self.scoring_model.rule_ids.unlink()
                leads = self._random_world(seed)
                self._score()
                at_save = {lead: lead.score for lead in leads}
                self.assertGreater(len(set(at_save.values())), 3)
                versions = self._versions(leads)
                self._run_pass()
                self.assertScores(at_save)
                rules = self.scoring_model.rule_ids
                counts = {rule: rule.match_count for rule in rules}
                self.assertGreater(len(set(counts.values())), 2)
                with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
                    self._run_pass()
                self.assertScores(at_save)
                self.assertEqual({r: r.match_count for r in rules}, counts)
                self.assertEqual(self._versions(leads), versions)

    def _expected(self, rule, lead):
        """Return the points of a rule as design would have it, computed in Python."""
        domain = self.env["lead.scoring.rule.check"]._read(rule.domain)
        if rule.source == "lead":
            return rule.value if lead.filtered_domain(domain) else 0
        points = 0
        for view in lead.score_pageview_ids.filtered_domain(domain):
            age = (self.env.cr.now() - view.visit_datetime).total_seconds() / 86_400
            fading = 0.5 ** (max(age, 0) / rule.half_life) if rule.half_life else 1
            points += rule.value * fading
        if rule.maximum:
            points = max(-rule.maximum, min(rule.maximum, points))
        # the half that is meant, and not a hair's breadth below it
        rounded = math.floor(abs(round(points, 9)) + 0.5)
        return int(math.copysign(rounded, points))

    def test_points_are_what_the_design_says(self):
        leads = self._random_world(5)
        rules = self.scoring_model.rule_ids
        points = self.env["lead.scoring.engine"]._points(leads)
        for lead in leads:
            expected = {rule.id: self._expected(rule, lead) for rule in rules}
            expected = {rule: given for rule, given in expected.items() if given}
            self.assertEqual(points[lead.id], expected)

    def test_each_domain_gives_the_same_on_both_ways(self):
        leads = self._random_world(7)
        rules = self.scoring_model.rule_ids
        self.assertFalse(rules.filtered("error"))
        self._run_pass()
        direct = {rule.domain: rule.match_count for rule in rules}
        with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", 0):
            self._run_pass()
        for rule in rules:
            with self.subTest(rule.domain):
                self.assertEqual(rule.match_count, direct[rule.domain])
        self.assertFalse(rules.filtered("error"))
        self.assertTrue(leads)

    def test_lead_rule_reads_as_a_search_does(self):
        leads = self._random_world(11)
        for domain in LEAD_DOMAINS:
            with self.subTest(domain):
                rule = self.env["lead.scoring.rule"].search([("domain", "=", domain)])
                conditions = self.env["lead.scoring.rule.check"]._read(domain)
                found = leads.search(conditions) & leads
                rule.value = 1
                points = self.env["lead.scoring.engine"]._points(leads, rules=rule)
                self.assertEqual({k for k, v in points.items() if v}, set(found.ids))
                self.assertEqual(leads.filtered_domain(conditions), leads & found)
