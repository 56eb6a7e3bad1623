from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.lead_scoring_mass_mailing.hooks import pre_init_hook

from .common import MailScoringCommon


@tagged("post_install", "-at_install")
class TestMachineClicks(MailScoringCommon):
    """Security scanners click every link of a mail as it arrives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._mail_rule("mail_click")
        cls.blog_link = cls._link("https://www.example.com/blog")

    def _seconds_ago(self, records, **seconds):
        """Set dates of these records to so many seconds ago."""
        now = self.env.cr.now()
        dates = {n: now - timedelta(seconds=ago) for n, ago in seconds.items()}
        self._set_columns(records, **dates)

    def test_click_within_seconds_of_sending(self):
        trace = self._trace()
        for seconds, reason in ((0, "soon"), (4, "soon"), (5, False), (60, False)):
            with self.subTest(seconds=seconds):
                self._seconds_ago(trace, sent_datetime=seconds)
                self._seconds_ago(trace.links_click_ids, create_date=3600)
                click = self._click(trace)
                self.assertEqual(click.machine_reason, reason)
                self.assertEqual(click.is_machine, bool(reason))
        self.assertPoints(20)

    def test_seconds_can_be_set(self):
        parameters = self.env["ir.config_parameter"]
        trace = self._trace()
        self._seconds_ago(trace, sent_datetime=20)
        for text, is_machine in (("60", True), ("0", False), ("soon", False)):
            with self.subTest(text):
                parameters.set_param("lead_scoring.machine_click_seconds", text)
                self._seconds_ago(trace.links_click_ids, create_date=3600)
                self.assertEqual(self._click(trace).is_machine, is_machine)

    def test_all_links_at_once(self):
        """The third link gives away the first two, which are taken back."""
        trace = self._trace()
        clicks = self._click(trace) + self._click(trace, self.jobs_link)
        self.assertPoints(20)
        clicks += self._click(trace, self.blog_link)
        self.assertEqual(clicks.mapped("is_machine"), [True] * 3)
        self.assertPoints(0)
        self.assertEqual(len(trace.links_click_ids), 3)

    def test_links_clicked_one_after_the_other(self):
        trace = self._trace()
        for link in (self.price_link, self.jobs_link, self.blog_link):
            self._seconds_ago(trace.links_click_ids, create_date=3)
            self._click(trace, link)
        self.assertPoints(30)

    def test_one_link_clicked_again_and_again(self):
        """A nervous finger's clicks within two minutes are one."""
        trace = self._trace()
        clicks = [self._click(trace) for _number in range(30)]
        reasons = [click.machine_reason for click in clicks]
        self.assertEqual(reasons, [False] + ["again"] * 29)
        self.assertPoints(10)
        self._seconds_ago(trace.links_click_ids, create_date=121)
        self._click(trace)
        self.assertPoints(20)

    def test_links_of_several_mails_at_once(self):
        for link in (self.price_link, self.jobs_link, self.blog_link):
            self._click(self._trace(), link)
        self.assertPoints(30)

    def test_reader_clicks_after_the_machine(self):
        trace = self._trace()
        for link in (self.price_link, self.jobs_link, self.blog_link):
            self._click(trace, link)
        self._seconds_ago(trace.links_click_ids, create_date=600)
        self.assertFalse(self._click(trace).is_machine)
        self.assertPoints(10)

    def test_clicks_of_several_mails_created_together(self):
        early, late = self._trace(), self._trace()
        self._seconds_ago(early, sent_datetime=1)
        clicks = self.env["link.tracker.click"].create(
            [
                {"link_id": self.price_link.id, "mailing_trace_id": trace_id}
                for trace_id in (early.id, late.id, False)
            ]
        )
        self.assertEqual(clicks.mapped("is_machine"), [True, False, False])

    def test_machine_click_in_a_text_message(self):
        self._mail_rule("sms_click")
        text_message = self._text_message()
        self._seconds_ago(text_message, sent_datetime=1)
        self._click(text_message)
        self.assertPoints(0)

    def test_open_within_seconds_of_sending(self):
        """The machine's does not count, a person's after it does."""
        self._mail_rule("mail_open", value=3)
        trace = self._trace()
        self._seconds_ago(trace, sent_datetime=1)
        trace.set_opened()
        self.assertEqual(trace.machine_reason, "soon")
        self.assertPoints(0)
        self._seconds_ago(trace, sent_datetime=60, open_datetime=59)
        trace.set_opened()
        self.assertFalse(trace.machine_reason)
        self.assertPoints(3)

    def test_machine_click_opens_nothing(self):
        self._mail_rule("mail_open", value=3)
        trace = self._trace()
        self._seconds_ago(trace, sent_datetime=1)
        self._click(trace)
        self.assertTrue(trace.open_datetime)
        self.assertPoints(0)
        self._seconds_ago(trace, sent_datetime=60)
        self._click(trace, self.jobs_link)
        self.assertPoints(10)

    def test_what_was_there_before_the_installation(self):
        trace = self._trace()
        clicks = self._click(trace) + self._click(trace)
        self._set_columns(clicks, is_machine=None, machine_reason=None)
        self._set_columns(clicks[0], create_date=trace.sent_datetime)
        bounced = self._trace(sent=30)
        bounced.set_bounced()
        self._set_columns(bounced, bounce_datetime=None, write_date=self._ago(20))
        self.env.flush_all()
        pre_init_hook(self.env)
        self.env.invalidate_all()
        self.assertEqual(clicks.mapped("is_machine"), [True, False])
        self.assertEqual(bounced.bounce_datetime, bounced.write_date)
        self.assertFalse(trace.bounce_datetime)
        self.assertPoints(10)
