from odoo.tests import tagged

from .common import LeadScoringCommon

DOMAINS = [
    [("score_pageview_ids", "!=", False)],
    [("score_pageview_ids", "=", False)],
    [("score_pageview_ids.url", "ilike", "/price")],
    [("score_pageview_ids.url", "not ilike", "/price")],
    [("score_pageview_ids.url", "=", "/price")],
    [("score_pageview_ids.url", "!=", "/price")],
    [("score_pageview_ids.url", "in", ["/price", "/jobs"])],
    [("score_pageview_ids.url", "not in", ["/price", "/jobs"])],
    [("score_pageview_ids.url", "=like", "/p%")],
    [("score_pageview_ids.url", "=", False)],
    [("score_pageview_ids", "any", [("url", "=", "/price")])],
    [("score_pageview_ids", "not any", [("url", "=", "/price")])],
    [("score_pageview_ids", "any", [])],
    [("score_pageview_ids", "not any", [])],
    ["!", ("score_pageview_ids", "any", [("url", "=", "/price")])],
    ["!", ("score_pageview_ids.url", "ilike", "/price")],
    [
        (
            "score_pageview_ids",
            "any",
            [("url", "ilike", "price"), ("visit_datetime", ">=", "-7d")],
        )
    ],
    [
        ("score_pageview_ids.url", "ilike", "price"),
        ("score_pageview_ids.visit_datetime", ">=", "-7d"),
    ],
    ["|", ("score_pageview_ids", "=", False), ("city", "=", "Ghent")],
    [("score_pageview_ids.visitor_id.partner_id", "!=", False)],
]


