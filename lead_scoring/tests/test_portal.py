from odoo.http import Request
from odoo.tests import tagged

from .common_website import WebsiteCommon


@tagged("post_install", "-at_install")
class TestPortal(WebsiteCommon):
    """Customers who are logged in, and visitors who are not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        email = "ann@customer.example"
        cls.customer = cls._user("customer", "base.group_portal", email=email)
        cls._rule(5, "[]", source="form", dimension="interest")
        cls._rule(7, "[]", source="event", dimension="interest")

    def test_event_and_form_of_a_customer(self):
        self._use_browser("customer")
        self.assertTrue(self._send_event(name="Price list"))
        token = Request.csrf_token(self)
        values = {"email_from": self.customer.email, "csrf_token": token}
        lead = self.env["crm.lead"].browse(self._submit(**values))
        visitor = lead.visitor_ids
        self.assertEqual(visitor.partner_id, self.customer.partner_id)
        events = self.env["lead.scoring.event"].search(
            [("visitor_id", "=", visitor.id)], order="id"
        )
        self.assertEqual(events.mapped("kind"), ["event", "form"])
        lead._score_now()
        self.assertEqual(lead.score, 12)

    def test_neither_reads_any_of_it(self):
        public = self.env.ref("base.public_user")
        for name in self.env.registry:
            model = self.env[name]
            if name.startswith("lead.scoring") and not model._abstract:
                for user in self.customer + public:
                    for operation in ("read", "write", "create", "unlink"):
                        with self.subTest(model=name, user=user.login, to=operation):
                            records = model.with_user(user)
                            self.assertFalse(records.has_access(operation))
