from datetime import timedelta

from odoo.tests import new_test_user, tagged

from odoo.addons.lead_scoring.tests.test_counts import CountCommon


@tagged("post_install", "-at_install")
class TestComments(CountCommon):
    """Comments on blog posts, as the portal posts them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        blog = cls.env["blog.blog"].create({"name": "News"})
        cls.post = cls.env["blog.post"].create(
            {"name": "Desks", "blog_id": blog.id, "is_published": True}
        )
        cls.reader = new_test_user(
            cls.env, "reader", "base.group_portal", email="ann@example.com"
        )
        cls.rule = cls._rule(source="blog_comment", domain="[]", half_life=14)
        cls.env.flush_all()

    def _comment(self, user=None, days=0):
        user = user or self.reader
        message = self.post.with_user(user).message_post(
            body="Nice desks", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self._set_columns(message, date=self.env.cr.now() - timedelta(days=days))
        return message

    def assertPoints(self, points, lead=None):
        lead = lead or self.lead
        lead._score_now()
        self.assertScores({lead: points})
        self._run_pass()
        self.assertEqual(lead.score, points)
        self.assertFalse(self.rule.error)

    # ------------------------------------------------------------------
    # Whose comment
    # ------------------------------------------------------------------

    def test_by_address(self):
        self._comment()
        self.assertPoints(10)
        self.assertPoints(0, self.stranger)

    def test_by_contact_and_by_both_once(self):
        self.lead.partner_id = self.reader.partner_id
        self._comment()
        self.assertPoints(10)
        self.lead.email_from = "else@example.com"
        self.assertPoints(10)

    def test_by_visitor(self):
        self._visitor(self.stranger, partner=self.reader.partner_id)
        self._comment()
        self.assertPoints(10, self.stranger)

    def test_employee_does_not_count(self):
        employee = new_test_user(
            self.env, "ours", "base.group_user", email="bob@example.com"
        )
        self._comment(employee)
        self.assertPoints(0, self.stranger)

    def test_what_is_no_comment_on_a_post_does_not_count(self):
        author = {"author_id": self.reader.partner_id.id}
        self.post.message_post(body="x", message_type="notification", **author)
        self.reader.partner_id.message_post(body="x", message_type="comment", **author)
        self.assertPoints(0)

    def test_contact_of_another_company_says_nothing(self):
        author = self.env["res.partner"].create(
            {
                "name": "Ann",
                "email": "ann@example.com",
                "company_id": self.other_company.id,
            }
        )
        self._set_columns(self._comment(), author_id=author.id)
        self.lead.company_id = self.main
        self.assertPoints(0)
        self.lead.company_id = self.other_company
        self.assertPoints(10)

    # ------------------------------------------------------------------
    # When
    # ------------------------------------------------------------------

    def test_comment_fades(self):
        self._comment(days=14)
        self._comment(days=28)
        self.assertPoints(8)

    def test_rule_says_which_post(self):
        self.rule.domain = f"[('res_id', '=', {self.post.id + 1})]"
        self._comment()
        self.assertPoints(0)
        self.rule.domain = f"[('res_id', '=', {self.post.id})]"
        self.assertPoints(10)

    def test_hourly_pass_sees_a_new_comment(self):
        self._run_pass()
        self._let_time_pass()
        self._comment()
        scoring_pass = self._run_pass(full=False)
        self.assertEqual((self.lead.score, scoring_pass.lead_count), (10, 1))

    def test_comment_has_the_lead_scored_soon(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        pending = [("cron_id", "=", cron.id)]
        nobody = new_test_user(
            self.env, "nobody", "base.group_portal", email="x@example.com"
        )
        self._comment(nobody)
        self.assertFalse(triggers.search(pending))
        changes = self.env["lead.scoring.change"]
        changes.search([]).unlink()
        self._comment()
        self.assertEqual(triggers.search_count(pending), 1)
        self.assertEqual(changes.search([]).mapped("res_id"), self.lead.ids)
