from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.tests.common import LeadScoringCommon


@tagged("post_install", "-at_install")
class TestTopics(LeadScoringCommon):
    """Tags of the blog posts that a lead has read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tags = cls.env["blog.tag"]
        cls.desks = tags.create({"name": "Desks, for offices"})
        cls.chairs = tags.create({"name": "Chairs, for offices"})
        blog = cls.env["blog.blog"].create({"name": "News"})
        cls.desk_post, cls.plain_post = cls.env["blog.post"].create(
            [
                {"name": name, "blog_id": blog.id, "tag_ids": [Command.set(tag.ids)]}
                for name, tag in (("Our 3 desks", cls.desks), ("Plain", tags))
            ]
        )
        cls.reader = cls._lead(name="Reader")
        cls.other = cls._lead(name="Other")
        cls._score()

    @classmethod
    def _url(cls, post, suffix=""):
        return f"https://www.example.com/vi{post.website_url}{suffix}"

    def _ways(self):
        """Score in each way there is, one after the other."""
        (self.reader | self.other)._score_now()
        yield "at once"
        for full in (True, False):
            for number in (lead_scoring_pass_mixin.TEMP_TABLES_FROM, 0):
                with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                    for lead in (self.reader, self.other):
                        self._set_columns(lead.score_id, fit=-99, score=-99)
                    self._note_written(self.reader | self.other)
                    self._run_pass(full)
                    yield f"pass: full {full}, prepared {not number}"

    def assertRead(self, domain, *leads):
        """Search, filter and a rule find just these leads."""
        both = self.reader | self.other
        found = both.search([("id", "in", both.ids), *domain])
        self.assertEqual(set(found), set(leads))
        self.assertEqual(both.filtered_domain(domain), both & found)
        rule = self._rule(7, repr(domain))
        for way in self._ways():
            with self.subTest(way, domain=domain):
                for lead in both:
                    self.assertEqual(lead.score, 7 if lead in leads else 0)
        self.assertFalse(rule.error)
        rule.unlink()

    # ------------------------------------------------------------------
    # Which topics
    # ------------------------------------------------------------------

    def test_explanation_names_the_topics(self):
        self._create_users()
        self._visitor(self.reader, pages=[self._url(self.desk_post)])
        self._visitor(self.other, pages=[self._url(self.plain_post)])
        for lead, topics in ((self.reader, "Desks, for offices"), (self.other, None)):
            known = lead.with_user(self.salesman).score_details["known"]
            texts = {part["label"]: part["value"] for part in known}
            self.assertEqual(texts.get("Topics read"), topics)

    def test_topics_of_the_post_whose_page_was_seen(self):
        pages = [self._url(self.desk_post, "?utm_source=x#top")]
        view = self._visitor(self.reader, pages=pages).website_track_ids
        self._visitor(self.other, pages=[self._url(self.plain_post)])
        self.assertEqual(view.blog_tag_ids, self.desks)
        self.assertEqual(self.reader.score_topic_ids, self.desks)
        self.assertFalse(self.other.score_topic_ids)

    def test_topics_in_rules_and_filters(self):
        self._visitor(self.reader, pages=[self._url(self.desk_post)])
        self._visitor(self.other, pages=[self._url(self.plain_post), "/"])
        for domain in (
            [("score_topic_ids", "=", "Desks, for offices")],
            [("score_topic_ids", "ilike", "desks")],
            [("score_topic_ids.name", "in", ["Desks, for offices", "x"])],
            [("score_topic_ids", "in", self.desks.ids)],
            [("score_topic_ids", "!=", False)],
            [("score_pageview_ids.blog_tag_ids", "=", "Desks, for offices")],
        ):
            self.assertRead(domain, self.reader)
        self.assertRead([("score_topic_ids", "=", "Chairs, for offices")])
        self.assertRead([("score_topic_ids", "not ilike", "desks")], self.other)
        self.assertRead([("score_topic_ids", "=", False)], self.other)

    def test_visits_of_the_contact(self):
        self.reader.partner_id = self.partner
        self._visitor(partner=self.partner, pages=[self._url(self.desk_post)])
        self.assertRead([("score_topic_ids", "=", "Desks, for offices")], self.reader)

    def test_topics_of_today(self):
        self._visitor(self.reader, pages=[self._url(self.desk_post)])
        self.desk_post.tag_ids = self.chairs
        self.assertRead([("score_topic_ids", "=", "Chairs, for offices")], self.reader)

    def test_views_of_a_topic_are_counted_and_fade(self):
        domain = "[('blog_tag_ids', '=', 'Desks, for offices')]"
        self._page_view_rule(domain=domain, half_life=14)
        pages = [(self._url(self.desk_post), days) for days in (14, 28)]
        self._visitor(self.reader, pages=[*pages, self._url(self.plain_post)])
        for way in self._ways():
            with self.subTest(way):
                self.assertEqual((self.reader.score, self.other.score), (8, 0))

    def test_pages_that_are_no_post(self):
        number = self.desk_post.id
        blog = self.env["ir.http"]._slug(self.desk_post.blog_id)
        pages = [
            f"/blog/tag/desks-{number}",
            f"/blog/page/{number}",
            f"/blog/{blog}/tag/desks-{number}",
            f"/blog/{blog}/page/{number}",
            f"/blog/{blog}",
            f"/?next=/blog/{blog}/x-{number}",
            f"/#/blog/{blog}/x-{number}",
            f"/blog/{blog}/x-{number}x",
            f"/blog/{blog}/x-{number}{'0' * 20}",
            f"/blog/{blog}/",
            f"/blog/{blog}/{'a-' * 50_000}",
            "",
        ]
        visitor = self._visitor(self.reader, pages=pages)
        self.env["website.track"].create({"visitor_id": visitor.id})
        self.assertFalse(visitor.website_track_ids.blog_tag_ids)
        self.assertRead([("score_topic_ids", "!=", False)])

    def test_post_without_a_name_in_its_address(self):
        url = f"/blog/{self.desk_post.blog_id.id}/{self.desk_post.id}"
        self._visitor(self.reader, pages=[url])
        self.assertEqual(self.reader.score_topic_ids, self.desks)

    def test_salesperson_reads_topics(self):
        self._create_users()
        self._visitor(self.reader, pages=[self._url(self.desk_post)])
        self.reader.user_id = self.salesman
        self.env.flush_all()
        lead = self.reader.with_user(self.salesman)
        self.assertEqual(lead.score_topic_ids.name, "Desks, for offices")
        domain = [("score_topic_ids", "=", "Desks, for offices")]
        self.assertEqual(lead.search(domain), lead)

    # ------------------------------------------------------------------
    # Retention
    # ------------------------------------------------------------------

    def test_views_that_a_rule_on_topics_reads_are_kept(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("lead_scoring.page_view_days", 30)
        visitor = self._visitor(self.reader, pages=[(self._url(self.desk_post), 90)])
        rule = self._rule(7, "[('score_topic_ids', '=', 'Desks, for offices')]")
        self.env["lead.scoring.retention"]._gc_page_views()
        self.assertTrue(visitor.website_track_ids.exists())
        rule.unlink()
        self.env["lead.scoring.retention"]._gc_page_views()
        self.assertFalse(visitor.website_track_ids.exists())
