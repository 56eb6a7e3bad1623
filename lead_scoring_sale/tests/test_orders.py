from datetime import timedelta

from odoo.tests import new_test_user, tagged

from odoo.addons.lead_scoring.tests.test_counts import CountCommon


@tagged("post_install", "-at_install")
class TestOrders(CountCommon):
    """Orders of the lead's contact, of its company, and of the lead's address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._partner(email="ann@example.com")

    @classmethod
    def _partner(cls, **vals):
        return cls.env["res.partner"].create({"name": "Customer", **vals})

    @classmethod
    def _order(cls, partner=None, company=None, days=0, state="sale"):
        """Return a new order, by default a confirmed one of the lead's address."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "company_id": (company or cls.main).id,
            }
        )
        date = cls.env.cr.now() - timedelta(days=days)
        order.write({"state": state, "date_order": date})
        return order

    # ------------------------------------------------------------------
    # Whose orders
    # ------------------------------------------------------------------

    def test_by_address(self):
        self._order()
        self._order()
        self._order(self._partner(email="carl@example.com"))
        self.assertCount("score_order_count", 2)

    def test_by_contact_and_by_both_once(self):
        self.lead.partner_id = self.customer
        self.lead.email_from = "ann@example.com"
        self._order()
        self.assertCount("score_order_count", 1)

    def test_of_the_contacts_company_and_colleagues(self):
        company = self._partner(is_company=True)
        ann, colleague = (self._partner(parent_id=company.id) for _number in range(2))
        self.stranger.write({"partner_id": ann.id, "email_from": False})
        for partner in (company, ann, colleague, self._partner(is_company=True)):
            self._order(partner)
        self.assertCount("score_order_count", 3, self.stranger)
        self.assertCount("score_order_count", 0)

    def test_neither_contact_nor_address(self):
        self._order(self._partner())
        self.assertCount("score_order_count", 0, self._lead())

    def test_quotations_and_cancelled_orders_do_not_count(self):
        for state in ("draft", "sent", "cancel"):
            self._order(state=state)
        self.assertCount("score_order_count", 0)

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------

    def test_other_company_does_not_count(self):
        self._order(company=self.other_company)
        self.assertCount("score_order_count", 0)
        self.lead.company_id = self.main
        self.assertCount("score_order_count", 0)
        self.lead.company_id = self.other_company
        self.assertCount("score_order_count", 1)

    def test_rule_of_another_company_does_not_count(self):
        self._rule(source="order", domain="[]")
        self._order(company=self.other_company)
        theirs = self._lead(
            email_from="ann@example.com", company_id=self.other_company.id
        )
        self.lead.company_id = self.main
        (self.lead | theirs)._score_now()
        self.assertScores({self.lead: 0, theirs: 10})

    # ------------------------------------------------------------------
    # As a stream
    # ------------------------------------------------------------------

    def test_order_fades_from_its_confirmation_on(self):
        self._rule(source="order", domain="[]", half_life=14)
        order = self._order(days=14)
        self.lead._score_now()
        self.assertScores({self.lead: 5})
        order.write({"state": "cancel"})
        self._run_pass()
        self.assertScores({self.lead: 0})

    def test_rule_says_which_orders(self):
        self._rule(source="order", domain="[('client_order_ref', '=', 'Fair')]")
        self._order()
        self.lead._score_now()
        self.assertScores({self.lead: 0})
        self._order().client_order_ref = "Fair"
        self.lead._score_now()
        self.assertScores({self.lead: 10})

    def test_hourly_pass_sees_a_new_order(self):
        self._rule(source="order", domain="[]")
        self._rule(5, "[('score_order_count', '>', 0)]")
        order = self._order(state="draft", days=100)
        self._run_pass()
        self._let_time_pass()
        order.action_confirm()
        scoring_pass = self._run_pass(full=False)
        self.assertEqual((self.lead.score, scoring_pass.lead_count), (15, 1))

    def test_hourly_pass_sees_an_imported_order_of_long_ago(self):
        self._rule(source="order", domain="[]")
        self._run_pass()
        self._let_time_pass()
        self.env["sale.order"].create(
            {
                "partner_id": self.customer.id,
                "company_id": self.main.id,
                "state": "sale",
                "date_order": self.env.cr.now() - timedelta(days=100),
            }
        )
        self._run_pass(full=False)
        self.assertEqual(self.lead.score, 10)

    def test_confirmation_has_the_lead_scored_soon(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        pending = [("cron_id", "=", cron.id)]
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        nobodys = self._order(self._partner(email="x@example.com"), state="draft")
        nobodys.action_confirm()
        self.assertFalse(triggers.search(pending))
        order = self._order(state="draft")
        order.user_id = seller
        order.with_user(seller).action_confirm()
        self.assertEqual(triggers.search_count(pending), 1)

    def test_number_is_the_same_for_a_salesperson_without_right_on_the_orders(self):
        """It says how many, and nothing else about them."""
        seller = new_test_user(self.env, "seller", "sales_team.group_sale_salesman")
        self._order().user_id = self.env.user
        self.lead.user_id = seller
        self.env.flush_all()
        lead = self.lead.with_user(seller)
        self.assertEqual(lead.score_order_count, 1)
        self.assertEqual(lead.search([("score_order_count", "=", 1)]), lead)