@tagged("post_install", "-at_install")
class TestPageViews(LeadScoringCommon):
    """The page views of a lead: the same set in the field, in searches and in rules."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesman = cls._user("salesman", "sales_team.group_sale_salesman")
        mine = {"user_id": cls.salesman.id}
        # without company, for its salesman's would otherwise go with the team
        cls.of_visitor = cls._lead(name="Visitor", **mine)
        cls.of_contact = cls._lead(name="Contact", partner_id=cls.partner.id, **mine)
        cls.of_both = cls._lead(name="Both", partner_id=cls.partner.id, **mine)
        cls.old_and_new = cls._lead(name="Old and new", city="Ghent", **mine)
        cls.none = cls._lead(name="None", **mine)
        cls.without_url = cls._lead(name="Without address", **mine)
        cls.leads = (
            cls.of_visitor
            + cls.of_contact
            + cls.of_both
            + cls.old_and_new
            + cls.none
            + cls.without_url
        )
        cls.visitor = cls._visitor(
            cls.of_visitor + cls.of_both, pages=["/price", "/jobs"]
        )
        cls.contacts_visitor = cls._visitor(partner=cls.partner, pages=["/contact"])
        cls._visitor(cls.old_and_new, pages=[("/prices", 30), ("/contact", 1)])
        cls._visitor(cls.none)
        empty = cls._visitor(cls.without_url)
        cls.env["website.track"].create({"visitor_id": empty.id})
        cls._score()

    def _urls(self, lead):
        return sorted(url or "" for url in lead.score_pageview_ids.mapped("url"))

    def test_copied_lead_does_not_share_the_visitor(self):
        lead = self._lead()
        self._visitor(lead, pages=["/price"])
        self.assertEqual(len(lead.visitor_ids), 1)
        self.assertFalse(lead.copy().visitor_ids)

    def test_views_of_visitors_and_of_the_contacts_visitors(self):
        self.assertEqual(self._urls(self.of_visitor), ["/jobs", "/price"])
        self.assertEqual(self._urls(self.of_contact), ["/contact"])
        self.assertEqual(self._urls(self.of_both), ["/contact", "/jobs", "/price"])
        self.assertEqual(self._urls(self.none), [])
        self.assertEqual(self.of_both.score_pageview_count, 3)
        self.assertEqual(self.none.score_pageview_count, 0)

    def test_whose_page_views_they_are(self):
        view = self.visitor.website_track_ids[0]
        self.assertEqual(view.score_lead_ids, self.of_visitor + self.of_both)
        of_contact = self.contacts_visitor.website_track_ids
        self.assertEqual(of_contact.score_lead_ids, self.of_contact + self.of_both)
        unknown = self._visitor(pages=["/price"]).website_track_ids
        self.assertFalse(unknown.score_lead_ids)
        self.of_visitor.action_set_lost()
        self.assertEqual(view.score_lead_ids, self.of_visitor + self.of_both)

    def test_page_views_name_only_leads_that_their_reader_may_read(self):
        view = self.visitor.website_track_ids[0].with_user(self.salesman)
        self.assertEqual(view.score_lead_ids, self.of_visitor + self.of_both)
        self.of_both.user_id = self.env.user
        self.env.invalidate_all()
        self.assertEqual(view.score_lead_ids, self.of_visitor)
        other = self._user("other", "sales_team.group_sale_salesman")
        self.assertFalse(view.with_user(other).score_lead_ids)

    def test_newest_first(self):
        urls = self.old_and_new.score_pageview_ids.mapped("url")
        self.assertEqual(urls, ["/contact", "/prices"])

    def test_same_set_in_field_search_and_rule(self):
        engine = self.env["lead.scoring.engine"]
        for domain in DOMAINS:
            with self.subTest(domain):
                found = self.leads.search(domain, order="id") & self.leads
                self.assertEqual(self.leads.filtered_domain(domain), found)
                self.env.invalidate_all()
                own = self.leads.with_user(self.salesman)
                self.assertEqual(own.search(domain, order="id") & own, found)
                self.assertEqual(own.filtered_domain(domain), found)
                rule = self._rule(1, repr(domain))
                points = engine._points(self.leads, rules=rule)
                self.assertEqual({k for k in points if points[k]}, set(found.ids))

    def test_examples_by_name(self):
        """What the comparison of all ways would not notice: all of them wrong."""

        def names(*domain):
            return (self.leads.search(list(domain)) & self.leads).mapped("name")

        self.assertCountEqual(
            names(("score_pageview_ids.url", "ilike", "/price")),
            ["Visitor", "Both", "Old and new"],
        )
        self.assertCountEqual(names(("score_pageview_ids", "=", False)), ["None"])
        self.assertCountEqual(
            names(("score_pageview_ids", "not any", [("url", "=", "/contact")])),
            ["Visitor", "None", "Without address"],
        )
        recent_price = [("url", "ilike", "price"), ("visit_datetime", ">=", "-7d")]
        self.assertCountEqual(
            names(("score_pageview_ids", "any", recent_price)), ["Visitor", "Both"]
        )

    def test_archived_and_lost_leads_too(self):
        self.of_visitor.active = False
        leads = self.leads.with_context(active_test=False)
        found = leads.search([("score_pageview_ids.url", "=", "/price")])
        self.assertIn(self.of_visitor, found)

    def test_contact_given_later(self):
        self._page_view_rule(10, "[('url', '=', '/contact')]")
        self.of_visitor.partner_id = self.partner
        self._score()
        self.assertIn("/contact", self._urls(self.of_visitor))
        self.assertEqual(self.of_visitor.score, 10)
        self.of_visitor.partner_id = False
        self._score()
        self.assertEqual(self.of_visitor.score, 0)

    def test_visitor_tied_and_untied_on_either_side(self):
        self._page_view_rule(10, "[('url', '=', '/price')]")
        lead = self.none
        for tie, untie in (
            (
                lambda: lead.write({"visitor_ids": [(4, self.visitor.id)]}),
                lambda: lead.write({"visitor_ids": [(3, self.visitor.id)]}),
            ),
            (
                lambda: self.visitor.write({"lead_ids": [(4, lead.id)]}),
                lambda: self.visitor.write({"lead_ids": [(3, lead.id)]}),
            ),
        ):
            tie()
            self._score()
            self.assertScores({lead: 10})
            untie()
            self._score()
            self.assertScores({lead: 0})

    def test_visitors_of_a_customer_who_logs_in_are_merged(self):
        """Core hands pages and leads of the anonymous visitor to the known one."""
        self._page_view_rule(10, "[('url', '=', '/price')]")
        self._run_pass()
        self._let_time_pass()
        self.visitor._merge_visitor(self.contacts_visitor)
        self._score()
        self.assertIn("/price", self._urls(self.of_contact))
        self._run_pass(full=False)
        self.assertScores({self.of_visitor: 10, self.of_both: 10, self.of_contact: 10})

    def test_hourly_pass_sees_what_was_read_long_before_logging_in(self):
        self._page_view_rule(10, "[('url', '=', '/jobs')]")
        reader = self._visitor(pages=[("/jobs", 3)])
        self._run_pass()
        self._let_time_pass()
        reader._merge_visitor(self.contacts_visitor)
        self._run_pass(full=False)
        self.assertScores({self.of_contact: 10})

    def test_button_opens_all_page_views(self):
        action = self.of_both.action_redirect_to_page_views()
        found = self.env["website.track"].search(action["domain"])
        self.assertEqual(found, self.of_both.score_pageview_ids)

    def test_stranger_sees_no_page_views(self):
        stranger = self._user("stranger", "base.group_user")
        self.assertNotIn(
            "score_pageview_ids", self.leads.with_user(stranger).fields_get()
        )
