from email.message import EmailMessage

from odoo.tests import tagged

from .common import LeadScoringCommon

MACHINES = (
    {"Auto-Submitted": "auto-replied"},
    {"Auto-Submitted": "Auto-Generated; owner"},
    {"X-Autoreply": "yes"},
    {"Precedence": "auto_reply"},
    {"Precedence": "bulk"},
    {"X-Auto-Response-Suppress": "All"},
)
PEOPLE = (
    {},
    {"Auto-Submitted": "no"},
    {"Precedence": "list"},
    {"Precedence": "first-class"},
)


@tagged("post_install", "-at_install")
class TestReplies(LeadScoringCommon):
    """Which mails that come in are replies of a person."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._rule(10, "[]", source="reply", dimension="interest")
        cls.lead = cls._scored_lead(email_from="ann@customer.example")
        cls.question = cls.lead.message_post(body="Hello", message_type="comment")

    def _receive(self, headers, reply=True):
        """Have a mail from Ann come in through the gateway."""
        mail = EmailMessage()
        mail["From"] = "Ann <ann@customer.example>"
        mail["To"] = "sales@own.example"
        mail["Subject"] = "Hello"
        mail["Message-Id"] = f"<{self.env['mail.message'].search_count([])}@customer>"
        if reply:
            mail["In-Reply-To"] = self.question.message_id
        for name, value in headers.items():
            mail[name] = value
        mail.set_content("Text")
        return self.env["mail.thread"].message_process("crm.lead", mail.as_bytes())

    def assertPoints(self, points, lead=None):
        lead = lead or self.lead
        lead._score_now()
        self.assertScores({lead: points})
        self._run_pass()
        self.assertScores({lead: points})

    def test_machines_answer_nothing(self):
        for headers in MACHINES:
            with self.subTest(headers=headers):
                self.assertEqual(self._receive(headers), self.lead.id)
                message = self.lead.message_ids[0]
                self.assertEqual(message.message_type, "email")
                self.assertTrue(message.is_automatic)
        self.assertPoints(0)

    def test_people_answer(self):
        for number, headers in enumerate(PEOPLE, 1):
            with self.subTest(headers=headers):
                self._receive(headers)
                self.assertFalse(self.lead.message_ids[0].is_automatic)
                self.assertPoints(10 * number)

    def test_mail_that_makes_the_lead_answers_nothing(self):
        lead = self.env["crm.lead"].browse(self._receive({}, reply=False))
        self.assertNotEqual(lead, self.lead)
        self.assertIn("email", lead.message_ids.mapped("message_type"))
        self.assertPoints(0, lead)
