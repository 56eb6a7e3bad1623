from datetime import timedelta
from unittest.mock import patch

from odoo.addons.lead_scoring.models.scoring import lead_scoring_pass_mixin
from odoo.addons.lead_scoring.tests.common import LeadScoringCommon

ADDRESS = "ann@example.com"


class MailScoringCommon(LeadScoringCommon):
    """A lead, a mailing with two links, and short ways to signals."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._scored_lead(name="Ann", email_from=f"Ann <{ADDRESS.upper()}>")
        cls.mailing = cls._mailing("News")
        cls.price_link = cls._link("https://www.example.com/price")
        cls.jobs_link = cls._link("https://www.example.com/jobs")

    @classmethod
    def _mailing(cls, name):
        return cls.env["mailing.mailing"].create(
            {
                "name": name,
                "subject": name,
                "mailing_model_id": cls.env["ir.model"]._get_id("crm.lead"),
            }
        )

    @classmethod
    def _link(cls, url):
        # without a title core would fetch the page
        return cls.env["link.tracker"].create({"url": url, "title": url})

    @classmethod
    def _ago(cls, days):
        return cls.env.cr.now() - timedelta(days=days)

    @classmethod
    def _trace(cls, record=None, email=ADDRESS, sent=1, **vals):
        """Return the trace of a mail to ``record``, default the lead.

        :param sent: days ago
        """
        record = cls.lead if record is None else record
        return cls.env["mailing.trace"].create(
            {
                "model": record._name,
                "res_id": record.id,
                "email": email,
                "mass_mailing_id": cls.mailing.id,
                "trace_status": "sent",
                "sent_datetime": cls._ago(sent),
                **vals,
            }
        )

    @classmethod
    def _text_message(cls, **vals):
        """Return the trace of a text message; past the ORM, for the type belongs to
        SMS Marketing.
        """
        trace = cls._trace(email=False, **vals)
        cls._set_columns(trace, trace_type="sms")
        return trace

    @classmethod
    def _open(cls, trace, days=0):
        """Open a mail, so many days ago."""
        trace.set_opened()
        trace.open_datetime = cls._ago(days)

    @classmethod
    def _click(cls, trace, link=None, days=0):
        """Click a link of a mail, as the link's web address does."""
        link = link or cls.price_link
        click = cls.env["link.tracker.click"].add_click(
            link.code, ip="192.0.2.1", mailing_trace_id=trace.id
        )
        if days:
            cls._set_columns(click, create_date=cls._ago(days))
        return click

    @classmethod
    def _subscription(cls, mailing_list=None, email=ADDRESS, **vals):
        """Return the subscription of a new contact to a list."""
        mailing_list = mailing_list or cls.env["mailing.list"].create({"name": "List"})
        contact = cls.env["mailing.contact"].create(
            {"email": email, "subscription_ids": [(0, 0, {"list_id": mailing_list.id})]}
        )
        contact.subscription_ids.write(vals)
        return contact.subscription_ids

    @classmethod
    def _mail_rule(cls, source, value=10, domain="[]", **vals):
        """Return a new rule that counts mails or clicks."""
        return cls._rule(value, domain, source=source, dimension="interest", **vals)

    def assertPoints(self, points, lead=None):
        """The lead has so many points, at once, after each kind of pass, and in its
        explanation.
        """
        lead = lead or self.lead
        lead._score_now()
        self.assertScores({lead: points})
        for number in (lead_scoring_pass_mixin.TEMP_TABLES_FROM, 0):
            with patch.object(lead_scoring_pass_mixin, "TEMP_TABLES_FROM", number):
                self._run_pass()
            self.assertEqual(lead.score, points)
        self.assertFalse(self.env["lead.scoring.rule"].search([("error", "!=", False)]))
