import random
from contextlib import closing
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MockEmail

from .common import ADDRESS, MailScoringCommon

SOURCES = ("mail_open", "mail_click", "mail_bounce", "mail_unsubscribe", "sms_click")
SOURCES += ("mail_subscribe",)


@tagged("post_install", "-at_install")
class TestMailTies(MailScoringCommon, MockEmail):
    """Whose signal it is, and how soon it counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Ours"})
        cls.other_company = cls.env["res.company"].create({"name": "Theirs"})

    def _partner(self, **vals):
        return self.env["res.partner"].create({"name": "A", "email": ADDRESS, **vals})

    # ------------------------------------------------------------------
    # By address
    # ------------------------------------------------------------------

    def test_mail_to_another_address_gives_nothing(self):
        for source in SOURCES:
            self._mail_rule(source)
        partner = self._partner(email="bob@example.com")
        trace = self._trace(partner, email="bob@example.com")
        self._click(trace)
        trace.set_bounced()
        self._subscription(email="bob@example.com", opt_out=True)
        self.env["mail.blacklist"]._add("bob@example.com")
        self.assertPoints(0)

    def test_mail_without_address_gives_leads_without_address_nothing(self):
        self._mail_rule("mail_open")
        lead = self._lead()
        self._open(self._trace(email=""))
        self._open(self._trace(email=False))
        self.assertPoints(0, lead)
        self.assertPoints(20)

    def test_mail_to_a_contact_of_the_same_address(self):
        self._mail_rule("mail_open")
        self._mail_rule("mail_click", 5)
        contact = self._subscription().contact_id
        self._open(self._trace(self._partner()))
        self._click(self._trace(contact))
        self.assertPoints(25)

    def test_mail_to_another_lead_of_the_same_address(self):
        self._mail_rule("mail_open")
        other = self._lead(email_from=ADDRESS)
        self._open(self._trace(other))
        self.assertPoints(10, other)
        self.assertPoints(10)

    def test_mail_to_a_lead_counts_after_a_change_of_its_address(self):
        self._mail_rule("mail_open")
        self._open(self._trace())
        self.lead.email_from = "new@example.com"
        self.assertPoints(10)

    # ------------------------------------------------------------------
    # Companies
    # ------------------------------------------------------------------

    def test_mail_of_another_company_says_nothing(self):
        self._mail_rule("mail_open")
        self._mail_rule("mail_click", 5)
        theirs = self._lead(email_from=ADDRESS, company_id=self.other_company.id)
        self.lead.company_id = self.company
        self._click(self._trace(theirs))
        self._click(self._trace(self._partner(company_id=self.other_company.id)))
        self.assertPoints(0)
        self.assertPoints(30, theirs)

    def test_mail_of_no_company_and_to_leads_of_no_company(self):
        self._mail_rule("mail_open")
        theirs = self._lead(email_from=ADDRESS, company_id=self.other_company.id)
        self._open(self._trace(theirs))
        self.assertPoints(10)
        self._open(self._trace())
        self._open(self._trace(self._partner()))
        self.assertPoints(30, theirs)

    def test_with_one_company_the_same_mails_count(self):
        self._mail_rule("mail_open")
        other = self._lead(email_from=ADDRESS)
        several = type(self.env["lead.scoring.source"])._has_several_companies
        for has_several in (several, lambda _source: False):
            with (
                self.subTest(has_several),
                closing(self.env.cr.savepoint()),
                patch.object(
                    type(self.env["lead.scoring.source"]),
                    "_has_several_companies",
                    has_several,
                ),
            ):
                self._open(self._trace())
                self._open(self._trace(other))
                self._open(self._trace(self._partner()))
                self._open(self._trace(self._partner(), email="x@example.com"))
                self.assertPoints(30)
                self.assertPoints(30, other)

    def test_a_second_company_is_seen_at_once(self):
        source = self.env["lead.scoring.source"]
        self.assertTrue(source._has_several_companies())
        companies = type(self.env["res.company"])
        with patch.object(companies, "search_count", lambda *_args, **_kw: 1):
            self.env.registry.clear_cache()
            self.assertFalse(source._has_several_companies())
        self.env["res.company"].create({"name": "One more"})
        self.assertTrue(source._has_several_companies())

    # ------------------------------------------------------------------
    # Merging
    # ------------------------------------------------------------------

    def test_merged_lead_keeps_what_was_sent_to_both(self):
        self._mail_rule("mail_open")
        self._mail_rule("sms_click", 5)
        double = self._lead(email_from="ann@example.org", type="opportunity")
        self._open(self._trace(double, email="ann@example.org"))
        self._click(self._text_message(record=double))
        self._open(self._trace())
        merged = (self.lead + double).merge_opportunity()
        self.assertEqual(merged, double)
        self.assertPoints(25, merged)

    # ------------------------------------------------------------------
    # Soon
    # ------------------------------------------------------------------

    def _signals(self, email=ADDRESS):
        """Yield the name of each source, after one signal of it by this address."""
        partner = self._partner(email=email)
        self._open(self._trace(partner, email=email))
        yield "mail_open"
        self._trace(partner, email=email).set_bounced()
        yield "mail_bounce"
        self._click(self._trace(partner, email=email))
        yield "mail_click"
        subscription = self._subscription(email=email)
        yield "mail_subscribe"
        subscription.opt_out = True
        yield "mail_unsubscribe"
        self.env["mail.blacklist"]._add(email)
        yield "mail_unsubscribe"
        if email == ADDRESS:
            self._click(self._text_message())
            yield "sms_click"

    def test_incremental_pass_sees_every_signal(self):
        for source in SOURCES:
            self._mail_rule(source, maximum=10)
        self._run_pass()
        self._let_time_pass()
        expected = set()
        for source in self._signals():
            expected.add(source)
            if source == "mail_click":
                expected.add("mail_open")
            if source == "mail_unsubscribe":
                expected.discard("mail_subscribe")
            with self.subTest(source):
                self._run_pass(full=False)
                self.assertEqual(self.lead.score, 10 * len(expected))

    def test_incremental_pass_sees_what_is_recorded_late(self):
        self._mail_rule("mail_click")
        self._mail_rule("mail_unsubscribe")
        trace = self._trace()
        click = self._click(trace, days=2)
        click._mark("unseen")
        trace.open_datetime = self._ago(2)
        self._run_pass()
        self._let_time_pass()
        click._confirm_seen(touched=True)
        self._run_pass(full=False)
        self.assertEqual(self.lead.score, 10)
        self._let_time_pass()
        self._subscription(opt_out_datetime=self._ago(2))
        self._run_pass(full=False)
        self.assertEqual(self.lead.score, 20)

    def test_incremental_pass_leaves_the_others_alone(self):
        self._scored_lead(email_from="bob@example.com")
        self._run_pass()
        self._let_time_pass()
        self._open(self._trace(self._partner()))
        self.assertEqual(self._run_pass(full=False).lead_count, 1)

    def test_signal_has_the_lead_scored_soon(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"]
        pending = [("cron_id", "=", cron.id)]
        triggers.search(pending).unlink()
        for source in self._signals():
            with self.subTest(source):
                self.assertEqual(triggers.search_count(pending), 1)
                triggers.search(pending).unlink()

    def test_signal_of_nobody_starts_nothing(self):
        cron = self.env.ref("lead_scoring.ir_cron_score_leads")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        triggers.unlink()
        for _source in self._signals("nobody@example.com"):
            self.assertFalse(triggers.search([("cron_id", "=", cron.id)]))

    def test_mailing_as_odoo_sends_it(self):
        self._mail_rule("mail_open")
        self._mail_rule("mail_click", 5, "[('link_id.url', 'ilike', '/price')]")
        self.mailing.body_html = f'<a href="{self.price_link.short_url}">Prices</a>'
        with self.mock_mail_gateway():
            self.mailing.action_send_mail(self.lead.ids)
        trace = self.env["mailing.trace"].search(
            [("mass_mailing_id", "=", self.mailing.id)]
        )
        self.assertEqual((trace.email, trace.trace_status), (ADDRESS, "sent"))
        self.assertIn(f"/m/{trace.id}", self._mails[0]["body"])
        trace.sent_datetime = self._ago(1)
        self._click(trace)
        self.assertPoints(15)

    def test_mailing_to_a_segment(self):
        self.lead.sudo().write({"segment": "nurture", "temperature": "warm"})
        self.mailing.mailing_domain = (
            "[('segment', '=', 'nurture'), ('temperature', '=', 'warm'),"
            f" ('score', '<', 50), ('id', '>=', {self.lead.id})]"
        )
        self._lead(email_from="bob@example.com")
        self.assertEqual(self.mailing._get_recipients(), self.lead.ids)

    # ------------------------------------------------------------------
    # Two ways to compute, one result
    # ------------------------------------------------------------------

    def test_prepared_equals_direct_equals_explained(self):
        chance = random.Random(3)
        leads = self.lead
        emails = [f"p{number}@example.com" for number in range(4)]
        for _number in range(10):
            companies = (False, self.company.id, self.other_company.id)
            email, company = chance.choice(emails), chance.choice(companies)
            leads += self._lead(email_from=email, company_id=company)
        partners = [self._partner(email=email) for email in emails]
        for record in chance.choices([*leads, *partners], k=40):
            email = chance.choice([record.email_normalized, *emails])
            trace = self._trace(record, email=email, sent=chance.randrange(1, 90))
            days = chance.randrange(90)
            chance.choice([self._open, self._click])(trace, days=days)
            if chance.random() < 0.3:
                trace.set_bounced()
        for email in emails:
            self._subscription(email=email, opt_out=chance.random() < 0.5)
        self.env["mail.blacklist"]._add(emails[0])
        for source in SOURCES:
            domain = "[('create_date', '!=', False)]"
            for text in ("[]", domain if source != "mail_unsubscribe" else "[]"):
                half_life = chance.choice([0, 7, 30])
                self._mail_rule(
                    source, chance.randrange(-9, 9), text, half_life=half_life
                )
        leads._score_now()
        points = {lead: lead.score for lead in leads}
        self.assertGreater(len(set(points.values())), 3)
        self.assertPoints(points[self.lead])
        self.assertScores(points)
